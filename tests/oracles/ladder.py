"""The rule of the industry ladder, one industry and one set of thresholds at a time: slow, obvious twins."""

from __future__ import annotations

import math
import statistics


def level(values, at):
    """The median of what was observed in three years."""
    seen = [v for v in values[max(0, at - 2) : at + 1] if not math.isnan(v)]
    return statistics.median(seen) if seen else math.nan


def levels(values):
    """The level of every year."""
    return [level(values, at) for at in range(len(values))]


def log(value):
    """The logarithm; nan where there is none."""
    return math.log(value) if value > 0 else math.nan


def chain(logs, shares):
    """The running log level of a group: changes weighed by the mean share of both years."""
    total = [0.0]
    for at in range(1, len(logs[0])):
        weight = moved = 0.0
        for one, share in zip(logs, shares, strict=True):
            change, mean = one[at] - one[at - 1], (share[at] + share[at - 1]) / 2
            if not math.isnan(change) and not math.isnan(mean):
                weight, moved = weight + mean, moved + mean * change
        total.append(total[-1] + (moved / weight if weight > 0 else 0.0))
    return total


def trend(logs, common, at, window):
    """Growth a year over the window, or the longest shorter span; and above that of the group."""
    for span in range(min(window, at), 2, -1):
        if not math.isnan(logs[at]) and not math.isnan(logs[at - span]):
            growth = (logs[at] - logs[at - span]) / span
            return growth, growth - (common[at] - common[at - span]) / span
    return math.nan, math.nan


def steadiness(logs, common, at, window):
    """In which share of the last years known an industry outgrew its group."""
    changes = [
        (logs[year] - logs[year - 1], common[year] - common[year - 1])
        for year in range(max(1, at - window + 1), at + 1)
    ]
    known = [own > group + 1e-9 for own, group in changes if not math.isnan(own)]
    return sum(known) / len(known) if len(known) >= 3 else math.nan


def evidence(sizes, window):
    """Per industry of one region and year: relative size, growth, excess growth, steadiness, fall below the peak."""
    scale = [levels(size) for size in sizes]
    totals = [sum(v for v in year if not math.isnan(v)) for year in zip(*scale, strict=True)]
    shares = [[v / t if t > 0 else math.nan for v, t in zip(one, totals, strict=True)] for one in scale]
    typical = [sum(v * v for v in year if not math.isnan(v)) for year in zip(*shares, strict=True)]
    logs = [[log(v) for v in one] for one in scale]
    common = chain(logs, shares)
    told = []
    for one, share in zip(logs, shares, strict=True):
        rows = []
        for at in range(len(one)):
            growth, excess = trend(one, common, at, window)
            peak = max((v for v in one[: at + 1] if not math.isnan(v)), default=math.nan)
            fall = 1 - math.exp(one[at] - peak)
            relative = share[at] / typical[at] if typical[at] > 0 else math.nan
            rows.append((relative, growth, excess, steadiness(one, common, at, window), fall))
        told.append(rows)
    return told


def rung(told, spec):
    """The rung by sharp thresholds, from what is known by name; none where it cannot be told."""

    def at_least(name, cut):
        return name in told and not math.isnan(told[name]) and told[name] >= cut

    known = {name for name, value in told.items() if not math.isnan(value)}
    grown = {"growth", "excess-growth"} <= known
    large, sizeable = at_least("relative-size", 1.0), at_least("relative-size", spec.sizeable)
    outgrows, fallen = at_least("excess-growth", spec.outgrow), at_least("below-peak", spec.fallen)
    declining = grown and -told["growth"] >= spec.shrink and not outgrows and fallen
    signs = {
        "technology": at_least("technology", spec.intense),
        "liveliness": at_least("liveliness", spec.lively),
        "age": "age" in known and told["age"] <= spec.young,
    }
    shown = known & signs.keys()
    new = bool(shown - {"liveliness"}) and sum(signs[name] for name in shown) > len(shown) / 2
    if not declining and not at_least("relative-size", spec.small) and new:
        return "future"
    if not grown:
        return None
    steady = "steadiness" not in known or at_least("steadiness", spec.steady)
    rises = outgrows and not fallen and steady and told["growth"] > 0
    fast = at_least("excess-growth", spec.fast)
    if "technology" in known:
        bears = signs["technology"]
    else:
        bears = spec.untold == 1 and (signs["liveliness"] or "liveliness" not in known)
    if not declining and rises and fast and not large and bears:
        return "strategic-emerging"
    classical = []
    if "elasticity" in known:
        classical.append(at_least("elasticity", spec.elasticity))
    if "productivity-growth" in known:
        classical.append(at_least("productivity-growth", spec.productive))
    if known & {"backward", "forward"}:
        classical.append(at_least("backward", spec.linkage) or at_least("forward", spec.linkage))
    if "advantage" in known:
        classical.append(at_least("advantage", spec.advantage))
    pulls = sum(classical) >= spec.quorum * len(classical) - 1e-12 if classical else spec.untold == 1
    if not declining and rises and sizeable and pulls and (not large or fast):
        return "leading"
    found = "declining" if declining else "pillar" if large else "mature"
    if told.get("upgraded") == 1 and sizeable and found in ("declining", "mature"):
        found = "pillar" if large else "leading"
    return found


def held(rungs, years):
    """Rungs by year, each giving way only once another has been met so many placed years running."""
    found, met, stands = [], [], None
    for one in rungs:
        if one is None:
            found.append(None)
            continue
        met.append(one)
        if stands is None or (len(met) >= years and len(set(met[-years:])) == 1):
            stands = one
        found.append(stands)
    return found
