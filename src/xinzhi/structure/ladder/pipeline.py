"""A region's pipeline: how many industries stand on each rung, how much they weigh, and whether successors exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.structure.crossed import level_within
from xinzhi.structure.ladder.amounts import amounts, named
from xinzhi.structure.ladder.drawn import LEAST, Regions, between, matched, well_placed
from xinzhi.structure.ladder.rungs import RUNG, RUNG_NAMES, RUNGS, TIME
from xinzhi.structure.ladder.trends import over

if TYPE_CHECKING:
    from xinzhi.data.industries import Industries
    from xinzhi.structure.ladder.rungs import Ladder

BLOCK = "block"
# Who follows whom: up the ladder the rung below; industries off it give way to those that rise.
SUCCESSORS: dict[str, tuple[str, ...]] = {
    "strategic-emerging": ("future",),
    "leading": ("strategic-emerging",),
    "pillar": ("leading",),
    "mature": ("strategic-emerging", "leading"),
    "declining": ("strategic-emerging", "leading"),
}
CURRENT, NEXT = ("leading", "pillar"), ("future", "strategic-emerging")
_SUMS = ("number", "size", "share")


@dataclass(frozen=True)
class Pipeline:
    """How many industries of each region stand on each rung in each year, and who follows them.

    ``stock`` is region × time × rung: ``number``, ``size`` and ``share`` expected under the probabilities, each with
    ``_low`` and ``_high``. ``succession`` is region × time × block: ``number`` and ``size`` of the successors for each
    one of the block. ``generations`` is region × time: ``applied`` and ``next``, the breadth of what is applied now
    (leading and pillar) and of what grows up (future and strategic emerging) as effective numbers of industries, their
    ``ratio`` (next / applied), and ``placed``, the share of the region's size that could be placed. nan where too
    little is placed, or there is nothing to succeed.
    """

    stock: xr.Dataset
    succession: xr.Dataset
    generations: xr.Dataset
    size: str
    level: float
    notes: tuple[Fault, ...]
    record: Record

    @property
    def years(self) -> tuple[int, ...]:
        """The years in which enough could be placed."""
        placed = np.isfinite(self.stock["number"].values).any(axis=(0, 2))
        return tuple(self.stock[TIME].values[placed].tolist())

    def reasons(self, region: str, year: int | None = None) -> tuple[Text, ...]:
        """What the region has to follow what it lives on, in words; ``year`` is the last one placed unless given.

        Raises ``MethodError`` where there is no such region or year.
        """
        placed = self._placed(region)
        year = placed[-1] if year is None and placed else year
        if year not in placed:
            raise MethodError(_not_there(self, region, year, placed))
        stock = self.stock.sel({REGION: region, TIME: year})
        seen = (self.stock["number"] > 0).any((REGION, TIME))
        found = [_lacking(stock, rung) if seen.sel({RUNG: rung}) else _unseen(rung) for rung in RUNGS[:4]]
        told = [text for text in found if text is not None] or [_whole(stock)]
        return (*told, *_followed(self, region, year), *_ahead(self, region, year))

    def _placed(self, region: str) -> list[int]:
        if region not in self.stock[REGION].values:
            return []
        there = np.isfinite(self.stock["number"].sel({REGION: region}).values).any(axis=-1)
        return [int(year) for year in self.stock[TIME].values[there]]

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows of region, time, rung: number, size, share with their intervals, and who follows."""
        rows = self.stock.to_dataframe().reset_index()
        followed = self.succession.rename({BLOCK: RUNG, **{name: f"{name}_succession" for name in ("number", "size")}})
        rows = rows.merge(followed.to_dataframe().reset_index(), how="left", on=[REGION, TIME, RUNG])
        return rows.dropna(subset=["number"]).reset_index(drop=True)

    def __str__(self) -> str:
        years, stock = self.years, self.stock
        if not years:
            return f"pipeline: {stock.sizes[REGION]} regions, nothing placed"
        last = stock.sel({TIME: years[-1]})
        number, share = last["number"].sum(REGION).values, last["share"].mean(REGION).values
        lacking = (last["number"].sel({RUNG: list(RUNGS[:4])}) < 0.5).any(RUNG)
        ratio = self.generations["ratio"].sel({TIME: years[-1]}).values
        known = ratio[np.isfinite(ratio)]
        return "\n".join(
            (
                f"pipeline: {stock.sizes[REGION]} regions, {years[0]}-{years[-1]}, size: {self.size}",
                f"{years[-1]}: " + ", ".join(f"{rung} {n:.1f}" for rung, n in zip(RUNGS, number, strict=True)),
                "mean share: " + ", ".join(f"{rung} {n:.1%}" for rung, n in zip(RUNGS, share, strict=True)),
                f"regions likely to lack a rung of the ladder: {int(lacking.sum())}",
                f"next generation per applied industry: {np.median(known):.2f}" if known.size else "next: not known",
                f"notes: {len(self.notes)}",
            )
        )


