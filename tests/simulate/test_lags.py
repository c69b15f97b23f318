"""Lags by cumulative incidence: the shares of all that began, told the same however many are still on the way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import facts as slow
from xinzhi.core.errors import MethodError
from xinzhi.simulate.lags import BACKED, DISCOVERIES, incidence

ROW = np.dtype([("born", "i4"), ("ended", "i4"), ("cause", "i1")])


def table(rows, kind=ROW):
    return np.array([tuple(row) for row in rows], dtype=kind)


@st.composite
def ventures(draw, early=0):
    rows = []
    for _ in range(draw(st.integers(1, 25))):
        born, lasted, cause = draw(st.integers(early, 12)), draw(st.integers(0, 15)), draw(st.integers(0, 3))
        still = cause == 0 or born + lasted < 0
        rows.append((born, -1, 0) if still else (born, born + lasted, cause))
    return table(rows)


def drawn(rng, n=400, horizon=60):
    """Discoveries with constant hazards of three ends: what came to the market has a known share at any age."""
    hazards = np.array([0.02, 0.05, 0.03])
    born = rng.integers(0, horizon, n)
    lasted = rng.geometric(hazards.sum(), n) - 1
    cause = rng.choice([1, 2, 3], n, p=hazards / hazards.sum())
    over = born + lasted <= horizon
    return table(zip(born, np.where(over, born + lasted, -1), np.where(over, cause, 0), strict=True)), hazards


@settings(deadline=None)
@given(ventures(early=-6))
def test_shares_are_those_of_the_slow_twin(rows):
    found = incidence(rows, 14)
    share, _ = slow.incidence(rows["born"], rows["ended"], rows["cause"], 14, (1, 2, 3))
    assert found.share == pytest.approx(share, abs=1e-12)
    assert found.share.sum(axis=0) + found.open == pytest.approx(np.ones(len(found.years)), abs=1e-12)
    assert (np.diff(found.share, axis=1) >= -1e-12).all()


@settings(deadline=None)
@given(ventures())
def test_bounds_are_those_of_aalens_variance(rows):
    found = incidence(rows, 14, level=0.9)
    share, variance = slow.incidence(rows["born"], rows["ended"], rows["cause"], 14, (1, 2, 3))
    told = np.isfinite(found.low) & (variance > 1e-9)
    reach = 1.6448536269514722 * np.sqrt(variance[told]) / (share[told] * np.abs(np.log(share[told])))
    reach = np.minimum(reach, 500)
    assert found.low[told] == pytest.approx(share[told] ** np.exp(reach), abs=1e-7)
    assert found.high[told] == pytest.approx(share[told] ** np.exp(-reach), abs=1e-7)
    assert (found.low[told] <= found.share[told]).all()
    assert (found.share[told] <= found.high[told]).all()


@settings(deadline=None)
@given(ventures(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    assert (incidence(rows, 14).share == incidence(rows[order], 14).share).all()


def test_what_all_ended_is_counted_plainly():
    rows = table([(0, 4, 1), (0, 8, 2), (1, 5, 1), (2, 14, 3)])
    found = incidence(rows, 20)
    assert found.at(1)[0].tolist() == [0.5, 0, 0]
    assert found.at(2)[0].tolist() == [0.5, 0.25, 0]
    assert found.at(3)[0].tolist() == [0.5, 0.25, 0.25]
    assert np.isnan(found.at(3.3)[0]).all()  # nobody was watched for as long
    assert found.when(0)[0] == 1.0
    assert found.when(1)[0] == np.inf
    assert found.entered == 4


def test_hazards_are_found_though_most_are_still_on_the_way():
    rows, hazards = drawn(np.random.default_rng(1), 40_000)
    found = incidence(rows, 60)
    years = np.array([2.0, 5.0, 10.0])
    known = hazards[0] / hazards.sum() * (1 - (1 - hazards.sum()) ** (4 * years + 1))
    assert [found.at(one)[0][0] for one in years] == pytest.approx(known, abs=0.01)


def test_a_shorter_watch_leaves_shares_where_the_mean_of_those_that_arrived_falls():
    # Why no mean of the arrived is given: it is a number of the watch, not of the discoveries.
    rows, _ = drawn(np.random.default_rng(2), 40_000)
    means, shares = [], []
    for horizon in (16, 60):
        arrived = rows[(rows["cause"] == 1) & (rows["ended"] <= horizon)]
        means.append((arrived["ended"] - arrived["born"]).mean())
        shares.append(incidence(rows, horizon).at(2)[0][0])
    assert means[0] < 0.75 * means[1]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_what_was_born_before_the_watch_counts_only_from_then_on():
    rows = table([(-8, 2, 1), (-8, -1, 0), (0, 4, 1), (0, -1, 0)])
    found = incidence(rows, 12)
    assert found.at_risk[:3].tolist() == [2, 2, 2]
    assert found.at_risk[8] == 3  # two that were born at 0 less one that ended, two of old
    assert found.at(1)[0][0] == 0.5


def test_several_runs_are_pooled_and_drawn_whole():
    rng = np.random.default_rng(3)
    runs = [drawn(rng, 300)[0] for _ in range(12)]
    found = incidence(runs, 60, draws=400)
    assert found.share == pytest.approx(incidence(np.concatenate(runs), 60).share, abs=1e-12)
    assert found.runs == 12
    low, high = found.low[:, 20], found.high[:, 20]
    assert (low < found.share[:, 20]).all()
    assert (found.share[:, 20] < high).all()
    alike = incidence([runs[0]] * 5, 60, draws=50)
    assert alike.low == pytest.approx(alike.share, abs=1e-12)
    assert alike.high == pytest.approx(alike.share, abs=1e-12)
    again = incidence(runs, 60, draws=400)
    assert (again.low == found.low).all()


def test_start_ups_have_outcomes_of_their_own():
    kind = np.dtype([("born", "i4"), ("ended", "i4"), ("outcome", "i1")])
    found = incidence(table([(0, 4, 1), (0, -1, 0), (0, 6, 3), (0, -1, 0)], kind), 8, BACKED)
    assert found.share[:, -1].tolist() == [0.25, 0, 0.25]
    assert [cause.en for cause in found.causes] == ["listed", "acquired", "dead"]
    frame = found.to_frame()
    assert len(frame) == 3 * len(found.years)
    assert set(frame["cause"]) == {cause.en for cause in BACKED.values()}


def test_contradictions_are_told_with_their_row():
    with pytest.raises(MethodError) as refused:
        incidence(table([(0, 4, 1), (5, 3, 2), (0, -1, 1)]), 10)
    assert refused.value.faults[0].code == "ends-disagree"
    assert "2 rows" in refused.value.faults[0].en
    assert "row 2" in refused.value.faults[0].en
    assert "第 2 行" in refused.value.faults[0].zh
    with pytest.raises(MethodError) as refused:
        incidence(table([(12, -1, 0)]), 10)
    assert refused.value.faults[0].code == "nothing-began"


def test_lifelines_agrees():
    peer = pytest.importorskip("lifelines", reason="a peer to compare with, not needed by the project")
    rng = np.random.default_rng(4)
    lasted = rng.permutation(400)  # lifelines breaks ties by chance, so there are none
    cause = rng.integers(0, 4, 400)
    born = np.where(cause == 0, 400 - lasted, rng.integers(0, 400 - lasted + 1))
    rows = table(zip(born, np.where(cause == 0, -1, born + lasted), cause, strict=True))
    found = incidence(rows, 400)
    for at, one in enumerate(DISCOVERIES):
        fitted = peer.AalenJohansenFitter(alpha=0.05).fit(lasted + 1, cause, event_of_interest=one)  # it begins after 0
        curve = fitted.cumulative_density_.iloc[1:, 0]
        where = curve.index.to_numpy().astype(int) - 1
        assert found.share[at][where] == pytest.approx(curve.to_numpy(), abs=1e-9)
        error = fitted.variance_.to_numpy()[1:] ** 0.5
        told = (at_risk := found.at_risk[where]) > 1
        share = curve.to_numpy()
        reach = 1.959963984540054 * error / (share * np.abs(np.log(share)))
        told &= (share > 0) & np.isfinite(reach) & (at_risk > 1)
        assert found.low[at][where][told] == pytest.approx((share ** np.exp(reach))[told], abs=1e-6)
