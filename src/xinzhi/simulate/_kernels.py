"""What firms do in a quarter, as loops over arrays: improve, grow, leave, enter.

Places for firms are dealt to a fixed number of blocks, a strip at a time; whatever is summed is summed block by block
and the blocks in their order, so the answer does not depend on how many threads share the blocks. A firm of size zero
is an empty place.

Each strip is walked several times: what must look something up goes one firm at a time and does little, arithmetic
and luck go eight firms at a time, and what few firms do is done for those few. What passes from one walk to the next
stays in the nearest cache.
"""

# Arrays and numbers in, arrays out; the types are those of the compiled functions.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from xinzhi.simulate._arithmetic import exp, log
from xinzhi.simulate._dice import agent_of, beta33, uniform

BLOCKS = 16
_STRIP = 256
_CATCH_UP = 0.05  # chance a quarter of taking up a driver that is no longer the newest
_RELATIVE = 10.0  # size, against the industry's mean, beyond which it makes no more difference to research
_TINY = 1e-30  # the logarithm wants more than nothing; what an empty place makes of it is multiplied by zero
FIRMS, SIZE, OUTPUT, LEAD, NEWEST, SKILL, SKILL2, LEFT = range(8)
"""The layers of a tally: firms, their size, output, size × log efficiency, size on the newest driver, the sum of log
productivity and the sum of its square; and, while firms leave, how many did."""


@njit(cache=True, nogil=True, error_model="numpy")
def improve(
    key, first, last, region, industry, productivity, old, size, driver,
    effort, closed, openness, hazard, newest,
    technology, related, mean_size, foreign,
    innovation, meets, gain, advantage, near,
):  # fmt: skip
    """Invent, imitate, learn abroad and take up the newest driver; ``old`` is last quarter's productivity."""
    n, industries = size.size, mean_size.size
    most = innovation * exp(advantage * log(_RELATIVE))
    odds = np.stack((most * effort, meets, hazard), axis=-1).reshape(-1, 3)
    luck, chance, door, value = np.empty(_STRIP), np.empty(_STRIP), np.empty(_STRIP), np.empty(_STRIP)
    effect, relative = np.empty(_STRIP), np.empty(_STRIP)
    inventors, seekers, other = np.empty(_STRIP, np.int64), np.empty(_STRIP, np.int64), np.empty(_STRIP, np.int64)
    model, trade, place = np.empty(_STRIP), np.empty(_STRIP, np.int64), np.empty(_STRIP, np.int64)
    for block in range(first, last):
        for start in range(block * _STRIP, n, BLOCKS * _STRIP):
            here = slice(start, min(start + _STRIP, n))
            regions, trades, sizes, drivers, before = region[here], industry[here], size[here], driver[here], old[here]
            if _empty(sizes):
                continue
            for k in range(sizes.size):
                me = agent_of(key, start + k)
                luck[k], chance[k], door[k] = uniform(me, 0), uniform(me, 1), uniform(me, 5)
                value[k] = before[k]
            inventing = seeking = 0
            for k in range(sizes.size):
                lives = sizes[k] > 0.0
                own = odds[regions[k] * industries + trades[k]]
                # most firms draw too high to innovate whatever their size: only the rest need the effort worked out
                inventors[inventing] = seekers[seeking] = k
                inventing += lives & (luck[k] < own[0])
                seeking += lives & (chance[k] < own[1])
                behind = newest - drivers[k]
                drivers[k] += lives & (behind > 0) & (door[k] < (own[2] if behind == 1 else _CATCH_UP))
            for q in range(inventing):
                k = inventors[q]
                effect[q] = innovation * effort[regions[k], trades[k]]
                relative[q] = min(_RELATIVE, max(1.0 / _RELATIVE, sizes[k] / mean_size[trades[k]]))
                luck[q] = luck[k]
            for q in range(inventing):
                better = gain * (2.0 * beta33(agent_of(key, start + inventors[q]), 8) - 1.0)
                won = luck[q] < 1.0 - exp(-effect[q] * exp(advantage * log(relative[q])))
                effect[q] = log(1.0 + max(better, 0.0)) if won else 0.0  # a worse design is not used
            for q in range(inventing):
                value[inventors[q]] += effect[q]
            for q in range(seeking):
                me = agent_of(key, start + seekers[q])
                other[q], luck[q], chance[q] = int(uniform(me, 2) * n), uniform(me, 3), uniform(me, 4)
            # nothing but looking up: others are far away in memory, and in so short a loop many are sent for at once
            for q in range(seeking):
                they = other[q]
                model[q] = old[they] if size[they] > 0.0 else -np.inf
                trade[q], place[q] = industry[they], region[they]
            for q in range(seeking):
                k = seekers[q]
                r, j = regions[k], trades[k]
                welcome = related[technology[j], technology[trade[q]]] * (1.0 - closed[r])
                welcome *= 1.0 if place[q] == r else near
                gap = model[q] - value[k]
                value[k] += 0.5 * gap if (gap > 0.0) & (luck[q] < welcome) else 0.0
                gap = foreign[j] - value[k]
                value[k] += 0.25 * gap if (gap > 0.0) & (chance[q] < openness[r, j]) else 0.0
            after = productivity[here]
            for k in range(sizes.size):
                after[k] = value[k]


