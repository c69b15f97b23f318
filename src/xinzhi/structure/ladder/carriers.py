"""How much of a region's emerging industries there is, and of what standard: two axes that are never added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.structure.crossed import level_within
from xinzhi.structure.ladder.amounts import amounts, named
from xinzhi.structure.ladder.criteria import OUTPUTS
from xinzhi.structure.ladder.drawn import LEAST, Regions, between, checked_rungs, matched, well_placed
from xinzhi.structure.ladder.given import aligned
from xinzhi.structure.ladder.rungs import CRITERION, RUNG_NAMES, RUNGS, SERIES, TIME
from xinzhi.structure.ladder.trends import over

if TYPE_CHECKING:
    from xinzhi.data.industries import Industries
    from xinzhi.structure.ladder.rungs import Ladder

STANDARD = "standard"
STANDARDS: dict[str, Text] = {
    "technology": Text(en="technology intensity beside the economy's", zh="相对整体的技术强度"),
    "frontier": Text(en="productivity beside the best region in the same industry", zh="相对同产业最优地区的生产率"),
    "productivity": Text(en="productivity beside the region's", zh="相对本地区的生产率"),
    "advantage": Text(en="location quotient", zh="区位商"),
    "complexity": Text(en="complexity", zh="复杂度"),
}
QUADRANTS: dict[str, Text] = {
    "many-high": Text(en="many emerging industries, of high standard", zh="比重高、水准高"),
    "many-low": Text(en="many emerging industries, of low standard", zh="比重高、水准低"),
    "few-high": Text(en="few emerging industries, of high standard", zh="比重低、水准高"),
    "few-low": Text(en="few emerging industries, of low standard", zh="比重低、水准低"),
}


@dataclass(frozen=True)
class Standing:
    """How much of emerging industries a region has, and of what standard, region by region and year by year.

    ``quantity`` (region × time) is their ``share`` of the region's size that was placed, with ``low`` and ``high``, and
    ``cut``, what it is held against. ``quality`` (region × time × standard) is the ``value`` of each standard, an
    average over emerging industries weighed by size, with ``low``, ``high`` and ``cut``. Cuts are the same quantities
    of all regions together, or, of a single region, its own in the first year known (``beside`` says which).
    nan: too little placed, or no emerging industry whose standard is known.
    """

    quantity: xr.Dataset
    quality: xr.Dataset
    rungs: tuple[str, ...]
    beside: str
    size: str
    level: float
    notes: tuple[Fault, ...]
    record: Record

    @property
    def standards(self) -> tuple[str, ...]:
        """The standards that the data tell."""
        return tuple(self.quality[STANDARD].values.tolist())

    @property
    def quadrant(self) -> xr.DataArray:
        """Where each region stands by quantity and each standard: a key of ``QUADRANTS``, "" where not known."""
        many = (self.quantity["share"] >= self.quantity["cut"]).values[..., None]
        high = (self.quality["value"] >= self.quality["cut"]).values
        known = np.isfinite(self.quantity["share"].values)[..., None] & np.isfinite(self.quality["value"].values)
        named = np.array(["few-low", "few-high", "many-low", "many-high"], dtype=object)[2 * many + high]
        return self.quality["value"].copy(data=np.where(known, named, "")).rename("quadrant")

    @property
    def certain(self) -> xr.DataArray:
        """Whether neither interval reaches across its cut."""
        apart = (self.quantity["low"] >= self.quantity["cut"]) | (self.quantity["high"] < self.quantity["cut"])
        clear = (self.quality["low"] >= self.quality["cut"]) | (self.quality["high"] < self.quality["cut"])
        return (apart & clear).transpose(*self.quality["value"].dims).rename("certain")

    def reasons(self, region: str, year: int | None = None) -> tuple[Text, ...]:
        """A region's place by each standard in words; ``year`` is the last one known unless given.

        Raises ``MethodError`` where nothing is known of the region and year.
        """
        share = self.quantity["share"]
        known = []
        if region in share[REGION].values:
            known = share[TIME].values[np.isfinite(share.sel({REGION: region}).values)].tolist()
        year = known[-1] if year is None and known else year
        if year not in known:
            shown = ", ".join(share[REGION].values[:5].tolist())
            raise MethodError(
                Fault(
                    "no-such-region",
                    f"nothing is known of the emerging industries of '{region}' in {year}. Regions: {shown}; "
                    f"years: {', '.join(map(str, known)) or 'none'}.",
                    f"没有“{region}”{year} 年新兴产业的数据。"
                    f"地区：{shown}；年份：{'、'.join(map(str, known)) or '无'}。",
                )
            )
        own = self.quantity.sel({REGION: region, TIME: year})
        found = [self._share(own)]
        for standard in self.standards:
            place = {REGION: region, TIME: year, STANDARD: standard}
            key, told = str(self.quadrant.sel(place).item()), self.quality.sel(place)
            if key:
                found.append(self._said(standard, key, told, bool(self.certain.sel(place))))
        return tuple(found)

    def _share(self, own: xr.Dataset) -> Text:
        share, low, high, cut = (float(own[name]) for name in ("share", "low", "high", "cut"))
        names = [RUNG_NAMES[rung] for rung in self.rungs]
        beside = "" if np.isnan(cut) else f"; {self.beside}: {cut:.1%}"
        whose = {"all regions": "所有地区合计"}.get(self.beside, f"{self.beside} 年")
        within = "" if np.isnan(cut) else f"；{whose} {cut:.1%}"
        measure = named(self.size)
        whom = " and ".join(name.en for name in names)
        return Text(
            en=f"{whom}: {share:.1%} of {measure.en} ({low:.1%} to {high:.1%}{beside})",
            zh=f"{'与'.join(name.zh for name in names)}占{measure.zh} {share:.1%}（{low:.1%}—{high:.1%}{within}）",
        )

    def _said(self, standard: str, key: str, told: xr.Dataset, certain: bool) -> Text:
        about, place = STANDARDS[standard], QUADRANTS[key]
        value, low, high = (float(told[name]) for name in ("value", "low", "high"))
        doubt = ("", "") if certain else (", uncertain", "，尚不确定")
        return Text(
            en=f"{place.en} by {about.en}: {value:.2f} ({low:.2f} to {high:.2f}){doubt[0]}",
            zh=f"{place.zh}（按{about.zh}：{value:.2f}，{low:.2f}—{high:.2f}）{doubt[1]}",
        )

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of region, time, standard: quantity and standard with intervals and cuts, quadrant, certain."""
        quality = self.quality.rename({name: f"standard_{name}" for name in self.quality})
        rows = quality.assign(quadrant=self.quadrant, certain=self.certain).to_dataframe().reset_index()
        quantity = self.quantity.rename({name: f"share_{name}" for name in ("low", "high", "cut")})
        rows = quantity.to_dataframe().reset_index().merge(rows, how="left", on=[REGION, TIME])
        return rows.dropna(subset=["share"]).reset_index(drop=True)

    def __str__(self) -> str:
        share = self.quantity["share"].values
        known = np.flatnonzero(np.isfinite(share).any(axis=0))
        head = f"standing of {', '.join(self.rungs)}: {share.shape[0]} regions"
        if not known.size:
            return f"{head}, nothing placed"
        years = self.quantity[TIME].values
        lines = [f"{head}, {years[known[0]]}-{years[known[-1]]}, size: {self.size}"]
        lines += [f"{years[known[-1]]}: median share {np.nanmedian(share[:, known[-1]]):.1%}, beside {self.beside}"]
        for standard in self.standards[:3]:
            found = self.quadrant.sel({STANDARD: standard}).values[:, known[-1]]
            lines.append(f"{standard}: " + ", ".join(f"{key} {int((found == key).sum())}" for key in QUADRANTS))
        return "\n".join([*lines, f"notes: {len(self.notes)}"])


