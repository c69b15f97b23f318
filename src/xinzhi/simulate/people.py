"""People: skills run short and schooling answers, artificial intelligence outdates skills, talent moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xinzhi.simulate._kernels import OUTPUT, SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xinzhi.simulate.policy import Quarter
    from xinzhi.simulate.world import World

    Floats = NDArray[np.float64]

_NEED = np.array([0.60, 0.50, 0.35, 0.25, 0.15])  # share of posts that need skill, by rung
_TUITION = 2.0  # what a graduate costs, in quarters of a worker's output
_AI_NEED = 0.5  # posts that come to need skill where artificial intelligence is everywhere
_GATHER = 0.1  # pull of one entrepreneur at work
_PATIENCE = 0.04  # people out of work who look elsewhere, a quarter


def need(world: World) -> Floats:
    """The share of each industry's posts that need skill, (J,): more on younger rungs."""
    middle = float(_NEED.mean())
    by_rung = np.clip(middle + world.knobs.skill_need * (_NEED - middle), 0.0, 1.0)
    return np.asarray(world.industries.rungs @ by_rung)


def balance(world: World) -> None:
    """Begin with as many skilled people as posts, and with nobody who would rather live elsewhere."""
    regions = world.regions
    regions.posts = regions.skilled / np.maximum(world.industries.tally[SIZE] @ need(world), 1e-12)
    regions.home = np.log(np.maximum(regions.talent, 1e-12)) - _appeal(world)
    regions.schools[:] = world.knobs.retirement * regions.skilled
    regions.shortage[:] = 0.0


def school(world: World, quarter: Quarter) -> None:
    """Graduates arrive, the skilled retire, enrolment answers shortage four years ahead; AI outdates skills (C22)."""
    regions, knobs = world.regions, world.knobs
    unskilled = regions.people - regions.skilled - regions.talent
    ai = quarter.shock("ai_wave")
    wanted = (world.industries.tally[SIZE] @ need(world)) * regions.posts * (1.0 + _AI_NEED * ai)
    at = world.quarter % len(regions.schools)
    graduates = np.minimum(regions.schools[at], np.maximum(unskilled, 0.0))
    outdated = (knobs.retirement + knobs.ai_exposure * ai) * regions.skilled
    regions.skilled = regions.skilled + graduates - outdated
    short = np.maximum(wanted / np.maximum(regions.skilled, 1e-12) - 1.0, 0.0)
    answer = knobs.schooling_response * np.minimum(short, 1.0) * np.maximum(unskilled, 0.0)
    seats = quarter.plan("schooling") * world.workers / _TUITION
    taught = np.minimum(seats, 0.02 * np.maximum(unskilled, 0.0))
    quarter.pay("schooling", taught * _TUITION / world.workers)
    regions.schools[at] = knobs.retirement * regions.skilled + answer + taught
    gap = 1.0 - regions.skilled / np.maximum(wanted, 1e-12)
    regions.shortage = np.where(gap > 1e-9, gap, 0.0)  # rounding is no shortage
    world.add("skill_short", float((regions.shortage * wanted).sum() / max(wanted.sum(), 1e-12)))
    world.add("skill_premium", float((short * wanted).sum() / max(wanted.sum(), 1e-12)))


def _appeal(world: World) -> Floats:
    """What draws talent: new-quality output a head, other talent, amenity, entrepreneurs at work (C07, C20, C21)."""
    regions, industries = world.regions, world.industries
    new = industries.tally[OUTPUT] @ industries.rungs[:, :3].sum(axis=1)
    density = np.log(np.maximum(new / regions.people, 1e-6)) + np.log(np.maximum(regions.talent / regions.people, 1e-9))
    built = regions.amenity + (1.0 - regions.amenity) * world.built("talent")
    return np.asarray(world.knobs.talent_pull * 0.5 * density + 2.0 * built + _GATHER * regions.busy)


def move(world: World, quarter: Quarter) -> None:
    """Some talent reconsiders where to live, by logit; some who are out of work follow the posts. Nobody is lost."""
    regions, knobs = world.regions, world.knobs
    pull = _appeal(world) + regions.home
    share = np.exp(pull - pull.max())
    leaving = knobs.mobility * regions.talent
    arriving = leaving.sum() * share / share.sum()
    regions.talent = regions.talent + arriving - leaving
    regions.people = regions.people + arriving - leaving
    idle = regions.people - world.industries.tally[SIZE].sum(axis=1)
    rate = idle / regions.people
    usual = idle.sum() / regions.people.sum()
    unskilled = regions.people - regions.skilled - regions.talent
    away = _PATIENCE * np.clip(np.minimum(np.maximum(rate - usual, 0.0) * regions.people, unskilled), 0.0, None)
    room = np.maximum(usual - rate, 0.0) * regions.people
    here = away.sum() * room / room.sum() if room.sum() > 1e-9 else away
    regions.people = regions.people + here - away
    regions.unemployed = regions.people - world.industries.tally[SIZE].sum(axis=1)