@njit(cache=True, nogil=True, inline="always")
def _empty(sizes):
    """Whether nobody is here: new firms take the first places, so the last strips often are."""
    living = 0
    for k in range(sizes.size):
        living += sizes[k] > 0.0
    return living == 0


@njit(cache=True, nogil=True, error_model="numpy")
def compete(
    key, first, last, region, industry, productivity, size, driver,
    boost, handicap, mean_lead, drag,
    selection, penrose, lump_rate, lump_size, damping, sums,
):  # fmt: skip
    """Grow by efficiency, skill and luck; ``sums`` (block, region, industry) gets the sizes that firms would have."""
    n, industries = size.size, mean_lead.size
    against = (selection * (handicap + mean_lead) + drag).ravel()
    cell, pull, grown = np.empty(_STRIP, np.int64), np.empty(_STRIP), np.empty(_STRIP)
    for block in range(first, last):
        total = sums[block].ravel()
        for start in range(block * _STRIP, n, BLOCKS * _STRIP):
            here = slice(start, min(start + _STRIP, n))
            regions, trades, skills, sizes, drivers = (
                region[here], industry[here], productivity[here], size[here], driver[here],
            )  # fmt: skip
            if _empty(sizes):
                continue
            for k in range(sizes.size):
                cell[k] = regions[k] * industries + trades[k]
                pull[k] = selection * (skills[k] + boost[drivers[k]]) - against[cell[k]]
            for k in range(sizes.size):
                me = agent_of(key, start + k)
                now = sizes[k]
                push = pull[k] / (1.0 + penrose * max(pull[k], 0.0))
                # a two-sided Lomax draw of index 2: exponential near zero, density falling as the third power far out
                u = 2.0 * uniform(me, 1)
                spread = lump_size * exp(-damping * log(max(now, _TINY)))
                jump = min(spread * (1.0 / sqrt(u if u < 1.0 else u - 1.0) - 1.0), 2.0)
                jump = jump if u < 1.0 else -jump
                push += jump if uniform(me, 0) < lump_rate else 0.0
                grown[k] = now * exp(max(-2.0, min(2.0, push)))
                sizes[k] = grown[k]
            for k in range(sizes.size):
                total[cell[k]] += grown[k]


