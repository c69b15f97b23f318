"""Firms: they invent, imitate, take up the newest driver, compete, leave, and are founded."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate import _dice, _kernels, energy, people, ventures
from xinzhi.simulate._kernels import BLOCKS, FIRMS, LEAD, LEFT, NEWEST, SIZE, SKILL, SKILL2
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.world import OPEN, Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

    Floats = NDArray[np.float64]

OLD = (3, 4)  # pillar and traditional
_SKILL_DRAG = 0.5  # effort lost where every skilled post is empty
_DOOR = (0.45, 0.08)  # digital infrastructure at which half take up what they would, and how sharply
_RETROFIT = 0.5  # what one worker's place costs to retrofit, in quarters of its output
_LARGEST_STEP = 1.25  # an industry grows by no more than this a quarter
_PACE = 0.25  # share of the gap to demand closed a quarter
_FULL = 0.985  # share of people of working age who can be employed at once
_ENTRANT = 0.2  # size of a new firm, in mean sizes at the start
_SPIN_OFF, _START_UP = (0.65, 0.7), (0.88, 0.14)  # productivity: against the mean, against the best tenth
_COHORT = 5000.0  # firms of the country for each firm in a start-up's cohort
_AWARE = 0.005  # awareness that a new industry begins with
_RIPENS = 0.02  # of what is left in an older driver, a quarter: it works on while the next one spreads (A06)
_UNKNOWN = "industry {}"


def improve(world: World, quarter: Quarter) -> None:
    """Firms invent and imitate as in K+S, learn abroad, and take up the newest driver.

    Chance 1 − exp(−ζ · effort), gain Beta(3, 3) (Dosi, Fagiolo, Roventini 2010, eq. 4–5); effort rises with relative
    size (Klepper 1996) and protection, and falls where skilled posts are empty. Imitation weighs technology and region,
    and meets protection.
    """
    firms, industries, regions, knobs = world.firms, world.industries, world.regions, world.knobs
    protected = knobs.ipr + (1.0 - knobs.ipr) * world.built("ipr")
    reward = 1.0 + knobs.ipr_reward * (protected - Knobs.model_fields["ipr"].default)
    effort = reward[:, None] * (1.0 - _SKILL_DRAG * regions.shortage[:, None] * people.need(world))
    cut = quarter.shock("blockade")[:, None] * quarter.hit("blockade", industries.born.size)
    opened = regions.openness + (1.0 - regions.openness) * world.built("openness")
    size, number = industries.tally[SIZE].sum(axis=0), industries.tally[FIRMS].sum(axis=0)
    mean_size = np.where(number > 0, size / np.maximum(number, 1.0), 1.0)
    meets = 1.0 - np.exp(-knobs.imitation * effort)
    key, old = world.key(Event.IMPROVE), firms.productivity.copy()
    hazard, openness = _adoption(world, quarter), opened[:, None] * (1.0 - cut)
    _over_blocks(
        world,
        lambda first, last: _kernels.improve(
            key, first, last, firms.region, firms.industry, firms.productivity, old, firms.size, firms.driver,
            effort, protected, openness, hazard, world.drivers.newest,
            industries.technology, world.relatedness, mean_size, industries.foreign,
            knobs.innovation, meets, knobs.gain, knobs.size_advantage, 1.0 - knobs.distance_penalty,
        ),
    )  # fmt: skip


def _adoption(world: World, quarter: Quarter) -> Floats:
    """Hazard of taking up the newest driver, (R, J): example times infrastructure, and what a retrofit pays for.

    Mansfield's contagion behind a door that infrastructure opens (B05, B07); research that explores the next driver is
    not there to spread the present one (A06).
    """
    industries, regions, knobs = world.industries, world.regions, world.knobs
    size, newest = industries.tally[SIZE], industries.tally[NEWEST]
    seen = newest.sum(axis=0) / np.maximum(size.sum(axis=0), 1e-12)
    network = regions.digital + (1.0 - regions.digital) * world.built("digital")
    door = 1.0 / (1.0 + np.exp(-(network - _DOOR[0]) / _DOOR[1]))
    spread = (1.0 - knobs.explore) / 0.8
    hazard = spread * door[:, None] * (knobs.adoption_alone + knobs.adoption_seen * seen)
    old = industries.rungs[:, OLD].sum(axis=1) * quarter.meant("retrofit", industries.born.size)
    waiting = ((size - newest) * old).sum(axis=1) / world.workers
    more = np.minimum(quarter.plan("retrofit") / np.maximum(_RETROFIT * waiting, 1e-12), 0.2) * (waiting > 0)
    quarter.pay("retrofit", more * _RETROFIT * waiting)
    return np.asarray(np.minimum(hazard + more[:, None] * old, 0.9))


def compete(world: World, quarter: Quarter) -> None:
    """Firms grow by their lead, luck and skill; industries by demand; regions by their people; the hopeless leave."""
    firms, industries, regions, knobs = world.firms, world.industries, world.regions, world.knobs
    boost, handicap = world.drivers.boost, handicaps(world, quarter)
    drag = knobs.shortage_drag * regions.shortage[:, None] * people.need(world)
    before = industries.tally[SIZE].sum(axis=0)
    sums = np.zeros((BLOCKS, *industries.left.shape))
    key = world.key(Event.COMPETE)
    _over_blocks(
        world,
        lambda first, last: _kernels.compete(
            key, first, last, firms.region, firms.industry, firms.productivity, firms.size, firms.driver,
            boost, handicap, industries.lead, drag,
            knobs.selection, knobs.penrose, knobs.lump_rate, knobs.lump_size, knobs.size_damping, sums,
        ),
    )  # fmt: skip
    scale = _room(world, before, sums.sum(axis=0))
    tallies = np.zeros((*sums.shape, LEFT + 1))
    key = world.key(Event.LEAVE)
    _over_blocks(
        world,
        lambda first, last: _kernels.leave(
            key, first, last, firms.region, firms.industry, firms.productivity, firms.size, firms.driver,
            scale, boost, handicap, industries.lead, world.drivers.newest, knobs.exit_size, knobs.exit_gap, tallies,
        ),
    )  # fmt: skip
    counted = _by_layer(tallies)
    industries.tally, industries.left = counted[:LEFT], counted[LEFT]
    world.add("exits", industries.left.sum())


def handicaps(world: World, quarter: Quarter | None) -> Floats:
    """Log efficiency lost, (R, J): dear energy, and imported inputs that are cut off and not yet made at home (A28)."""
    industries = world.industries
    lost = energy.handicap(world)[:, None] + np.zeros(industries.left.shape[1])
    if quarter is not None:
        cut = quarter.shock("blockade")[:, None] * quarter.hit("blockade", industries.born.size)
        lost = lost + cut * industries.dependence * (1.0 - industries.substituted)
    return np.asarray(lost)


def _room(world: World, before: Floats, sums: Floats) -> Floats:
    """What sizes are multiplied by, (R, J), so that industries follow demand and no region employs more than it has."""
    wanted = world.industries.share * world.workers
    grow = np.clip((wanted / np.maximum(before, 1e-12)) ** _PACE, 1.0 / _LARGEST_STEP, _LARGEST_STEP)
    scale = np.where(sums.sum(axis=0) > 0, before * grow / np.maximum(sums.sum(axis=0), 1e-12), 1.0)
    employed = (sums * scale).sum(axis=1)
    fits = np.minimum(1.0, _FULL * world.regions.people / np.maximum(employed, 1e-12))
    return np.asarray(scale * fits[:, None])


def spin_off(world: World, quarter: Quarter) -> None:
    """New firms follow demand, and stay away from industries whose leaders have pulled ahead (Klepper 1996).

    Where they settle: with the industry's firms, and while a new industry's window is open, with talent and networks
    instead (C13). They need a plot each.
    """
    industries, regions, knobs = world.industries, world.regions, world.knobs
    number, size = industries.tally[FIRMS].sum(axis=0), industries.tally[SIZE].sum(axis=0)
    there = number > 0
    ordinary = (
        industries.tally[SKILL].sum(axis=0) / np.maximum(number, 1.0) + world.drivers.boost[world.drivers.newest - 1]
    )
    fear = np.exp(-knobs.entry_fear * np.maximum(industries.lead - ordinary, 0.0))
    demand = np.clip(industries.share * world.workers / np.maximum(size, 1e-12), 0.0, 3.0)
    # what there is, and what the market would feed were it known by more: entrants bet on what is to come
    market = industries.share / np.sqrt(np.maximum(industries.awareness, 1e-3))
    potential = np.sqrt(number * market * world.workers)
    births = np.where(there, knobs.entry * potential * fear * demand, 0.0)
    age = (world.quarter - industries.born) / 4.0
    window = np.where(there, np.exp(-np.maximum(age, 0.0) / knobs.window), 0.0)
    settled = industries.tally[SIZE] / np.maximum(size, 1e-12)
    fresh = regions.talent * regions.digital
    means = births * ((1.0 - window) * settled + window * (fresh / fresh.sum())[:, None])
    wanted = _dice.poissons(world.key(Event.SPIN_OFF), means)
    used = industries.tally[FIRMS].sum(axis=1)
    land = np.maximum(regions.plots - used - world.kept, 0.0)
    fits = np.minimum(1.0, land / np.maximum(wanted.sum(axis=1), 1))
    allowed = np.diff(np.floor(np.cumsum(wanted * fits[:, None], axis=1) + 1e-9), axis=1, prepend=0).astype(np.int64)
    world.add("turned_away", wanted.sum() - allowed.sum())
    base = np.broadcast_to(industries.tally[SKILL].sum(axis=0) / np.maximum(number, 1.0), allowed.shape)
    _open(world, quarter, Event.ENTER, allowed, np.ascontiguousarray(base), _SPIN_OFF)


def found(world: World, quarter: Quarter) -> None:
    """Ventures that won their market open firms; the best of them found an industry. No land, no firm."""
    rows = world.ventures.at(2)
    world.waiting = np.zeros_like(world.kept)
    if not rows.size:
        return
    industries, regions = world.industries, world.regions
    several = cohort(world)
    land = (regions.plots - industries.tally[FIRMS].sum(axis=1)).astype(np.int64)
    winners: list[tuple[int, int, int]] = []
    room = world.firms.size.size - int(industries.tally[FIRMS].sum())
    for row in rows[np.argsort(-world.ventures.quality[rows], kind="stable")]:
        r = int(world.ventures.region[row])
        if land[r] < several:
            world.waiting[r] += 1
            continue
        if several * (len(winners) + 1) > room:
            continue
        j = _industry_for(world, int(world.ventures.technology[row]), float(world.ventures.quality[row]))
        land[r] -= several
        winners.append((int(row), r, j))
    # only now: births may have made room for more industries
    wanted: NDArray[np.int64] = np.zeros(industries.left.shape, np.int64)
    for _, r, j in winners:
        wanted[r, j] += several
    base = np.broadcast_to(frontier(world), wanted.shape)
    places = _open(world, quarter, Event.OPEN_FIRM, wanted, np.ascontiguousarray(base), _START_UP)
    world.add("startups", places.size)
    world.kept = np.maximum(world.kept - wanted.sum(axis=1), 0.0)
    before = np.cumsum(wanted.ravel()) - wanted.ravel()
    backed = world.backed
    for row, r, j in winners:
        cell = r * industries.born.size + j
        at = before[cell]
        before[cell] += several
        ventures.arrive(world, row)
        new = backed.grow(1)
        backed.born[new], backed.ended[new], backed.outcome[new] = world.quarter, OPEN, 0
        backed.region[new], backed.place[new], backed.name[new] = r, places[at], world.ventures.name[row]
        regions.entrepreneurs[r] += 0.1 if world.ventures.led[row] else 0.0  # success makes entrepreneurs (C07)


def cohort(world: World) -> int:
    """How many firms a success opens: one for every few thousand of the country, so that scale does not matter."""
    return max(1, round(world.workers / _COHORT))


def _industry_for(world: World, technology: int, quality: float) -> int:
    """The industry a success belongs to: a new one if it is good enough, else the largest of the nearest technology."""
    industries, knobs = world.industries, world.knobs
    if quality > knobs.founding_quality:
        j = world.industry_place()
        alive = industries.share > 0
        appeal = np.log(
            (industries.share[alive] * np.exp(industries.appeal[alive])).sum() / industries.share[alive].sum()
        )
        industries.labels.append(_UNKNOWN.format(j + 1))
        industries.technology[j], industries.born[j], industries.awareness[j] = technology, world.quarter, _AWARE
        industries.appeal[j] = appeal + knobs.novelty * np.log(quality / knobs.founding_quality)
        industries.foreign[j] = frontier(world)[j] - knobs.foreign_lead
        world.add("births", 1)
        return j
    near = world.relatedness[technology, industries.technology] * world.living
    near = np.where(industries.tally[FIRMS].sum(axis=0) > 0, near, -1.0)
    return int(np.argmax(near + 1e-6 * industries.share))


def frontier(world: World) -> Floats:
    """Log productivity of the best tenth by industry, (J,), were it normal; new industries begin near the country's."""
    tally = world.industries.tally.sum(axis=1)
    number = np.maximum(tally[FIRMS], 1.0)
    mean = tally[SKILL] / number
    best = mean + 1.2816 * np.sqrt(np.maximum(tally[SKILL2] / number - mean**2, 0.0))
    country = (best * tally[SIZE]).sum() / max(tally[SIZE].sum(), 1e-12)
    return np.asarray(np.where(tally[FIRMS] > 0, best, country))


