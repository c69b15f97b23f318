"""What must hold for any data: contributions add up, ranks and correlations keep their bounds and symmetries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.measure.analysis import example
from xinzhi.core.labels import panel
from xinzhi.measure.analysis import contributions, contributions_to_change, correlations, describe, leave_one_out
from xinzhi.measure.composite import measure

SHAPE = (len(example.REGIONS), len(example.YEARS), len(example.CODES))
# Whole numbers tie often; a share of gaps; no column is constant, since the last region stands out by construction.
CELLS = arrays(np.float64, SHAPE, elements=st.one_of(st.integers(1, 30).map(float), st.floats(1, 30), st.just(np.nan)))
MEANS = (
    "arithmetic",
    "geometric",
    "harmonic",
    {"method": "generalised-mean", "p": 2.0},
    {"method": "generalised-mean", "p": -0.5},
)
LAW = settings(max_examples=40, deadline=None)


def built(cells, **changes):
    cells = cells.copy()
    cells[-1] = 31 + np.arange(SHAPE[1])[:, None]
    cells[0] = np.where(np.isnan(cells[0]), 5.0, cells[0])
    return measure(panel(cells, example.REGIONS, example.YEARS, example.CODES), example.spec(**changes))


@LAW
@given(cells=CELLS, mean=st.sampled_from(MEANS))
def test_contributions_to_a_change_add_up_at_every_parent(cells, mean):
    index = built(cells, aggregate=mean)
    table = contributions_to_change(index).set_index(["region", "node"])
    change = table["score_end"] - table["score_start"]
    for parent, children in {
        "top": ("science", "green"),
        "science": ("rd", "staff"),
        "green": ("energy", "waste"),
    }.items():
        for region in example.REGIONS:
            parts = table.loc[[(region, child) for child in children], ["contribution", "reweighting"]].to_numpy()
            whole = table.loc[(region, parent), "contribution"]
            if np.isnan(change[region, "top"]):
                assert np.isnan(parts).all()
            else:
                assert parts.sum() == pytest.approx(whole, abs=1e-8)
    total = table.xs("top", level="node")
    assert total["contribution"].to_numpy() == pytest.approx(
        change.xs("top", level=1).to_numpy(), abs=1e-9, nan_ok=True
    )


@LAW
@given(cells=CELLS, power=st.sampled_from([1.0, 0.5, 2.0, 3.0]))
def test_contributions_to_a_level_add_up_to_the_score(cells, power):
    index = built(cells, aggregate={"method": "generalised-mean", "p": power})
    table = contributions(index)
    leaves = table[table["level"] == 1].groupby(["region", "time"])["contribution"].sum(min_count=1)
    top = table[table["node"] == "top"].set_index(["region", "time"])["score"]
    assert leaves.reindex(top.index).to_numpy() == pytest.approx(top.to_numpy(), abs=1e-8, nan_ok=True)


@LAW
@given(cells=CELLS, method=st.sampled_from(["pearson", "spearman", "kendall"]))
def test_correlations_are_bounded_and_symmetric(cells, method):
    table = correlations(built(cells), method=method).set_index(["a", "b"])
    r = table["r"].dropna()
    assert r.abs().max() <= 1
    for (a, b), value in r.items():
        assert value == pytest.approx(table.loc[(b, a), "r"], abs=1e-12)


@LAW
@given(cells=CELLS, scale=st.floats(0.1, 10), shift=st.floats(-50, 50))
def test_shape_does_not_depend_on_the_unit(cells, scale, shift):
    own = panel(cells, example.REGIONS, example.YEARS, example.CODES)
    plain, moved = describe(own), describe(own.copy(data=cells * scale + shift))
    spread = plain["std"] > 1e-3
    assert moved["skew"][spread].to_numpy() == pytest.approx(plain["skew"][spread].to_numpy(), abs=1e-5, nan_ok=True)
    assert (moved["observed"] == plain["observed"]).all()


@LAW
@given(cells=CELLS)
def test_leaving_out_a_weightless_indicator_changes_nothing(cells):
    indicators = [
        leaf | {"weight": {"rd": 1.0, "staff": 0.0}.get(leaf["code"], leaf["weight"])} for leaf in example.INDICATORS
    ]
    index = built(cells, indicators=indicators)
    left = leave_one_out(index).scores.sel(left_out="staff")
    assert left.values == pytest.approx(index.top.values, nan_ok=True)