@njit(cache=True, nogil=True, error_model="numpy")
def leave(
    key, first, last, region, industry, productivity, size, driver,
    scale, boost, handicap, mean_lead, newest, exit_size, exit_gap, tallies,
):  # fmt: skip
    """Bring sizes to what people and demand allow, close the firms that cannot go on, and count those that can.

    ``tallies`` (block, region, industry, layer) are added to; the layers are last because a firm adds to all of them.
    """
    n, industries = size.size, mean_lead.size
    fits, lost = scale.ravel(), handicap.ravel()
    cell, sized, lead, lag = np.empty(_STRIP, np.int64), np.empty(_STRIP), np.empty(_STRIP), np.empty(_STRIP)
    output = np.empty(_STRIP)
    for block in range(first, last):
        tally = tallies[block].reshape(-1, 8)
        for start in range(block * _STRIP, n, BLOCKS * _STRIP):
            here = slice(start, min(start + _STRIP, n))
            regions, trades, skills, sizes, drivers = (
                region[here], industry[here], productivity[here], size[here], driver[here],
            )  # fmt: skip
            if _empty(sizes):
                continue
            for k in range(sizes.size):
                cell[k] = regions[k] * industries + trades[k]
                sized[k] = sizes[k] * fits[cell[k]]
                lead[k] = skills[k] + boost[drivers[k]] - lost[cell[k]]
                lag[k] = mean_lead[trades[k]] - lead[k]
            for k in range(sizes.size):
                hopeless = (lag[k] > exit_gap) & (uniform(agent_of(key, start + k), 0) < 0.25)
                sized[k] = 0.0 if hopeless | (sized[k] < exit_size) else sized[k]
                output[k] = sized[k] * exp(lead[k])
            for k in range(sizes.size):
                add = tally[cell[k]]
                stays = 1.0 if sized[k] > 0.0 else 0.0
                add[FIRMS] += stays
                add[SIZE] += sized[k]
                add[OUTPUT] += output[k]
                add[LEAD] += sized[k] * lead[k]
                add[NEWEST] += sized[k] if drivers[k] >= newest else 0.0
                add[SKILL] += stays * skills[k]
                add[SKILL2] += stays * (skills[k] * skills[k])
                add[LEFT] += (1.0 if sizes[k] > 0.0 else 0.0) - stays
                sizes[k] = sized[k]


@njit(cache=True)
def free_places(size, wanted):
    """The first places without a firm, as many as are wanted."""
    places, found = np.empty(wanted, np.int64), 0
    for i in range(size.size):
        if found == wanted:
            break
        if size[i] <= 0.0:
            places[found] = i
            found += 1
    return places[:found]


@njit(cache=True, error_model="numpy")
def enter(
    key, free, wanted, base, spread_low, spread_width, entrant_size, generation, quarter,
    region, industry, productivity, size, driver, born, boost, handicap, newest, tally,
):  # fmt: skip
    """Open ``wanted`` (region, industry) firms in the free places, in order; answers how many found a place.

    Their log productivity is ``base`` of the industry plus the log of a uniform draw; they start on ``generation``.
    ``tally`` (layer, region, industry) is added to.
    """
    taken = 0
    for r in range(wanted.shape[0]):
        for j in range(wanted.shape[1]):
            for _ in range(wanted[r, j]):
                if taken >= free.size:
                    return taken
                i = free[taken]
                taken += 1
                me = agent_of(key, i)
                region[i], industry[i], born[i] = r, j, quarter
                skill = base[r, j] + log(spread_low + spread_width * uniform(me, 0))
                productivity[i], size[i] = skill, entrant_size
                driver[i] = generation[r, j]
                lead = skill + boost[driver[i]] - handicap[r, j]
                tally[FIRMS, r, j] += 1.0
                tally[SIZE, r, j] += entrant_size
                tally[OUTPUT, r, j] += entrant_size * exp(lead)
                tally[LEAD, r, j] += entrant_size * lead
                tally[NEWEST, r, j] += entrant_size if driver[i] >= newest else 0.0
                tally[SKILL, r, j] += skill
                tally[SKILL2, r, j] += skill * skill
    return taken
