"""What must hold for anybody's links: relatedness, density, outlook, variety, location and the shape of the network."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from tests.oracles import relatedness as slow
from xinzhi.structure import squares
from xinzhi.structure._projection_kernels import poisson_binomial_tails
from xinzhi.structure.density import densities
from xinzhi.structure.location import concentrations, entropies, krugman, specialisations
from xinzhi.structure.network import communities, modularity, nested, partition_modularity
from xinzhi.structure.outlook import coherences, outlook_gain, outlook_index
from xinzhi.structure.plants import gammas
from xinzhi.structure.relatedness import relatedness, relatednesses
from xinzhi.structure.variety import entropy_parts

LAW = settings(max_examples=40, deadline=None)
NAMES = [method.name for method in relatednesses if method.name != "validated"]
MUTUAL = [name for name in NAMES if name != "probability"]
SHARES = ["min-probability", "probability", "cosine", "jaccard", "taxonomy"]
# Meeting twice as often in twice the regions changes how sure one is of it, not how near it is.
OF_SHARES_OF_REGIONS = [name for name in NAMES if name != "z-score"]


@st.composite
def presences(draw, least_regions=2):
    shape = draw(st.integers(least_regions, 7)), draw(st.integers(2, 6))
    return draw(arrays(np.int8, shape, elements=st.integers(0, 1))).astype(float)


@st.composite
def amounts(draw):
    shape = draw(st.integers(2, 6)), draw(st.integers(2, 6))
    return draw(arrays(np.float64, shape, elements=st.one_of(st.just(0.0), st.integers(1, 9).map(float))))


def frame(x):
    return pd.DataFrame(x, [f"r{at}" for at in range(len(x))], [f"a{at}" for at in range(x.shape[1])])


def space(name, x, **options):
    return relatedness(frame(x), name, **options).to_table().to_numpy()


def off_diagonal(phi):
    return phi[~np.eye(len(phi), dtype=bool)]


@LAW
@given(x=presences(), name=st.sampled_from(NAMES), dense=st.booleans())
def test_relatedness_is_what_the_definition_says(x, name, dense):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(squares, "_SPARSE_COST", np.inf if dense else 0.0)
        ours = space(name, x)
    size = x.shape[1]
    theirs = [[slow.pair(name, x.tolist(), i, j) for j in range(size) if j != i] for i in range(size)]
    assert off_diagonal(ours).reshape(size, size - 1) == pytest.approx(np.array(theirs), abs=1e-12, nan_ok=True)


@LAW
@given(x=presences(), name=st.sampled_from(MUTUAL))
def test_relatedness_is_mutual(x, name):
    phi = space(name, x)
    assert phi == pytest.approx(phi.T, abs=1e-12, nan_ok=True)
    assert relatedness(frame(x), name).mutual


@LAW
@given(x=presences(), name=st.sampled_from(SHARES))
def test_shares_lie_within_nothing_and_one(x, name):
    phi = space(name, x)
    assert np.nanmin(phi, initial=0) >= 0
    assert np.nanmax(phi, initial=0) <= 1 + 1e-12


@LAW
@given(x=presences(), name=st.sampled_from(NAMES), seed=st.integers(0, 99))
def test_order_does_not_matter(x, name, seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(x)), rng.permutation(x.shape[1])
    moved = space(name, x[rows][:, columns])
    assert moved == pytest.approx(space(name, x)[np.ix_(columns, columns)], abs=1e-12, nan_ok=True)


@LAW
@given(x=presences(), name=st.sampled_from(["min-probability", "probability", "cosine", "jaccard", "correlation"]))
def test_what_stands_in_the_same_regions_is_fully_related(x, name):
    phi = space(name, np.hstack([x, x[:, :1]]))
    assume(not np.isnan(phi[0, 0]))
    assert phi[0, -1] == pytest.approx(1, abs=1e-12)
    assert phi[0, 0] == 1


@LAW
@given(x=presences(), name=st.sampled_from(OF_SHARES_OF_REGIONS))
def test_twice_the_same_regions_change_nothing(x, name):
    assert space(name, np.vstack([x, x])) == pytest.approx(space(name, x), abs=1e-12, nan_ok=True)


@LAW
@given(x=presences(), name=st.sampled_from(NAMES), where=st.sampled_from(["nowhere", "everywhere"]))
def test_what_is_not_defined_spoils_nothing_else(x, name, where):
    """An activity of no region leaves all others as they were; one of every region leaves the others finite."""
    more = np.hstack([x, np.full((len(x), 1), 0.0 if where == "nowhere" else 1.0)])
    found = relatedness(frame(more), name)
    assert np.isfinite(squares.values_of(found.matrix)).all()
    if where == "nowhere":
        assert found.undefined[-1]
        assert "a" + str(x.shape[1]) in found.notes[0].en or len(found.notes[0].en) > 60
        assert found.to_table().to_numpy()[:-1, :-1] == pytest.approx(space(name, x), abs=1e-12, nan_ok=True)


@LAW
@given(p=arrays(np.float64, (3, 2), elements=st.floats(0.01, 0.99)), met=st.integers(0, 6))
def test_tails_of_meetings_are_those_of_unlike_coins(p, met):
    many = np.array([1, 3, 2])
    ours = poisson_binomial_tails(p, many, np.array([0]), np.array([1]), np.array([met]))[0]
    assert ours == pytest.approx(slow.tail(np.repeat(p[:, 0] * p[:, 1], many), met), abs=1e-12)


@st.composite
def squares_of_activities(draw, size):
    upper = draw(arrays(np.float64, (size, size), elements=st.integers(0, 4).map(lambda v: v / 4)))
    return np.maximum(upper, upper.T)


@LAW
@given(data=st.data(), x=presences(), k=st.integers(1, 4), form=st.sampled_from(["sparse", "dense"]))
def test_density_is_the_share_that_is_held(data, x, k, form):
    size = x.shape[1]
    phi = data.draw(squares_of_activities(size))
    given_phi = phi if form == "dense" else sparse.csr_array(phi)
    held = sparse.csr_array(x)
    share = densities.find("share").function(held, given_phi)
    near = densities.find("nearest").function(held, given_phi, k=k)
    for r in range(len(x)):
        for i in range(size):
            expected = slow.density(x.tolist(), phi, r, i, range(size))
            assert share[r, i] == pytest.approx(expected, abs=1e-12, nan_ok=True)
            own = slow.nearest(phi, i, k)
            assert near[r, i] == pytest.approx(slow.density(x.tolist(), phi, r, i, own), abs=1e-12, nan_ok=True)
    assert np.nanmin(share, initial=0) >= 0
    assert np.nanmax(share, initial=0) <= 1 + 1e-12
    everything = densities.find("share").function(sparse.csr_array(np.ones_like(x)), given_phi)
    assert everything[~np.isnan(everything)] == pytest.approx(1, abs=1e-12)


@LAW
@given(
    x=arrays(np.float64, (5, 6), elements=st.integers(-2, 2).map(float)),
    square=arrays(np.float64, (6, 6), elements=st.floats(-1, 1)),
    tile=st.integers(1, 7),
    gathered=st.booleans(),
)
def test_a_product_is_the_same_however_it_is_taken(x, square, tile, gathered):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(squares, "_GATHER_COST", 0.0 if gathered else np.inf)
        patch.setattr(squares, "_SMALL", 0.0)
        patch.setattr(squares, "_TILE", tile)
        ours = squares.times(sparse.csr_array(x), square)
    assert ours == pytest.approx(x @ square, abs=1e-12)
    assert squares.times(sparse.csr_array(x), sparse.csr_array(square)) == pytest.approx(x @ square, abs=1e-12)


@settings(max_examples=12, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 600)),
    seed=st.integers(0, 2**32 - 1),
    fill=st.floats(0, 1),
    small=st.booleans(),
)
def test_counts_and_double_products_are_those_of_whole_matrices(shape, seed, fill, small):
    rng = np.random.default_rng(seed)
    x = (rng.random(shape) < fill).astype(float)
    held, worth = sparse.csr_array(x), rng.normal(size=shape[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(squares, "_SPARSE_COST", np.inf)
        patch.setattr(squares, "_SMALL", np.inf if small else 0.0)
        met = squares.together(held)
        plain, weighed = squares.times_twice(held, met, worth)
    assert (met == x.T @ x).all()
    np.testing.assert_allclose(plain, x @ met, rtol=1e-12)
    np.testing.assert_allclose(weighed, (x * worth) @ met, rtol=1e-12, atol=1e-9 * max(met.max(initial=0.0), 1.0))


@LAW
@given(data=st.data(), x=presences())
def test_outlook_adds_up_what_is_lacking(data, x):
    size = x.shape[1]
    phi = data.draw(squares_of_activities(size))
    pci = data.draw(arrays(np.float64, size, elements=st.integers(-3, 3).map(float)))
    d = densities.find("share").function(sparse.csr_array(x), phi)
    held = sparse.csr_array(x)
    index = outlook_index(held, d, pci)
    plain = outlook_gain(held, d, phi, pci, convention="without-own")
    whole = outlook_gain(held, d, phi, pci)
    for r in range(len(x)):
        lacking = [p for p in range(size) if not x[r, p] and phi[p].sum() > 0]
        assert index[r] == pytest.approx(sum(d[r, p] * pci[p] for p in lacking), abs=1e-12)
        for p in range(size):
            expected = slow.gain(x.tolist(), phi, pci, r, p) if p in lacking else np.nan
            assert plain[r, p] == pytest.approx(expected, abs=1e-12, nan_ok=True)
            assert whole[r, p] == pytest.approx(expected - d[r, p] * pci[p], abs=1e-12, nan_ok=True)


@LAW
@given(data=st.data(), x=amounts())
def test_coherence_is_the_mean_tie_of_a_region(data, x):
    tau = data.draw(squares_of_activities(x.shape[1])) - 0.5
    _, ours = coherences(sparse.csr_array(x), tau, np.zeros(x.shape[1], bool))
    expected = [slow.coherence(x.tolist(), tau, r) for r in range(len(x))]
    assert ours == pytest.approx(expected, abs=1e-12, nan_ok=True)


@LAW
@given(x=amounts(), data=st.data())
def test_parts_of_variety_add_up_and_are_those_of_the_definition(x, data):
    size = x.shape[1]
    fine = data.draw(arrays(np.intp, size, elements=st.integers(0, 3)))
    levels = np.array([fine // 2, fine])
    parts = entropy_parts(sparse.csr_array(x), levels)
    assert parts.sum(axis=1) == pytest.approx(entropies(sparse.csr_array(x)), abs=1e-12, nan_ok=True)
    assert np.nanmin(parts, initial=0) >= 0
    for r in range(len(x)):
        if x[r].sum() > 0:
            unrelated, related = slow.variety(x[r], fine)
            assert parts[r, :2].sum() == pytest.approx(unrelated, abs=1e-12)
            assert parts[r, 2] == pytest.approx(related, abs=1e-12)
            assert parts[r, 0] == pytest.approx(slow.variety(x[r], fine // 2)[0], abs=1e-12)
        else:
            assert np.isnan(parts[r]).all()


@LAW
@given(x=amounts(), others=st.booleans())
def test_specialisation_is_what_the_definition_says(x, others):
    ours = krugman(sparse.csr_array(x), reference="others" if others else "all")
    quotients = specialisations.find("average-quotient").function(sparse.csr_array(x))
    hachman = specialisations.find("hachman").function(sparse.csr_array(x))
    herfindahl = specialisations.find("herfindahl").function(sparse.csr_array(x))
    theil = specialisations.find("theil").function(sparse.csr_array(x))
    for r, row in enumerate(x):
        if row.sum() == 0:
            assert np.isnan([ours[r], quotients[r], hachman[r], herfindahl[r], theil[r]]).all()
            continue
        alone = others and row.sum() == x.sum()
        expected = np.nan if alone else slow.krugman(x.tolist(), r, others=others)
        assert ours[r] == pytest.approx(expected, abs=1e-12, nan_ok=True)
        shares = row / row.sum()
        there = [j for j in range(len(row)) if row[j] > 0]
        quotient = [slow.quotient(x.tolist(), r, j) for j in there]
        assert quotients[r] == pytest.approx(sum(shares[there] * quotient), abs=1e-12)
        assert theil[r] == pytest.approx(sum(shares[there] * np.log(quotient)), abs=1e-12)
        assert hachman[r] <= 1 + 1e-12
        assert herfindahl[r] == pytest.approx((shares**2).sum(), abs=1e-12)


@LAW
@given(x=amounts(), data=st.data())
def test_concentration_is_what_the_definition_says(x, data):
    base = data.draw(arrays(np.float64, len(x), elements=st.integers(1, 9).map(float)))
    base /= base.sum()
    found = {method.name: method.function(sparse.csr_array(x), base) for method in concentrations}
    for j in range(x.shape[1]):
        column = x[:, j]
        if column.sum() == 0:
            assert np.isnan([values[j] for values in found.values()]).all()
            continue
        share = column / column.sum()
        assert found["gini"][j] == pytest.approx(slow.gini(column, base), abs=1e-12)
        assert found["locational-gini"][j] == found["gini"][j] / 2
        assert found["hoover"][j] == pytest.approx(np.abs(share - base).sum() / 2, abs=1e-12)
        assert found["hoover"][j] <= found["gini"][j] + 1e-12
        assert found["raw-concentration"][j] == pytest.approx(((share - base) ** 2).sum(), abs=1e-12)
        assert found["herfindahl"][j] == pytest.approx((share**2).sum(), abs=1e-12)
        assert found["shannon-entropy"][j] == pytest.approx(slow.entropy(column), abs=1e-12)
        some = share > 0
        assert found["theil"][j] == pytest.approx((share[some] * np.log(share[some] / base[some])).sum(), abs=1e-12)


@LAW
@given(plants=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 9)), min_size=6, max_size=15))
def test_plants_lie_together_as_the_definition_says(plants):
    regions, activities, size = (np.array(column) for column in zip(*plants, strict=True))
    assume(len(set(regions)) > 1)
    _, _, ours = gammas(regions, activities, size.astype(float), (4, 3))
    for activity in range(3):
        if (activities == activity).sum() < 2:
            assert np.isnan(ours[activity])
        else:
            assert ours[activity] == pytest.approx(slow.gamma(plants, activity), abs=1e-9)


@LAW
@given(x=amounts(), data=st.data())
def test_modularity_is_links_less_chance(x, data):
    assume(x.sum() > 0)
    codes = data.draw(arrays(np.int64, sum(x.shape), elements=st.integers(0, 2)))
    size = sum(x.shape)
    flows = np.zeros((size, size))
    flows[: len(x), len(x) :] = x
    expected = slow.barber(x.tolist(), codes[: len(x)], codes[len(x) :])
    assert modularity(sparse.csr_array(flows), codes) == pytest.approx(expected, abs=1e-12)
    mutual = flows + flows.T
    assert modularity(sparse.csr_array(mutual), codes) == pytest.approx(slow.newman(mutual, codes), abs=1e-12)


@LAW
@given(x=amounts(), seed=st.integers(0, 9))
def test_groups_found_have_the_modularity_said_and_no_single_move_betters_it(x, seed):
    assume(x.sum() > 0)
    table = frame(x)
    found = communities(table, starts=2, seed=seed)
    nodes = found.to_frame()
    assert partition_modularity(table, nodes) == pytest.approx(found.modularity, abs=1e-12)
    assert found.modularity == pytest.approx(max(found.starts))
    assert found.modularity <= 1
    together = nodes.assign(community=1)
    assert found.modularity >= partition_modularity(table, together) - 1e-9


@LAW
@given(x=presences())
def test_nestedness_counts_pairs(x):
    some = x[x.sum(axis=1) > 0]
    total, pairs = nested(sparse.csr_array(some))
    assert (total, pairs) == pytest.approx(slow.nodf(some.tolist()), abs=1e-12)
    assert 0 <= total <= pairs + 1e-12
