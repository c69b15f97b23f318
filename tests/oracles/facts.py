"""Slow and obvious: incidence spelled out end by end, growth taken apart firm by firm."""

import numpy as np


def incidence(born, ended, cause, horizon, causes):
    """Shares (cause, T) and their variances by Aalen, one quarter after the other, one row after the other."""
    rows = [
        (max(-b, 0), (e if e != -1 and e <= horizon else horizon) - b, c if e != -1 and e <= horizon else 0)
        for b, e, c in zip(born, ended, cause, strict=True)
        if b <= horizon and not (e != -1 and e < 0)
    ]
    longest = max(lasted for _, lasted, _ in rows) + 1
    share, variance = np.zeros((len(causes), longest)), np.zeros((len(causes), longest))
    before, steps = 1.0, []
    for time in range(longest):
        at_risk = sum(since <= time <= lasted for since, lasted, _ in rows)
        ends = [sum(lasted == time and why == one for _, lasted, why in rows) for one in causes]
        if time:
            share[:, time] = share[:, time - 1]
        if at_risk:
            share[:, time] += before * np.array(ends) / at_risk
        steps.append((at_risk, ends, before))
        for k in range(len(causes)):
            for s, (n, d, still) in enumerate(steps):
                if not n:
                    continue
                rest = share[k, time] - share[k, s]
                every = sum(d)
                if n > every:
                    variance[k, time] += rest**2 * every / (n * (n - every))
                variance[k, time] += still**2 * (n - d[k]) / n * d[k] / n**2 - 2 * rest * still * d[k] / n**2
        if at_risk:
            before *= 1 - sum(ends) / at_risk
    return share, variance


def growth(size_before, logs_before, size, logs, group):
    """Total, within, between, cross, entry and exit, firm by firm and industry by industry."""
    parts, weights = [], []
    for one in sorted(set(group)):
        firms = [at for at in range(len(group)) if group[at] == one]
        was = [at for at in firms if not np.isnan(size_before[at])]
        now = [at for at in firms if not np.isnan(size[at])]
        if not was or not now:
            continue
        old, new = sum(size_before[at] for at in was), sum(size[at] for at in now)
        mean = sum(size_before[at] / old * logs_before[at] for at in was)
        after = sum(size[at] / new * logs[at] for at in now)
        within = between = cross = entry = leave = 0.0
        for at in firms:
            if at in was and at in now:
                s0, s1 = size_before[at] / old, size[at] / new
                within += s0 * (logs[at] - logs_before[at])
                between += (s1 - s0) * (logs_before[at] - mean)
                cross += (s1 - s0) * (logs[at] - logs_before[at])
            elif at in now:
                entry += size[at] / new * (logs[at] - mean)
            elif at in was:
                leave -= size_before[at] / old * (logs_before[at] - mean)
        parts.append([after - mean, within, between, cross, entry, leave])
        weights.append([old, new])
    weights = np.array(weights)
    return (weights / weights.sum(axis=0)).mean(axis=1) @ np.array(parts)
