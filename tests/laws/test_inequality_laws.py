"""What must hold for any scores: scale and order do not matter, parts add up, evening out lowers."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.oracles import inequality as slow
from xinzhi.core.labels import Floats
from xinzhi.dynamics.coordination import graded, obstacle_degrees
from xinzhi.dynamics.decomposition import dagum_parts, theil_parts
from xinzhi.dynamics.inequality import gini, inequalities

LAW = settings(max_examples=40, deadline=None)
# Whole numbers tie often.
SCORES = st.one_of(st.integers(1, 9).map(float), st.floats(0.01, 100))
NAMES = [method.name for method in inequalities]
# Moving from rich to poor need not lower the variance of logarithms; that is known of it.
EVEN = [name for name in NAMES if name != "variance-of-logs"]


@st.composite
def grouped(draw, least=2):
    n = draw(st.integers(max(least, 4), 14))
    x = draw(arrays(np.float64, n, elements=SCORES))
    w = draw(st.one_of(st.none(), arrays(np.float64, n, elements=st.floats(0.1, 10))))
    codes = draw(arrays(np.intp, n, elements=st.integers(0, 2)))
    codes[:3] = [0, 1, 2]
    return x, w, codes


def index(name: str, x: Floats, w: Floats | None = None) -> float:
    return float(inequalities.find(name).function(x, w))


@LAW
@given(case=grouped(), name=st.sampled_from(NAMES), scale=st.floats(0.01, 1000), seed=st.integers(0, 99))
def test_neither_unit_nor_order_matters(case, name, scale, seed):
    x, w, _ = case
    order = np.random.default_rng(seed).permutation(len(x))
    assert index(name, scale * x[order], None if w is None else w[order]) == pytest.approx(index(name, x, w), abs=1e-9)


@LAW
@given(case=grouped(), name=st.sampled_from(NAMES))
def test_twice_as_many_of_each_is_as_unequal_and_so_is_twice_the_weight(case, name):
    x, w, _ = case
    once = index(name, x, w)
    assert index(name, np.tile(x, 2), None if w is None else np.tile(w, 2)) == pytest.approx(once, abs=1e-9)
    assert index(name, x, np.full(len(x), 2.0) if w is None else 2 * w) == pytest.approx(once, abs=1e-9)


@LAW
@given(case=grouped(), name=st.sampled_from(EVEN), part=st.floats(0, 0.5))
def test_giving_to_the_poorer_never_raises(case, name, part):
    x = case[0]
    after = x.copy()
    poor, rich = x.argmin(), x.argmax()
    gift = part * (x[rich] - x[poor])
    after[poor] += gift
    after[rich] -= gift
    assert index(name, after) <= index(name, x) + 1e-9


@LAW
@given(case=grouped(), name=st.sampled_from(NAMES))
def test_never_below_zero(case, name):
    x, w, _ = case
    assert index(name, x, w) >= 0
    assert index(name, np.full(len(x), x[0]), w) == pytest.approx(0, abs=1e-12)


@LAW
@given(case=grouped(), name=st.sampled_from(NAMES), gap=st.integers(0, 13))
def test_a_gap_is_as_if_nobody_stood_there(case, name, gap):
    x, w, _ = case
    gap %= len(x)
    known = np.arange(len(x)) != gap
    holed = np.where(known, x, np.nan)
    expected = index(name, x[known], None if w is None else w[known])
    assert index(name, holed, w) == pytest.approx(expected, abs=1e-9)


@LAW
@given(case=grouped())
def test_dagum_parts_add_up_and_agree_with_the_double_sums(case):
    x, w, codes = case
    total, within, between, transvariation = dagum_parts(x, codes, w)
    of = np.ones(len(x)) if w is None else w
    assert within + between + transvariation == pytest.approx(total, abs=1e-12)
    assert total == pytest.approx(slow.gini(x, of), abs=1e-12)
    assert min(within, between, transvariation) >= 0
    shares = np.array([of[codes == at].sum() for at in range(3)])
    means = np.array([np.average(x[codes == at], weights=of[codes == at]) for at in range(3)])
    assert between == pytest.approx(slow.gini(means, shares), abs=1e-12)
    assume(len(np.unique(means.round(9))) == 3)  # the double sums ask which of two groups is the richer
    assert slow.dagum(x, codes, of) == pytest.approx(
        {"within": within, "between": between, "transvariation": transvariation}, abs=1e-12
    )


@LAW
@given(case=grouped(), offset=st.sampled_from([0.0, 1e6]))
def test_large_levels_do_not_blur_small_differences(case, offset):
    x, w, codes = case
    parts = dagum_parts(x + offset, codes, w)
    assert parts[1:].sum() == pytest.approx(parts[0], rel=1e-9, abs=1e-18)


@LAW
@given(case=grouped())
def test_groups_that_do_not_overlap_have_no_transvariation(case):
    x, w, codes = case
    parts = dagum_parts(x + 1000 * codes, codes, w)
    assert parts[3] == pytest.approx(0, abs=1e-15)


@LAW
@given(case=grouped(), kind=st.sampled_from(["T", "L"]))
def test_theil_parts_add_up_and_agree_with_the_sums_of_groups(case, kind):
    x, w, codes = case
    of = np.ones(len(x)) if w is None else w
    coarse = np.minimum(codes, 1)
    total, outer, inner, within = theil_parts(x, np.stack([coarse, codes]), w, kind=kind)
    assert outer + inner + within == pytest.approx(total, abs=1e-12)
    assert total == pytest.approx(index(f"theil-{kind.lower()}", x, w), abs=1e-12)
    assert (outer + inner, within) == pytest.approx(slow.theil_split(x, codes, of, kind), abs=1e-12)
    assert outer == pytest.approx(slow.theil_split(x, coarse, of, kind)[0], abs=1e-12)


@LAW
@given(x=arrays(np.float64, (3, 2, 9), elements=SCORES))
def test_draws_do_not_see_one_another(x):
    assert np.array_equal(gini(x)[1, 1], gini(x[1, 1]))


@LAW
@given(d=arrays(np.float64, 8, elements=st.floats(0, 1)))
def test_a_higher_degree_never_has_a_lower_grade(d):
    assert (np.diff(graded(np.sort(d))) >= 0).all()
    assert ((graded(d) - 1) / 10 <= d + 1e-12).all()


@LAW
@given(z=arrays(np.float64, (4, 5), elements=st.floats(0, 1)), w=arrays(np.float64, 5, elements=st.floats(0.1, 5)))
def test_obstacles_share_out_the_whole_shortfall(z, w):
    found = obstacle_degrees(z, w)
    some = (z < 1).any(-1)
    assert found[some].sum(-1) == pytest.approx(np.ones(some.sum()))
    assert np.isnan(found[~some]).all()
