"""Forward and backward over series with heavy-tailed readings, and what a step of EM adds up; arrays in, arrays out."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

DOUBT = 0.1  # what is left of a rung in a year in which a threshold of its definition is missed altogether
RUNGS = 6  # known when compiling, so that loops over rungs are laid out flat


@njit(cache=True, nogil=True)
def log_readings(row, mean, scale, width, flag, power, tail, out):  # type: ignore[no-untyped-def]
    """The log likelihood of one year's quantities on each rung, each to its power; what is not known says nothing.

    Student's t with `tail` degrees of freedom and `width` the log of its scale, or a flag's chance (in `mean`) where
    `flag` is set.
    """
    out[:] = 0.0
    for q in range(row.shape[0]):
        y = row[q]
        if np.isnan(y):
            continue
        for k in range(out.shape[0]):
            if flag[q]:
                out[k] += power[q] * (math.log(mean[k, q]) if y > 0.5 else math.log1p(-mean[k, q]))
            else:
                d = (y - mean[k, q]) / scale[k, q]
                out[k] -= power[q] * (width[k, q] + 0.5 * (tail + 1.0) * math.log1p(d * d / tail))


@njit(cache=True, nogil=True)
def log_gates(passed, out):  # type: ignore[no-untyped-def]
    """Adds how far the words fit, by the share of its band in which each threshold is met.

    Small ones are future, sizeable ones lead, and large ones only while fast; large ones are pillars and neither
    emerging nor mature; who has fallen neither emerges nor leads, and who declines has fallen. A reason against is
    never final: it leaves `DOUBT`.
    """
    small, sizeable, large, fallen, upgraded = passed[0], passed[1], passed[2], passed[3], passed[5] > 0.5
    fast = 0.0 if np.isnan(passed[4]) else passed[4]
    if not np.isnan(large):
        out[0] += math.log(DOUBT + (1.0 - DOUBT) * (1.0 - small))
        out[1] += math.log(DOUBT + (1.0 - DOUBT) * (1.0 - large))
        out[2] += math.log(DOUBT + (1.0 - DOUBT) * sizeable * (1.0 - large * (1.0 - fast)))
        out[3] += math.log(DOUBT + (1.0 - DOUBT) * large)
        out[4] += math.log(DOUBT + (1.0 - DOUBT) * (1.0 - large))
    if not np.isnan(fallen):
        out[1] += math.log(DOUBT + (1.0 - DOUBT) * (1.0 - fallen))
        if not upgraded:
            out[2] += math.log(DOUBT + (1.0 - DOUBT) * (1.0 - fallen))
        out[5] += math.log(DOUBT + (1.0 - DOUBT) * fallen)


@njit(cache=True, nogil=True)
def gates(passed):  # type: ignore[no-untyped-def]
    """How far the words fit each rung, (series, time, rung), as logs."""
    out = np.zeros((passed.shape[0], passed.shape[1], RUNGS))
    for one in range(passed.shape[0]):
        for t in range(passed.shape[1]):
            log_gates(passed[one, t], out[one, t])
    return out


@njit(cache=True, nogil=True)
def smooth(readings, gated, begin, end, born, mean, scale, flag, power, tail, first, move, out, pairs, firsts):  # type: ignore[no-untyped-def]
    """Smoothed probabilities into `out` (series, time, rung) between begin and end; returns the log likelihood.

    `gated` is what `gates` found. `first` is (2, rung), of series there from the start and of those born later;
    expected moves are added to `pairs` and expected first rungs to `firsts`. Scaled year by year as in Rabiner 1989, so
    nothing underflows.
    """
    many, times = readings.shape[:2]
    rungs = move.shape[0]
    ahead, back = np.empty((times, rungs)), np.empty(rungs)
    seen, total = np.empty((times, rungs)), np.empty(rungs)
    width = np.log(scale)
    likelihood = 0.0
    for one in range(many):
        a, z = begin[one], end[one]
        if z <= a:
            continue
        for t in range(a, z):
            log_readings(readings[one, t], mean, scale, width, flag, power, tail, total)
            top = -np.inf
            for k in range(rungs):
                total[k] += gated[one, t, k]
                top = max(top, total[k])
            for k in range(rungs):
                seen[t, k] = math.exp(total[k] - top)
            whole = 0.0
            for k in range(rungs):
                if t == a:
                    prior = first[born[one], k]
                else:
                    prior = 0.0
                    for i in range(rungs):
                        prior += ahead[t - 1, i] * move[i, k]
                ahead[t, k] = prior * seen[t, k]
                whole += ahead[t, k]
            for k in range(rungs):
                ahead[t, k] /= whole
            likelihood += math.log(whole) + top
        back[:] = 1.0
        for t in range(z - 1, a - 1, -1):
            whole = 0.0
            for k in range(rungs):
                out[one, t, k] = ahead[t, k] * back[k]
                whole += out[one, t, k]
            for k in range(rungs):
                out[one, t, k] /= whole
            if t == a:
                break
            # back becomes what next year and later say of each rung this year
            whole = 0.0
            for k in range(rungs):
                seen[t, k] *= back[k]
            for i in range(rungs):
                total[i] = 0.0
                for k in range(rungs):
                    total[i] += move[i, k] * seen[t, k]
                whole += ahead[t - 1, i] * total[i]
            for i in range(rungs):
                for k in range(rungs):
                    pairs[i, k] += ahead[t - 1, i] * move[i, k] * seen[t, k] / whole
                back[i] = total[i] / whole
        for k in range(rungs):
            firsts[born[one], k] += out[one, a, k]
    return likelihood


@njit(cache=True)
def moments(readings, chances, mean, scale, flag, tail):  # type: ignore[no-untyped-def]
    """Weighted sums for each rung and quantity: mass, mass times pull, the same times y and times y².

    The pull of a reading is (tail + 1) / (tail + d²): far ones pull less (Dempster, Laird, Rubin 1980). A flag pulls 1.
    """
    rungs, many = mean.shape
    sums = np.zeros((4, rungs, many))
    for one in range(readings.shape[0]):
        for t in range(readings.shape[1]):
            if np.isnan(chances[one, t, 0]):
                continue
            for q in range(many):
                y = readings[one, t, q]
                if np.isnan(y):
                    continue
                for k in range(rungs):
                    d = (y - mean[k, q]) / scale[k, q]
                    pull = 1.0 if flag[q] else (tail + 1.0) / (tail + d * d)
                    mass = chances[one, t, k]
                    sums[0, k, q] += mass
                    sums[1, k, q] += mass * pull
                    sums[2, k, q] += mass * pull * y
                    sums[3, k, q] += mass * pull * y * y
    return sums


@njit(cache=True)
def joint(before, after, move, most, out):  # type: ignore[no-untyped-def]
    """How chances of this year turn into those of the next, both kept as they are; (rung, rung) into `out`.

    With a matrix of moves (`most` false) it is the joint chance under the model, which has the form a·move·b, found
    by scaling rows and columns in turn (Sinkhorn 1967). Without one, as much stays where it is as can.
    """
    rungs = before.shape[0]
    if most:
        left, lacking = np.empty(rungs), np.empty(rungs)
        rest = 0.0
        for k in range(rungs):
            stays = min(before[k], after[k])
            left[k], lacking[k] = before[k] - stays, after[k] - stays
            rest += left[k]
            out[k, :] = 0.0
            out[k, k] = stays
        if rest > 1e-12:
            for i in range(rungs):
                for k in range(rungs):
                    out[i, k] += left[i] * lacking[k] / rest
        return
    # Only the factors a and b are scaled, and the matrix is made of them at the end; sums run along rows in memory.
    a, b, sums = np.ones(RUNGS), np.ones(RUNGS), np.empty(RUNGS)
    across = np.empty((RUNGS, RUNGS))
    for i in range(RUNGS):
        for k in range(RUNGS):
            out[i, k] = max(move[i, k], 1e-12)
            across[k, i] = out[i, k]
    for _ in range(200):
        sums[:] = 0.0
        for k in range(RUNGS):
            for i in range(RUNGS):
                sums[i] += across[k, i] * b[k]
        off = 0.0
        for i in range(RUNGS):
            off = max(off, abs(a[i] * sums[i] - before[i]))
            a[i] = before[i] / sums[i] if sums[i] > 0.0 else 0.0
        sums[:] = 0.0
        for i in range(RUNGS):
            for k in range(RUNGS):
                sums[k] += a[i] * out[i, k]
        for k in range(RUNGS):
            b[k] = after[k] / sums[k] if sums[k] > 0.0 else 0.0
        if off < 1e-7:
            break
    for i in range(RUNGS):
        for k in range(RUNGS):
            out[i, k] *= a[i] * b[k]


@njit(cache=True)
def follow(chances, begins, move, most, cell, cells, height, ends):  # type: ignore[no-untyped-def]
    """Expected moves, and expected years at risk and moves by years spent on a rung, of each cell (cluster × group).

    `chances` is (series, time, rung), nan where not placed; `begins` is the year in which a new industry is first
    placed, -1 for those that may be of any age; `cell` (series, time) is where a move that begins in that
    year counts. `ends` (series) is the last year of the record: a series not seen again before it is gone. Returns
    counts (cell, rung, rung + gone), spells (3: at risk, up, down or gone; cell, rung, years), the chance to move up
    and down of each series-year (nan where it is not known), and how many steps had a gap. A spell counts only when
    its beginning was seen.
    """
    many, times, rungs = chances.shape
    counts = np.zeros((cells, rungs, rungs + 1))
    spells = np.zeros((3, cells, rungs, times))
    moved = np.full((2, many, times), np.nan)
    steps = np.zeros((rungs, rungs))
    held, then = np.zeros((rungs, times)), np.zeros((rungs, times))
    gaps = 0
    for one in range(many):
        last = -1
        for t in range(times):
            if not np.isnan(chances[one, t, 0]):
                last = t
        held[:] = 0.0
        for t in range(last + 1):
            if np.isnan(chances[one, t, 0]):
                continue
            if t > 0 and np.isnan(chances[one, t - 1, 0]):
                # of what is new a spell begins; after a gap, or with the table, it is not known when
                held[:] = 0.0
                if t == begins[one]:
                    for k in range(rungs):
                        held[k, 0] = chances[one, t, k]
            gone = t == last and t < ends[one]
            if t == last and not gone:
                break
            if not gone and np.isnan(chances[one, t + 1, 0]):
                gaps += 1
                continue
            at = cell[one, t]
            if gone:
                steps[:] = 0.0
            else:
                joint(chances[one, t], chances[one, t + 1], move, most, steps)
            then[:] = 0.0
            moved[0, one, t] = 0.0
            moved[1, one, t] = 0.0
            for i in range(rungs):
                p = chances[one, t, i]
                if p <= 1e-12:
                    continue
                up, down = 0.0, 0.0
                for k in range(rungs):
                    counts[at, i, k] += steps[i, k]
                    if height[k] > height[i]:
                        up += steps[i, k]
                    elif height[k] < height[i]:
                        down += steps[i, k]
                if gone:
                    counts[at, i, rungs] += p
                    down = p
                moved[0, one, t] += up
                moved[1, one, t] += down
                for years in range(times):
                    mass = held[i, years]
                    if mass <= 1e-12:
                        continue
                    spells[0, at, i, years] += mass
                    spells[1, at, i, years] += mass * up / p
                    spells[2, at, i, years] += mass * down / p
                    if years + 1 < times:
                        then[i, years + 1] += mass * steps[i, i] / p
                for k in range(rungs):
                    if k != i:
                        then[k, 0] += steps[i, k]
            held[:] = then
    return counts, spells, moved, gaps
