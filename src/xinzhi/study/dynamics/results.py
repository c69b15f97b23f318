"""What was found of the course of an index: of every element its distribution, mobility, inequality, convergence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.specs import Text
from xinzhi.dynamics.convergence import BetaConvergence, SigmaConvergence
from xinzhi.dynamics.decomposition import DAGUM_PARTS, Dagum, Theil
from xinzhi.dynamics.density import Density
from xinzhi.dynamics.inequality import GROUP, Inequality
from xinzhi.dynamics.markov import FROM, STATE, TO, MarkovChain
from xinzhi.study.dynamics.grouping import Grouping

ELEMENT = "element"
# The parts that may be missing, each for reasons of its own.
DISTRIBUTION, MOBILITY, INEQUALITY, CONVERGENCE = "distribution", "mobility", "inequality", "convergence"
PARTS = (DISTRIBUTION, MOBILITY, INEQUALITY, CONVERGENCE)
# A quantile of scores by name, as a table of distributions has it.
QUANTILES = {"low": 0.0, "quarter": 0.25, "median": 0.5, "three_quarters": 0.75, "high": 1.0}


@dataclass(frozen=True, eq=False)
class Course:
    """The course of one element's scores; what cannot be told is nothing, and ``notices`` say why, by part.

    ``at`` is the element's place among those of the index, ``scores`` (time, region) with the ``times`` that have any.
    ``betas`` are ``absolute`` (first year to last, no other regressor) and, of the index alone, ``conditional`` (every
    year, region and time effects).
    """

    at: int
    code: str
    name: Text
    times: npt.NDArray[np.int64]
    scores: Floats
    density: Density | None
    chain: MarkovChain | None
    inequality: Mapping[str, Inequality]
    dagum: Dagum | None
    theil: Theil | None
    sigma: SigmaConvergence | None
    betas: Mapping[str, BetaConvergence]
    notices: Mapping[str, tuple[Fault, ...]]

    @cached_property
    def distribution(self) -> pd.DataFrame:
        """Per year: regions, mean, standard deviation (n - 1), quantiles, highest peak with its height, peaks."""
        if self.density is None:
            return pd.DataFrame()
        modes, x = self.density.modes, self.scores
        highest = modes.loc[modes.groupby(TIME)["density"].idxmax()].set_index(TIME)
        quantiles = np.nanquantile(x, list(QUANTILES.values()), axis=1)
        return pd.DataFrame(
            {
                TIME: self.times,
                "regions": (~np.isnan(x)).sum(axis=1),
                "mean": np.nanmean(x, axis=1),
                "deviation": np.nanstd(x, axis=1, ddof=1),
                **dict(zip(QUANTILES, quantiles, strict=True)),
                "mode": highest["value"].reindex(self.times).to_numpy(),
                "height": highest["density"].reindex(self.times).to_numpy(),
                "modes": self.density.count.values,
                "bandwidth": self.density.bandwidths.values,
            }
        )

    @cached_property
    def long_run(self) -> Floats | None:
        """Where the regions end up if the moves go on for ever, (class,); nothing where that cannot be worked out."""
        if self.chain is None:
            return None
        try:
            found = self.chain.long_run
        except MethodError:
            return None
        return np.asarray(found.reindex({STATE: np.arange(1, self.chain.k + 1)}, fill_value=0.0).values)

    @property
    def one_class(self) -> bool:
        """Whether the long run is the same wherever regions start, which makes it the ergodic distribution."""
        return self.long_run is not None and self.chain is not None and len(self.chain.closed) == 1

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Per class: its limits (none where they change by the year), regions in the first and last year, long run."""
        chain = self.chain
        if chain is None:
            return pd.DataFrame()
        k, held = chain.k, chain.states.transpose(TIME, REGION).values
        cuts = chain.cuts.values[0] if len(chain.cuts.values) == 1 else np.full(k - 1, np.nan)
        table = pd.DataFrame(
            {
                "class": np.arange(1, k + 1),
                "above": np.concatenate([[np.nan], cuts]),
                "up_to": np.concatenate([cuts, [np.nan]]),
                "regions_first": np.bincount(held[0], minlength=k + 1)[1:],
                "regions_last": np.bincount(held[-1], minlength=k + 1)[1:],
                "moves": chain.counts.values.sum(axis=1).astype(int),
                "stay": np.diagonal(chain.transitions.values),
                "long_run": np.nan,
                "years_in": np.nan,
            }
        )
        if self.long_run is not None:
            table["long_run"] = self.long_run
            table["years_in"] = chain.sojourn.reindex({STATE: table["class"].to_numpy()}).values
        return table

    @cached_property
    def moves(self) -> pd.DataFrame:
        """Every change of class from one year to the next: region (its place), from and to, with the years."""
        if self.chain is None:
            return pd.DataFrame()
        held = self.chain.states.transpose(TIME, REGION).values
        before, after = held[:-1], held[1:]
        step, region = np.nonzero((before != after) & (before > 0) & (after > 0))
        years = self.chain.states[TIME].values
        return pd.DataFrame(
            {
                "at": region,
                "year_from": years[step],
                "year_to": years[step + 1],
                FROM: before[step, region],
                TO: after[step, region],
            }
        )

    @cached_property
    def mobility(self) -> dict[str, float]:
        """How many moves went up, down and nowhere, and the indices of mobility with the half-life where there are."""
        if self.chain is None:
            return {}
        counts = self.chain.counts.values
        found = {
            "moves": float(counts.sum()),
            "stayed": float(np.trace(counts)),
            "up": float(np.triu(counts, 1).sum()),
            "down": float(np.tril(counts, -1).sum()),
        }
        try:
            indices = {str(name): float(of) for name, of in self.chain.mobility.items()}
            return found | indices | {"half_life": self.chain.half_life}
        except MethodError:
            return found

    @cached_property
    def by_year(self) -> pd.DataFrame:
        """Inequality per year: regions, each index that can be told, and the parts of Theil's where groups are."""
        if not self.inequality:
            return pd.DataFrame()
        table = pd.DataFrame({TIME: self.times})
        table["regions"] = (~np.isnan(self.scores)).sum(axis=1)
        for name, found in self.inequality.items():
            table[name] = found.values.reindex({TIME: self.times}).values
        if self.theil is not None:
            for part in ("between", "within"):
                table[f"theil_{part}"] = self.theil.parts.sel(part=part).values
        return table

    @cached_property
    def parts(self) -> pd.DataFrame:
        """Dagum's parts per year, each with what it is of the total."""
        if self.dagum is None:
            return pd.DataFrame()
        table = pd.DataFrame({TIME: self.times})
        for part in DAGUM_PARTS:
            table[part] = self.dagum.parts.sel(part=part).values
        for part in list(DAGUM_PARTS)[1:]:
            table[f"{part}_share"] = self.dagum.rates.sel(part=part).values
        return table

    @cached_property
    def convergence(self) -> pd.DataFrame:
        """One row for σ and for each β: estimate, its error, t, p, interval, speed and half-life."""
        rows: list[dict[str, Any]] = []
        if self.sigma is not None:
            first, last = self.sigma.dispersion.values[[0, -1]]
            told = {"estimate": self.sigma.slope, "error": self.sigma.error, "t": self.sigma.statistic}
            rows.append(
                {"kind": "sigma", **told, "p": self.sigma.p, "regions": len(self.sigma.regions)}
                | {"first": float(first), "last": float(last)}
            )
        for kind, beta in self.betas.items():
            level = beta.to_frame().iloc[0]
            told = {"estimate": level["coefficient"]} | {name: level[name] for name in ("error", "t", "p")}
            rows.append(
                {"kind": f"{kind}-beta", **told, "low": level["low"], "high": level["high"]}
                | {"regions": beta.fit.clusters, "observations": beta.fit.observations}
                | {"speed": beta.speed, "half_life": beta.half_life}
            )
        columns = ["kind", "estimate", "error", "t", "p", "low", "high", "first", "last", "speed", "half_life"]
        columns += ["regions", "observations"]
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float)) if rows else _NOTHING

    @property
    def empty(self) -> bool:
        """Whether nothing at all could be told."""
        return self.density is None and self.chain is None and not self.inequality and self.convergence.empty


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The courses of an index and of the elements right below it, with the groups that inequality is split by.

    ``yearly`` are the steps whose yardstick changes with the year: where there are any, scores of two years are not
    compared, and classes are places within the year. ``notices`` are of the whole. Tables begin with ``element``.
    """

    courses: tuple[Course, ...]
    grouping: Grouping | None
    yearly: tuple[str, ...]
    regions: npt.NDArray[Any]
    names: tuple[npt.NDArray[Any], npt.NDArray[Any]]
    notices: tuple[Fault, ...]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, but those that have nothing."""
        found = {
            "density": self._of(_densities),
            "distribution": self._of(lambda course: course.distribution),
            "classes": self._of(lambda course: course.classes),
            "transitions": self._of(_transitions),
            "mobility": self._of(lambda course: pd.DataFrame([course.mobility] if course.mobility else [])),
            "moves": self._of(self._moves),
            "inequality": self._of(lambda course: course.by_year),
            "dagum": self._of(lambda course: course.parts),
            "dagum-groups": self._of(lambda course: self._grouped(course.dagum, "groups")),
            "dagum-pairs": self._of(lambda course: self._grouped(course.dagum, "pairs")),
            "convergence": self._of(lambda course: course.convergence),
        }
        return {name: table for name, table in found.items() if len(table)}

    @property
    def empty(self) -> bool:
        """Whether nothing at all could be told of any element."""
        return all(course.empty for course in self.courses)

    def said(self) -> Iterator[tuple[Course | None, str, Fault]]:
        """Every notice with the element (nothing: the whole) and the part that it is of."""
        yield from ((None, "", fault) for fault in self.notices)
        for course in self.courses:
            for part in PARTS:
                yield from ((course, part, fault) for fault in course.notices.get(part, ()))

    def _of(self, make: Callable[[Course], pd.DataFrame]) -> pd.DataFrame:
        made = ((course.code, make(course)) for course in self.courses)
        frames = [table.assign(**{ELEMENT: code}) for code, table in made if len(table)]
        if not frames:
            return _NOTHING
        table = pd.concat(frames, ignore_index=True)
        return table[[ELEMENT, *(name for name in table.columns if name != ELEMENT)]]

    def _moves(self, course: Course) -> pd.DataFrame:
        moves = course.moves
        if moves.empty:
            return moves
        at = moves["at"].to_numpy()
        labels = {REGION: self.regions[at], "name_en": self.names[0][at], "name_zh": self.names[1][at]}
        return pd.DataFrame(labels).join(moves.drop(columns="at"))

    def _grouped(self, found: Dagum | None, what: Literal["groups", "pairs"]) -> pd.DataFrame:
        """A table of groups or of pairs of them, with their names in both languages."""
        if found is None or self.grouping is None:
            return _NOTHING
        table = found.groups_to_frame() if what == "groups" else found.pairs_to_frame()
        named = {self.grouping.label(at): name for at, name in enumerate(self.grouping.names)}
        for column in (name for name in (GROUP, "other") if name in table):
            labels = [named[label] for label in table[column]]
            table[column] = [name.zh for name in labels]
            table.insert(table.columns.tolist().index(column) + 1, f"{column}_en", [name.en for name in labels])
        return table

    def __repr__(self) -> str:
        told = [f"{course.code}: {', '.join(_told(course)) or 'nothing'}" for course in self.courses]
        split = f"; groups by {self.grouping.column}" if self.grouping else ""
        return "\n".join([f"Dynamics of {len(self.courses)} elements{split}", *(f"  {line}" for line in told)])


_NOTHING = pd.DataFrame()


def _densities(course: Course) -> pd.DataFrame:
    return _NOTHING if course.density is None else course.density.to_frame().drop(columns="bandwidth")


def _transitions(course: Course) -> pd.DataFrame:
    return _NOTHING if course.chain is None else course.chain.to_frame().astype({"count": int})


def _told(course: Course) -> list[str]:
    found = ((DISTRIBUTION, course.density), (MOBILITY, course.chain), (INEQUALITY, course.inequality or None))
    return [part for part, of in found if of is not None] + ([CONVERGENCE] if len(course.convergence) else [])
