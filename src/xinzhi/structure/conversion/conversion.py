"""From old drivers to new: how much is new and how much old, how fast that changes, and which industries carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import DataError, Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.structure.conversion.change import lilien, moore
from xinzhi.structure.crossed import level_within
from xinzhi.structure.ladder.amounts import amounts, named
from xinzhi.structure.ladder.drawn import LEAST, Regions, between, checked_rungs, matched, well_placed
from xinzhi.structure.ladder.rungs import RUNGS, SERIES, TIME
from xinzhi.structure.ladder.trends import over

if TYPE_CHECKING:
    from xinzhi.data.industries import Industries
    from xinzhi.structure.ladder.rungs import Ladder

PART = "part"
PARTS: dict[str, Text] = {
    "growth": Text(en="growth of what is new", zh="新动能自身增长"),
    "renewal": Text(en="old turned new", zh="旧动能转新"),
    "graduation": Text(en="grown up to other rungs, or come back", zh="晋升至其他层级"),
    "entry": Text(en="entry", zh="进入"),
    "exit": Text(en="exit", zh="退出"),
}
"""What moves the share of the new: industries that are new grow more or less than the region; old ones turn new (or,
negative, new ones old); new ones become leading or pillar industries, which takes from the new what it has achieved
(or, positive, such come back); industries are placed for the first time, or no longer."""
_GROUPS = ("new", "other", "old")


@dataclass(frozen=True)
class Conversion:
    """How far a region's drivers are converted from old to new, how fast, and by which industries.

    ``shares`` is region × time: ``new``, ``old`` and ``other`` as shares of the size placed, with ``new_low``,
    ``new_high``, ``old_low``, ``old_high``, and ``placed``, the share of the region's size that was placed.
    ``pace`` is region × time, each against the year before: ``change`` of the new share with ``low`` and ``high``,
    ``growth`` of the region and what new, other and old industries gave to it (``growth_new`` …, which add up to it),
    and two indices of structural change, ``lilien`` and ``moore`` (degrees). ``carried`` is series × part and adds up,
    region by region, to the change of the new share between the first and the last year, which ``total`` (region) has
    beside its interval and its ``speed`` a year. nan: too little placed in that year.
    """

    shares: xr.Dataset
    pace: xr.Dataset
    carried: xr.DataArray
    total: xr.Dataset
    rungs: tuple[xr.DataArray, xr.DataArray]
    new: tuple[str, ...]
    old: tuple[str, ...]
    measure: str
    years: tuple[int, int]
    level: float
    names: dict[str, Text]
    notes: tuple[Fault, ...]
    record: Record

    @property
    def carriers(self) -> pd.DataFrame:
        """A row per industry: region, industry, names, rungs at both ends, each part, total; who carries most first."""
        coords, codes = self.carried.coords, self.carried["industry"].values.tolist()
        named = [self.names.get(code) or Text(en=code, zh=code) for code in codes]
        columns = {REGION: coords[REGION].values, "industry": codes}
        columns |= {"name_en": [name.en for name in named], "name_zh": [name.zh for name in named]}
        columns |= {f"rung_{end}": of.values for end, of in zip(("start", "end"), self.rungs, strict=True)}
        columns |= {part: self.carried.values[:, at] for at, part in enumerate(PARTS)}
        table = pd.DataFrame(columns).assign(total=self.carried.values.sum(axis=-1))
        table = table.dropna(subset=["total"]).sort_values([REGION, "total"], ascending=[True, False], kind="stable")
        return table.reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of region and time: shares with intervals, pace, indices of structural change."""
        rows = xr.merge([self.shares, self.pace]).to_dataframe().reset_index()
        return rows.dropna(subset=["new"]).reset_index(drop=True)

    def reasons(self, region: str) -> tuple[Text, ...]:
        """How a region's conversion went, in words. Raises ``MethodError`` where nothing is known of it."""
        known = self.total[REGION].values[np.isfinite(self.total["change"].values)].tolist()
        if region not in known:
            raise MethodError(
                Fault(
                    "no-such-region",
                    f"the conversion of '{region}' from {self.years[0]} to {self.years[1]} is not known. "
                    f"Regions: {', '.join(known[:5]) or 'none'}.",
                    f"“{region}”{self.years[0]}—{self.years[1]} 年的新旧动能转换未知。"
                    f"可用地区：{'、'.join(known[:5]) or '无'}。",
                )
            )
        return (*self._verdict(region), self._made_of(region), *self._borne(region), *self._growth(region))

    def _verdict(self, region: str) -> tuple[Text, Text]:
        start, end = (self.shares.sel({REGION: region, TIME: year}) for year in self.years)
        total = self.total.sel({REGION: region})
        low, high, speed = (float(total[name]) for name in ("low", "high", "speed"))
        first, last, measure = *self.years, named(self.measure)
        said = [
            Text(
                en=f"{en} industries: {float(start[name]):.1%} of {measure.en} in {first}, {float(end[name]):.1%} in "
                f"{last} ({float(end[f'{name}_low']):.1%} to {float(end[f'{name}_high']):.1%})",
                zh=f"{zh}占{measure.zh}比重：{first} 年 {float(start[name]):.1%}，{last} 年 {float(end[name]):.1%}"
                f"（{float(end[f'{name}_low']):.1%}—{float(end[f'{name}_high']):.1%}）",
            )
            for name, en, zh in (("new", "new", "新动能"), ("old", "old", "旧动能"))
        ]
        way = (
            ("forward", "向新转换") if low > 0 else ("backward", "逆向变化") if high < 0 else ("undecided", "方向未定")
        )
        between = f"{100 * low:+.1f} to {100 * high:+.1f}", f"{100 * low:+.1f} 至 {100 * high:+.1f}"
        moved = Text(
            en=f"conversion {way[0]}: {100 * speed:+.2f} points a year ({between[0]} in all)",
            zh=f"{way[1]}：新动能占比年均 {100 * speed:+.2f} 个百分点（累计 {between[1]}）",
        )
        return Text(en=f"{said[0].en}; {said[1].en}", zh=f"{said[0].zh}；{said[1].zh}"), moved

    def _made_of(self, region: str) -> Text:
        sums = self.carriers.query(f"{REGION} == @region")[list(PARTS)].sum()
        en = ", ".join(f"{PARTS[part].en} {100 * of:+.1f}" for part, of in sums.items() if of)  # type: ignore[index]
        zh = "，".join(f"{PARTS[part].zh} {100 * of:+.1f}" for part, of in sums.items() if of)  # type: ignore[index]
        return Text(en=f"in points: {en or 'nothing moved it'}", zh=f"构成（百分点）：{zh or '无'}")

    def _borne(self, region: str) -> list[Text]:
        rows = self.carriers.query(f"{REGION} == @region")
        found = []
        for en, zh, some in (
            ("carried by", "主要由以下产业带动", rows[rows["total"] > 0].head(3)),
            ("held back by", "主要受以下产业拖累", rows[rows["total"] < 0].tail(3)[::-1]),
        ):
            if len(some):
                by = zip(some["name_en"], some["name_zh"], 100 * some["total"], strict=True)
                pairs = [(f"{one} ({of:+.1f})", f"{two}（{of:+.1f}）") for one, two, of in by]
                said = ", ".join(pair[0] for pair in pairs), "、".join(pair[1] for pair in pairs)
                found.append(Text(en=f"{en} {said[0]}", zh=f"{zh}：{said[1]}"))
        return found

    def _growth(self, region: str) -> list[Text]:
        pace = self.pace.sel({REGION: region, TIME: slice(self.years[0] + 1, self.years[1])})
        mean = {name: float(pace[name].mean()) for name in ("growth", "growth_new", "growth_old")}
        if np.isnan(mean["growth"]):
            return []
        return [
            Text(
                en=f"of {mean['growth']:+.2%} growth a year, {100 * mean['growth_new']:+.2f} points came from new and "
                f"{100 * mean['growth_old']:+.2f} from old industries",
                zh=f"年均增长 {mean['growth']:+.2%}，其中新动能贡献 {100 * mean['growth_new']:+.2f} 个百分点，"
                f"旧动能贡献 {100 * mean['growth_old']:+.2f} 个百分点",
            )
        ]

    def __str__(self) -> str:
        start, end = (self.shares.sel({TIME: year}) for year in self.years)
        total = self.total.dropna(REGION, how="any")
        lines = [f"conversion: {self.shares.sizes[REGION]} regions, {self.years[0]}-{self.years[1]}, {self.measure}"]
        for name in ("new", "old"):
            shares = [of[name].values[np.isfinite(of[name].values)] for of in (start, end)]
            said = " to ".join(f"{np.median(of):.1%}" if of.size else "not known" for of in shares)
            lines.append(f"{name} ({', '.join(getattr(self, name))}): {said}, median")
        forward, backward = int((total["low"] > 0).sum()), int((total["high"] < 0).sum())
        rest = total.sizes[REGION] - forward - backward
        lines.append(f"regions: {forward} forward, {backward} backward, {rest} undecided")
        found = self.pace["moore"].values[np.isfinite(self.pace["moore"].values)]
        lines.append(f"structural change a year: {np.median(found):.2f} degrees, median" if found.size else "one year")
        return "\n".join([*lines, f"notes: {len(self.notes)}"])


