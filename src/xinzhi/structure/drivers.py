"""What entry and exit go with: relatedness density, complexity, and the region, activity and period they happen in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.structure.complexity import Presence, complexity, laid, presented, recorded
from xinzhi.structure.crossed import Crossed, each_of, level_within, named, one_of
from xinzhi.structure.density import density
from xinzhi.structure.entry import Transition, transitions
from xinzhi.structure.links import Links
from xinzhi.structure.logit import Cluster, Codes, LogitFit, absorbed, dummy_logit
from xinzhi.structure.relatedness import relatedness

Change = Literal["entry", "exit"]
Effect = Literal["region", "activity", "period"]
Column = Literal["density", "complexity", "diversity", "ubiquity"]


@dataclass(frozen=True, eq=False)
class Drivers:
    """A panel logit of entry or exit: one row of ``table`` for every column, by name.

    ``fit`` holds the numbers without labels; ``observations`` are those used, ``omitted`` those in groups where the
    outcome is always the same.
    """

    of: Change
    effects: tuple[Effect, ...]
    cluster: Cluster
    columns: tuple[str, ...]
    spread: Floats
    fit: LogitFit
    level: float
    observations: int
    omitted: int
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row a column: column, coefficient (log odds a standard deviation), error, z, p, low, high, odds_ratio,
        effect (average marginal effect: change of the probability a standard deviation), effect_error, effect_low,
        effect_high, standard_deviation (in the column's own unit).
        """
        from scipy.stats import norm

        width = norm.ppf((1 + self.level) / 2)
        b, e = self.fit.coefficients, self.fit.effects
        error, off = np.sqrt(np.diag(self.fit.covariance)), np.sqrt(np.diag(self.fit.effects_covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            z = b / error
        table: dict[str, Any] = {"column": list(self.columns), "coefficient": b, "error": error, "z": z}
        table |= {"p": 2 * norm.sf(np.abs(z)), "low": b - width * error, "high": b + width * error}
        table |= {"odds_ratio": np.exp(b), "effect": e, "effect_error": off, "effect_low": e - width * off}
        return pd.DataFrame(table | {"effect_high": e + width * off, "standard_deviation": self.spread})

    def __repr__(self) -> str:
        share = self.fit.fitted.mean()
        lines = [
            f"Drivers of {self.of}: logit with effects of {', '.join(self.effects) or 'nothing'}, errors clustered by "
            f"{'region and activity' if self.cluster == 'both' else self.cluster}",
            f"  {self.observations} observations, {share:.1%} happened; {self.omitted} more in groups where it always "
            "or never did",
        ]
        lines += [
            f"  {row.column}: one standard deviation more goes with {row.effect:+.2%} of probability "
            f"({self.level:.0%} interval {row.effect_low:+.2%} to {row.effect_high:+.2%})"
            for row in self.to_frame().itertuples()
        ]
        return "\n".join([*lines, *(f"  {note.en}" for note in self.notes[:3])])


def drivers(
    links: Any,
    of: Change = "entry",
    *,
    presence: Presence = None,
    near: str | Callable[..., Any] = "min-probability",
    columns: Sequence[Column] = ("density", "complexity"),
    effects: Sequence[Effect] = ("region", "activity", "period"),
    cluster: Cluster = "both",
    level: float = 0.95,
) -> Drivers:
    """Tell what entry (or exit) goes with, region and activity held apart from what is particular to the pair.

    ``links`` and ``presence`` as in ``entries``; every transition counts, with the columns as they were before it:
    ``density`` of relatedness ``near`` (an activity is not its own neighbour), ``complexity`` of the activity
    (eigenvector), log ``diversity`` of the region and log ``ubiquity`` of the activity, each in standard deviations
    over the observations. ``effects`` have a dummy each. A column that the effects tell already is left out and named,
    such as complexity with one transition and effects of activities. It is an association, not a cause: what
    regions had planned anyway is in it. Raises ``MethodError``.
    """
    if not columns:
        raise MethodError(Fault("no-columns", "name at least one column.", "请至少指定一个解释变量。"))
    one_of("of", of, Change)
    one_of("cluster", cluster, Cluster)
    each_of("columns", columns, Column)
    each_of("effects", effects, Effect)
    level_within(level)
    amounts = laid(links)
    values, how = presented(amounts, "drivers", presence)
    parts = [_observed(one, values, of, near, columns, at) for at, one in enumerate(transitions(values))]
    happened, x = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    codes = {name: np.concatenate([part[2][name] for part in parts]) for name in ("region", "activity", "period")}
    known = ~np.isnan(x).any(axis=1)
    happened, x, codes = happened[known], x[known], {name: each[known] for name, each in codes.items()}
    if not happened.any() or happened.all():
        raise MethodError(_no_contrast(of, int(happened.sum()), len(happened)))
    x, spread = _standard(x)
    asked = [codes[effect] for effect in effects]
    told = absorbed(x, asked)
    notes = _absorbed(np.array(columns, dtype=object), told) if told.any() else ()
    if told.all():
        raise MethodError(notes)
    kept = tuple(name for name, gone in zip(columns, told, strict=True) if not gone)
    groups = ("region", "activity") if cluster == "both" else (cluster,)
    fit = dummy_logit(x[:, ~told], happened, asked, [codes[name] for name in groups], kept)
    settings = {"of": of, "presence": how, "near": near if isinstance(near, str) else "function"}
    settings |= {"columns": list(columns), "effects": list(effects), "cluster": cluster, "level": level}
    return Drivers(
        of,
        tuple(effects),
        cluster,
        kept,
        spread[~told],
        fit,
        level,
        int(fit.used.sum()),
        int((~fit.used).sum()),
        (*notes, *_cautions(fit)),
        recorded("drivers", settings, amounts, None, values),
    )


def _observed(
    one: Transition, values: Links, of: Change, near: str | Callable[..., Any], columns: Sequence[Column], at: int
) -> tuple[Floats, Floats, dict[str, Codes]]:
    """Outcomes, columns and codes of one transition, cell by cell."""
    rows, places = one.missing() if of == "entry" else _cells(one)
    changed = (one.entered if of == "entry" else one.left).toarray()
    held = Crossed(one.held, values.regions, values.activities)
    made: list[Floats] = []
    for name in columns:
        if name == "density":
            space = relatedness(held, near, diagonal="zero")
            made.append(density(held, space).values.values[rows, places])
        elif name == "complexity":
            found = complexity({one.before: _table(held)}, presence="as-given")
            made.append(found.activities.values[0][places])
        elif name == "diversity":
            made.append(np.log(np.diff(one.held.indptr))[rows])
        else:
            made.append(np.log(np.bincount(one.held.indices, minlength=one.held.shape[1])[places]))
    period = np.full(len(rows), at, dtype=np.intp)
    codes = {"region": rows.astype(np.intp), "activity": places.astype(np.intp), "period": period}
    return changed[rows, places], np.column_stack(made), codes


def _table(held: Crossed) -> pd.DataFrame:
    return pd.DataFrame(held.matrix.toarray(), index=held.regions, columns=held.activities)


def _cells(one: Transition) -> tuple[Codes, Codes]:
    rows, places = one.held.tocoo().coords
    return rows.astype(np.intp), places.astype(np.intp)


def _standard(x: Floats) -> tuple[Floats, Floats]:
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0), spread


def _absorbed(columns: Any, told: Any) -> tuple[Fault, ...]:
    en, zh = named(columns, told)
    return (
        Fault(
            "absorbed",
            f"left out, because the effects or other columns tell them already: {en}. Use fewer effects, or more "
            "periods.",
            f"以下解释变量已被固定效应或其他变量完全解释，未纳入：{zh}。请减少固定效应或增加时期。",
            severity="warning",
        ),
    )


def _cautions(fit: LogitFit) -> tuple[Fault, ...]:
    notes = []
    if min(fit.clusters) < 20:
        notes.append(
            Fault(
                "few-clusters",
                f"only {min(fit.clusters)} clusters: clustered errors are too small below some twenty.",
                f"聚类数仅 {min(fit.clusters)} 个：少于约 20 个时聚类标准误偏小。",
                severity="warning",
            )
        )
    if fit.mended:
        notes.append(
            Fault(
                "covariance-mended",
                "the two-way covariance was not positive and was made so by leaving out its negative part.",
                "双向聚类协方差矩阵非正定，已剔除其负特征值部分。",
                severity="warning",
            )
        )
    return tuple(notes)


def _no_contrast(of: Change, happened: int, cells: int) -> Fault:
    what = {"entry": ("missing links were taken up", "缺失关联进入"), "exit": ("links were given up", "关联退出")}[of]
    return Fault(
        f"no-{of}",
        f"a logit needs cells where it happened and cells where it did not; {happened} of {cells} {what[0]}. "
        "Use periods further apart, or another presence.",
        f"Logit 模型需要同时有发生与未发生的单元；{cells} 个中有 {happened} 个{what[1]}。"
        "请采用间隔更长的时期，或改变优势判定。",
    )
