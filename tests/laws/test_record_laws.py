"""Counting records: nothing is made or lost, the order of rows decides nothing, and the slow twin says the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import counting as slow
from xinzhi.data.micro.records import records

SHARES = [("a", "P", 0.25), ("a", "Q", 0.75), ("b", "Q", 1.0)]
CROSSWALK = pd.DataFrame(SHARES, columns=["old", "new", "share"]), "old", "new", "share"

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "unit": st.sampled_from(["u1", "u2", "u3", None]),
            "regions": st.lists(st.sampled_from(["x", "y", " y", ""]), max_size=3),
            "activities": st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=3),
            "year": st.sampled_from([2010, 2011, None]),
            "value": st.sampled_from([1.0, 2.5, 10.0, None]),
        }
    ),
    min_size=1,
    max_size=12,
)


def frame_of(rows):
    return pd.DataFrame(
        {
            "unit": pd.array([row["unit"] for row in rows], dtype="string"),
            "region": pd.array(["|".join(row["regions"]) for row in rows], dtype="string"),
            "activity": pd.array(["|".join(row["activities"]) for row in rows], dtype="string"),
            "year": pd.array([row["year"] for row in rows], dtype="Int64"),
            "value": pd.array([row["value"] for row in rows], dtype="Float64"),
        }
    )


def brought(frame):
    roles = {"unit": "unit", "region": "region", "activity": "activity", "date": "year", "value": "value"}
    return records(frame, **roles, split="|")


def cells_of(counts, measure):
    found = counts.table.to_pandas()
    return {
        tuple(None if pd.isna(label) else label for label in (row.region, row.activity, row.period)): amount
        for row, amount in zip(found.itertuples(), found[measure], strict=True)
        if not pd.isna(amount) and amount != 0
    }


@pytest.mark.parametrize("measure", ["records", "units", "value"])
@pytest.mark.parametrize("fractional", [False, True, "mentions"])
@given(rows=ROWS, carry=st.booleans())
@settings(max_examples=12, deadline=None)
def test_the_slow_twin_counts_the_same(measure, fractional, rows, carry):
    counts = brought(frame_of(rows)).count(measure, fractional=fractional, concordance=CROSSWALK if carry else None)
    found = cells_of(counts, measure)
    wanted = slow.counted(rows, measure, fractional, SHARES if carry else None)
    assert found == pytest.approx(wanted, rel=1e-9)


@given(rows=ROWS, mentions=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_fractions_add_up_to_records_in_any_order_and_in_any_classification(rows, mentions, seed):
    frame = frame_of(rows)
    fractional = "mentions" if mentions else True
    plain = brought(frame).count("records", fractional=fractional)
    carried = brought(frame).count("records", fractional=fractional, concordance=CROSSWALK)
    mixed = brought(frame.sample(frac=1, random_state=seed)).count("records", fractional=fractional)
    for counts in (plain, carried):
        assert counts.table.to_pandas()["records"].sum() == pytest.approx(len(rows), rel=1e-9)
    assert cells_of(mixed, "records") == pytest.approx(cells_of(plain, "records"), rel=1e-9)


SPANS = st.lists(
    st.tuples(st.integers(2000, 2006), st.none() | st.integers(0, 4)).map(
        lambda span: (span[0], None if span[1] is None else span[0] + span[1])
    ),
    min_size=1,
    max_size=10,
)


@given(spans=SPANS)
@settings(max_examples=25, deadline=None)
def test_stock_is_stock_before_and_entries_less_exits(spans):
    frame = pd.DataFrame(
        {"first": [first for first, _ in spans], "last": pd.array([last for _, last in spans], dtype="Int64")}
    )
    found = records(frame, first="first", last="last").count(["entries", "exits", "stock"]).table.to_pandas()
    found = found.sort_values("period")
    told = {row.period: (row.entries, row.exits, row.stock) for row in found.itertuples()}
    assert told == slow.stock(spans)
    before = np.concatenate([[0], found["stock"].to_numpy()[:-1]])
    assert (found["stock"].to_numpy() == before + found["entries"].to_numpy() - found["exits"].to_numpy()).all()