def conversion(
    ladder: Ladder,
    industries: Industries,
    *,
    measure: str | None = None,
    new: Sequence[str] = ("future", "strategic-emerging"),
    old: Sequence[str] = ("mature", "declining"),
    start: int | None = None,
    end: int | None = None,
    least: float = LEAST,
    level: float = 0.9,
    seed: int = 0,
) -> Conversion:
    """How far drivers are converted from old to new, how fast, and which industries carry it.

    ``measure`` (none: the ladder's size) is what shares are of: value added where there is some. ``new`` and ``old``
    are rungs; those in neither are ``other``. ``start`` and ``end`` are the first and last year placed unless given;
    years in which less than ``least`` of a region's size stands on some rung are left open. Shares are expected under
    the probabilities of the rungs; intervals hold ``level`` of 512 draws, in which industries stand independently, each
    by the same throw in all years.

    Each industry's part in the change of the new share is split at the mean of both years, so that it adds up and
    turns its sign when time is turned round. Growth is of the industries placed in both years.
    Raises ``MethodError`` for industries of another ladder, rungs both new and old, or years out of order;
    ``DataError`` where there is no such measure, or nothing is placed in a year.
    """
    level_within(level)
    places = _groups(new, old)
    measure = ladder.spec.size if measure is None else measure
    chances = matched(ladder, industries)
    observed, notes = amounts(industries, measure)
    regions, years = Regions(industries), industries.values[TIME].values
    chances, cells, placed = well_placed(chances, observed, regions, least)
    grouped = np.stack([chances[..., list(at)].sum(axis=-1) for at in places.values()], axis=-1)
    grouped = np.where(np.isfinite(cells)[..., None], grouped, np.nan)
    first, last = _span(years, np.isfinite(cells).any(axis=0), start, end)
    whole = regions.total(cells)
    sizes = np.stack([regions.total(cells * grouped[..., at]) for at in range(3)], axis=-1)
    expected = over(sizes, whole[..., None])
    shares = {name: expected[..., at] for at, name in enumerate(_GROUPS)}
    pace = _contributions(cells, grouped, regions)
    total = {"change": expected[:, last, 0] - expected[:, first, 0]}
    pace["change"] = _steps(shares["new"])
    for name in ("new_low", "new_high", "old_low", "old_high"):
        shares[name] = np.empty_like(whole)
    for name, like in (("low", pace), ("high", pace), ("low", total), ("high", total)):
        like[name] = np.empty_like(like["change"])
    for at, drawn in enumerate(regions.draws(grouped, cells[None], seed)):
        found = over(drawn[:, :, 0], whole[at][:, None, None])
        for name, place in (("new", 0), ("old", 2)):
            sides = between(found[:, place], shares[name][at], level)
            shares[f"{name}_low"][at], shares[f"{name}_high"][at] = sides
        pace["low"][at], pace["high"][at] = between(_steps(found[:, 0].T).T, pace["change"][at], level)
        sides = between(found[last, 0] - found[first, 0], total["change"][at], level)
        total["low"][at], total["high"][at] = sides
    total["speed"] = total["change"] / (years[last] - years[first])
    notes += _not_known(total["change"], regions, (int(years[first]), int(years[last])))
    shares["placed"] = placed
    pace |= {"lilien": lilien(observed, regions), "moore": moore(observed, regions)}
    coords = {REGION: regions.names, TIME: years}
    labels = {name: (SERIES, ladder.probability[name].values) for name in (REGION, "industry")}
    carried = _carried(over(cells, whole[regions.of]), grouped, first, last)
    carried[np.isnan(total["change"])[regions.of]] = np.nan
    rung = ladder.rung
    named = {name: [RUNGS[at] for at in places[name]] for name in _GROUPS}
    settings = {"measure": measure, **named, "start": int(years[first]), "end": int(years[last])}
    settings |= {"least": least, "level": level}
    return Conversion(
        xr.Dataset({name: ((REGION, TIME), of) for name, of in shares.items()}, coords),
        xr.Dataset({name: ((REGION, TIME), of) for name, of in pace.items()}, coords),
        xr.DataArray(carried, {**labels, PART: np.array(list(PARTS), dtype=object)}, (SERIES, PART), name="carried"),
        xr.Dataset({name: ((REGION,), of) for name, of in total.items()}, {REGION: regions.names}),
        (rung.isel({TIME: first}), rung.isel({TIME: last})),
        tuple(named["new"]),
        tuple(named["old"]),
        measure,
        (int(years[first]), int(years[last])),
        level,
        dict(ladder.names),
        (*ladder.notes, *notes),
        Record("conversion", {**settings, "ladder": ladder.record.settings}, dict(ladder.record.inputs), seed),
    )


