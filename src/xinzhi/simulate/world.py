"""The state of a world: arrays with one entry per region, industry, technology, firm, discovery; and how it begins."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.simulate import _dice
from xinzhi.simulate._kernels import SIZE
from xinzhi.simulate.knobs import Knobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNGS = ("future", "emerging", "leading", "pillar", "traditional")
_LEVELS = ("skilled", "digital", "openness", "amenity", "clean", "land_slack", "productivity")
PER_REGION = ("research", "venture", "talent", *_LEVELS)
ROOM = 16  # places made for industries at a time
SPARE = 1.6  # places for firms, for each firm at the start
NEVER = -(10**6)  # the quarter of birth of an industry that has not been born
SECTORS = ("households", "firms", "funds", "public")
HOUSEHOLDS, FIRM_MONEY, FUNDS, PUBLIC = range(4)
OPEN = -1  # the end of what has not ended
VAST = 1e15  # amounts beyond this lose count of what stands beside them
MOST_LAND = 1e6  # free plots per used plot


COMPLETE = 0.02  # a stock of this many years of output is complete by two thirds


class Event(IntEnum):
    """What a draw of chance is for; each event of each quarter has its own."""

    DISCOVER = 1
    FIELD = 2
    DRIVER = 3
    DEVELOP = 4
    TRIAL = 5
    WAIT = 6
    EXIT = 7
    IMPROVE = 8
    COMPETE = 9
    LEAVE = 10
    SPIN_OFF = 11
    ENTER = 12
    OPEN_FIRM = 14


@dataclass(frozen=True)
class Start:
    """What a world begins from: regions, industries, technologies and what is known of each.

    ``employment`` (R, J) in any unit; ``technology_of`` (J,) and ``relatedness`` (K, K) in [0, 1] with ones on the
    diagonal; ``age`` (J,) years; ``rungs`` (J, 5) memberships; the rest one number per region: shares that sum to one
    (``research``, ``venture``, ``talent``), levels between 0 and 1 (``skilled``, ``digital``, ``openness``,
    ``amenity``, ``clean``), ``land_slack`` free plots per used plot, ``productivity`` relative to the mean.
    ``sources`` says where each came from. Nothing may be missing. Raises ``MethodError`` with every fault at once.
    """

    name: str
    first_year: int
    regions: tuple[str, ...]
    industries: tuple[str, ...]
    technologies: tuple[str, ...]
    employment: Floats
    technology_of: NDArray[np.int64]
    relatedness: Floats
    age: Floats
    rungs: Floats
    research: Floats
    venture: Floats
    talent: Floats
    skilled: Floats
    digital: Floats
    openness: Floats
    amenity: Floats
    clean: Floats
    land_slack: Floats
    productivity: Floats
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if faults := tuple(self._faults()):
            raise MethodError(faults)

    def _faults(self) -> Iterator[Fault]:
        regions, industries, technologies = len(self.regions), len(self.industries), len(self.technologies)
        shapes: dict[str, tuple[int, ...]] = {
            "employment": (regions, industries),
            "technology_of": (industries,),
            "relatedness": (technologies, technologies),
            "age": (industries,),
            "rungs": (industries, 5),
        }
        shapes |= dict.fromkeys(PER_REGION, (regions,))
        for name, shape in shapes.items():
            values = np.asarray(getattr(self, name))
            if values.shape != shape:
                yield Fault(
                    "start-shape",
                    f"'{name}' has the shape {values.shape}; {regions} regions, {industries} industries and "
                    f"{technologies} technologies need {shape}.",
                    f"“{name}”的形状为 {values.shape}；{regions} 个地区、{industries} 个产业、"
                    f"{technologies} 项技术需要 {shape}。",
                )
            elif not np.isfinite(values).all() or values.min(initial=0) < 0:
                yield Fault(
                    "start-value",
                    f"'{name}' has values that are missing, infinite or negative; each must be a number from 0.",
                    f"“{name}”含缺失、无穷或负值；每个值须为不小于 0 的数。",
                )
            elif beyond := _beyond(name, values, technologies):
                yield Fault(
                    "start-value",
                    f"'{name}' cannot be: {beyond[0]}.",
                    f"“{name}”不可取：{beyond[1]}。",
                )
        for what, labels, zh in (("region", self.regions, "地区"), ("industry", self.industries, "产业")):
            if len(set(labels)) < len(labels):
                yield Fault("start-twice", f"a {what} is named twice.", f"{zh}名称重复。")
        if np.shape(self.employment) == (regions, industries):
            for label, total in zip(self.regions, np.nansum(self.employment, axis=1), strict=True):
                if total <= 0:
                    yield Fault(
                        "region-without-firms",
                        f"region '{label}' has no firms in any industry; give it some or leave it out.",
                        f"地区“{label}”在任何产业中都没有企业；请补充数据或剔除该地区。",
                    )


def _beyond(name: str, values: NDArray[np.float64], technologies: int) -> tuple[str, str] | None:
    """What is wrong with sound numbers that are to mean something, in both languages; nothing where all is well."""
    most = values.max(initial=0.0)
    if name in ("skilled", "digital", "openness", "amenity", "clean", "relatedness") and most > 1:
        return f"a level lies between 0 and 1, the largest is {most:g}", f"水平值须在 0 与 1 之间，最大值为 {most:g}"
    if name in ("research", "venture", "talent") and values.size and not values.sum() > 0:
        return "shares of nothing; at least one region must have some", "各地区均为零；至少须有一个地区不为零"
    if name == "productivity" and not (values > 0).all():
        return "productivity must be above 0 in every region", "各地区生产率须大于 0"
    if name == "technology_of" and (most >= technologies or values.dtype.kind not in "iu"):
        return f"whole numbers below {technologies}, the technologies there are, are needed", (
            f"须为小于技术数 {technologies} 的整数"
        )
    if most > (bound := MOST_LAND if name == "land_slack" else VAST):
        return f"the largest is {most:g}; at most {bound:g} is possible", f"最大值为 {most:g}；至多为 {bound:g}"
    return None


@dataclass(slots=True)
class Firms:
    """One entry per place for a firm; an empty place has size zero."""

    region: NDArray[np.int16]
    industry: NDArray[np.int16]
    productivity: NDArray[np.float32]  # log
    size: NDArray[np.float32]  # workers, mean 1 at the start
    driver: NDArray[np.int8]  # the newest driver generation it uses
    born: NDArray[np.int16]  # quarter; below zero before the start


@dataclass(slots=True)
class Industries:
    """One entry per place for an industry; (R, J) tallies count what its firms are and make."""

    labels: list[str]
    technology: NDArray[np.int64]
    born: NDArray[np.int64]
    appeal: Floats  # log, what buyers see in it at equal price
    awareness: Floats  # share of its buyers who know it
    share: Floats  # of employment
    peak: Floats  # the highest share it ever had
    lead: Floats  # log efficiency, mean over size
    foreign: Floats  # log productivity of the foreign frontier
    dependence: Floats  # output lost where imported inputs are cut off
    substituted: Floats  # share of those inputs made at home by now
    rungs: Floats  # (J, 5)
    tally: Floats  # (7, R, J), layers as in the kernels
    left: Floats  # (R, J) firms that left this quarter


@dataclass(slots=True)
class Regions:
    """One entry per region."""

    labels: tuple[str, ...]
    people: Floats  # of working age
    skilled: Floats
    talent: Floats
    research: Floats  # basic research at the start, share of the country
    venture: Floats  # share of venture savings
    entrepreneurs: Floats
    busy: Floats  # entrepreneurs who lead a venture
    amenity: Floats
    digital: Floats
    openness: Floats
    clean: Floats
    plots: NDArray[np.int64]
    knowledge: Floats  # (R, K)
    stocks: dict[str, Floats]  # what levers have built, as shares of a year's output
    schools: Floats  # (16, R) graduates on their way
    home: Floats  # what else attracts talent, so that the start is in balance
    posts: Floats  # skilled posts per skilled person, so that the start is in balance
    sunshine: Floats  # what else favours clean energy, so that the start is in balance
    shortage: Floats
    unemployed: Floats
    energy_price: Floats  # against fossil at the start


@dataclass(slots=True)
class Ventures:
    """One row per discovery that ever was; grows as rows run out."""

    count: int
    born: NDArray[np.int32]
    ended: NDArray[np.int32]
    stage: NDArray[np.int8]  # 0 laboratory, 1 market, 2 waits for land, 3 over
    cause: NDArray[np.int8]  # 0 open, 1 market, 2 lapsed, 3 given up
    region: NDArray[np.int16]
    technology: NDArray[np.int16]
    led: NDArray[np.bool_]
    trials: NDArray[np.int16]
    quality: Floats
    name: NDArray[np.int64]  # the same in every world that shares its luck

    def at(self, stage: int) -> NDArray[np.int64]:
        """The rows at a stage."""
        return np.flatnonzero(self.stage[: self.count] == stage)

    def grow(self, more: int) -> NDArray[np.int64]:
        """New rows, with room made for them."""
        return _more_rows(self, more)


@dataclass(slots=True)
class Backed:
    """One row per start-up that venture capital brought to the market."""

    count: int
    born: NDArray[np.int32]
    ended: NDArray[np.int32]
    outcome: NDArray[np.int8]  # 0 open, 1 listed, 2 acquired, 3 dead
    region: NDArray[np.int16]
    place: NDArray[np.int64]
    name: NDArray[np.int64]  # that of its venture

    def grow(self, more: int) -> NDArray[np.int64]:
        """New rows, with room made for them."""
        return _more_rows(self, more)


def _more_rows(table: Ventures | Backed, more: int) -> NDArray[np.int64]:
    rows = np.arange(table.count, table.count + more)
    for column in fields(table)[1:]:
        values = getattr(table, column.name)
        if values.size < table.count + more:
            setattr(table, column.name, np.concatenate([values, np.zeros(max(values.size, more), values.dtype)]))
    table.count += more
    return rows


@dataclass(slots=True)
class Drivers:
    """The generations of general-purpose technology: heat, electricity, networks, computing, what comes next."""

    newest: int
    arrived: list[int]
    boost: Floats  # log gain of a firm by the generation it uses
    gains: Floats  # what each generation adds to the one before
    scale: float = 0.0  # share of output on the newest driver
    breadth: float = 0.0  # share of industries that use it


@dataclass(slots=True)
class World:
    """Everything there is, and what was counted this quarter."""

    knobs: Knobs
    seed: int
    first_year: int
    quarter: int
    relatedness: Floats
    firms: Firms
    industries: Industries
    regions: Regions
    ventures: Ventures
    backed: Backed
    drivers: Drivers
    money: Floats  # (R, 4) by sector
    clean_built: float  # cumulative clean output, in that of the first quarter
    first_clean: float  # clean output of the first quarter
    kept: Floats  # (R,) plots that the park rule freed and keeps for ventures that wait
    waiting: Floats  # (R,) ventures that found no plot last quarter
    purse: Floats  # (R,) money for tolerance that no venture needed yet
    workers: float  # posts that demand fills when it is neither slack nor tight
    threads: int = 1
    counts: dict[str, float] = field(default_factory=dict)
    spent: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def living(self) -> NDArray[np.bool_]:
        """Which industries have been born."""
        return self.industries.born > NEVER

    def key(self, event: Event) -> np.uint64:
        """The key of this quarter's draws for an event."""
        return np.uint64(_dice.key_of(self.seed, self.quarter, int(event)))

    def built(self, stock: str) -> Floats:
        """How complete what a lever has built is, (R,), from 0 to 1."""
        return 1.0 - np.exp(-self.regions.stocks[stock] / COMPLETE)

    def industry_density(self) -> Floats:
        """How near a region's industry is to each technology, (R, K): employment shares times relatedness."""
        size = self.industries.tally[SIZE]
        shares = size / np.maximum(size.sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(shares @ self.relatedness[self.industries.technology])

    def industry_place(self) -> int:
        """The place of the next industry to be born; more places are made when they run out."""
        industries = self.industries
        place = len(industries.labels)
        if place >= industries.born.size:
            for column in fields(industries)[1:]:
                values = getattr(industries, column.name)
                axis = values.ndim - 1 if values.ndim > 1 and column.name != "rungs" else 0
                more = np.zeros((*values.shape[:axis], ROOM, *values.shape[axis + 1 :]), values.dtype)
                if column.name in ("born", "dependence"):
                    more += NEVER if column.name == "born" else values[-1]
                setattr(industries, column.name, np.concatenate([values, more], axis=axis))
        return place

    def add(self, name: str, amount: float) -> None:
        """Count something that happened this quarter."""
        self.counts[name] = self.counts.get(name, 0.0) + float(amount)


def found_world(start: Start, knobs: Knobs | None = None, *, firms: int = 20_000, seed: int = 0) -> World:
    """A world of this many firms, in balance; see ``founding``."""
    from xinzhi.simulate import founding

    return founding.found_world(start, knobs, firms=firms, seed=seed)


def model_start() -> Start:
    """The fictional model country's beginning: 31 regions, 20 industries, 24 technologies, always the same."""
    rng = np.random.default_rng(20240)
    regions, industries, technologies = 31, 20, 24
    place = rng.normal(size=(technologies, 3))
    distance = np.sqrt(((place[:, None] - place) ** 2).sum(-1))
    strength = np.sort(rng.lognormal(0, 0.8, regions))[::-1]
    strength /= strength.sum()
    technology_of = np.concatenate([np.arange(industries - 4), rng.integers(0, industries - 4, 4)])
    taste = rng.lognormal(0, 0.7, (regions, industries))
    rungs = np.zeros((industries, 5))
    for rung, those in enumerate((range(2), range(2, 6), range(6, 10), range(10, 15), range(15, 20))):
        rungs[list(those), rung] = 1.0
    size = np.array([0.002, 0.02, 0.06, 0.09, 0.065])[rungs.argmax(1)]
    employment = strength[:, None] * taste * size
    develop = strength / strength.max()

    def noise() -> Floats:
        return rng.lognormal(0, 0.3, regions)

    def share(values: Floats) -> Floats:
        return np.asarray(values / values.sum())

    return Start(
        name="model country",
        first_year=2022,
        regions=tuple(f"Region {i + 1:02d}" for i in range(regions)),
        industries=tuple(f"Industry {j + 1:02d}" for j in range(industries)),
        technologies=tuple(f"Technology {k + 1:02d}" for k in range(technologies)),
        employment=employment,
        technology_of=technology_of,
        relatedness=np.exp(-distance),
        age=np.array([2.0, 8.0, 18.0, 35.0, 60.0])[rungs.argmax(1)],
        rungs=rungs,
        research=share(strength**1.3 * noise()),
        venture=share(strength**1.5 * noise()),
        talent=share(strength**1.2 * noise()),
        skilled=np.clip(0.15 + 0.2 * develop * noise(), 0.05, 0.5),
        digital=np.clip(0.25 + 0.4 * develop * noise(), 0.05, 0.95),
        openness=np.clip(0.05 + 0.3 * develop * noise(), 0.02, 0.8),
        amenity=np.clip(0.3 + 0.4 * develop * noise(), 0.05, 0.95),
        clean=np.clip(0.25 * noise(), 0.05, 0.7),
        land_slack=np.clip(0.35 * noise(), 0.1, 0.8),
        productivity=share(develop**0.15 * noise() ** 0.2) * regions,
        sources=("fictional: drawn once by the project",),
    )
