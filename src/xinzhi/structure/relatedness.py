"""How near activities are to one another, told by who has both.

Everything comes from one sparse product. A method gives every pair that the product touches; the diagonal is what an
activity is to itself, and ``nan`` there says that the relatedness of that activity is not defined. The door takes these
activities out, names them, and no number beside them is spoilt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse, special

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.core.methods import Family
from xinzhi.core.results import Record
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.bicm import benjamini_hochberg, configuration
from xinzhi.structure.crossed import Bools, Crossed, Csr, held, noted, one_of, settled, totals
from xinzhi.structure.links import Counts, Names, Period
from xinzhi.structure.presence import Correction
from xinzhi.structure.squares import (
    Ints,
    Square,
    against,
    assembled,
    dense,
    entries,
    together,
    values_of,
    with_diagonal,
    without,
)

Diagonal = Literal["own", "zero", "one"]
Margins = Literal["presence", "co-occurrence"]

# Two values this near, relative to their size, are the same: rounding must not decide who is among the nearest.
ROUNDING = 1e-12

relatednesses = Family(
    "relatedness",
    zh="关联度",
    about="f(links: (regions, activities) csr, *, options) -> (activities, activities), row i what others are to i; "
    "diagonal nan = not defined.",
)


@dataclass(frozen=True, eq=False)
class Relatedness:
    """How near activities are to one another: a sparse matrix (activity, activity), row i what others are to i.

    ``undefined`` marks activities without any relatedness, whose rows and columns are empty; ``notes`` says why.
    ``diagonal`` names what stands on it: the method's ``own``, ``zero`` or ``one``.
    """

    method: str
    zh: str
    activities: Names
    matrix: Square
    undefined: Bools
    diagonal: Diagonal
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of the pairs that are not zero: activity, other, relatedness; each pair once where it is mutual."""
        rows, columns, values = entries(self.matrix)
        shown = rows < columns if self.mutual else np.full(len(rows), True)
        return pd.DataFrame(
            {
                "activity": self.activities[rows[shown]],
                "other": self.activities[columns[shown]],
                "relatedness": values[shown],
            }
        )

    def to_table(self) -> pd.DataFrame:
        """The whole matrix as a table with labels on both sides, missing where not defined."""
        values = dense(self.matrix)
        values[self.undefined] = np.nan
        values[:, self.undefined] = np.nan
        return pd.DataFrame(values, index=self.activities, columns=self.activities)

    @property
    def mutual(self) -> bool:
        """Whether every activity is to another what the other is to it, but for rounding."""
        gap = self.matrix - self.matrix.T
        apart = np.abs(values_of(gap)).max(initial=0.0)
        return bool(apart <= ROUNDING * np.abs(values_of(self.matrix)).max(initial=1.0))

    def __repr__(self) -> str:
        n = len(self.activities)
        rows, columns, values = entries(self.matrix)
        lines = [
            f"Relatedness: {self.method} ({self.zh}), {n} activities",
            f"  {len(values) / max(n * (n - 1), 1):.1%} of pairs are not zero; diagonal: {self.diagonal}",
        ]
        if len(values):
            top = values.argmax()
            lines.append(
                f"  nearest: {self.activities[rows[top]]} – {self.activities[columns[top]]}, {values[top]:.4g}"
            )
        return "\n".join([*lines, f"  not defined: {int(self.undefined.sum())} activities"])