def _open(
    world: World, quarter: Quarter, event: Event, wanted: NDArray[np.int64], base: Floats, spread: tuple[float, float]
) -> NDArray[np.int64]:
    """Open firms in free places; answers the places, region by region and industry by industry."""
    firms, industries, drivers = world.firms, world.industries, world.drivers
    number = int(wanted.sum())
    free: NDArray[np.int64] = _kernels.free_places(firms.size, number)
    network = world.regions.digital + (1.0 - world.regions.digital) * world.built("digital")
    generation = np.where(network[:, None] > _DOOR[0], drivers.newest, drivers.newest - 1) + np.zeros(
        wanted.shape, np.int64
    )
    taken = _kernels.enter(
        world.key(event), free, wanted, base, *spread, _ENTRANT, generation, world.quarter,
        firms.region, firms.industry, firms.productivity, firms.size, firms.driver, firms.born,
        drivers.boost, handicaps(world, quarter), drivers.newest, industries.tally,
    )  # fmt: skip
    world.add("entries", taken)
    world.add("turned_away", number - taken)
    return free[:taken]


def count_again(world: World, quarter: Quarter | None = None) -> None:
    """Tally the firms as they are, without a quarter passing."""
    firms, industries = world.firms, world.industries
    tallies = np.zeros((BLOCKS, *industries.left.shape, LEFT + 1))
    everywhere = np.ones(industries.left.shape)
    _kernels.leave(
        world.key(Event.LEAVE), 0, BLOCKS, firms.region, firms.industry, firms.productivity, firms.size, firms.driver,
        everywhere, world.drivers.boost, handicaps(world, quarter), industries.lead, world.drivers.newest, 0.0, np.inf,
        tallies,
    )  # fmt: skip
    industries.tally = _by_layer(tallies)[:LEFT]


