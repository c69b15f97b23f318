"""What firms do in a quarter, as loops over arrays: improve, grow, leave, enter.

Firms are walked in a fixed number of blocks; whatever is summed is summed block by block and the blocks in their order,
so the answer does not depend on how many threads share the blocks. A firm of size zero is an empty place.
"""

# Arrays and numbers in, arrays out; the types are those of the compiled functions.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

from __future__ import annotations

from math import sqrt

from numba import njit

from xinzhi.simulate._arithmetic import exp, log
from xinzhi.simulate._dice import agent_of, beta33, uniform

BLOCKS = 16
_CATCH_UP = 0.05  # chance a quarter of taking up a driver that is no longer the newest
_RELATIVE = 10.0  # size, against the industry's mean, beyond which it makes no more difference to research
FIRMS, SIZE, OUTPUT, LEAD, NEWEST, SKILL, SKILL2 = range(7)
"""The layers of a tally: firms, their size, output, size × log efficiency, size on the newest driver, the sum of log
productivity and the sum of its square."""


@njit(cache=True, nogil=True, error_model="numpy")
def improve(
    key, first, last, region, industry, productivity, old, size, driver,
    effort, closed, openness, hazard, newest,
    technology, related, mean_size, foreign,
    innovation, meets, gain, advantage, near,
):  # fmt: skip
    """Invent, imitate, learn abroad and take up the newest driver; ``old`` is last quarter's productivity."""
    n = size.size
    most = exp(advantage * log(_RELATIVE))
    for i in range(first * n // BLOCKS, last * n // BLOCKS):
        if size[i] <= 0.0:
            continue
        me = agent_of(key, i)
        r, j = region[i], industry[i]
        log_productivity = old[i]
        # most firms draw too high to innovate whatever their size: only the rest need the effort worked out
        luck = uniform(me, 0)
        if luck < innovation * effort[r, j] * most:
            relative = min(_RELATIVE, max(1.0 / _RELATIVE, size[i] / mean_size[j]))
            if luck < 1.0 - exp(-innovation * effort[r, j] * exp(advantage * log(relative))):
                step = gain * (2.0 * beta33(me, 8) - 1.0)
                if step > 0.0:  # a worse design is not used
                    log_productivity += log(1.0 + step)
        if uniform(me, 1) < meets[r, j]:
            other = int(uniform(me, 2) * n)
            if size[other] > 0.0 and old[other] > log_productivity:
                welcome = related[technology[j], technology[industry[other]]] * (1.0 - closed[r])
                if region[other] != r:
                    welcome *= near
                if uniform(me, 3) < welcome:
                    log_productivity += 0.5 * (old[other] - log_productivity)
            if foreign[j] > log_productivity and uniform(me, 4) < openness[r, j]:
                log_productivity += 0.25 * (foreign[j] - log_productivity)
        behind = newest - driver[i]
        if behind > 0 and uniform(me, 5) < (hazard[r, j] if behind == 1 else _CATCH_UP):
            driver[i] += 1
        productivity[i] = log_productivity


@njit(cache=True, nogil=True, error_model="numpy")
def compete(
    key, first, last, region, industry, productivity, size, driver,
    boost, handicap, mean_lead, drag,
    selection, penrose, lump_rate, lump_size, damping, sums,
):  # fmt: skip
    """Grow by efficiency, skill and luck; ``sums`` (block, region, industry) gets the sizes that firms would have."""
    n = size.size
    for block in range(first, last):
        for i in range(block * n // BLOCKS, (block + 1) * n // BLOCKS):
            now = size[i]
            if now <= 0.0:
                continue
            me = agent_of(key, i)
            r, j = region[i], industry[i]
            pull = selection * (productivity[i] + boost[driver[i]] - handicap[r, j] - mean_lead[j]) - drag[r, j]
            if pull > 0.0:
                pull /= 1.0 + penrose * pull
            if uniform(me, 0) < lump_rate:
                # a two-sided Lomax draw of index 2: exponential near zero, density falling as the third power far out
                u = uniform(me, 1)
                sign = 1.0 if u < 0.5 else -1.0
                u = 2.0 * u if u < 0.5 else 2.0 * u - 1.0
                jump = lump_size * exp(-damping * log(now)) * (1.0 / sqrt(u) - 1.0)
                pull += sign * min(jump, 2.0)
            now *= exp(max(-2.0, min(2.0, pull)))
            size[i] = now
            sums[block, r, j] += now


@njit(cache=True, nogil=True, error_model="numpy")
def leave(
    key, first, last, region, industry, productivity, size, driver,
    scale, boost, handicap, mean_lead, newest, exit_size, exit_gap, tallies, left,
):  # fmt: skip
    """Bring sizes to what people and demand allow, close the firms that cannot go on, and count those that can.

    ``tallies`` (block, layer, region, industry) and ``left`` (block, region, industry) are added to.
    """
    n = size.size
    for block in range(first, last):
        for i in range(block * n // BLOCKS, (block + 1) * n // BLOCKS):
            if size[i] <= 0.0:
                continue
            r, j = region[i], industry[i]
            now = size[i] * scale[r, j]
            lead = productivity[i] + boost[driver[i]] - handicap[r, j]
            hopeless = lead - mean_lead[j] < -exit_gap and uniform(agent_of(key, i), 0) < 0.25
            if now < exit_size or hopeless:
                size[i] = 0.0
                left[block, r, j] += 1.0
                continue
            size[i] = now
            count(tallies[block], r, j, now, lead, productivity[i], driver[i] >= newest)


@njit(cache=True, nogil=True, inline="always")
def count(tally, r, j, size, lead, skill, up_to_date):
    """Add one firm to a tally (layer, region, industry)."""
    tally[FIRMS, r, j] += 1.0
    tally[SIZE, r, j] += size
    tally[OUTPUT, r, j] += size * exp(lead)
    tally[LEAD, r, j] += size * lead
    if up_to_date:
        tally[NEWEST, r, j] += size
    tally[SKILL, r, j] += skill
    tally[SKILL2, r, j] += skill * skill


@njit(cache=True, nogil=True, error_model="numpy")
def enter(
    key, free, wanted, base, spread_low, spread_width, entrant_size, generation, quarter,
    region, industry, productivity, size, driver, born, boost, handicap, newest, tally,
):  # fmt: skip
    """Open ``wanted`` (region, industry) firms in the free places, in order; answers how many found a place.

    Their log productivity is ``base`` of the industry plus the log of a uniform draw; they start on ``generation``.
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
                count(tally, r, j, entrant_size, skill + boost[driver[i]] - handicap[r, j], skill, driver[i] >= newest)
    return taken
