"""A hidden Markov model by writing out every path: what the kernels must say, only slower."""

import itertools
import math

import numpy as np


def reading(row, mean, scale, flag, power, tail):
    """The likelihood of one year's readings on each rung."""
    found = []
    for k in range(len(mean)):
        log = 0.0
        for q, y in enumerate(row):
            if math.isnan(y):
                continue
            if flag[q]:
                log += power[q] * math.log(mean[k][q] if y > 0.5 else 1 - mean[k][q])
            else:
                d = (y - mean[k][q]) / scale[k][q]
                log += power[q] * math.log((1 + d * d / tail) ** (-(tail + 1) / 2) / scale[k][q])
        found.append(math.exp(log))
    return found


def gates(passed, doubt):
    """How far the words fit each rung in one year."""
    small, sizeable, large, fallen, fast, upgraded = passed
    fits = [[1 - small], [1 - large], [sizeable * (1 - large * (1 - fast))], [large], [1 - large], []]
    fits[1].append(1 - fallen)
    if upgraded != 1:
        fits[2].append(1 - fallen)
    fits[5].append(fallen)
    return [math.prod(doubt + (1 - doubt) * fit for fit in of) for of in fits]


def smooth(seen, first, move):
    """Chances (time, rung), joint chances (time - 1, rung, rung) and likelihood of `seen` (time, rung)."""
    times, rungs = np.shape(seen)
    chances, pairs, total = np.zeros((times, rungs)), np.zeros((times - 1, rungs, rungs)), 0.0
    for path in itertools.product(range(rungs), repeat=times):
        weight = first[path[0]] * seen[0][path[0]]
        for t in range(1, times):
            weight *= move[path[t - 1]][path[t]] * seen[t][path[t]]
        total += weight
        for t, k in enumerate(path):
            chances[t, k] += weight
            if t:
                pairs[t - 1, path[t - 1], k] += weight
    return chances / total, pairs / total, total