def relatedness(
    links: Any,
    method: str | Callable[..., Any] = "min-probability",
    *,
    diagonal: Diagonal = "own",
    above: float | None = None,
    nearest: int | None = None,
    binary: bool = False,
    period: Period | None = None,
    **options: Any,
) -> Relatedness:
    """Tell how near activities are to one another from who has both.

    ``links`` is region × activity: who has what (``presence``) or, where the method takes them, values; of several
    periods one is named (or ``links.summed`` makes one of them).
    ``diagonal = "zero"`` takes an activity out of its own neighbours, as EconGeo and economic-complexity do; ``"one"``
    puts it among them, as ecomplexity and economiccomplexity do; ``"own"`` leaves what the method says.
    ``above`` keeps pairs above a value, ``nearest`` the k strongest of each activity (row by row: being near need not
    be mutual; pairs that tie for the last place are all kept); ``binary`` then makes one of what is left.
    ``options`` are the method's own. Activities for which the method is not defined are left empty and named.
    Raises ``MethodError``.
    """
    one_of("diagonal", diagonal, Diagonal)
    crossed = Crossed.of(links, period)
    chosen, options = settled(relatednesses, method, options)
    matrix: Square = chosen.function(crossed.matrix, **options)
    undefined = np.isnan(matrix.diagonal())
    matrix = without(matrix, undefined)
    if diagonal != "own":
        matrix = with_diagonal(matrix, np.where(undefined | (diagonal == "zero"), 0.0, 1.0))
    matrix = kept(matrix, above=above, nearest=nearest, binary=binary)
    asked = {"diagonal": diagonal, "above": above, "nearest": nearest, "binary": binary}
    notes = noted(
        "relatedness-undefined",
        crossed.activities,
        undefined,
        f"{chosen.name} is not defined for {{}}: held nowhere, everywhere, or with nothing else. They are left empty.",
        f"以下活动的{chosen.zh}无定义（无地区拥有、所有地区均拥有或从不与其他活动共存），留空：{{}}。",
    )
    return Relatedness(
        chosen.name,
        chosen.zh,
        crossed.activities,
        matrix,
        undefined,
        diagonal,
        notes,
        Record("relatedness", {"method": chosen.name, "period": period, **asked, **options}, {"links": crossed.digest}),
    )


@relatednesses.add("min-probability", zh="最小条件概率（产品空间邻近度）", cite="Hidalgo et al. 2007")
def min_probability(links: Csr) -> Square:
    """The lesser of two probabilities: of having the one where the other is had, and the other way round.

    Regions with both over regions with the commoner of the two; 1 on the diagonal. Hidalgo et al. 2007, Science 317:
    482.
    """
    both, n = _met(held(links))
    return against(both, lambda i, j: np.maximum(n[i], n[j]), _ones_where(n > 0))


@relatednesses.add("probability", zh="条件概率", cite="Hausmann, Klinger 2007")
def probability(links: Csr, *, given: Literal["other", "self"] = "other") -> Square:
    """The probability of having an activity where another is had; not the same in both directions.

    ``given = "other"`` puts P(i | j) in row i, column j: what having j says of i. ``"self"`` puts P(j | i) there, as
    the asymmetric proximity of ecomplexity does. 1 on the diagonal.
    """
    both, n = _met(held(links))
    return against(both, lambda i, j: n[j] if given == "other" else n[i], _ones_where(n > 0))


@relatednesses.add("association", zh="关联强度", cite="van Eck, Waltman 2009")
def association(links: Csr, *, margins: Margins = "co-occurrence") -> Square:
    """Co-occurrences over those expected if the two met by chance: 1 is chance, the scale is open above.

    ``margins`` says what chance is held to: how often an activity co-occurs at all (EconGeo), expected s_i s_j / t, or
    in how many regions it is present, expected n_i n_j / regions. 0 on the diagonal. van Eck, Waltman 2009, JASIST 60:
    1635.
    """
    both, n = _met(held(links))
    s, t = (n, float(links.shape[0])) if margins == "presence" else _co_occurrence(both, n)
    return against(both, lambda i, j: s[i] * s[j] / t, _zeros_where(s > 0))


@relatednesses.add("combination-probability", zh="组合概率（修正关联强度）", cite="van Eck, Waltman 2009; Steijn 2021")
def combination_probability(links: Csr) -> Square:
    """Association strength for pairs drawn without an activity meeting itself; EconGeo's ``prob``.

    Expected are (s_i s_j / (t - s_i) + s_j s_i / (t - s_j)) / 2 of t co-occurrences. 0 on the diagonal. Steijn 2021,
    Quantitative Science Studies 2(2): 778.
    """
    both, n = _met(held(links))
    s, t = _co_occurrence(both, n)

    def expected(i: Ints, j: Ints) -> Floats:
        return s[i] * s[j] / 2 * (1 / (t - s[i]) + 1 / (t - s[j]))

    return against(both, expected, _zeros_where(s > 0))


@relatednesses.add("cosine", zh="余弦相似度", cite="Salton, McGill 1983; van Eck, Waltman 2009")
def cosine(links: Csr, *, margins: Margins = "presence") -> Square:
    """The cosine of the angle between two columns; of presence, regions with both over the geometric mean.

    Takes values too. ``margins = "co-occurrence"`` divides by the geometric mean of co-occurrences instead, as EconGeo
    does, which asks for presence and has 0 on the diagonal; otherwise 1 is there.
    """
    if margins == "co-occurrence":
        both, n = _met(held(links))
        s, _ = _co_occurrence(both, n)
        return against(both, lambda i, j: np.sqrt(s[i] * s[j]), _zeros_where(s > 0))
    scaled = _unit_columns(links)
    both, squares = _met(scaled)
    return against(both, lambda i, j: np.array(1.0), _ones_where(squares > 0))


