"""What must hold of complexity for any links: definitions, order of rows, copies, parts, and the twins."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.oracles import complexity as slow
from xinzhi.structure.complexity import score
from xinzhi.structure.fitness import settle
from xinzhi.structure.resampling import second_of_draws
from xinzhi.structure.scoring import checked, leaning
from xinzhi.structure.spectra import second
from xinzhi.structure.validity import ordered

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
SHAPES = st.tuples(st.integers(2, 8), st.integers(2, 9))
PRESENCE = SHAPES.flatmap(lambda shape: arrays(np.int64, shape, elements=st.sampled_from([0, 0, 1])))
WEIGHTS = SHAPES.flatmap(lambda shape: arrays(np.int64, shape, elements=st.sampled_from([0, 0, 1, 2, 7])))


def whole(m):
    """Joined into one part by a path of links from the first corner to the last."""
    m = m.astype(float)
    row = column = 0
    while (row, column) != (m.shape[0] - 1, m.shape[1] - 1):
        m[row, column] = max(m[row, column], 1.0)
        down = row / (m.shape[0] - 1) <= column / (m.shape[1] - 1)
        row, column = row + down, column + (not down)
    m[row, column] = max(m[row, column], 1.0)
    return m


def well_set(m):
    """The second vector is one, and its sign is settled by more than rounding."""
    found = score(m)
    roots = np.append(found.spectrum, 0.0)
    assume(roots[0] > 1e-3 and roots[0] - roots[1] > 1e-3)
    assume(abs(leaning(found.regions, m.sum(axis=1))) > 1e-3)
    return found


@LAW
@given(m=PRESENCE)
def test_what_scores_is_the_largest_part_and_nothing_else(m):
    found = score(m)
    parts = slow.parts(m.tolist())
    scored = set(np.flatnonzero(~np.isnan(found.regions)).tolist())
    activities = set(np.flatnonzero(~np.isnan(found.activities)).tolist())
    most = max((len(regions) for regions, _ in parts), default=0)
    assert found.core.parts == len(parts)
    assert not scored or any(
        scored == regions and activities == held for regions, held in parts if len(regions) == most
    )


@LAW
@given(m=WEIGHTS)
def test_second_vectors_are_eigenvectors_of_the_walk_there_and_back(m):
    m = whole(m)
    spectrum, regions, activities = second(checked(m))
    assert spectrum == pytest.approx(slow.eigenvalues(m.tolist())[: spectrum.size], abs=1e-9)
    assume(not np.isnan(regions).any())
    size = np.abs(regions).max()
    assert slow.walk(m.tolist()) @ regions / size == pytest.approx(spectrum[0] * regions / size, abs=1e-7)
    assert m @ activities / m.sum(axis=1) / size == pytest.approx(regions / size, abs=1e-7)


@LAW
@given(m=WEIGHTS)
def test_eci_is_the_mean_pci_of_what_a_region_has(m):
    m = whole(m)
    found = score(m)
    assume(found.spectrum.size and found.spectrum[0] > 1e-6 and not np.isnan(found.regions).any())
    assert m @ found.activities / m.sum(axis=1) == pytest.approx(found.regions, abs=1e-7)
    assert found.regions.mean() == pytest.approx(0, abs=1e-9) and found.regions.std() == pytest.approx(1)


@LAW
@given(m=PRESENCE, seed=st.integers(0, 99))
def test_the_order_of_rows_and_columns_does_not_matter(m, seed):
    m = whole(m)
    found = well_set(m)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(m.shape[0]), rng.permutation(m.shape[1])
    moved = score(m[rows][:, columns])
    assert moved.regions == pytest.approx(found.regions[rows], abs=1e-7)
    assert moved.activities == pytest.approx(found.activities[columns], abs=1e-7)


@LAW
@given(m=PRESENCE, copies=st.integers(2, 3))
def test_copies_of_every_activity_change_nothing(m, copies):
    m = whole(m)
    found = well_set(m)
    again = score(np.repeat(m, copies, axis=1))
    assert again.regions == pytest.approx(found.regions, abs=1e-7)
    assert again.activities[::copies] == pytest.approx(found.activities, abs=1e-7)


@LAW
@given(m=PRESENCE, steps=st.integers(0, 5))
def test_reflections_are_those_of_exact_fractions(m, steps):
    m = whole(m)
    found = score(m, "reflections", convention="econgeo", steps=min(steps, 2))
    exact = slow.reflections(m.astype(int).tolist(), min(steps, 2))
    assert found.regions == pytest.approx(np.array(exact[0], float), rel=1e-12)
    assert found.activities == pytest.approx(np.array(exact[1], float), rel=1e-12)
    k, other = (
        slow.reflections(m.astype(int).tolist(), steps)[0],
        slow.reflections(m.astype(int).tolist(), steps + 1)[1],
    )
    found = score(m, "reflections", steps=steps)
    for ours, values in ((found.regions, k), (found.activities, other)):
        spread = float(max(values) - min(values))
        if spread == 0 or len(values) < 2:
            continue  # whether nothing is seen as nothing is another law's business
        assume(spread > 1e-6)
        x = np.array([float(value - sum(values) / len(values)) for value in values])
        assert ours == pytest.approx(x / x.std(ddof=1), abs=1e-6)


@LAW
@given(m=PRESENCE, steps=st.integers(1, 12), extremality=st.sampled_from([0.5, 1.0, 2.0]))
def test_fitness_is_its_twins(m, steps, extremality):
    m = whole(m)
    f, q, taken, _, _ = settle(checked(m), steps, 0.0, extremality)
    if taken < steps:  # it stood still
        steps = taken
    twin = slow.fitness(m.tolist(), steps, extremality)
    assert f == pytest.approx(np.array(twin[0]), rel=1e-9)
    assert q == pytest.approx(np.array(twin[1]), rel=1e-9)


@LAW
@given(m=PRESENCE)
def test_who_has_all_that_another_has_is_at_least_as_fit(m):
    m = whole(m)
    found = score(m, "fitness", iterations=200)
    for a in range(len(m)):
        for b in range(len(m)):
            if (m[a] >= m[b]).all():
                assert found.regions[a] >= found.regions[b] * (1 - 1e-9)
    assert (found.activities >= 0).all() and found.regions.mean() == pytest.approx(1)


@LAW
@given(m=PRESENCE)
def test_genepy_is_its_twins(m):
    m = whole(m)
    assume(m.shape[0] > 2)
    found = score(m, "genepy")
    roots = found.spectrum
    assume(roots[0] - roots[1] > 1e-3 and roots[1] - roots[2] > 1e-3)
    assert found.regions == pytest.approx(np.array(slow.genepy(m.tolist())), abs=1e-8)


@LAW
@given(m=WEIGHTS, seed=st.integers(0, 99))
def test_income_behind_activities_lies_between_incomes(m, seed):
    m = whole(m)
    income = np.random.default_rng(seed).uniform(1, 9, m.shape[0])
    found = score(m, "prody", income)
    for values in (found.activities, found.regions):
        assert (values >= income.min() - 1e-9).all() and (values <= income.max() + 1e-9).all()
    assert score(m, "prody", np.full(m.shape[0], 3.0)).regions == pytest.approx(3.0)


@LAW
@given(m=PRESENCE, seed=st.integers(0, 99))
def test_telling_pairs_are_counted_as_by_hand(m, seed):
    rng = np.random.default_rng(seed)
    regions = rng.integers(0, 5, m.shape[0]).astype(float)  # ties as well
    activities = rng.integers(0, 5, m.shape[1]).astype(float)
    assert ordered(checked(m), regions, activities) == pytest.approx(
        slow.ordered(m.tolist(), regions, activities), nan_ok=True
    )


@LAW
@given(m=PRESENCE, seed=st.integers(0, 99), side=st.sampled_from(["regions", "activities"]))
def test_a_draw_is_the_links_with_rows_or_columns_repeated(m, seed, side):
    m = whole(m)
    spectrum, start, _ = second(checked(m))
    assume(spectrum.size and spectrum[0] > 1e-3 and not np.isnan(start).any())
    rng = np.random.default_rng(seed)
    counts = [np.ones((size, 3)) for size in m.shape]
    at = 0 if side == "regions" else 1
    counts[at] = rng.multinomial(m.shape[at], np.full(m.shape[at], 1 / m.shape[at]), size=3).T.astype(float)
    vectors, roots = second_of_draws(checked(m), *counts, start)
    for draw in range(3):
        again = m[np.repeat(np.arange(m.shape[0]), counts[0][:, draw].astype(int))]
        again = again[:, np.repeat(np.arange(m.shape[1]), counts[1][:, draw].astype(int))]
        again = again[again.any(axis=1)][:, again.any(axis=0)]
        if min(again.shape) < 2 or len(slow.parts(again.tolist())) > 1:
            continue
        left = [*slow.eigenvalues(again.tolist()), 0.0, 0.0]
        assert roots[draw] == pytest.approx(left[0], abs=1e-6)
    assert vectors.shape == (m.shape[0], 3)