def standing(
    ladder: Ladder,
    industries: Industries,
    size: str | None = None,
    *,
    rungs: Sequence[str] = ("strategic-emerging",),
    complexity: Any = None,
    least: float = LEAST,
    level: float = 0.9,
    seed: int = 0,
) -> Standing:
    """How much of emerging industries a region has, and of what standard: two axes kept apart.

    Quantity is the share of ``rungs`` in the size placed (``size``: a measure, else the ladder's). Standards are
    averages over these industries weighed by size and chance: technology intensity and location quotient where the
    ladder's evidence has them; productivity (the measure of that name, else value added, output or revenue over
    employment) beside the best region in the same industry and year, where there are two or more, and beside the
    region's; ``complexity`` where it is given by industry (Series, mapping or labelled array). What is not known is
    left out of the average. Years in which less than ``least`` of a region's size stands on some rung are left open.
    Intervals hold ``level`` of 512 draws of the rungs.
    Raises ``MethodError``, and ``DataError`` where there is no such measure.
    """
    level_within(level)
    places = checked_rungs("rungs", rungs)
    size = ladder.spec.size if size is None else size
    cells, notes = amounts(industries, size)
    regions = Regions(industries)
    chances, cells, _ = well_placed(matched(ladder, industries), cells, regions, least)
    held = _standards(ladder, industries, cells, aligned(complexity, industries, "complexity"), regions)
    if not held:
        notes.append(_no_standard())
    emerging = chances[..., list(places)].sum(axis=-1)
    # Each standard has the size of the industries it is known of beside it.
    weights = np.stack([cells, *(part for of in held.values() for part in (cells * of, cells + 0 * of))])
    expected = np.stack([regions.total(one * emerging) for one in weights], axis=-1)
    whole = regions.total(cells)
    low, high = (np.empty((*whole.shape, 1 + len(held))) for _ in range(2))
    middle = _ratios(expected, whole)
    for at, drawn in enumerate(regions.draws(emerging[..., None], weights, seed)):
        ratios = _ratios(np.moveaxis(drawn[:, 0], -1, 1), whole[at][:, None])
        low[at], high[at] = _bounds(np.moveaxis(ratios, 1, -1), middle[at], level)
    cut, beside = _cuts(expected, whole, middle, industries.values[TIME].values)
    coords = {REGION: regions.names, TIME: industries.values[TIME].values}
    sides = {"low": low, "high": high, "cut": cut}
    quantity = {"share": middle, **sides}
    named = {**coords, STANDARD: np.array(list(held), dtype=object)}
    settings = {
        "size": size,
        "rungs": [RUNGS[at] for at in places],
        "least": least,
        "level": level,
        "ladder": ladder.record.settings,
    }
    return Standing(
        xr.Dataset({name: ((REGION, TIME), of[..., 0]) for name, of in quantity.items()}, coords),
        xr.Dataset(
            {name: ((REGION, TIME, STANDARD), of[..., 1:]) for name, of in {"value": middle, **sides}.items()}, named
        ),
        tuple(RUNGS[at] for at in places),
        beside,
        size,
        level,
        (*ladder.notes, *notes),
        Record("standing", settings, dict(ladder.record.inputs), seed),
    )