@relatednesses.add("jaccard", zh="杰卡德系数", cite="Jaccard 1901; van Eck, Waltman 2009")
def jaccard(links: Csr, *, margins: Margins = "presence") -> Square:
    """Regions with both over regions with either.

    ``margins = "co-occurrence"`` counts co-occurrences in place of regions, as EconGeo does, with 0 on the diagonal;
    otherwise 1 is there.
    """
    both, n = _met(held(links))
    if margins == "presence":
        return against(both, lambda i, j: n[i] + n[j], _ones_where(n > 0), less=True)
    s, _ = _co_occurrence(both, n)
    return against(both, lambda i, j: s[i] + s[j], _zeros_where(s > 0), less=True)


@relatednesses.add("taxonomy", zh="分类网络邻近度", cite="Zaccaria, Cristelli, Tacchella, Pietronero 2014")
def taxonomy(links: Csr) -> Square:
    """Like ``min-probability``, with each region counting the less the more it has.

    The sum over regions of 1 / diversity where both are had, over regions with the commoner; the diagonal is the same
    sum for one activity. Zaccaria et al. 2014, PLoS ONE 9(12): e113770.
    """
    present = held(links)
    n = totals(present, 0)
    diversity = totals(present, 1)
    weight = np.where(diversity > 0, 1 / np.where(diversity > 0, diversity, 1), 0.0)
    shared = together((sparse.diags_array(np.sqrt(weight)) @ present).tocsr())
    own = shared.diagonal() / np.where(n > 0, n, np.nan)
    return against(shared, lambda i, j: np.maximum(n[i], n[j]), own)


@relatednesses.add("correlation", zh="相关系数", cite="Pearson 1895")
def correlation(links: Csr, *, scale: Literal["correlation", "unit"] = "correlation") -> Floats:
    """Pearson correlation of two columns over regions, of presence or of values; dense.

    ``scale = "unit"`` gives (1 + r) / 2, from 0 to 1, the continuous proximity of ecomplexity. Not defined for a column
    that is the same everywhere. 1 on the diagonal.
    """
    columns = links.toarray()
    level = columns.mean(axis=0)
    flat = (columns == columns[:1]).all(axis=0)  # asked of the values: rounding keeps the spread of a constant above 0
    columns -= level
    length = np.sqrt((columns**2).sum(axis=0))
    columns /= np.where(flat | (length == 0), np.nan, length)
    r = np.clip(columns.T @ columns, -1, 1)
    np.fill_diagonal(r, np.where(flat, np.nan, 1.0))
    return np.asarray(r if scale == "correlation" else (1 + r) / 2)


@relatednesses.add("z-score", zh="共现 Z 值", cite="Teece, Rumelt, Dosi, Winter 1994")
def z_score(links: Csr) -> Floats:
    """How many standard deviations more regions have both than if activities were dealt out at random; dense.

    Hypergeometric: mean n_i n_j / R, variance mean × (1 - n_i / R) (R - n_j) / (R - 1). Not defined for an activity of
    every region or of none. 0 on the diagonal. Teece et al. 1994, JEBO 23: 1.
    """
    both, n = _met(held(links))
    regions = links.shape[0]
    if regions < 2:
        raise FaultyValue("too-few-regions", "a z-score needs at least two regions.", "Z 值至少需要两个地区。")
    mean = np.outer(n, n) / regions
    spread = np.sqrt(mean * np.outer(1 - n / regions, (regions - n) / (regions - 1)))
    apart = dense(both) - mean
    z = np.divide(apart, spread, out=np.full_like(apart, np.nan), where=spread > 0)
    np.fill_diagonal(z, np.where((n > 0) & (n < regions), 0.0, np.nan))
    return np.asarray(z)


