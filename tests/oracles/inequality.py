"""Slow, obvious twins of the indices of inequality: double sums over plain numbers, straight from the definitions."""

from __future__ import annotations

import math
from collections.abc import Sequence

Numbers = Sequence[float]


def mean(x: Numbers, w: Numbers) -> float:
    return sum(a * b for a, b in zip(x, w, strict=True)) / sum(w)


def gini(x: Numbers, w: Numbers) -> float:
    """Half the mean of |x - y| over all pairs, over the mean."""
    apart = sum(p * q * abs(a - b) for a, p in zip(x, w, strict=True) for b, q in zip(x, w, strict=True))
    return apart / (2 * sum(w) ** 2 * mean(x, w))


def theil_t(x: Numbers, w: Numbers) -> float:
    m = mean(x, w)
    return sum(p * a / m * math.log(a / m) for a, p in zip(x, w, strict=True) if a > 0) / sum(w)


def theil_l(x: Numbers, w: Numbers) -> float:
    m = mean(x, w)
    return sum(p * math.log(m / a) for a, p in zip(x, w, strict=True)) / sum(w)


def atkinson(x: Numbers, w: Numbers, epsilon: float) -> float:
    """One less the level that, had by all, is as good as what there is, over the mean."""
    if epsilon == 1:
        even = math.exp(mean([math.log(a) for a in x], w))
    else:
        even = mean([a ** (1 - epsilon) for a in x], w) ** (1 / (1 - epsilon))
    return 1 - even / mean(x, w)


def dagum(x: Numbers, groups: Sequence[object], w: Numbers) -> dict[str, float]:
    """Within, net between and transvariation as Dagum 1997 writes them, with every G, D, d and p by a double sum."""
    total, overall = sum(w), mean(x, w)
    own = {g: [(a, p) for a, p, h in zip(x, w, groups, strict=True) if h == g] for g in dict.fromkeys(groups)}
    weight = {g: sum(p for _, p in of) for g, of in own.items()}
    centre = {g: sum(a * p for a, p in of) / weight[g] for g, of in own.items()}
    share = {g: weight[g] / total for g in own}
    score = {g: share[g] * centre[g] / overall for g in own}
    found = {"within": 0.0, "between": 0.0, "transvariation": 0.0}
    for g, of in own.items():
        inner = sum(p * q * abs(a - b) for a, p in of for b, q in of) / (2 * weight[g] ** 2 * centre[g])
        found["within"] += inner * share[g] * score[g]
        for h, other in own.items():
            if centre[g] > centre[h]:  # g is the richer
                pairs = [(a - b, p * q / (weight[g] * weight[h])) for a, p in of for b, q in other]
                across = sum(abs(gap) * p for gap, p in pairs) / (centre[g] + centre[h])
                d = sum(gap * p for gap, p in pairs if gap > 0)
                less = sum(-gap * p for gap, p in pairs if gap < 0)
                affluence = (d - less) / (d + less)
                both = share[g] * score[h] + share[h] * score[g]
                found["between"] += across * affluence * both
                found["transvariation"] += across * (1 - affluence) * both
    return found


def theil_split(x: Numbers, groups: Sequence[object], w: Numbers, kind: str) -> tuple[float, float]:
    """Between and within, group by group."""
    index = theil_t if kind == "T" else theil_l
    total, overall = sum(w), mean(x, w)
    between = within = 0.0
    for g in dict.fromkeys(groups):
        own = [(a, p) for a, p, h in zip(x, w, groups, strict=True) if h == g]
        values, weights = zip(*own, strict=True)
        centre, share = mean(values, weights), sum(weights) / total
        counts = share * centre / overall if kind == "T" else share
        between += counts * math.log(centre / overall) * (1 if kind == "T" else -1)
        within += counts * index(values, weights)
    return between, within