def pipeline(
    ladder: Ladder,
    industries: Industries,
    size: str | None = None,
    *,
    least: float = LEAST,
    level: float = 0.9,
    seed: int = 0,
) -> Pipeline:
    """How many industries a region has on each rung, how much they weigh, and whether successors exist.

    ``size`` is the measure that is added up (none: the ladder's own). Numbers are expected under the probabilities of
    the rungs; intervals hold ``level`` of 512 draws in which industries stand independently. Shares are of the size
    placed; years in which less than ``least`` of a region's size stands on some rung are left open. Successors of a
    block are the rung below; of mature and declining industries, strategic emerging and leading ones. Breadth is an
    effective number (inverse sum of squared shares; Laakso, Taagepera 1979).
    Raises ``MethodError`` where the ladder is of other industries, ``DataError`` where there is no such measure.
    """
    level_within(level)
    size = ladder.spec.size if size is None else size
    chances = matched(ladder, industries)
    cells, notes = amounts(industries, size)
    regions = Regions(industries)
    chances, cells, share = well_placed(chances, cells, regions, least)
    placed = np.isfinite(chances[..., 0])
    counted = np.where(placed, 1.0, np.nan)
    weights = np.stack([counted, cells])
    held = np.where(np.isnan(weights), 0.0, weights)[..., None] * np.where(placed[..., None], chances, 0.0)
    expected = np.stack([regions.total(one) for one in held], axis=-1)
    there = regions.total(counted)[..., None] > 0
    whole = regions.total(weights[1])
    low, high = np.empty_like(expected), np.empty_like(expected)
    for at, drawn in enumerate(regions.draws(chances, weights, seed)):
        low[at], high[at] = between(drawn, expected[at], level)
    tables = dict[str, Floats]()
    for end, of in (("", expected), ("_low", low), ("_high", high)):
        shares = over(of[..., 1], whole[..., None])
        for name, part in zip(_SUMS, (of[..., 0], of[..., 1], shares), strict=True):
            tables[name + end] = np.where(there, part, np.nan)
    years = industries.values[TIME].values
    coords = {REGION: regions.names, TIME: years, RUNG: np.array(RUNGS, dtype=object)}
    stock = xr.Dataset({name: ((REGION, TIME, RUNG), part) for name, part in tables.items()}, coords)
    settings = {"size": size, "least": least, "level": level, "way": ladder.way, "ladder": ladder.record.settings}
    return Pipeline(
        stock,
        _succession(stock),
        _generations(stock, regions, held[1], share),
        size,
        level,
        (*ladder.notes, *notes),
        Record("pipeline", settings, dict(ladder.record.inputs), seed),
    )


def _succession(stock: xr.Dataset) -> xr.Dataset:
    """What successors amount to for each one of the block, in number and in size."""
    ratios = {}
    for name in ("number", "size"):
        of = dict(zip(RUNGS, np.moveaxis(stock[name].values, -1, 0), strict=True))
        parts = [over(sum(of[rung] for rung in after), of[block]) for block, after in SUCCESSORS.items()]  # type: ignore[call-overload]
        ratios[name] = ((REGION, TIME, BLOCK), np.stack(parts, axis=-1))
    coords = {REGION: stock[REGION].values, TIME: stock[TIME].values, BLOCK: np.array(list(SUCCESSORS), dtype=object)}
    return xr.Dataset(ratios, coords)