def _standards(
    ladder: Ladder, industries: Industries, cells: Floats, complexity: Floats | None, regions: Regions
) -> dict[str, Floats]:
    """Each standard that the data tell, (series, time)."""
    told = {name: ladder.evidence.sel({CRITERION: name}).values for name in ladder.evidence[CRITERION].values}
    found = {name: told[name] for name in ("technology", "advantage") if name in told}
    productivity = _productivity(industries)
    if productivity is not None:
        known = cells + 0 * productivity
        region = over(regions.total(known * productivity), regions.total(known))[regions.of]
        found["productivity"] = over(productivity, region)
        if len(regions.names) > 1:
            found["frontier"] = _beside_the_best(productivity, industries)
    if complexity is not None:
        found["complexity"] = complexity
    return {name: found[name] for name in STANDARDS if name in found and np.isfinite(found[name]).any()}


def _productivity(industries: Industries) -> Floats | None:
    if "productivity" in industries.measures:
        return amounts(industries, "productivity")[0]
    output = next((name for name in OUTPUTS if name in industries.measures), None)
    if output is None or "employment" not in industries.measures:
        return None
    return over(industries.of(output).values, industries.of("employment").values)


def _beside_the_best(productivity: Floats, industries: Industries) -> Floats:
    """Productivity beside that of the best region in the same industry and year; nan where no other region is known."""
    table = xr.DataArray(productivity, {"industry": industries.values["industry"]}, (SERIES, TIME))
    frame = pd.DataFrame(productivity).groupby(table["industry"].values.astype(str))
    best, many = frame.transform("max").to_numpy(), frame.transform("count").to_numpy()
    return np.where(many > 1, over(productivity, best), np.nan)


def _ratios(sums: Floats, whole: Floats) -> Floats:
    """The share of the whole, then each standard's average, from sums (…, amount)."""
    shares = over(sums[..., :1], whole[..., None])
    return np.concatenate([shares, over(sums[..., 1::2], sums[..., 2::2])], axis=-1)


def _bounds(drawn: Floats, expected: Floats, level: float) -> tuple[Floats, Floats]:
    """Intervals over the draws in which there was something to average; the expected value where there never was."""
    filled = np.where(np.isnan(drawn), expected[..., None], drawn)
    return between(filled, expected, level)


def _cuts(expected: Floats, whole: Floats, middle: Floats, years: Any) -> tuple[Floats, str]:
    """What regions are held against: all of them together, or a single one's own first year known."""
    if len(expected) > 1:
        together = _ratios(expected.sum(axis=0), whole.sum(axis=0))
        return np.broadcast_to(together, middle.shape).copy(), "all regions"
    known = np.flatnonzero(np.isfinite(middle[0, :, 0]))
    first = int(known[0]) if known.size else 0
    # A standard first known later is held against the first year it was known.
    starts = [int(np.argmax(np.isfinite(column))) for column in middle[0].T]
    cut = np.array([column[at] for column, at in zip(middle[0].T, starts, strict=True)])
    return np.broadcast_to(cut, middle.shape).copy(), str(years[first])


def _no_standard() -> Fault:
    return Fault(
        "no-standard",
        "the data tell no standard of emerging industries: no technology, advantage or productivity. Give R&D, value "
        "added beside employment, `relative_advantage` to the ladder, or `complexity` here.",
        "数据未能说明新兴产业的水准：缺少技术强度、比较优势与生产率。请提供研发、增加值与就业，"
        "或在 ladder 中给出 relative_advantage，或在此给出 complexity。",
        severity="warning",
    )
