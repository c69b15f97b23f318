"""The decision list of the rule, for 64 positions of the thresholds at once: one bit of a word each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Words = npt.NDArray[np.uint64]

NONE = np.uint64(0)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ROUNDING = 1e-9  # what two ways of adding up may differ by; a tie is met

# Rows of `cuts` (threshold and half the width of its band) and of `passed` (which scenarios lie below a rank).
SMALL, SIZEABLE, LARGE, SHRINK, OUTGROW, FAST, STEADY, FALLEN = range(8)
INTENSE, LIVELY, YOUNG, ELASTIC, PRODUCTIVE, BACKWARD, FORWARD, ADVANTAGE = range(8, 16)
CUTS = 16
# Rows of the cells: where each quantity stands, -1 where it is not known.
SIZE, GROWTH, EXCESS, STEADINESS, PEAK, TECHNOLOGY, ENTRY, AGE = range(8)
ELASTICITY, PRODUCTIVITY, BACK, FORTH, QUOTIENT, UPGRADED = range(8, 14)
ROWS = 14


@njit(cache=True)
def _bits(word):  # type: ignore[no-untyped-def]
    """How many bits of a word are set."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(cache=True)
def _at_least(value, cut, cuts, passed):  # type: ignore[no-untyped-def]
    """The scenarios in which a value reaches a threshold; none where it is not known."""
    if np.isnan(value):
        return NONE
    middle, half = cuts[cut, 0], cuts[cut, 1]
    if half <= 0.0:
        return ALL if value >= middle - ROUNDING else NONE
    rank = np.floor((value - middle + half) / (2.0 * half) * 64.0 + 0.5 + ROUNDING)
    return passed[cut, np.int64(min(max(rank, 0.0), 64.0))]


@njit(cache=True)
def _look(cells, at, row, series, time):  # type: ignore[no-untyped-def]
    place = at[row]
    return cells[place, series, time] if place >= 0 else np.nan


@njit(cache=True)
def _count_reaches(a, b, c, d, least):  # type: ignore[no-untyped-def]
    """The scenarios in which at least so many of four are met: the four added up in binary, all bits at once."""
    ones, twos = a ^ b, a & b
    ones, carry = ones ^ c, ones & c
    twos, fours = twos ^ carry, twos & carry
    ones, carry = ones ^ d, ones & d
    twos, fours = twos ^ carry, fours | (twos & carry)
    if least <= 0:
        return ALL
    if least == 1:
        return ones | twos | fours
    if least == 2:
        return twos | fours
    if least == 3:
        return (twos & ones) | fours
    return fours