@relatednesses.add(
    "validated",
    zh="统计验证的共现（二部配置模型）",
    cite="Saracco et al. 2017",
)
def validated(
    links: Csr,
    *,
    alpha: float = 0.05,
    correction: Correction = "fdr",
    law: Literal["poisson-binomial", "poisson"] = "poisson-binomial",
) -> Csr:
    """One where two activities meet in more regions than their and the regions' degrees explain, else nothing.

    Chance is the bipartite configuration model; the tests are all pairs of activities that are held anywhere. ``law``
    is the distribution of meetings, exact, or Poisson: faster for thousands of regions, and more cautious. 1 on the
    diagonal. Saracco et al. 2017, New Journal of Physics 19: 053022.
    """
    if not 0 < alpha < 1:
        raise FaultyValue(
            "bad-option", f"alpha must lie between 0 and 1; found {alpha}.", f"alpha 须在 0 与 1 之间；现为 {alpha}。"
        )
    present = held(links)
    both, n = _met(present)
    rows, columns, met = entries(both)
    once = rows < columns
    rows, columns, p = _chances(present, rows[once], columns[once], met[once].astype(np.int64), law)
    tests = int((n > 0).sum())
    tests = tests * (tests - 1) // 2
    limit = {"none": alpha, "bonferroni": alpha / max(tests, 1)}.get(correction)
    found = p <= (benjamini_hochberg(p, alpha, tests) if limit is None else limit)
    i, j = rows[found], columns[found]
    return assembled(np.concatenate([i, j]), np.concatenate([j, i]), np.ones(2 * len(i)), _ones_where(n > 0))


def _chances(present: Csr, rows: Ints, columns: Ints, met: Counts, law: str) -> tuple[Ints, Ints, Floats]:
    """How probable it is that two activities meet so often by chance: the pairs in another order, and that."""
    chance = configuration(present)
    a = np.minimum(chance.column[rows], chance.column[columns])
    b = np.maximum(chance.column[rows], chance.column[columns])
    order = np.lexsort((b, a))
    rows, columns, a, b, met = rows[order], columns[order], a[order], b[order], met[order]
    many = np.bincount(chance.row, minlength=chance.mean.shape[0])
    if law == "poisson":
        expected = (chance.mean * many[:, None]).T @ chance.mean
        return rows, columns, np.asarray(special.pdtrc(met - 1, expected[a, b]))
    from xinzhi.structure._projection_kernels import poisson_binomial_tails

    return rows, columns, poisson_binomial_tails(chance.mean, many.astype(np.int64), a, b, met)


def kept(square: Square, *, above: float | None = None, nearest: int | None = None, binary: bool = False) -> Square:
    """What is left of a relatedness: pairs above a value, the ``nearest`` of each row, or ones in their place.

    The diagonal stays as it is, and is never among the nearest. Raises ``FaultyValue``.
    """
    if nearest is not None and nearest < 1:
        raise FaultyValue(
            "bad-option", f"nearest must be at least 1; found {nearest}.", f"nearest 至少为 1；实际为 {nearest}。"
        )
    if above is None and nearest is None and not binary:
        return square
    rows, columns, values = entries(square)
    keep = values > above if above is not None else np.full(len(values), True)
    if nearest is not None:
        keep &= values >= _last_place(rows, values, square.shape[0], nearest)[rows]
    return assembled(rows[keep], columns[keep], np.ones(keep.sum()) if binary else values[keep], square.diagonal())


def _last_place(rows: Ints, values: Floats, size: int, k: int) -> Floats:
    """The k-th greatest value of every row, a rounding lower; minus infinity where there are fewer."""
    order = np.lexsort((-values, rows))
    rows, values = rows[order], values[order]
    first = np.searchsorted(rows, np.arange(size + 1))
    at = first[:-1] + k - 1
    enough = at < first[1:]
    last = np.full(size, -np.inf)
    last[enough] = values[at[enough]]
    last[enough] -= ROUNDING * np.abs(last[enough])
    return last


def _met(present: Csr) -> tuple[Square, Floats]:
    """In how many regions two activities are, and one is."""
    both = together(present)
    return both, both.diagonal().copy()


def _co_occurrence(both: Square, n: Floats) -> tuple[Floats, float]:
    """How often each activity co-occurs with another, and all do."""
    s = totals(both, 1) - n
    return s, float(s.sum())


def _ones_where(defined: Bools) -> Floats:
    return np.where(defined, 1.0, np.nan)


def _zeros_where(defined: Bools) -> Floats:
    return np.where(defined, 0.0, np.nan)


def _unit_columns(links: Csr) -> Csr:
    """The columns at length one; a column of nothing stays."""
    length = np.sqrt(totals(links.multiply(links), 0))
    return (links @ sparse.diags_array(1 / np.where(length > 0, length, 1))).tocsr()
