"""What must hold of space, whatever the data and whoever the neighbours are."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dynamics.places import PROVINCES
from tests.oracles import space as slow
from xinzhi.dynamics.centres import mean_centres, spreads
from xinzhi.dynamics.likelihood import Setting, fit_error, fit_lag
from xinzhi.dynamics.nearness import EARTH_KM, haversine, neighbourhoods
from xinzhi.dynamics.neighbours import Neighbours, lag, neighbours
from xinzhi.dynamics.space import local_i, local_moran, moran_i, moran_moments
from xinzhi.dynamics.spillovers import impacts

seeds = st.integers(0, 2**32 - 1)
laws = settings(max_examples=40, deadline=None)
N = 12


def places(seed: int) -> xr.DataArray:
    """Twelve provinces with positions, tiles and something to compare, drawn anew."""
    rng = np.random.default_rng(seed)
    at = {"lon": rng.uniform(75, 130, N), "lat": rng.uniform(20, 50, N)}
    tiles = rng.permutation(16)[:N]
    coords = {name: ("region", of) for name, of in {**at, "row": tiles // 4, "col": tiles % 4}.items()}
    return xr.DataArray(rng.normal(size=N), dims="region", coords={"region": PROVINCES[:N], **coords})


OPTIONS = {
    "economic": lambda data: {"by": data},
    "given": lambda data: {"matrix": np.abs(data.values[:, None] - data.values[None, :]) ** 2},
}


def drawn(name: str, seed: int, *, standardise: bool = True) -> Neighbours:
    data = places(seed)
    islands = "nearest" if name in ("contiguity", "tiles") else "refuse"
    return neighbours(data, name, islands=islands, standardise=standardise, **OPTIONS.get(name, lambda _: {})(data))


members = pytest.mark.parametrize("name", sorted(neighbourhoods.members))


@members
@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_rows_are_shares_and_nobody_is_a_neighbour_of_himself(name: str, seed: int) -> None:
    w = drawn(name, seed)
    dense = w.weights.toarray()
    np.testing.assert_allclose(dense.sum(axis=1), 1)
    assert (dense >= 0).all()
    assert not dense.diagonal().any()


@members
@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_the_model_can_be_solved_everywhere_between_the_bounds(name: str, seed: int) -> None:
    w = drawn(name, seed)
    low, high = w.bounds
    dense = w.weights.toarray()
    for share in (0.001, 0.3, 0.7, 0.999):
        rho = low + share * (high - low)
        sign, size = np.linalg.slogdet(np.eye(N) - rho * dense)
        assert sign > 0
        # At the low end of an asymmetric matrix eigenvalues meet, and are then known to half the digits only.
        within = 1e-6 if share < 0.01 else 1e-8
        assert np.log(np.abs(1 - rho * w.eigenvalues)).sum() == pytest.approx(size, abs=within)


@laws
@given(seed=seeds)
def test_moran_and_its_parts_agree_with_their_slow_twins(seed: int) -> None:
    x, w = np.random.default_rng(seed).normal(size=(3, N)), drawn("nearest", seed).weights
    dense = w.toarray()
    np.testing.assert_allclose(moran_i(x, w), [slow.moran(year, dense) for year in x], atol=1e-12)
    np.testing.assert_allclose(local_i(x, w, divisor="n"), [slow.local_moran(year, dense) for year in x], atol=1e-12)
    # The local ones add up to the whole one, times the sum of the weights.
    np.testing.assert_allclose(local_i(x, w, divisor="n").sum(axis=-1) / w.sum(), moran_i(x, w), atol=1e-12)
    np.testing.assert_allclose(lag(x, w), x @ dense.T, atol=1e-12)


@laws
@given(seed=seeds, shift=st.floats(-5, 5), scale=st.sampled_from([-3.0, 0.01, 7.0]))
def test_the_unit_does_not_matter(seed: int, shift: float, scale: float) -> None:
    x, w = np.random.default_rng(seed).normal(size=N), drawn("nearest", seed).weights
    np.testing.assert_allclose(moran_i(shift + scale * x, w), moran_i(x, w), atol=1e-10)
    np.testing.assert_allclose(local_i(shift + scale * x, w), local_i(x, w), atol=1e-10)
    there, here = moran_moments(shift + scale * x, w).randomisation, moran_moments(x, w).randomisation
    np.testing.assert_allclose(there, here, atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_the_order_of_regions_does_not_matter(seed: int) -> None:
    data = places(seed)
    order = np.random.default_rng(seed).permutation(N)
    turned = data.isel(region=order)
    a, b = (local_moran(of, neighbours(of, "nearest"), permutations=99).table["I"] for of in (data, turned))
    xr.testing.assert_allclose(a.sel(region=b["region"]), b)


@laws
@given(seed=seeds)
def test_distances_are_those_of_angles_in_space(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (np.column_stack([rng.uniform(-180, 180, 5), rng.uniform(-90, 90, 5)]) for _ in "ab")
    expected = [slow.great_circle(tuple(p), tuple(q), EARTH_KM) for p, q in zip(a, b, strict=True)]
    np.testing.assert_allclose(haversine(a, b), expected, rtol=1e-7)


@laws
@given(seed=seeds, turn=st.floats(0, 180), scale=st.floats(0.1, 10))
def test_an_ellipse_turns_and_grows_with_the_map(seed: int, turn: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    at, w = rng.normal(size=(N, 2)) * [1, 2], rng.uniform(0.1, 1, size=(4, N))
    angle = np.radians(turn)
    clockwise = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    major, minor, rotation = spreads(w, at)
    turned = spreads(w, scale * at @ clockwise + [3, -8])
    assert (major >= minor).all()
    np.testing.assert_allclose(turned[0], scale * major, rtol=1e-9)
    np.testing.assert_allclose(turned[1], scale * minor, rtol=1e-7)
    apart = (turned[2] - rotation - turn + 90) % 180 - 90
    np.testing.assert_allclose(apart, 0, atol=1e-5)
    np.testing.assert_allclose(mean_centres(w * 7, at), mean_centres(w, at), atol=1e-12)


def panel(seed: int, rho: float) -> tuple[np.ndarray, np.ndarray, Neighbours]:
    rng, w = np.random.default_rng(seed), drawn("nearest", seed)
    x = rng.normal(size=(5, N, 2))
    y = x @ [1.0, -1.0] + rng.normal(size=(3, 5, N))
    return y @ np.linalg.inv(np.eye(N) - rho * w.weights.toarray()).T, x, w


@settings(max_examples=15, deadline=None)
@given(
    seed=seeds,
    rho=st.floats(-0.5, 0.7),
    effects=st.sampled_from(["region", "time", "both", "none"]),
    correction=st.sampled_from(["lee-yu", "none"]),
)
def test_panels_are_estimated_alike_together_and_alone(seed: int, rho: float, effects: str, correction: str) -> None:
    y, x, w = panel(seed, rho)
    setting = Setting(w, 5, effects, "none" if effects == "none" else correction)
    whole, errors = fit_lag(y, x, setting), fit_error(y, x, setting)
    for at, one in enumerate(y):
        alone = fit_lag(one, x, setting)
        np.testing.assert_allclose(whole.rho[at], alone.rho, atol=1e-12)
        np.testing.assert_allclose(whole.covariance[at], alone.covariance, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(errors[1][at], fit_error(one, x, setting)[1], atol=1e-8)
    low, high = w.bounds
    assert ((low < whole.rho) & (whole.rho < high)).all()


@settings(max_examples=15, deadline=None)
@given(seed=seeds, rho=st.floats(-0.5, 0.7))
def test_what_fixed_effects_take_up_changes_nothing(seed: int, rho: float) -> None:
    y, x, w = panel(seed, rho)
    rng = np.random.default_rng(seed + 1)
    setting = Setting(w, 5, "both", "lee-yu")
    moved = fit_lag(y + rng.normal(size=N) + rng.normal(size=(5, 1)), x + rng.normal(size=(N, 1)), setting)
    still = fit_lag(y, x, setting)
    np.testing.assert_allclose(moved.rho, still.rho, atol=1e-9)
    np.testing.assert_allclose(moved.delta, still.delta, atol=1e-9)
    np.testing.assert_allclose(moved.loglik, still.loglik, atol=1e-8)


@members
@settings(max_examples=8, deadline=None)
@given(seed=seeds, share=st.floats(0.05, 0.95), standardise=st.booleans())
def test_effects_add_up_and_are_those_of_the_matrix(name: str, seed: int, share: float, standardise: bool) -> None:
    w = drawn(name, seed, standardise=standardise)
    rho = w.bounds[0] + share * (w.bounds[1] - w.bounds[0])
    b, theta = np.random.default_rng(seed).normal(size=(2, 3))
    found = impacts(np.array(rho), b, theta, w)
    expected = [slow.impacts(rho, p, q, w.weights.toarray()) for p, q in zip(b, theta, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found[:, 0] + found[:, 1], found[:, 2])
