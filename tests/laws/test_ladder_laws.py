"""What must hold of a ladder, whatever the industries."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xinzhi as xz
from xinzhi.core.results import Record
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder import ladder
from xinzhi.structure.ladder.rungs import RUNG, RUNGS

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

LAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEEDS = st.integers(0, 2**32 - 1)
MEASURES = ("employment", "establishments", "entries", "exits", "output", "rd", "digital")
SHARES = MEASURES[-1:]  # not amounts: their unit is not that of the others


def industries(seed, regions=2, blank=0.1):
    """Industries at random, some of them born late, with blanks; all numbers drawn, so that none ties."""
    rng = np.random.default_rng(seed)
    many, times = 5 * regions, 16
    steps = rng.normal(0.01, 0.08, (many, times, len(MEASURES)))
    values = np.exp(rng.normal(3, 1, (many, 1, len(MEASURES))) + np.cumsum(steps, axis=1))
    values[rng.random(values.shape) < blank] = np.nan
    for series in np.flatnonzero(rng.random(many) < 0.3):
        values[series, : rng.integers(3, 9)] = np.nan
    return made(values, np.repeat([f"r{k}" for k in range(regions)], 5), np.tile(list("abcde"), regions))


def made(values, region, industry):
    import xarray as xr

    coords = {
        "region": ("series", region.astype(str)),
        "industry": ("series", industry.astype(str)),
        "time": np.arange(2000, 2000 + values.shape[1]),
        "measure": np.array(MEASURES, dtype=object),
        "unit": ("measure", np.array([""] * len(MEASURES), dtype=object)),
    }
    cells = xr.DataArray(values, coords, ("series", "time", "measure"), name="value")
    return Industries(cells, None, None, {}, (), Record("industries", {}, {}))


def cells(of):
    return of.values.values, of.values["region"].values, of.values["industry"].values


@LAW
@given(seed=SEEDS)
def test_chances_add_up_and_stand_where_an_industry_was_seen(seed):
    of = industries(seed)
    found = ladder(of)
    chances = found.probability.values
    placed = np.isfinite(chances[..., 0])
    np.testing.assert_allclose(chances[placed].sum(axis=-1), 1)
    assert np.isnan(chances[~placed]).all()
    assert ((found.rung.values != "") == placed).all()
    first = np.isfinite(of.of("employment").values).cumsum(axis=1) > 0
    assert not (placed & ~first).any()


@LAW
@given(seed=SEEDS, power=st.integers(-8, 8))
def test_the_unit_of_an_amount_does_not_matter(seed, power):
    values, region, industry = cells(industries(seed))
    scaled = values * np.array([2.0**power if name not in SHARES else 1.0 for name in MEASURES])
    one, other = ladder(made(values, region, industry)), ladder(made(scaled, region, industry))
    np.testing.assert_allclose(other.evidence.values, one.evidence.values, rtol=1e-7, atol=1e-9)
    # A share of 64 scenarios may move by one where a quantity lies on the edge of one.
    np.testing.assert_allclose(other.probability.values, one.probability.values, atol=1 / 16)


@LAW
@given(seed=SEEDS)
def test_the_order_and_the_names_of_industries_do_not_matter(seed):
    values, region, industry = cells(industries(seed))
    order = np.concatenate([np.random.default_rng(seed).permutation(5) + 5 * k for k in range(2)])
    one = ladder(made(values, region, industry))
    other = ladder(made(values[order], region, industry[order]))
    np.testing.assert_allclose(other.evidence.values, one.evidence.values[order], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.probability.values, one.probability.values[order], atol=1 / 16)


@LAW
@given(seed=SEEDS)
def test_a_region_of_which_nothing_is_known_changes_nothing_elsewhere(seed):
    values, region, industry = cells(industries(seed))
    empty = np.full((5, *values.shape[1:]), np.nan)
    one = ladder(made(values, region, industry))
    other = ladder(
        made(
            np.concatenate([values, empty]),
            np.concatenate([region, ["z"] * 5]),
            np.concatenate([industry, list("abcde")]),
        )
    )
    assert (other.rung.values[len(values) :] == "").all()
    np.testing.assert_allclose(other.evidence.values[: len(values)], one.evidence.values, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.probability.values[: len(values)], one.probability.values, atol=1 / 16)


@LAW
@given(seed=SEEDS, cut=st.integers(8, 15))
def test_what_comes_later_does_not_change_what_was_said(seed, cut):
    values, region, industry = cells(industries(seed, blank=0.0))
    one, other = ladder(made(values, region, industry)), ladder(made(values[:, :cut], region, industry))
    np.testing.assert_array_equal(one.probability.values[:, :cut], other.probability.values)


@LAW
@given(seed=SEEDS)
def test_a_region_alone_says_of_itself_what_it_says_among_others_unless_it_is_compared(seed):
    """Technology, digital intensity and location quotients look beyond the region; nothing else does."""
    values, region, industry = cells(industries(seed))
    values[..., MEASURES.index("rd")] = values[..., MEASURES.index("digital")] = np.nan
    whole, alone = ladder(made(values, region, industry)), ladder(made(values[:5], region[:5], industry[:5]))
    shared = [name for name in alone.evidence["criterion"].values if name in whole.evidence["criterion"].values]
    told = whole.evidence.sel(criterion=shared).values[:5]
    np.testing.assert_allclose(told, alone.evidence.sel(criterion=shared).values, rtol=1e-7, atol=1e-9)


@LAW
@given(seed=SEEDS)
def test_sharp_thresholds_leave_no_doubt_where_every_criterion_is_known(seed):
    of = industries(seed, blank=0.0)
    found = ladder(of, xz.LadderSpec(band=0.0, growth_band=0.0))
    chances = found.probability.values
    assert set(np.unique(chances[np.isfinite(chances)])) <= {0.0, 1.0}
    assert found.probability[RUNG].values.tolist() == list(RUNGS)


@LAW
@given(seed=SEEDS, step=st.floats(0.001, 0.05))
def test_shrinking_faster_never_makes_decline_less_likely(seed, step):
    """A lower bar for decline can only add to it; held at one year, so that no earlier rung lingers."""
    of = industries(seed)
    low = ladder(of, xz.LadderSpec(shrink=0.01 + step, hold=1)).probability.sel(rung="declining").values
    high = ladder(of, xz.LadderSpec(shrink=0.01, hold=1)).probability.sel(rung="declining").values
    both = np.isfinite(low) & np.isfinite(high)
    assert (high[both] >= low[both] - 1e-12).all()
