"""Slow and obvious: cuts by trying all, Kaplan–Meier and Cox spelled out spell by spell."""

import itertools

import numpy as np


def cheapest(x, low, high, starts, ends, follows, shortest, cuts):
    """The least squared distance of any path with so many cuts, by trying every one."""
    best = np.inf
    for places in itertools.combinations(range(1, len(x)), cuts):
        edges = [0, *places, len(x)]
        if min(np.diff(edges)) < shortest:
            continue
        for classes in itertools.product(range(len(low)), repeat=cuts + 1):
            if not starts[classes[0]] or not ends[classes[-1]]:
                continue
            if not all(follows[a, b] for a, b in itertools.pairwise(classes)):
                continue
            total = 0.0
            for at, one in enumerate(classes):
                part = x[edges[at] : edges[at + 1]]
                part = part[~np.isnan(part)]
                mean = min(max(part.mean(), low[one]), high[one]) if len(part) else 0.0
                total += ((part - mean) ** 2).sum()
            best = min(best, total)
    return best


def distance(x, label, low, high):
    """The squared distance of one labelled path."""
    edges = [0, *(np.flatnonzero(np.diff(label)) + 1), len(x)]
    total = 0.0
    for first, end in itertools.pairwise(edges):
        part = x[first:end]
        part = part[~np.isnan(part)]
        one = label[first]
        total += ((part - min(max(part.mean(), low[one]), high[one])) ** 2).sum() if len(part) else 0.0
    return total


def survival(start, end, exited):
    """Kaplan–Meier, time by time."""
    out, share = [], 1.0
    for time in sorted({e for e, x in zip(end, exited, strict=True) if x}):
        risk = sum(1 for s, e in zip(start, end, strict=True) if s < time <= e)
        gone = sum(1 for e, x in zip(end, exited, strict=True) if x and e == time)
        share *= 1 - gone / risk
        out.append((time, risk, gone, share))
    return out


def efron(beta, start, end, exited, x, strata, weights=None):
    """Efron's log-likelihood, exit by exit; weights for the infinitesimal jackknife."""
    n = len(end)
    weights = np.ones(n) if weights is None else weights
    total = 0.0
    for stratum in set(strata):
        for time in sorted({end[i] for i in range(n) if exited[i] and strata[i] == stratum}):
            risk = [i for i in range(n) if strata[i] == stratum and start[i] < time <= end[i]]
            tied = [i for i in risk if exited[i] and end[i] == time]
            mean = sum(weights[i] for i in tied) / len(tied)
            for nth in range(len(tied)):
                at_risk = sum(weights[i] * np.exp(x[i] @ beta) for i in risk)
                at_risk -= nth / len(tied) * sum(weights[i] * np.exp(x[i] @ beta) for i in tied)
                total -= mean * np.log(at_risk)
            total += sum(weights[i] * (x[i] @ beta) for i in tied)
    return total
