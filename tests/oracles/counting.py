"""Counting records one by one, as anybody would by hand: the slow twin of ``data/micro/counting.py``."""

from __future__ import annotations

from collections import defaultdict


def counted(rows, measure="records", fractional=False, shares=None):
    """Rows are dicts with unit, regions, activities, year, value; the result is (region, activity, year) -> amount."""
    cells = defaultdict(float)
    seen = defaultdict(list)
    for row in rows:
        regions, activities = labels(row["regions"], fractional), labels(row["activities"], fractional)
        weight = 1 / (len(regions) * len(activities)) if fractional else 1
        for region in regions:
            for activity in activities:
                if measure == "units":
                    if row["unit"] is not None:
                        seen[row["unit"], row["year"]].append((region, activity))
                elif measure == "records":
                    cells[region, activity, row["year"]] += weight
                elif row["value"] is not None:
                    cells[region, activity, row["year"]] += weight * row["value"]
    for (_, year), pairs in seen.items():
        held = pairs if fractional == "mentions" else list(dict.fromkeys(pairs))
        for region, activity in held:
            cells[region, activity, year] += 1 / len(held) if fractional else 1
    return dict(cells) if shares is None else carried(cells, shares)


def labels(given, fractional):
    kept = [one.strip() for one in given if one.strip()]
    if fractional != "mentions":
        kept = list(dict.fromkeys(kept))
    return kept or [None]


def carried(cells, shares):
    """Every cell spread over the new activities; one without an entry keeps no label."""
    found = defaultdict(float)
    for (region, activity, year), amount in cells.items():
        ways = [(target, share) for source, target, share in shares if source == activity] or [(None, 1.0)]
        for target, share in ways:
            found[region, target, year] += amount * share
    return dict(found)


def stock(spans):
    """Spans are (first, last or none); year -> (entries, exits, stock) from the first event to the last."""
    events = [year for span in spans for year in span if year is not None]
    told = {}
    for year in range(min(events), max(events) + 1):
        came = sum(first == year for first, _ in spans)
        gone = sum(last == year for _, last in spans)
        there = sum(first <= year and (last is None or last > year) for first, last in spans)
        told[year] = came, gone, there
    return told