def _by_layer(tallies: Floats) -> Floats:
    """The blocks' tallies (block, region, industry, layer) as one (layer, region, industry)."""
    return np.ascontiguousarray(np.moveaxis(tallies.sum(axis=0), -1, 0))


def amplify(world: World) -> None:
    """What a driver adds: its edge × platform scale × breadth of use, to the power each has (A26, B04)."""
    drivers, industries, knobs = world.drivers, world.industries, world.knobs
    size, newest = industries.tally[SIZE].sum(axis=0), industries.tally[NEWEST].sum(axis=0)
    there = size > 0
    drivers.scale = float(newest.sum() / max(size.sum(), 1e-12))
    weight = np.sqrt(size[there])  # an industry counts by more than its head and less than its workers
    drivers.breadth = float((weight * (newest[there] > 0.1 * size[there])).sum() / max(weight.sum(), 1e-12))
    gain = knobs.amplification * drivers.scale**knobs.network * drivers.breadth**knobs.breadth
    older = drivers.gains[: drivers.newest]
    older[1:] += _RIPENS * (knobs.amplification - older[1:])
    drivers.gains[drivers.newest] = gain
    drivers.boost[: drivers.newest + 1] = np.cumsum(drivers.gains[: drivers.newest + 1])
    industries.lead = np.where(there, industries.tally[LEAD].sum(axis=0) / np.maximum(size, 1e-12), industries.lead)


def _over_blocks(world: World, work: Callable[[int, int], None]) -> None:
    """Do the blocks in as many threads as the world has; each block is one thread's own."""
    if world.threads == 1:
        work(0, BLOCKS)
        return
    edges = np.linspace(0, BLOCKS, world.threads + 1).astype(int).tolist()
    others = [_pool(world.threads, os.getpid()).submit(work, *ends) for ends in pairwise(edges[1:])]
    work(edges[0], edges[1])
    for other in others:
        other.result()


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Threads that stay; a process that was forked makes its own."""
    return ThreadPoolExecutor(threads - 1)