@njit(cache=True)
def _decide(cells, at, series, time, cuts, passed, quorum, untold, raw):  # type: ignore[no-untyped-def]
    """Where each rung is met this year, a word each in `raw`; scenarios that cannot be told are in none."""
    size, growth = _look(cells, at, SIZE, series, time), _look(cells, at, GROWTH, series, time)
    excess, peak = _look(cells, at, EXCESS, series, time), _look(cells, at, PEAK, series, time)
    technology, entry = _look(cells, at, TECHNOLOGY, series, time), _look(cells, at, ENTRY, series, time)
    age = _look(cells, at, AGE, series, time)
    told = not np.isnan(growth) and not np.isnan(excess)
    large = _at_least(size, LARGE, cuts, passed)
    sizeable = _at_least(size, SIZEABLE, cuts, passed)
    outgrows = _at_least(excess, OUTGROW, cuts, passed)
    shrinks = _at_least(-growth, SHRINK, cuts, passed)
    fallen = _at_least(peak, FALLEN, cuts, passed)
    declining = shrinks & ~outgrows & fallen if told else NONE
    rest = ~declining

    intense = _at_least(technology, INTENSE, cuts, passed)
    lively = _at_least(entry, LIVELY, cuts, passed)
    young = _at_least(-age, YOUNG, cuts, passed)
    by_technology, by_entry, by_age = not np.isnan(technology), not np.isnan(entry), not np.isnan(age)
    future = NONE
    if by_technology or by_age:  # a lively entry alone is no sign of an industry to come
        known = np.int64(by_technology) + np.int64(by_entry) + np.int64(by_age)
        future = rest & ~_at_least(size, SMALL, cuts, passed)
        future &= _count_reaches(intense, lively, young, NONE, known // 2 + 1)
    rest &= ~future
    emerging, leading, pillar, mature = NONE, NONE, NONE, NONE
    if told:
        steadiness = _look(cells, at, STEADINESS, series, time)
        # Where years lie too far apart to tell how steadily it rises, that is not held against it.
        steady = ALL if np.isnan(steadiness) else _at_least(steadiness, STEADY, cuts, passed)
        rises = outgrows & ~fallen & steady
        rises = rises if growth > ROUNDING else NONE
        fast = _at_least(excess, FAST, cuts, passed)
        new = intense
        if not by_technology:
            new = untold[0] & lively if by_entry else untold[0]
        emerging = rest & rises & fast & ~large & new
        rest &= ~emerging

        elasticity, productivity = (
            _look(cells, at, ELASTICITY, series, time),
            _look(cells, at, PRODUCTIVITY, series, time),
        )
        back, forth = _look(cells, at, BACK, series, time), _look(cells, at, FORTH, series, time)
        quotient = _look(cells, at, QUOTIENT, series, time)
        linked = not np.isnan(back) or not np.isnan(forth)
        known = np.int64(not np.isnan(elasticity)) + np.int64(not np.isnan(productivity))
        known += np.int64(linked) + np.int64(not np.isnan(quotient))
        pulls = untold[1]
        if known:
            pulls = _count_reaches(
                _at_least(elasticity, ELASTIC, cuts, passed),
                _at_least(productivity, PRODUCTIVE, cuts, passed),
                _at_least(back, BACKWARD, cuts, passed) | _at_least(forth, FORWARD, cuts, passed),
                _at_least(quotient, ADVANTAGE, cuts, passed),
                np.int64(np.ceil(quorum * known - 1e-9)),
            )
        leading = rest & rises & sizeable & pulls & (~large | fast)
        rest &= ~leading
        pillar = rest & large
        mature = rest & ~large

        upgraded = _look(cells, at, UPGRADED, series, time)
        if upgraded > 0.0:
            back_on = (mature | declining) & sizeable
            pillar |= back_on & large
            leading |= back_on & ~large
            mature &= ~back_on
            declining &= ~back_on
    raw[0], raw[1], raw[2], raw[3], raw[4], raw[5] = future, emerging, leading, pillar, mature, declining


@njit(cache=True)
def place(cells, at, placeable, cuts, passed, quorum, untold, hold):  # type: ignore[no-untyped-def]
    """The share of scenarios on each rung, (series, time, rung); nan where an industry cannot be placed.

    In every scenario a rung gives way once another one has been met `hold` placed years running.
    """
    series, times = placeable.shape
    probability = np.full((series, times, 6), np.nan)
    last = np.zeros((hold, 6), dtype=np.uint64)
    state, raw = np.zeros(6, dtype=np.uint64), np.zeros(6, dtype=np.uint64)
    for one in range(series):
        seen = 0
        for time in range(times):
            if not placeable[one, time]:
                continue
            _decide(cells, at, one, time, cuts, passed, quorum, untold, raw)
            if raw[0] | raw[1] | raw[2] | raw[3] | raw[4] | raw[5] != ALL:
                continue
            last[seen % hold] = raw
            if seen == 0:
                state[:] = raw
            elif seen + 1 >= hold:
                moved = NONE
                for rung in range(6):
                    held = ALL
                    for year in range(hold):
                        held &= last[year, rung]
                    raw[rung] = held
                    moved |= held
                for rung in range(6):
                    state[rung] = raw[rung] | (state[rung] & ~moved)
            seen += 1
            for rung in range(6):
                probability[one, time, rung] = np.float64(_bits(state[rung])) / 64.0
    return probability
