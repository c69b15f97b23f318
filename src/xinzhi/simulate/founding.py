"""From what is known of a country to a world of firms in balance."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.simulate import _dice, energy, ledger, people, rungs
from xinzhi.simulate._kernels import FIRMS, LEAD, SIZE
from xinzhi.simulate.firms import amplify, count_again
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.world import (
    NEVER,
    ROOM,
    SPARE,
    Backed,
    Drivers,
    Firms,
    Industries,
    Regions,
    Start,
    Ventures,
    World,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_AWARE = np.array([0.02, 0.15, 0.55, 0.93, 0.97])  # awareness that each rung begins with
_PAST_PEAK = 1.6  # how much larger a traditional industry once was
_EMPLOYED = 0.95
_SIZE_AND_SKILL = 0.4  # correlation of log size and log productivity
_EVENT = 1000
_MOST_FIRMS = 100_000_000  # some 5 GB
_MANY = 50_000  # firms from which threads are worth their hand-over


def found_world(start: Start, knobs: Knobs | None = None, *, firms: int = 20_000, seed: int = 0) -> World:
    """A world of this many firms, spread as the start says, with people, skills, energy and money in balance.

    Raises ``MethodError`` where the firms are too few for the regions or too many, or the seed is none.
    """
    knobs = knobs or Knobs()
    if not isinstance(firms, (int, np.integer)) or firms > _MOST_FIRMS:
        raise MethodError(
            Fault(
                "firms",
                f"the number of firms is {firms!r}; a whole number up to {_MOST_FIRMS:,} is needed.",
                f"企业数为 {firms!r}；须为不超过 {_MOST_FIRMS} 的整数。",
            )
        )
    if firms < 10 * len(start.regions):
        raise MethodError(
            Fault(
                "too-few-firms",
                f"{firms} firms are too few for {len(start.regions)} regions; give at least {10 * len(start.regions)}.",
                f"{firms} 家企业对 {len(start.regions)} 个地区过少；至少需要 {10 * len(start.regions)} 家。",
            )
        )
    if not (isinstance(seed, (int, np.integer)) and 0 <= seed < 2**63):
        raise MethodError(
            Fault(
                "seed",
                f"the seed is {seed!r}; a whole number from 0, below 2^63, is needed.",
                f"种子为 {seed!r}；须为小于 2^63 的非负整数。",
            )
        )
    employment = start.employment / start.employment.sum()
    population = _firms(start, employment, firms, seed)
    world = World(
        knobs=knobs,
        seed=seed,
        first_year=start.first_year,
        quarter=0,
        relatedness=start.relatedness,
        firms=population,
        industries=_industries(start, employment, knobs),
        regions=_regions(start, employment, population, knobs, firms),
        ventures=Ventures(
            0, *(np.zeros(1024, dtype) for dtype in ("i4", "i4", "i1", "i1", "i2", "i2", "?", "i2", "f8", "i8"))
        ),
        backed=Backed(0, *(np.zeros(256, dtype) for dtype in ("i4", "i4", "i1", "i2", "i8", "i8"))),
        drivers=Drivers(newest=1, arrived=[NEVER, -40], boost=np.zeros(16), gains=np.zeros(16)),
        money=np.zeros((len(start.regions), 4)),
        clean_built=energy.BUILT,
        first_clean=1.0,
        kept=np.zeros(len(start.regions)),
        waiting=np.zeros(len(start.regions)),
        purse=np.zeros(len(start.regions)),
        workers=float(firms),
        threads=min(os.cpu_count() or 1, 8) if firms >= _MANY else 1,
    )
    energy.price(world)
    _take_stock(world)
    people.balance(world)
    energy.balance(world)
    ledger.balance(world)
    return world


def _firms(start: Start, employment: Floats, firms: int, seed: int) -> Firms:
    """Firms by region and industry, as many as its employment earns, lognormal in size and productivity."""
    wanted = employment.ravel() * firms
    number = np.floor(wanted).astype(np.int64)
    number[np.argsort(number - wanted, kind="stable")[: firms - number.sum()]] += 1  # largest remainders
    per_region = number.reshape(employment.shape)
    for empty in np.flatnonzero(per_region.sum(axis=1) == 0):  # every region has a firm, of its largest industry
        per_region.ravel()[per_region.argmax()] -= 1
        per_region[empty, employment[empty].argmax()] = 1
    places = int(SPARE * firms)
    region, industry = np.zeros(places, np.int16), np.zeros(places, np.int16)
    cell = np.repeat(np.arange(number.size), number)
    region[:firms], industry[:firms] = np.divmod(cell, employment.shape[1])
    normals = _normals(firms, seed)
    size, productivity = np.zeros(places, np.float32), np.zeros(places, np.float32)
    raw = np.exp(1.2 * normals[0])
    size[:firms] = raw / (np.bincount(cell, raw, number.size) / np.maximum(wanted, 1e-12))[cell]
    skill = _SIZE_AND_SKILL * normals[0] + np.sqrt(1.0 - _SIZE_AND_SKILL**2) * normals[1]
    productivity[:firms] = 0.25 * skill + np.log(start.productivity)[region[:firms]]
    uniforms = _uniforms(firms, seed, 2)
    age = np.minimum(-40.0 * np.log(uniforms[0]), 4.0 * start.age[industry[:firms]])
    born = np.zeros(places, np.int16)
    born[:firms] = -np.floor(age) - 1
    driver = np.zeros(places, np.int8)
    driver[:firms] = uniforms[1] < 0.3 * start.digital[region[:firms]]
    return Firms(region, industry, productivity, size, driver, born)


def _uniforms(count: int, seed: int, event: int) -> Floats:
    return np.asarray(_dice.uniforms(np.uint64(_dice.key_of(seed, 0, _EVENT + event)), np.arange(count), 2))


def _normals(count: int, seed: int) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(_uniforms(count, seed, 1)))


def _industries(start: Start, employment: Floats, knobs: Knobs) -> Industries:
    known = len(start.industries)
    places = known + ROOM

    def fill(value: float) -> Floats:
        return np.full(places, float(value))

    share, awareness, technology, born = fill(0.0), fill(0.0), np.zeros(places, np.int64), np.full(places, NEVER)
    share[:known] = employment.sum(axis=0)
    memberships = start.rungs / start.rungs.sum(axis=1, keepdims=True)
    odds = memberships @ np.log(_AWARE / (1 - _AWARE))
    awareness[:known] = 1 / (1 + np.exp(-odds))
    technology[:known] = start.technology_of
    born[:known] = -np.round(4 * start.age).astype(np.int64) - 1
    cells = (7, len(start.regions), places)
    return Industries(
        labels=list(start.industries),
        technology=technology,
        born=born,
        appeal=fill(0.0),
        awareness=awareness,
        share=share,
        peak=share * np.pad(1 + (_PAST_PEAK - 1) * memberships[:, 4], (0, ROOM), constant_values=1.0),
        lead=fill(0.0),
        foreign=fill(knobs.foreign_lead),
        dependence=fill(knobs.dependence),
        substituted=fill(0.0),
        rungs=np.zeros((places, 5)),
        tally=np.zeros(cells),
        left=np.zeros(cells[1:]),
    )


def _regions(start: Start, employment: Floats, population: Firms, knobs: Knobs, firms: int) -> Regions:
    count, technologies = len(start.regions), len(start.technologies)
    working = np.bincount(population.region, population.size, count)
    working_age = working / _EMPLOYED
    used = np.bincount(population.region[population.size > 0], minlength=count)
    knowledge = np.zeros((count, technologies))
    np.add.at(knowledge.T, start.technology_of, employment.T)
    knowledge /= knowledge.sum(axis=1, keepdims=True)
    research = start.research / start.research.sum()
    talent = start.talent / start.talent.sum()
    skilled = np.clip(start.skilled, 0.0, 0.9) * working_age
    stocks = "platforms exits tolerance talent openness ipr digital".split()  # noqa: SIM905 - reads as a list of words
    return Regions(
        labels=start.regions,
        people=working_age,
        skilled=skilled,
        talent=0.04 * working_age.sum() * talent,
        research=research,
        venture=start.venture / start.venture.sum(),
        entrepreneurs=knobs.entrepreneurs * talent,
        busy=np.zeros(count),
        amenity=start.amenity.copy(),
        digital=start.digital.copy(),
        openness=start.openness.copy(),
        clean=np.clip(start.clean, 0.01, 0.99),
        plots=used + np.ceil(knobs.land * start.land_slack * used).astype(np.int64),
        knowledge=research[:, None] * knowledge * count,
        stocks={name: np.zeros(count) for name in stocks},
        schools=np.zeros((16, count)),
        home=np.zeros(count),
        posts=np.ones(count),
        sunshine=np.zeros(count),
        shortage=np.zeros(count),
        unemployed=working_age - working,
        energy_price=np.ones(count),
    )


def _take_stock(world: World) -> None:
    """Count the first firms, and call their mean efficiency zero in every industry."""
    industries, start_share = world.industries, world.industries.share
    count_again(world)
    amplify(world)  # what drivers already add is part of the start
    count_again(world)
    size = industries.tally[SIZE].sum(axis=0)
    there = industries.tally[FIRMS].sum(axis=0) > 0
    industries.lead[there] = industries.tally[LEAD].sum(axis=0)[there] / size[there]
    industries.foreign[there] += industries.lead[there]
    world.workers = float(size.sum())
    industries.share = size / size.sum()  # firms are whole, so not quite what the start says
    industries.peak = industries.peak * industries.share / np.maximum(start_share, 1e-12)
    # demand begins in balance
    industries.appeal[there] = np.log(industries.share[there] / industries.awareness[there])
    industries.appeal -= world.knobs.substitution * industries.lead
    rungs.climb(world)