def _generations(stock: xr.Dataset, regions: Regions, held: Floats, placed: Floats) -> xr.Dataset:
    """The breadth of the generation applied and of the next, from expected sizes (series, time, rung)."""
    breadth = {}
    for name, rungs in (("applied", CURRENT), ("next", NEXT)):
        size = held[..., [RUNGS.index(rung) for rung in rungs]].sum(axis=-1)  # type: ignore[arg-type]
        breadth[name] = np.nan_to_num(over(regions.total(size) ** 2, regions.total(size**2)))
    there = np.isfinite(stock["number"].values[..., 0])
    tables = {name: np.where(there, part, np.nan) for name, part in breadth.items()}
    tables |= {"ratio": over(tables["next"], tables["applied"]), "placed": placed}
    coords = {REGION: stock[REGION].values, TIME: stock[TIME].values}
    return xr.Dataset({name: ((REGION, TIME), part) for name, part in tables.items()}, coords)


def _lacking(stock: xr.Dataset, rung: str) -> Text | None:
    """That a rung of the ladder is empty, or may be; none where it is not."""
    expected, most = (float(stock[name].sel({RUNG: rung})) for name in ("number", "number_high"))
    name = RUNG_NAMES[rung]
    if most < 1:
        return Text(en=f"broken: no {name.en}", zh=f"断档：没有{name.zh}")
    if expected < 0.5:
        return Text(
            en=f"perhaps broken: no {name.en} is certain ({expected:.1f} expected, at most {most:.0f})",
            zh=f"可能断档：尚无确定的{name.zh}（期望 {expected:.1f} 个，至多 {most:.0f} 个）",
        )
    return None


def _unseen(rung: str) -> Text:
    """That a rung is empty everywhere and always, which may be the data's doing."""
    name = RUNG_NAMES[rung]
    return Text(
        en=f"no {name.en} in any region or year: these data may be unable to show one",
        zh=f"所有地区和年份均无{name.zh}：可能是数据无法识别",
    )


def _whole(stock: xr.Dataset) -> Text:
    number = stock["number"].sel({RUNG: list(RUNGS[:4])}).values
    en = ", ".join(f"{n:.1f} {RUNG_NAMES[rung].en}" for rung, n in zip(RUNGS[:4], number, strict=True))
    zh = "、".join(f"{RUNG_NAMES[rung].zh} {n:.1f} 个" for rung, n in zip(RUNGS[:4], number, strict=True))
    return Text(en=f"no rung of the ladder is empty: {en}", zh=f"各层级均有产业：{zh}")


def _followed(result: Pipeline, region: str, year: int) -> list[Text]:
    """How much stands ready behind pillar, mature and declining industries."""
    found = []
    for block in ("pillar", "mature", "declining"):
        ratios = result.succession.sel({REGION: region, TIME: year, BLOCK: block})
        number, size = float(ratios["number"]), float(ratios["size"])
        if np.isnan(number) or np.isnan(size):
            continue
        measure = named(result.size)
        own, after = RUNG_NAMES[block], [RUNG_NAMES[rung] for rung in SUCCESSORS[block]]
        found.append(
            Text(
                en=f"behind each {own.en}: {number:.2f} {' or '.join(name.en for name in after)}; "
                f"{size:.0%} of its {measure.en}",
                zh=f"每个{own.zh}之后有 {number:.2f} 个{'或'.join(name.zh for name in after)}，"
                f"{measure.zh}为其 {size:.0%}",
            )
        )
    return found


def _ahead(result: Pipeline, region: str, year: int) -> list[Text]:
    """The next generation beside the one applied."""
    told = result.generations.sel({REGION: region, TIME: year})
    applied, following = float(told["applied"]), float(told["next"])
    return [
        Text(
            en=f"applied now: leading and pillar as broad as {applied:.1f} equal industries; growing up: future and "
            f"strategic emerging as broad as {following:.1f}",
            zh=f"当前应用：主导与支柱产业的广度相当于 {applied:.1f} 个等规模产业；下一代：未来与战略性新兴产业相当于 "
            f"{following:.1f} 个",
        )
    ]


def _not_there(result: Pipeline, region: str, year: int | None, placed: list[int]) -> Fault:
    if placed:
        return Fault(
            "no-such-year",
            f"no industry of '{region}' is placed in {year}. Years with places: {placed[0]}-{placed[-1]}.",
            f"“{region}”{year} 年没有已判定层级的产业。可用年份：{placed[0]}—{placed[-1]}。",
        )
    shown = result.stock[REGION].values[:5].tolist()
    return Fault(
        "no-such-region",
        f"no industry of a region '{region}' is placed. Regions: {', '.join(shown)}.",
        f"没有地区“{region}”已判定层级的产业。地区：{'、'.join(shown)}。",
    )