def _groups(new: Sequence[str], old: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """The places of the rungs that are new, neither, and old. Raises ``MethodError`` where one is both."""
    ours, theirs = checked_rungs("new", new), checked_rungs("old", old)
    if both := [RUNGS[at] for at in ours if at in theirs]:
        raise FaultyValue(
            "new-and-old",
            f"a rung is new or old, not both: {', '.join(both)}. Take it out of `new` or `old`.",
            f"同一层级不能既为新又为旧：{'、'.join(both)}。请从 new 或 old 中去掉。",
        )
    rest = tuple(at for at in range(len(RUNGS)) if at not in ours and at not in theirs)
    return {"new": ours, "other": rest, "old": theirs}


def _span(years: npt.NDArray[Any], placed: Any, start: int | None, end: int | None) -> tuple[int, int]:
    """The places of the first and the last year."""
    there = years[placed].tolist()
    asked = [year for year in (start, end) if year is not None and year not in there]
    if len(there) < 2 or asked:
        shown = f"{there[0]}-{there[-1]}" if there else "none"
        which = ", ".join(map(str, asked))
        raise DataError(
            Fault(
                "not-placed",
                f"conversion needs two years in which industries are placed and measured; there are: {shown}"
                + (f", not {which}." if asked else "."),
                f"新旧动能转换须有两个已判定层级且有数据的年份；现有：{shown if there else '无'}"
                + (f"，不含 {which}。" if asked else "。"),
            )
        )
    first, last = there[0] if start is None else start, there[-1] if end is None else end
    if first >= last:
        raise MethodError(
            Fault(
                "years-out-of-order",
                f"`start` must come before `end`; found {first} and {last}.",
                f"start 须早于 end；实际为 {first} 与 {last}。",
            )
        )
    return int(np.flatnonzero(years == first)[0]), int(np.flatnonzero(years == last)[0])


def _steps(shares: Floats) -> Floats:
    """The change against the year before along the last axis; nan in the first year."""
    return np.concatenate([np.full((*shares.shape[:-1], 1), np.nan), np.diff(shares, axis=-1)], axis=-1)


def _contributions(cells: Floats, grouped: Floats, regions: Regions) -> dict[str, Floats]:
    """Growth of the region against the year before, and what each group gave to it, by its mean chances."""
    grown = np.diff(cells, axis=1)
    known = np.isfinite(grown)
    before = regions.total(np.where(known, cells[:, :-1], np.nan))
    empty = np.full((len(regions.names), 1), np.nan)
    found = {"growth": np.concatenate([empty, over(regions.total(grown), before)], axis=1)}
    for at, name in enumerate(_GROUPS):
        mean = (grouped[:, 1:, at] + grouped[:, :-1, at]) / 2
        found[f"growth_{name}"] = np.concatenate([empty, over(regions.total(mean * grown), before)], axis=1)
    return found


def _carried(share: Floats, grouped: Floats, first: int, last: int) -> Floats:
    """Each industry's part in the change of the new share, (series, part)."""
    there = [np.isfinite(share[:, at]) for at in (first, last)]
    both = there[0] & there[1]
    weights = [np.where(known, share[:, at], 0.0) for known, at in zip(there, (first, last), strict=True)]
    chances = [np.where(known[:, None], grouped[:, at], 0.0) for known, at in zip(there, (first, last), strict=True)]
    weight, chance = (weights[0] + weights[1]) / 2, (chances[0] + chances[1]) / 2
    moved = chances[1] - chances[0]
    # What the new gain is lost by others, what they lose others gain: by the old, as far as these move the other way.
    way = np.where(moved[:, :1] > 0, -1, 1)
    other, old = np.maximum(way * moved[:, 1:], 0).T
    with_old = moved[:, 0] * np.divide(old, other + old, out=np.zeros_like(old), where=other + old > 0)
    parts = {
        "growth": np.where(both, chance[:, 0] * (weights[1] - weights[0]), 0.0),
        "renewal": np.where(both, weight * with_old, 0.0),
        "graduation": np.where(both, weight * (moved[:, 0] - with_old), 0.0),
        "entry": np.where(both, 0.0, weights[1] * chances[1][:, 0]),
        "exit": np.where(both, 0.0, -weights[0] * chances[0][:, 0]),
    }
    return np.stack([parts[part] for part in PARTS], axis=-1)


def _not_known(change: Floats, regions: Regions, years: tuple[int, int]) -> list[Fault]:
    lacking = regions.names[np.isnan(change)].tolist()
    if not lacking:
        return []
    return [
        Fault(
            "not-placed",
            f"{len(lacking)} regions have no industry placed in {years[0]} or {years[1]}, so that their conversion is "
            f"not known (first: {', '.join(lacking[:3])}).",
            f"有 {len(lacking)} 个地区在 {years[0]} 或 {years[1]} 年没有已判定层级的产业，新旧动能转换未知"
            f"（首个：{'、'.join(lacking[:3])}）。",
            severity="warning",
        )
    ]
