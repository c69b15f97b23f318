"""What an experiment found: futures under each policy, what each changed, where, and how sure that is."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.simulate.policy import Policy
from xinzhi.simulate.spreads import paired, quantiles

if TYPE_CHECKING:
    import pandas as pd

BAND = (0.05, 0.5, 0.95)  # ends and middle of a fan
_TOLD = ("output", "new_quality_share", "industries_born")  # what printing tells


@dataclass(frozen=True, eq=False)
class Industries:
    """The industries of one run: shares of employment and firms (quarter, industry), and where they stand at the end.

    ``born_quarter`` (industry,) is below or at zero for those of the start; ``standing`` (industry, 5) are memberships
    of the rungs from future to traditional.
    """

    labels: tuple[str, ...]
    share: Floats
    firms: Floats
    born_quarter: npt.NDArray[np.int64]
    standing: Floats


@dataclass(frozen=True, eq=False)
class Lags:
    """What became of all that began, so many quarters later: cumulative incidence with competing risks.

    ``causes`` end with ``open``, so that shares sum to one. ``share`` (policy, lag, cause) is of all draws together,
    ``low``, ``median`` and ``high`` over draws; ``entered`` (policy, draw) counts what began. ``nan`` where nothing
    did.
    """

    causes: tuple[str, ...]
    entered: npt.NDArray[np.int64]
    share: Floats
    low: Floats
    median: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Difference:
    """One paired difference: its mean with interval, the share of draws above zero, and the draws (draw,)."""

    mean: float
    low: float
    high: float
    above: float
    values: Floats


@dataclass(frozen=True, eq=False)
class Experiment:
    """Policies tried on the same worlds with the same luck.

    Draw i has a seed and a set of knobs of its own, the same for every policy. ``fan`` (policy, 5 %, median and 95 %
    over draws, quarter, series), ``mean`` (policy, quarter, series), ``gap`` as ``fan`` for the difference to the
    reference within a draw, ``yearly`` (policy, draw, year, series) the mean of a year's quarters, from which paired
    differences come. ``region_…`` (policy, year, region, outcome): the mean over draws and the ends of 90 % of them,
    and the paired difference to the reference with the 95 % interval of its mean. ``births`` (policy, draw, year)
    counts industries born. ``industries_of`` holds one draw as it went, ``representative``: the one whose reference
    run lies nearest to the medians. ``nan`` where a run has no such outcome.
    """

    start_name: str
    first_year: int
    years: int
    regions: tuple[str, ...]
    industries: tuple[str, ...]
    technologies: tuple[str, ...]
    policies: tuple[Policy, ...]
    reference: str
    series: tuple[str, ...]
    regional: tuple[str, ...]
    draws: int
    seeds: tuple[int, ...]
    knobs_of: npt.NDArray[np.int64]
    knob_sets: int
    fan: Floats
    mean: Floats
    gap: Floats
    yearly: Floats
    region_mean: Floats
    region_low: Floats
    region_median: Floats
    region_high: Floats
    region_gain: Floats
    region_gain_low: Floats
    region_gain_high: Floats
    births: npt.NDArray[np.int64]
    representative: int
    industries_of: Mapping[str, Industries]
    lags: Lags
    backed: Lags
    spending: pd.DataFrame
    record: Record

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the policies."""
        return tuple(policy.name for policy in self.policies)

    @property
    def years_simulated(self) -> range:
        """The calendar years of the run."""
        return range(self.first_year, self.first_year + self.years)

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """Draws that are not independent of each other, (draw,): those that share a set of knobs, where there are many.

        With one set of knobs for all, what is said holds given those knobs.
        """
        return self.knobs_of if self.knob_sets > 1 else np.arange(self.draws)

    def fans(
        self, series: str | Sequence[str] | None = None, policies: str | Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Every series through time over draws: policy, series, quarter, time, low, median, high, mean."""
        names, wanted = self._policies(policies), self._series(series)
        p, s = self._at(self.names, names), self._at(self.series, wanted)
        low, median, high = (self.fan[np.ix_(p, [end], range(4 * self.years), s)][:, 0] for end in range(3))
        bands = {"low": low, "median": median, "high": high, "mean": self.mean[np.ix_(p, range(4 * self.years), s)]}
        bands = {name: one.transpose(0, 2, 1) for name, one in bands.items()}
        table = _tidy({"policy": names, "series": wanted, "quarter": range(4 * self.years)}, bands)
        table.insert(3, "time", self.first_year + table["quarter"] / 4)
        return table

    def differences(
        self,
        years: int | Sequence[int] | None = None,
        series: str | Sequence[str] | None = None,
        policies: str | Sequence[str] | None = None,
        against: str | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """What policies changed by year, draw by draw against the reference or another policy.

        Columns: policy, against, series, year, value and reference (means), difference with low and high (the interval
        of its mean, see ``paired``), above (share of draws above zero), draws, p05 and p95 (spread of the draws).
        Raises ``MethodError`` for names and years that are not there.
        """
        base = self._policies(against or self.reference)[0]
        names = [name for name in self._policies(policies) if name != base]
        wanted, when = self._series(series), self._years(years)
        p, s, y = self._at(self.names, names), self._at(self.series, wanted), [one - self.first_year for one in when]
        values = self.yearly[np.ix_(p, range(self.draws), y, s)].transpose(1, 0, 3, 2)  # draw, policy, series, year
        other = self.yearly[self.names.index(base)][np.ix_(range(self.draws), y, s)].transpose(0, 2, 1)[:, None]
        told = paired(values - other, self.groups, level)
        low, high = quantiles(values - other, (BAND[0], BAND[2]))
        columns = {
            "value": average(values),
            "reference": np.broadcast_to(average(other), told.mean.shape),
            "difference": told.mean,
            "low": told.low,
            "high": told.high,
            "above": told.above,
            "draws": told.draws,
            "p05": low,
            "p95": high,
        }
        table = _tidy({"policy": names, "series": wanted, "year": when}, columns)
        table.insert(1, "against", base)
        return table

    def difference(
        self, policy: str, series: str, year: int, *, against: str | None = None, level: float = 0.95
    ) -> Difference:
        """One paired difference. Raises ``MethodError`` for names and years that are not there."""
        base, name = self._policies(against or self.reference)[0], self._policies(policy)[0]
        s, y = self.series.index(self._series(series)[0]), self._years(year)[0] - self.first_year
        values = self.yearly[self.names.index(name), :, y, s] - self.yearly[self.names.index(base), :, y, s]
        told = paired(values, self.groups, level)
        return Difference(float(told.mean), float(told.low), float(told.high), float(told.above), values)

    def by_region(
        self,
        years: int | Sequence[int] | None = None,
        series: str | Sequence[str] | None = None,
        policies: str | Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Outcomes of regions by year: mean over draws with the ends of 90 % of them, and gain over the reference.

        Columns: policy, region, year, series, mean, low, high, gain, gain_low, gain_high (95 % interval of its mean).
        """
        names, when = self._policies(policies), self._years(years)
        wanted = self._named(series, self.regional, ("series of regions", "地区指标"))
        p, s, y = self._at(self.names, names), self._at(self.regional, wanted), [one - self.first_year for one in when]
        cells = np.ix_(p, y, range(len(self.regions)), s)
        columns = {
            name: values[cells].transpose(0, 2, 1, 3)
            for name, values in {
                "mean": self.region_mean,
                "low": self.region_low,
                "high": self.region_high,
                "gain": self.region_gain,
                "gain_low": self.region_gain_low,
                "gain_high": self.region_gain_high,
            }.items()
        }
        return _tidy({"policy": names, "region": self.regions, "year": when, "series": wanted}, columns)

    def industry_paths(self, policy: str) -> pd.DataFrame:
        """Industries of the representative draw: industry, quarter, born (year), time, share, firms."""
        run = self.industries_of[self._policies(policy)[0]]
        columns = {
            "born": np.broadcast_to(self.first_year + run.born_quarter[:, None] / 4, run.share.T.shape),
            "time": np.broadcast_to(self.first_year + np.arange(4 * self.years) / 4, run.share.T.shape),
            "share": run.share.T,
            "firms": run.firms.T,
        }
        return _tidy({"industry": run.labels, "quarter": range(4 * self.years)}, columns)

    def births_by_year(self) -> pd.DataFrame:
        """Industries born a year, over draws: policy, year, low, median, high, mean."""
        counts = self.births.transpose(1, 0, 2).astype(float)
        low, median, high = quantiles(counts, BAND)
        bands = {"low": low, "median": median, "high": high, "mean": counts.mean(axis=0)}
        return _tidy({"policy": self.names, "year": self.years_simulated}, bands)

    def incidence(self, of: Literal["discoveries", "startups"] = "discoveries") -> pd.DataFrame:
        """What became of all that began so many years later: policy, lag, cause, share, low, median, high."""
        lags = self.lags if of == "discoveries" else self.backed
        bands = {"share": lags.share, "low": lags.low, "median": lags.median, "high": lags.high}
        quarters = range(lags.share.shape[1])
        return _tidy({"policy": self.names, "lag": [one / 4 for one in quarters], "cause": lags.causes}, bands)

    def to_frame(self) -> pd.DataFrame:
        """The fans as tidy rows."""
        return self.fans()

    def __repr__(self) -> str:
        first, last = self.first_year, self.first_year + self.years - 1
        sets = f", {self.knob_sets} sets of knobs" if self.knob_sets > 1 else ""
        lines = [
            f"Experiment on {self.start_name}, {first}-{last}: {len(self.policies)} policies, {self.draws} draws{sets}",
            f"  against '{self.reference}', mean difference in {last} and its 95 % interval:",
        ]
        others = [name for name in self.names if name != self.reference]
        for name in others[:3]:
            told = []
            for series in _TOLD:
                gap = self.difference(name, series, last)
                told.append(f"{series} {gap.mean:+.3g} ({gap.low:+.3g} to {gap.high:+.3g})")
            lines.append(f"  {name}: {', '.join(told)}")
        if len(others) > 3:
            lines.append(f"  and {len(others) - 3} more: .differences({last})")
        return "\n".join(lines)

    def _policies(self, wanted: str | Sequence[str] | None) -> list[str]:
        return self._named(wanted, self.names, ("policy", "政策"))

    def _series(self, wanted: str | Sequence[str] | None) -> list[str]:
        return self._named(wanted, self.series, ("series", "指标"))

    def _years(self, wanted: int | Sequence[int] | None) -> list[int]:
        years = list(self.years_simulated) if wanted is None else [wanted] if isinstance(wanted, int) else list(wanted)
        if lost := [year for year in years if year not in self.years_simulated]:
            first, last = self.first_year, self.first_year + self.years - 1
            raise MethodError(
                Fault(
                    "year-not-simulated",
                    f"the runs go from {first} to {last}; there is no {', '.join(map(str, lost))}. Name a year within, "
                    "or run for longer.",
                    f"模拟年份为 {first}—{last}，不含 {'、'.join(map(str, lost))}。请改用其中的年份，或延长模拟。",
                )
            )
        return years

    @staticmethod
    def _named(wanted: str | Sequence[str] | None, known: Sequence[str], what: tuple[str, str]) -> list[str]:
        names = list(known) if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
        if faults := [unknown(what, name, known) for name in names if name not in known]:
            raise MethodError(faults)
        return names

    @staticmethod
    def _at(known: Sequence[str], names: Iterable[str]) -> list[int]:
        return [list(known).index(name) for name in names]


def unknown(what: tuple[str, str], name: str, known: Sequence[str], where: tuple[str, str] = ("", "")) -> Fault:
    """A fault that names what is not there and what comes near; ``what`` and ``where`` in both languages."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or list(known[:8])
    return Fault(
        "unknown-name",
        f"{where[0]}there is no {what[0]} '{name}'. Near: {', '.join(near)}.",
        f"{where[1]}没有名为“{name}”的{what[1]}。相近的有：{'、'.join(near)}。",
    )


def average(values: Floats) -> Floats:
    """The mean over the first axis of what is there; ``nan`` where nothing is."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(axis=0) / there.sum(axis=0))


def _tidy(labels: Mapping[str, Sequence[Any]], columns: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """One row per cell: the labels of its axes, then its columns, which have those axes."""
    import pandas as pd

    places = np.indices([len(one) for one in labels.values()]).reshape(len(labels), -1)
    named = {name: np.array(list(one))[at] for (name, one), at in zip(labels.items(), places, strict=True)}
    return pd.DataFrame(named | {name: values.ravel() for name, values in columns.items()})
