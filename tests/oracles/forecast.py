"""Scores, shares of a recovered size, and a logit with dummies, the slow and obvious way."""

from __future__ import annotations

import numpy as np
from scipy.special import expit


def auc(happened, predicted):
    """Every pair of a cell where it happened and one where it did not."""
    won = 0.0
    for p in predicted[happened]:
        for q in predicted[~happened]:
            won += 1.0 if p > q else 0.5 if p == q else 0.0
    return won / (happened.sum() * (~happened).sum())


def average_precision(happened, predicted):
    """Down the list one threshold at a time: precision there, times the recall won by it."""
    found, before = 0.0, 0.0
    for threshold in sorted(set(predicted.tolist()), reverse=True):
        chosen = predicted >= threshold
        recall, precision = happened[chosen].sum() / happened.sum(), happened[chosen].mean()
        found += (recall - before) * precision
        before = recall
    return found


def changes(before, after):
    """Entries, exits and missing links of 0/1 lists of lists: sets of (region, activity)."""
    regions, activities = len(before), len(before[0])
    exists = [any(row) for row in before]
    known = [any(before[i][j] for i in range(regions)) for j in range(activities)]
    missing = {(i, j) for i in range(regions) for j in range(activities) if exists[i] and known[j] and not before[i][j]}
    entered = {(i, j) for i, j in missing if after[i][j]}
    left = {(i, j) for i in range(regions) for j in range(activities) if before[i][j] and not after[i][j]}
    return missing, entered, left


def dummies(x, effects):
    """Columns, then a dummy for every group of the first effect and for all but the first group of others."""
    parts = [x] if effects else [x, np.ones((len(x), 1))]
    for at, codes in enumerate(effects):
        groups = np.unique(codes)[1 if at else 0 :]
        parts.append((codes[:, None] == groups[None, :]).astype(float))
    return np.hstack(parts)


def logit(design, y, steps=200):
    """Newton's steps on the whole design."""
    theta = np.zeros(design.shape[1])
    for _ in range(steps):
        p = expit(design @ theta)
        step = np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design, design.T @ (y - p))
        theta = theta + step * min(1.0, 5 / max(np.abs(step).max(), 1e-9))
        if np.abs(step).max() < 1e-12:
            break
    return theta


def clustered(design, y, theta, clusters):
    """The sandwich with scores summed by cluster, one loop; for two clusterings the one plus the other less both."""
    p = expit(design @ theta)
    bread = np.linalg.inv((design * (p * (1 - p))[:, None]).T @ design)
    scores = design * (y - p)[:, None]

    def middle(labels):
        groups = sorted(set(labels))
        sums = [sum(scores[i] for i in range(len(y)) if labels[i] == group) for group in groups]
        return sum(np.outer(one, one) for one in sums) * len(groups) / (len(groups) - 1)

    found = sum(middle(codes.tolist()) for codes in clusters)
    if len(clusters) == 2:
        found = found - middle(list(zip(*(codes.tolist() for codes in clusters), strict=True)))
    return bread @ found @ bread


def mean_effects(design, theta, k):
    """The mean over observations of p(1 - p) times each coefficient."""
    p = expit(design @ theta)
    return np.array([np.mean(p * (1 - p) * theta[j]) for j in range(k)])
