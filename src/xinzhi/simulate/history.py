"""What a run leaves: series, rungs, industries, discoveries, start-ups, and the firms at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from xinzhi.simulate._kernels import FIRMS, LEAD, NEWEST, OUTPUT, SIZE, SKILL
from xinzhi.simulate.energy import cost_of_clean
from xinzhi.simulate.policy import LeverName
from xinzhi.simulate.world import FUNDS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from xinzhi.simulate.knobs import Knobs
    from xinzhi.simulate.policy import Policy
    from xinzhi.simulate.world import World

    Floats = NDArray[np.float64]

SERIES: dict[str, tuple[str, str, str]] = {
    "output": ("output, first quarter = 1", "产出（首季=1）", "ratio"),
    "productivity": ("log productivity of firms, mean over size", "企业生产率对数（规模加权）", "log"),
    "new_quality_share": ("output share of future, emerging and leading industries", "新质产出占比", "share"),
    "upgraded_share": (
        "employment on the newest driver in pillar and traditional industries",
        "传统产业改造升级占比",
        "share",
    ),
    "future_share": ("output share of future industries", "未来产业占比", "share"),
    "emerging_share": ("output share of strategic emerging industries", "战略性新兴产业占比", "share"),
    "leading_share": ("output share of leading industries", "主导产业占比", "share"),
    "pillar_share": ("output share of pillar industries", "支柱产业占比", "share"),
    "traditional_share": ("output share of traditional industries", "传统产业占比", "share"),
    "firms": ("firms, those at the start = 1", "企业数（期初=1）", "ratio"),
    "entries": ("firms founded per firm", "企业进入率", "per quarter"),
    "exits": ("firms closed per firm", "企业退出率", "per quarter"),
    "startups": ("start-ups from discoveries, per firm", "科技创业率", "per quarter"),
    "discoveries": ("discoveries", "发现数", "per quarter"),
    "trials": ("market trials that were funded", "获资助的市场试验数", "per quarter"),
    "lapsed": ("discoveries that lapsed", "流失的发现数", "per quarter"),
    "industries_born": ("industries born so far", "累计新生产业数", "count"),
    "industries_alive": ("industries with firms", "存续产业数", "count"),
    "driver_share": ("employment on the newest driver", "最新动力采用率", "share"),
    "driver_breadth": ("industries that use the newest driver", "最新动力应用广度", "share"),
    "driver_generation": ("driver generations so far", "动力代次", "count"),
    "driver_boost": ("log efficiency that drivers add", "动力放大效应（对数）", "log"),
    "skill_shortage": ("skilled posts unfilled", "技能岗位缺口率", "share"),
    "skill_premium": ("posts per skilled person, less one", "技能溢价", "ratio"),
    "talent_concentration": ("Gini coefficient of talent per head over regions", "人才集中度（基尼系数）", "Gini"),
    "region_gini": (
        "Gini coefficient of new-quality output per head over regions",
        "地区新质产出差距（基尼系数）",
        "Gini",
    ),
    "catch_up": ("output share of new industries in the regions that began behind", "后发地区的新生产业份额", "share"),
    "clean_share": ("clean energy, share of use", "清洁能源占比", "share"),
    "clean_cost": ("cost of clean energy against fossil at the start", "清洁能源相对成本", "ratio"),
    "co2_intensity": ("emissions per output, first quarter = 1", "碳排放强度（首季=1）", "ratio"),
    "venture_money": ("money of venture funds, in quarters of output", "风险投资资金（季度产出）", "ratio"),
    "land_free_share": ("plots that are free", "空闲用地占比", "share"),
    "blocked": ("ventures that wait for land", "等待用地的项目数", "count"),
    "turned_away": ("entrants without land, per firm", "因用地受阻的进入率", "per quarter"),
    "park_moves": ("old projects moved out, per firm", "迁出的旧项目（每企业）", "per quarter"),
    "spent": ("spending of the programme", "政策支出", "share of output"),
    "foreign_gap": ("log lead of the foreign frontier", "与国外前沿的差距（对数）", "log"),
    "unemployed": ("people without a post", "失业率", "share"),
    "entrepreneurs": ("science-and-technology entrepreneurs", "科技企业家数", "people"),
}
"""What a run keeps each quarter for the country: English, Chinese, unit."""

REGIONAL: dict[str, tuple[str, str, str]] = {
    "output": ("output, the country's first quarter = 1", "产出（全国首季=1）", "ratio"),
    "new_quality_share": ("new-quality share of output", "新质产出占比", "share"),
    "new_quality_per_head": ("new-quality output per person of working age", "人均新质产出", "ratio"),
    "talent": ("talent per hundred people", "每百人人才数", "per 100 people"),
    "productivity": ("log efficiency, mean over size", "效率对数（规模加权）", "log"),
    "clean_share": ("clean energy, share of use", "清洁能源占比", "share"),
    "firms": ("firms, share of the country", "企业数占全国比重", "share"),
    "land_free_share": ("plots that are free", "空闲用地占比", "share"),
    "skill_shortage": ("skilled posts unfilled", "技能岗位缺口率", "share"),
}
"""What a run keeps each year for each region: English, Chinese, unit."""

VENTURE = np.dtype(
    [
        ("born", "i4"),
        ("ended", "i4"),
        ("cause", "i1"),
        ("region", "i2"),
        ("technology", "i2"),
        ("led", "?"),
        ("funded_trials", "i2"),
        ("quality", "f8"),
    ]
)
BACKED = np.dtype([("born", "i4"), ("ended", "i4"), ("outcome", "i1"), ("region", "i2")])
_WINDOW = 40  # quarters over which growth of productivity is taken apart


@dataclass(frozen=True)
class History:
    """One run, told.

    ``national`` (T, series), ``regional`` (years, R, outcomes), ``cells`` (years, R, J) employment at the end of each
    year, ``industry_share``, ``industry_firms`` (T, J), ``rungs`` (T, J, 5), ``born_quarter`` (J,) with ``-1`` where
    never and 0 for those of the start, ``spending`` (T, levers), ``ledger`` (T, sectors), ``ventures`` and ``backed``
    one row each, ``firms_now`` those that live at the end,
    ``left_since`` those that left in the last ``before_quarters``.
    """

    first_year: int
    quarters: int
    seed: int
    policy: str
    regions: tuple[str, ...]
    industries: tuple[str, ...]
    knobs: Knobs
    national: Floats
    regional: Floats
    cells: Floats
    industry_share: Floats
    industry_firms: Floats
    rungs: Floats
    born_quarter: NDArray[np.int64]
    ventures: NDArray[Any]
    backed: NDArray[Any]
    firms_now: dict[str, NDArray[Any]]
    left_since: dict[str, NDArray[Any]]
    before_quarters: int
    spending: Floats
    ledger: Floats

    @property
    def time(self) -> Floats:
        """The year at the end of each quarter."""
        return np.asarray(self.first_year + (np.arange(self.quarters) + 1) / 4.0)

    def series(self, name: str) -> Floats:
        """One national series, (T,)."""
        return np.asarray(self.national[:, list(SERIES).index(name)])

    def to_frame(self) -> pd.DataFrame:
        """National series, one row a quarter."""
        import pandas as pd

        return pd.DataFrame(self.national, columns=list(SERIES), index=pd.Index(self.time, name="time"))

    def __repr__(self) -> str:
        last = dict(zip(SERIES, self.national[-1], strict=True)) if self.quarters else {}
        words = ("output", "new_quality_share", "industries_born", "driver_share", "clean_share")
        lines = [
            f"History of {self.quarters} quarters from {self.first_year}, policy '{self.policy}', seed {self.seed}"
        ]
        return "\n".join(lines + [f"  {SERIES[name][0]}: {last.get(name, np.nan):.3g}" for name in words])


@dataclass
class Chronicle:
    """A history being written."""

    world: World
    policy: str
    national: Floats
    regional: Floats
    cells: list[Floats]
    share: list[Floats]
    number: list[Floats]
    rungs: list[Floats]
    spending: Floats
    ledger: Floats
    first: dict[str, Any]
    marks: dict[int, dict[str, NDArray[Any]]]
    born: int = 0

    @classmethod
    def begin(cls, world: World, policy: Policy, quarters: int) -> Chronicle:
        """Empty pages, and what later quarters are measured against."""
        count = len(world.regions.labels)
        years = quarters // 4
        poor = world.regions.talent / world.regions.people
        first = {
            "output": world.industries.tally[OUTPUT].sum(),
            "firms": float(world.industries.tally[FIRMS].sum()),
            "carbon": None,
            "behind": poor <= np.median(poor),
        }
        chronicle = cls(
            world,
            policy.name,
            np.zeros((quarters, len(SERIES))),
            np.zeros((years, count, len(REGIONAL))),
            [],
            [],
            [],
            [],
            np.zeros((quarters, len(get_args(LeverName)))),
            np.zeros((quarters, 4)),
            first,
            {},
        )
        for mark in {max(quarters - 4, 0), max(quarters - _WINDOW, 0)}:
            chronicle.marks[mark] = {}
        chronicle._mark(world, 0)
        return chronicle

    def write(self, world: World, at: int) -> None:
        """One quarter."""
        self.born += int(world.counts.get("births", 0))
        self.national[at] = list(_national(world, self).values())
        employed = world.industries.tally[SIZE].sum(axis=0)
        self.share.append(employed / employed.sum())
        self.number.append(world.industries.tally[FIRMS].sum(axis=0))
        self.rungs.append(world.industries.rungs.T)
        self.spending[at] = world.spent
        self.ledger[at] = world.money.sum(axis=0)
        if at % 4 == 3:
            self.regional[at // 4] = _regional(world, self.first)
            self.cells.append(world.industries.tally[SIZE])
        self._mark(world, at + 1)

    def _mark(self, world: World, at: int) -> None:
        if at in self.marks:
            firms = world.firms
            self.marks[at] = {
                "born": firms.born.copy(),
                "size": firms.size.copy(),
                "skill": firms.productivity.copy(),
                "industry": firms.industry.copy(),
            }

    def close(self, world: World) -> History:
        """The whole history."""
        used = len(world.industries.labels)
        quarters = len(self.national)
        now, left = _firms(world, self.marks, quarters)
        born = world.industries.born[:used]
        return History(
            first_year=world.first_year,
            quarters=quarters,
            seed=world.seed,
            policy=self.policy,
            regions=world.regions.labels,
            industries=tuple(world.industries.labels),
            knobs=world.knobs,
            national=self.national,
            regional=self.regional,
            cells=_bound(self.cells, used),
            industry_share=_bound(self.share, used),
            industry_firms=_bound(self.number, used),
            rungs=np.moveaxis(_bound(self.rungs, used), 1, 2),
            born_quarter=np.maximum(born, 0),
            ventures=_rows(world.ventures, VENTURE),
            backed=_rows(world.backed, BACKED),
            firms_now=now,
            left_since=left,
            before_quarters=min(_WINDOW, quarters),
            spending=self.spending,
            ledger=self.ledger,
        )


def _bound(pages: list[Floats], used: int) -> Floats:
    """Pages with more and more places as one array of the places in use, 0 where there was none yet."""
    full = [np.pad(page, [(0, 0)] * (page.ndim - 1) + [(0, max(0, used - page.shape[-1]))]) for page in pages]
    return np.stack([page[..., :used] for page in full]) if full else np.zeros((0, used))


def _national(world: World, told: Chronicle) -> dict[str, float]:
    industries, regions, counts, first = world.industries, world.regions, world.counts, told.first
    tally = industries.tally
    firms, size, output = tally[FIRMS].sum(), tally[SIZE].sum(), tally[OUTPUT].sum()
    made = tally[OUTPUT].sum(axis=0) / output
    rungs = made @ industries.rungs
    new = tally[OUTPUT] @ industries.rungs[:, :3].sum(axis=1)
    born_since = industries.born >= 0
    fresh = tally[OUTPUT][:, born_since].sum(axis=1)
    old = industries.rungs[:, 3:].sum(axis=1)
    employed = tally[SIZE].sum(axis=0)
    people = regions.people
    emitted = counts.get("emitted", 0.0) / output
    first["carbon"] = first["carbon"] or emitted or 1.0
    plots = regions.plots.sum()
    per = 1.0 / max(firms, 1.0)
    return {
        "output": output / first["output"],
        "productivity": float((tally[LEAD].sum(axis=0)).sum() / size),
        "new_quality_share": float(rungs[:3].sum()),
        "upgraded_share": float((tally[NEWEST].sum(axis=0) * old).sum() / max((employed * old).sum(), 1e-12)),
        **dict(
            zip(
                ("future_share", "emerging_share", "leading_share", "pillar_share", "traditional_share"),
                rungs,
                strict=True,
            )
        ),
        "firms": firms / first["firms"],
        "entries": counts.get("entries", 0.0) * per,
        "exits": counts.get("exits", 0.0) * per,
        "startups": counts.get("startups", 0.0) * per,
        "discoveries": counts.get("discoveries", 0.0),
        "trials": counts.get("trials", 0.0),
        "lapsed": counts.get("lapsed", 0.0),
        "industries_born": float(told.born),
        "industries_alive": float((tally[FIRMS].sum(axis=0) > 0).sum()),
        "driver_share": world.drivers.scale,
        "driver_breadth": world.drivers.breadth,
        "driver_generation": float(world.drivers.newest),
        "driver_boost": float(world.drivers.boost[world.drivers.newest]),
        "skill_shortage": counts.get("skill_short", 0.0),
        "skill_premium": counts.get("skill_premium", 0.0),
        "talent_concentration": _gini(regions.talent / people, people),
        "region_gini": _gini(new / people, people),
        "catch_up": float(fresh[first["behind"]].sum() / fresh.sum()) if fresh.sum() > 0 else np.nan,
        "clean_share": float((tally[OUTPUT].sum(axis=1) * regions.clean).sum() / output),
        "clean_cost": cost_of_clean(world),
        "co2_intensity": emitted / first["carbon"],
        "venture_money": float(world.money[:, FUNDS].sum()),
        "land_free_share": float(1.0 - firms / plots),
        "blocked": counts.get("blocked", 0.0),
        "turned_away": counts.get("turned_away", 0.0) * per,
        "park_moves": counts.get("park_moves", 0.0) * per,
        "spent": counts.get("spent", 0.0),
        "foreign_gap": float(
            (
                made
                * (industries.foreign - tally[SKILL].sum(axis=0) / np.maximum(tally[FIRMS].sum(axis=0), 1.0))
                * world.living
            ).sum()
        ),
        "unemployed": float(1.0 - size / people.sum()),
        "entrepreneurs": float(regions.entrepreneurs.sum()),
    }


def _regional(world: World, first: dict[str, Any]) -> Floats:
    tally, regions = world.industries.tally, world.regions
    output, size = tally[OUTPUT].sum(axis=1), tally[SIZE].sum(axis=1)
    new = tally[OUTPUT] @ world.industries.rungs[:, :3].sum(axis=1)
    firms = tally[FIRMS].sum(axis=1)
    return np.stack(
        [
            output / first["output"],
            new / np.maximum(output, 1e-12),
            new / regions.people,
            100.0 * regions.talent / regions.people,
            tally[LEAD].sum(axis=1) / np.maximum(size, 1e-12),
            regions.clean,
            firms / firms.sum(),
            1.0 - firms / np.maximum(regions.plots, 1),
            regions.shortage,
        ],
        axis=1,
    )


def _gini(values: Floats, weights: Floats) -> float:
    """Gini coefficient of values held by weighted groups."""
    order = np.argsort(values, kind="stable")
    weight = weights[order] / weights.sum()
    held = np.cumsum(values[order] * weight)
    if held[-1] <= 0:
        return 0.0
    before = np.concatenate([[0.0], held[:-1]])
    return float(1.0 - (weight * (held + before)).sum() / held[-1])


def _rows(table: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    rows = np.zeros(table.count, kind)
    for name in kind.names or ():
        rows[name] = getattr(table, "trials" if name == "funded_trials" else name)[: table.count]
    return rows


def _firms(
    world: World, marks: dict[int, dict[str, NDArray[Any]]], quarters: int
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """The firms that live, with what they were a year and a window ago; and those of the window's start that left."""
    firms = world.firms
    year, window = marks[max(quarters - 4, 0)], marks[max(quarters - _WINDOW, 0)]
    lives = firms.size > 0
    same = lives & (year["size"] > 0) & (year["born"] == firms.born)
    stayed = lives & (window["size"] > 0) & (window["born"] == firms.born)
    gone = (window["size"] > 0) & ~stayed
    now = {
        "size": firms.size[lives].astype(float),
        "size_year_ago": np.where(same, year["size"], np.nan)[lives],
        "productivity": firms.productivity[lives].astype(float),
        "productivity_before": np.where(stayed, window["skill"], np.nan)[lives],
        "size_before": np.where(stayed, window["size"], np.nan)[lives],
        "age": (world.quarter - firms.born[lives]).astype(np.int64),
        "region": firms.region[lives].astype(np.int64),
        "industry": firms.industry[lives].astype(np.int64),
    }
    left = {
        "industry": window["industry"][gone].astype(np.int64),
        "productivity_before": window["skill"][gone].astype(float),
        "size_before": window["size"][gone].astype(float),
    }
    return now, left
