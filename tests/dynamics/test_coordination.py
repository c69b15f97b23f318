"""Coordination graded and followed, and obstacle degrees with what they cannot prove."""

import numpy as np
import pytest
import xarray as xr

from xinzhi.core.errors import MethodError
from xinzhi.core.specs import Text
from xinzhi.dynamics.coordination import GRADES, coordination, graded, obstacle_degrees, obstacles

D = xr.DataArray(
    [[0.45, 0.52, 0.58], [0.61, 0.59, np.nan], [0.05, 0.10, 0.95]],
    dims=("region", "time"),
    coords={"region": ["A", "B", "C"], "time": [2019, 2020, 2021]},
)


def test_ten_grades_begin_at_their_lower_bounds():
    found = graded(np.array([0.0, 0.0999, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0, np.nan]))
    assert found.tolist() == [1, 1, 2, 4, 6, 8, 10, 10, 0]
    assert len(GRADES) == 10
    assert GRADES[5].zh == "勉强协调"


def test_grades_are_counted_and_followed():
    result = coordination(D)
    assert result.grades.values.tolist() == [[5, 6, 6], [7, 6, 0], [1, 2, 10]]
    assert result.counts.sel(time=2020).values.tolist() == [0, 1, 0, 0, 0, 2, 0, 0, 0, 0]
    assert result.shares.sel(time=2021, grade=10).item() == 0.5
    assert result.moves.sel(grade=5, next_grade=6).item() == 1
    assert result.moves.sel(grade=6, next_grade=6).item() == 1
    assert result.moves.values.sum() == 5
    assert result.course["rose"].values.tolist() == [0, 2, 1]
    assert result.course["fell"].values.tolist() == [0, 1, 0]
    assert result.course["stayed"].values.tolist() == [0, 0, 1]
    assert result.course["mean"].values == pytest.approx([1.11 / 3, 1.21 / 3, 1.53 / 2])
    assert result.course["deviation"][2].item() == pytest.approx(np.std([0.58, 0.95]))
    assert result.course["variation"][2].item() == pytest.approx(np.std([0.58, 0.95]) / 0.765)
    assert [fault.en for fault in result.omitted] == ["regions without a score are left out of that year: B (2021)."]


def test_rows_and_words():
    table = coordination(D).to_frame()
    assert len(table) == 8
    assert table.set_index(["region", "time"]).loc[("C", 2021), "name_zh"] == "优质协调"
    assert "moves up 3, down 1" in repr(coordination(D))


def test_other_grades():
    three = (Text(en="low", zh="低"), Text(en="middle", zh="中"), Text(en="high", zh="高"))
    assert coordination(D, grades=three).grades.sel(time=2019).values.tolist() == [2, 2, 1]


def test_degrees_off_the_scale_are_refused():
    with pytest.raises(MethodError, match=r"within 0 and 1.*C \(2021\)"):
        coordination(D.where(lambda x: ~(x > 0.9), 9.5))


def values(z, **coords):
    z = np.asarray(z, dtype=float)
    return xr.DataArray(
        z,
        dims=("region", "time", "indicator"),
        coords={
            "region": [f"r{at}" for at in range(z.shape[0])],
            "time": list(range(2020, 2020 + z.shape[1])),
            "indicator": ["a", "b", "c"],
            "parent": ("indicator", ["p", "p", "q"]),
        },
    )


Z = values([[[0.5, 0.8, 1.0], [0.2, 0.2, 0.2]], [[1.0, 1.0, 1.0], [0.0, np.nan, 0.5]]])
WEIGHTS = xr.DataArray([0.5, 0.3, 0.2], dims="indicator", coords={"indicator": ["a", "b", "c"]})


def test_obstacles_by_hand():
    result = obstacles(Z, WEIGHTS[::-1])
    degrees = result.degrees
    assert degrees[0, 0].values == pytest.approx([0.25 / 0.31, 0.06 / 0.31, 0])
    assert degrees[0, 1].values == pytest.approx([0.5, 0.3, 0.2])
    assert degrees[1, 1].values == pytest.approx([0.5 / 0.6, np.nan, 0.1 / 0.6], nan_ok=True)
    assert np.isnan(degrees[1, 0]).all()
    assert result.ranks[0, 0].values.tolist() == [1, 2, 3]
    assert result.ranks[1, 1].values == pytest.approx([1, np.nan, 2], nan_ok=True)
    assert {fault.code for fault in result.omitted} == {"unobserved-cells", "no-shortfall"}
    assert "r1 (2020)" in result.omitted[1].en
    assert result.summed("parent")[0, 1].values == pytest.approx([0.8, 0.2])
    table = result.to_frame()
    assert len(table) == 8
    assert table["rank"].dtype.kind == "i"


def test_obstacles_say_what_they_cannot_prove():
    said = repr(obstacles(Z, WEIGHTS))
    assert "proves no bottleneck" in said
    assert "不能据此证明" in said


def test_a_last_year_without_shortfall_prints():
    assert "left out: 1 notes" in repr(obstacles(values(np.ones((2, 1, 3))), WEIGHTS))


def test_weights_may_change_by_the_year():
    by_year = xr.DataArray(
        [[1.0, 0, 0], [0, 0, 1]],
        dims=("time", "indicator"),
        coords={"time": [2020, 2021], "indicator": ["a", "b", "c"]},
    )
    degrees = obstacles(Z, by_year).degrees
    assert degrees[0].values.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_draws_at_once():
    z = np.random.default_rng(4).uniform(size=(3, 2, 5))
    w = np.arange(1.0, 6)
    assert obstacle_degrees(z, w).sum(-1) == pytest.approx(np.ones((3, 2)))
    assert obstacle_degrees(z, w)[2, 1] == pytest.approx(obstacle_degrees(z[2, 1], 3 * w))


def test_what_obstacles_refuse():
    with pytest.raises(MethodError, match=r"normalised.*: b\."):
        obstacles(Z.where(Z.indicator != "b", 60.0), WEIGHTS)
    with pytest.raises(MethodError, match=r"not so: c\."):
        obstacles(Z, WEIGHTS[:2])
    with pytest.raises(MethodError, match="not so: a"):
        obstacles(Z, -WEIGHTS)
    with pytest.raises(MethodError, match="region × time × indicator"):
        obstacles(Z[0], WEIGHTS)
    with pytest.raises(MethodError, match="parent"):
        obstacles(Z, WEIGHTS).summed("pillar")


def test_years_in_any_order_are_followed_in_the_order_of_time():
    turned, result = coordination(D.isel(time=[2, 0, 1])), coordination(D)
    assert (turned.moves == result.moves).all()
    assert turned.course.identical(result.course)
