"""What one firm does in a quarter, one firm at a time and by the book: the slow twins of the world's kernels."""

import math

import numpy as np

from xinzhi.simulate._dice import agent_of, beta33, uniform


def improve(key, firms, old, effort, closed, openness, hazard, newest, technology, related, mean_size, foreign, knobs):
    """(productivity, driver) after inventing, imitating, learning abroad and taking up the driver."""
    region, industry, size, driver = firms
    productivity, taken = old.copy(), driver.copy()
    for i in range(size.size):
        if size[i] <= 0:
            continue
        me = np.uint64(agent_of(key, i))
        r, j = region[i], industry[i]
        value = float(old[i])
        relative = min(10.0, max(0.1, size[i] / mean_size[j]))
        if uniform(me, 0) < 1 - math.exp(-knobs.innovation * effort[r, j] * relative**knobs.size_advantage):
            gain = knobs.gain * (2 * beta33(me, 8) - 1)
            value += math.log1p(gain) if gain > 0 else 0.0
        if uniform(me, 1) < 1 - math.exp(-knobs.imitation * effort[r, j]):
            other = int(uniform(me, 2) * size.size)
            if size[other] > 0 and old[other] > value:
                chance = related[technology[j], technology[industry[other]]] * (1 - closed[r])
                if region[other] != r:
                    chance *= 1 - knobs.distance_penalty
                if uniform(me, 3) < chance:
                    value = (value + float(old[other])) / 2
            if foreign[j] > value and uniform(me, 4) < openness[r, j]:
                value += (foreign[j] - value) / 4
        if taken[i] < newest and uniform(me, 5) < (hazard[r, j] if taken[i] == newest - 1 else 0.05):
            taken[i] += 1
        productivity[i] = value
    return productivity, taken


def compete(key, firms, productivity, boost, handicap, mean_lead, drag, knobs):
    """Sizes after a quarter of competition and luck."""
    region, industry, size, driver = firms
    grown = size.copy()
    for i in range(size.size):
        if size[i] <= 0:
            continue
        me = np.uint64(agent_of(key, i))
        r, j = region[i], industry[i]
        lead = float(productivity[i]) + boost[driver[i]] - handicap[r, j] - mean_lead[j]
        pull = knobs.selection * lead - drag[r, j]
        if pull > 0:
            pull = pull / (1 + knobs.penrose * pull)
        if uniform(me, 0) < knobs.lump_rate:
            u = 2 * uniform(me, 1)
            u, sign = (u, 1) if u < 1 else (u - 1, -1)
            pull += sign * min(2.0, knobs.lump_size * float(size[i]) ** -knobs.size_damping * (u**-0.5 - 1))
        grown[i] = float(size[i]) * math.exp(max(-2.0, min(2.0, pull)))
    return grown


def leave(key, firms, productivity, scale, boost, handicap, mean_lead, exit_size, exit_gap):
    """Sizes once those who cannot go on have left."""
    region, industry, size, driver = firms
    kept = size.copy()
    for i in range(size.size):
        if size[i] <= 0:
            continue
        r, j = region[i], industry[i]
        now = float(size[i]) * scale[r, j]
        lag = mean_lead[j] - (float(productivity[i]) + boost[driver[i]] - handicap[r, j])
        gives_up = lag > exit_gap and uniform(np.uint64(agent_of(key, i)), 0) < 0.25
        kept[i] = 0.0 if now < exit_size or gives_up else now
    return kept
