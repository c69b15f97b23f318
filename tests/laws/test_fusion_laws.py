"""What must hold for anybody's concordances, fits, lags, standings and sources."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from tests.oracles import fusion as slow
from xinzhi.structure.across import across, across_relatednesses
from xinzhi.structure.chokepoints import choke_points
from xinzhi.structure.concordance import Concordance, carried
from xinzhi.structure.fits import fits, shares_of
from xinzhi.structure.frontier import standing
from xinzhi.structure.lagged import cross_correlation
from xinzhi.structure.links import Links

LAW = settings(max_examples=40, deadline=None)
WHOLE = st.integers(0, 9).map(float)


def labels(letter, many):
    return np.array([f"{letter}{at}" for at in range(many)], dtype=object)


def links(table, letter="a"):
    return Links((sparse.csr_array(table),), labels("r", len(table)), labels(letter, table.shape[1]))


@st.composite
def ways(draw, sources, source="a", target="b"):
    """A concordance of whole-numbered weights in which every source leads somewhere."""
    weights = draw(arrays(np.float64, (sources, draw(st.integers(1, 4))), elements=WHOLE))
    weights[:, 0] += ~weights.any(axis=1)
    shares = weights / weights.sum(axis=1, keepdims=True)
    matrix = sparse.csr_array(shares)
    return Concordance(matrix, labels(source, sources), labels(target, shares.shape[1]), source, target)


@st.composite
def amounts(draw, width=None):
    return draw(arrays(np.float64, (draw(st.integers(1, 5)), width or draw(st.integers(1, 4))), elements=WHOLE))


@LAW
@given(data=st.data(), x=amounts())
def test_carrying_keeps_every_regions_total_and_is_what_the_definition_says(data, x):
    way = data.draw(ways(x.shape[1]))
    moved = carried(links(x), way).links.at().toarray()
    np.testing.assert_allclose(moved.sum(axis=1), x.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(moved, slow.carried(x.tolist(), way.shares.toarray().tolist()), atol=1e-12)


@LAW
@given(data=st.data(), x=amounts())
def test_one_after_another_is_both_at_once(data, x):
    first = data.draw(ways(x.shape[1]))
    second = data.draw(ways(len(first.targets), "b", "c"))
    step = carried(carried(links(x), first).links, second).links
    leap = carried(links(x), first.then(second)).links
    np.testing.assert_allclose(step.at().toarray(), leap.at().toarray(), atol=1e-12)


@LAW
@given(data=st.data(), x=amounts(), lost=st.integers(0, 3))
def test_what_is_left_out_and_what_is_carried_add_up(data, x, lost):
    way = data.draw(ways(x.shape[1]))
    lost = min(lost, x.shape[1] - 1)
    names = labels("a", x.shape[1])
    names[:lost] = [f"unknown{at}" for at in range(lost)]
    strange = Links((sparse.csr_array(x),), labels("r", len(x)), names)
    assume(x[:, :lost].sum() <= x.sum() / 2)
    moved = carried(strange, way, unknown="drop")
    assert moved.links.at().sum() + moved.unknown["value"].sum() == pytest.approx(x.sum(), abs=1e-9)


@LAW
@given(data=st.data(), sources=st.integers(1, 4))
def test_the_way_back_brings_the_whole_back(data, sources):
    way = data.draw(ways(sources))
    weights = data.draw(arrays(np.float64, sources, elements=st.integers(1, 9).map(float)))
    whole = links(weights[None, :])
    back = carried(carried(whole, way).links, way.inverse(weights))
    np.testing.assert_allclose(back.links.at().toarray()[0], weights, atol=1e-9)


@LAW
@given(data=st.data(), name=st.sampled_from([method.name for method in fits]), width=st.integers(1, 5))
def test_fits_are_what_they_say_and_do_not_ask_who_is_who(data, name, width):
    some = arrays(np.float64, width, elements=st.integers(1, 9).map(float))
    a, b = (shares_of(data.draw(some)) for _ in range(2))
    fit = fits.find(name).function
    found = float(fit(a, b))
    assert found == pytest.approx(getattr(slow, name)(a.tolist(), b.tolist()), abs=1e-12)
    assert found == pytest.approx(float(fit(b, a)), abs=1e-12)
    assert float(fit(a, a)) == pytest.approx(1)
    assert -1e-12 <= found <= 1 + 1e-12
    order = data.draw(st.permutations(range(width)))
    assert found == pytest.approx(float(fit(a[order], b[order])), abs=1e-12)


@LAW
@given(data=st.data(), name=st.sampled_from([method.name for method in across_relatednesses]))
def test_relatedness_across_does_not_ask_in_what_order_regions_stand(data, name):
    regions = data.draw(st.integers(2, 6))
    binary = st.integers(0, 1).map(float)
    a, b = (data.draw(arrays(np.float64, (regions, data.draw(st.integers(1, 3))), elements=binary)) for _ in range(2))
    order = np.array(data.draw(st.permutations(range(regions))))
    there = across(links(a), links(b, "b"), name, chance="hypergeometric")
    dealt = across(links(a[order]), links(b[order], "b"), name, chance="hypergeometric")
    np.testing.assert_allclose(there.values, dealt.values)
    np.testing.assert_allclose(there.p, dealt.p)
    known = ~np.isnan(there.p)
    assert ((there.p[known] > 0) & (there.p[known] <= 1 + 1e-12)).all()


@LAW
@given(
    x=arrays(np.float64, (3, 1, 8), elements=st.integers(-5, 5).map(float)),
    lag=st.integers(0, 3),
    scale=st.floats(0.5, 9),
)
def test_a_series_later_by_some_years_goes_wholly_with_it_at_these_years(x, lag, scale):
    later = np.zeros_like(x)
    later[..., lag:] = x[..., : 8 - lag] * scale
    lags, unit = np.arange(-3, 4), np.zeros(x.shape, dtype=np.int64)
    curve = cross_correlation(x, later, lags, unit, np.ones((1, 1)), np.full(8, True))
    assume(x[..., : 8 - lag].any())
    assert curve[0, lag + 3] == pytest.approx(1)
    assert np.nanmax(curve) <= 1 + 1e-12


@LAW
@given(x=amounts(3), factor=st.integers(1, 9))
def test_standing_hangs_on_shares_alone(x, factor):
    assume((x.sum(axis=0) > 0).all())
    first, scaled = (standing(links(one), draws=0).table for one in (x, x * factor))
    np.testing.assert_allclose(first["ratio"], scaled["ratio"])
    assert first["stage"].tolist() == scaled["stage"].tolist()
    assert first.groupby("field")["ratio"].max().tolist() == [1, 1, 1]


@LAW
@given(x=amounts(2))
def test_sources_are_concentrated_as_the_index_says(x):
    assume(len(x) > 1)
    table = choke_points(links(x), "r0").table
    for at, row in enumerate(table.itertuples()):
        foreign = x[1:, at]
        assert row.foreign + row.domestic == row.total == x[:, at].sum()
        if foreign.any():
            assert row.hhi == pytest.approx(slow.concentration(foreign.tolist()))
            assert row.exposure <= row.dependency + 1e-12
        else:
            assert np.isnan(row.hhi)
