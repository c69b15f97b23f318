"""Complexity of regions and activities: what is scored, what is left out, what is said of it, and what is refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import sparse

from tests.oracles import complexity as slow
from xinzhi.core.errors import MethodError
from xinzhi.structure import spectra
from xinzhi.structure.complexity import complexity, score
from xinzhi.structure.scoring import Scores, complexities, leaning

# Nested: each region has what the next has, and more.
NESTED = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
MIXED = np.array(
    [
        [1, 1, 0, 1, 0, 1],
        [1, 1, 1, 0, 0, 0],
        [1, 0, 1, 1, 0, 0],
        [0, 1, 0, 0, 1, 1],
        [1, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 1, 1],
    ]
)
SPECTRAL = [{"convention": name} for name in ("ecomplexity", "economiccomplexity", "fermi", "econgeo")]


def codes(found):
    return [note.code for note in (found.diagnosis if hasattr(found, "diagnosis") else found.notes)]


def table(m, regions=None, activities=None):
    return pd.DataFrame(
        np.asarray(m, float),
        index=regions or [f"r{i}" for i in range(len(m))],
        columns=activities or [f"a{j}" for j in range(len(m[0]))],
    )


def test_eci_is_the_second_eigenvector_of_the_walk():
    found = score(MIXED)
    walk, roots = slow.walk(MIXED.tolist()), slow.eigenvalues(MIXED.tolist())
    values, vectors = np.linalg.eig(walk)
    vector = vectors[:, np.argsort(-values.real)[1]].real
    z = (vector - vector.mean()) / vector.std()
    z *= np.sign(z @ MIXED.sum(axis=1))
    assert found.regions == pytest.approx(z, abs=1e-10)
    assert found.spectrum == pytest.approx(roots[: found.spectrum.size], abs=1e-12)


def test_a_region_is_as_complex_as_the_mean_of_what_it_has():
    found = score(MIXED)
    assert found.regions == pytest.approx(MIXED @ found.activities / MIXED.sum(axis=1), abs=1e-12)
    assert found.regions.mean() == pytest.approx(0, abs=1e-12)
    assert found.regions.std() == pytest.approx(1)


def test_both_solvers_agree(monkeypatch):
    m = sparse.random_array((90, 140), density=0.2, rng=np.random.default_rng(3)) > 0
    dense = score(m)
    monkeypatch.setattr(spectra, "DENSE", 0)
    sparse_ = score(m)
    assert sparse_.spectrum[0] == pytest.approx(dense.spectrum[0], abs=1e-12)
    assert sparse_.spectrum[1] == pytest.approx(dense.spectrum[1], rel=1e-2)
    assert sparse_.regions == pytest.approx(dense.regions, abs=1e-9)
    assert sparse_.activities == pytest.approx(dense.activities, abs=1e-9)
    assert score(m, "genepy").regions == pytest.approx(
        np.array(slow.genepy(m.toarray().astype(float).tolist())), abs=1e-9
    )


def test_conventions_differ_as_they_say():
    eco, r, fermi, geo = (score(MIXED, **options) for options in SPECTRAL)
    n = len(MIXED)
    assert r.regions == pytest.approx(eco.regions * np.sqrt((n - 1) / n))
    assert fermi.regions == pytest.approx(eco.regions)
    assert fermi.activities.std() == pytest.approx(1)
    assert abs(leaning(fermi.activities, eco.activities)) == pytest.approx(1)
    assert leaning(fermi.activities, MIXED.sum(axis=0)) > 0
    assert abs(geo.regions.sum()) == pytest.approx(1)


@pytest.mark.parametrize("options", SPECTRAL, ids=lambda options: options["convention"])
def test_an_anchor_settles_the_sign_of_both_sides(options):
    plain = score(MIXED, **options)
    for anchor in (plain.regions, -plain.regions):
        turned = score(MIXED, anchor=anchor, **options)
        assert leaning(turned.regions, anchor) == pytest.approx(1)
        # Whatever the convention alone would say, an anchor keeps the two sides together.
        assert leaning(MIXED @ turned.activities / MIXED.sum(axis=1), turned.regions) > 0


def test_an_anchor_may_have_gaps():
    anchor = np.array([np.nan, 1.0, 2.0, 3.0, np.nan, 5.0])
    found = score(MIXED, anchor=anchor)
    assert leaning(found.regions, anchor) > 0


def test_what_has_no_link_is_named_and_the_rest_scored():
    m = np.zeros((7, 8))
    m[1:, :6] = MIXED
    found = complexity(table(m, regions=["empty", *"abcdef"]))
    assert np.isnan(found.regions.sel(region="empty"))
    assert np.isnan(found.activities.values[0, 6:]).all()
    assert found.regions.values[0, 1:] == pytest.approx(score(MIXED).regions)
    assert codes(found) == ["empty-regions", "empty-activities"]
    assert "empty" in found.diagnosis[0].en and "empty" in found.diagnosis[0].zh
    assert "a6, a7" in found.diagnosis[1].en


def test_of_parts_that_share_nothing_the_largest_is_scored():
    m = np.zeros((9, 9))
    m[:3, :3] = 1 - np.eye(3)
    m[3:, 3:] = MIXED
    found = score(m)
    assert np.isnan(found.regions[:3]).all() and np.isnan(found.activities[:3]).all()
    assert found.regions[3:] == pytest.approx(score(MIXED).regions)
    assert codes(found) == ["not-connected"]
    assert "2 parts" in found.notes[0].en and "3 regions, 3 activities" in found.notes[0].en


@pytest.mark.parametrize("m", [np.ones((4, 3)), np.ones((1, 3)), np.ones((3, 1)), np.ones((1, 1))])
def test_where_nothing_tells_regions_apart_none_is_scored(m):
    for options in ({}, {"convention": "economiccomplexity"}, {"convention": "fermi"}):
        found = score(m, **options)
        assert np.isnan(found.regions).all() and np.isnan(found.activities).all()
        assert codes(found) == ["no-second-structure"]
    assert np.isnan(score(m, "reflections").regions).all()


def test_a_tie_is_told_and_broken_by_the_anchor():
    ring = np.eye(6) + np.roll(np.eye(6), 1, axis=1)  # every region like every other
    undecided = score(ring)
    assert "tied-spectrum" in codes(undecided)
    assert np.isnan(undecided.regions).all()  # diversity is the same everywhere and chooses nothing
    anchor = np.array([3.0, 1.0, 0.0, -3.0, -1.0, 0.0])
    found = score(ring, anchor=anchor)
    assert "tied-spectrum" in codes(found)
    assert leaning(found.regions, anchor) > 0.9
    walk = slow.walk(ring.tolist())
    assert walk @ found.regions == pytest.approx(found.spectrum[0] * found.regions, abs=1e-10)


def test_a_tie_is_seen_by_iteration_too(monkeypatch):
    ring = np.eye(30) + np.roll(np.eye(30), 1, axis=1)
    anchor = np.cos(np.arange(30) / 7)
    dense = score(ring, anchor=anchor)
    monkeypatch.setattr(spectra, "DENSE", 0)
    found = score(ring, anchor=anchor)
    assert "tied-spectrum" in codes(found)
    assert found.regions == pytest.approx(dense.regions, abs=1e-9)


def test_all_that_tie_are_mixed():
    every = 1 - np.eye(7)  # six structures, all equally strong
    anchor = np.array([5.0, 1, 1, 0, -1, -1, -2])
    found = score(every, anchor=anchor)
    assert "6 structures" in found.notes[0].en
    assert leaning(found.regions, anchor) == pytest.approx(1)


def test_a_near_tie_is_told():
    ring = np.eye(20) + np.roll(np.eye(20), 1, axis=1) + np.roll(np.eye(20), 2, axis=1)
    ring[0, 5] = 1  # hardly enough to break the tie
    assert "near-tied-spectrum" in codes(score(ring))
    assert "near-tied-spectrum" not in codes(score(MIXED))


def test_a_sign_that_nothing_settles_is_told():
    flat = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]])  # two activities each
    found = score(flat)
    assert "sign-undetermined" in codes(found)
    assert not np.isnan(found.regions).any()
    assert "sign-undetermined" not in codes(score(flat, anchor=np.arange(5.0)))


def test_a_year_without_anything_does_not_spoil_the_others():
    years = {2019: table(MIXED), 2020: table(np.zeros_like(MIXED)), 2021: table(MIXED)}
    found = complexity(years)
    assert np.isnan(found.regions.sel(time=2020)).all()
    assert found.regions.sel(time=2021).values == pytest.approx(found.regions.sel(time=2019).values)
    told = [note.en for note in found.diagnosis]
    assert any(line.startswith("2020: ") and "no region" in line for line in told)
    assert not any(line.startswith("2021: ") for line in told)


def test_periods_may_know_different_regions_and_activities():
    found = complexity({"early": table(MIXED), "late": table(MIXED, activities=[f"a{j}" for j in range(1, 7)])})
    assert found.activities.sizes == {"time": 2, "activity": 7}
    assert np.isnan(found.activities.sel(time="early", activity="a6"))
    assert np.isnan(found.activities.sel(time="late", activity="a0"))


def test_amounts_become_presence_as_asked():
    amounts = table(MIXED * np.arange(1, 7)[:, None] * np.array([5, 1, 1, 2, 1, 3]) + 0.5)
    by_rca = complexity(amounts)
    held = by_rca.values.values[0].toarray()
    x = amounts.to_numpy()
    quotient = (x / x.sum(axis=1, keepdims=True)) / (x.sum(axis=0) / x.sum())
    assert (held == (quotient >= 1)).all()
    assert by_rca.regions.values[0] == pytest.approx(score(held).regions)
    by_count = complexity(amounts, presence={"method": "count", "at_least": 2.0})
    assert by_count.regions.values[0] == pytest.approx(score(x >= 2).regions)
    weighted = complexity(amounts, presence="as-given")
    assert weighted.regions.values[0] == pytest.approx(score(x).regions)


def test_reflections_against_exact_fractions():
    for steps in (0, 1, 2):
        found = score(MIXED, "reflections", convention="econgeo", steps=steps)
        exact = slow.reflections(MIXED.tolist(), steps)
        assert found.regions == pytest.approx(np.array(exact[0], dtype=float), rel=1e-13)
        assert found.activities == pytest.approx(np.array(exact[1], dtype=float), rel=1e-13)
    for steps in (6, 18, 40):
        found = score(MIXED, "reflections", steps=steps)
        exact = [slow.reflections(MIXED.tolist(), at)[side] for side, at in ((0, steps), (1, steps + 1))]
        for ours, k in zip((found.regions, found.activities), exact, strict=True):
            centred = [value - sum(k) / len(k) for value in k]
            scaled = np.array([float(value / max(map(abs, centred))) for value in centred])
            assert ours == pytest.approx(scaled / scaled.std(ddof=1), abs=1e-9)


def test_fitness_against_its_twin_and_its_fixed_point():
    for steps in (1, 5, 19):
        found = score(MIXED, "fitness", convention="economiccomplexity", iterations=steps + 1)
        f, q = slow.fitness(MIXED.tolist(), steps)
        assert found.regions == pytest.approx(np.array(f)) and found.activities == pytest.approx(np.array(q))
        assert found.steps == steps
    steep = score(MIXED, "fitness", iterations=7, tolerance=0.0, extremality=2.5)
    assert steep.regions == pytest.approx(np.array(slow.fitness(MIXED.tolist(), 7, 2.5)[0]))


def test_fitness_says_whether_it_settled():
    short = score(MIXED, "fitness", iterations=5)
    assert "not-converged" in codes(short)
    assert "step 5" in next(note.en for note in short.notes if note.code == "not-converged")


def test_fitness_that_fades_is_told():
    # A region with one activity that a strong region has too: nothing holds its fitness up.
    m = np.array([[1, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 1]])
    found = score(m, "fitness", iterations=100)
    assert "fading-fitness" in codes(found)
    assert "2 of 3" in next(note.en for note in found.notes if note.code == "fading-fitness")
    assert np.isfinite(score(m, "fitness").regions).all()


def test_prody_by_hand():
    x, income = np.array([[3.0, 1.0], [1.0, 1.0], [0.0, 2.0]]), np.array([10.0, 20.0, 40.0])
    found = score(x, "prody", income)
    first = (0.75 * 10 + 0.5 * 20) / 1.25
    second = (0.25 * 10 + 0.5 * 20 + 1.0 * 40) / 1.75
    assert found.activities == pytest.approx([first, second])
    assert found.regions == pytest.approx([0.75 * first + 0.25 * second, (first + second) / 2, second])
    partial = score(x, "prody", np.array([10.0, 20.0, np.nan]))
    assert partial.activities[1] == pytest.approx((0.25 * 10 + 0.5 * 20) / 0.75)
    assert partial.regions[2] == pytest.approx(partial.activities[1])
    assert codes(partial) == ["no-income"]
    with pytest.raises(MethodError, match="give income"):
        score(x, "prody")


def test_prody_takes_amounts_at_the_front_door():
    amounts = table(MIXED * np.arange(1.0, 7.0))
    income = dict(zip(amounts.index, [1.0, 2, 3, 4, 5, 6], strict=True))
    found = complexity(amounts, "prody", anchor=income)
    assert found.regions.values[0] == pytest.approx(score(amounts.to_numpy(), "prody", np.arange(1.0, 7.0)).regions)


def test_normalised_ubiquity_and_modular_by_hand():
    x = np.array([[6.0, 2.0, 0.0], [2.0, 2.0, 4.0]])
    found = score(x, "normalised-ubiquity")
    held = (x / x.sum(1, keepdims=True)) / (x.sum(0) / x.sum()) >= 1
    assert found.activities == pytest.approx((x.sum(0) / x.sum()) / (held.sum(0) / held.sum()))
    m = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 1]])
    ease = np.array([2 / 2, 2 / 1, 2 / 2])
    assert score(m, "modular").activities == pytest.approx(m.sum(0) / (m.T @ ease))


def test_an_anchor_comes_with_labels_in_any_order():
    m = table(MIXED)
    series = pd.Series([6.0, 5, 4, 3, 2, 1], index=m.index)
    expected = complexity(m, anchor=series)
    labels = {"region": m.index.to_numpy(), "time": ["all"]}
    for anchor in (
        series.sample(frac=1, random_state=1),
        series.to_dict(),
        xr.DataArray(series.to_numpy(), dims="region", coords={"region": labels["region"]}),
        xr.DataArray(series.to_numpy()[:, None], dims=("region", "time"), coords=labels),
    ):
        assert complexity(m, anchor=anchor).regions.values == pytest.approx(expected.regions.values)
    with pytest.raises(MethodError, match=r"names none of the regions.*it names elsewhere"):
        complexity(m, anchor={"elsewhere": 1.0})
    with pytest.raises(MethodError, match="all are missing") as caught:
        complexity(m, anchor=series * np.nan)
    assert "全部缺失" in caught.value.say("zh")
    with pytest.raises(MethodError, match=r"none of the periods of the links, such as all; it has 1999"):
        complexity(m, anchor=pd.DataFrame({1999: series}))
    with pytest.raises(MethodError, match="one number a region"):
        complexity(m, anchor=[1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("bad", [-1.0, np.inf, np.nan])
def test_links_must_be_finite_and_not_negative(bad):
    m = MIXED.astype(float)
    m[2, 2] = bad
    with pytest.raises(MethodError, match="not negative"):
        score(m)


def test_unknown_names_and_options_are_refused():
    with pytest.raises(MethodError, match="eigenvector"):
        score(MIXED, "eigenvektor")
    with pytest.raises(MethodError, match="no option"):
        score(MIXED, "eigenvector", tolerance=1)
    with pytest.raises(MethodError):
        score(MIXED, "eigenvector", convention="nobody")
    for options in ({"steps": -1},):
        with pytest.raises(MethodError, match="steps"):
            score(MIXED, "reflections", **options)
    for options in ({"extremality": 0.0}, {"tolerance": -1.0}, {"iterations": 0}):
        with pytest.raises(MethodError):
            score(MIXED, "fitness", **options)
    with pytest.raises(MethodError, match="periods"):
        complexity({})


def test_a_function_is_a_method_too():
    found = complexity(table(MIXED), lambda m, anchor: (m.sum(axis=1), m.sum(axis=0)))
    assert found.regions.values[0].tolist() == MIXED.sum(axis=1).tolist()
    assert found.activities.values[0].tolist() == MIXED.sum(axis=0).tolist()


def test_results_print_list_and_record():
    found = complexity(table(MIXED), anchor=pd.Series(np.arange(6.0), index=[f"r{i}" for i in range(6)]))
    regions, activities = found.to_frame(), found.to_frame("activity")
    assert list(regions) == ["time", "region", "score", "rank", "diversity"]
    assert list(activities) == ["time", "activity", "score", "rank", "ubiquity"]
    assert regions["diversity"].tolist() == MIXED.sum(axis=1).tolist()
    assert sorted(regions["rank"]) == pytest.approx(sorted(found.ranks.values[0]))
    assert regions.loc[regions["rank"].idxmin(), "score"] == regions["score"].max()
    assert "eigenvector" in repr(found) and "6 of 6 regions" in repr(found)
    assert found.record.settings["method"] == "eigenvector"
    assert set(found.record.inputs) == {"all", "anchor"}
    assert found.record.to_json() == complexity(table(MIXED), anchor=found.anchor.isel(time=0)).record.to_json()


def test_every_measure_scores_what_is_nested_in_order():
    income = np.array([50.0, 40, 30, 20, 10])
    for name in complexities.members:
        found = score(NESTED, name, income)
        assert isinstance(found, Scores)
        known = found.regions[~np.isnan(found.regions)]
        assert (np.diff(known) <= 1e-12).all() or (name == "genepy" and known.argmin() == 4), name


def test_the_public_door():
    import xinzhi

    assert xinzhi.complexity is complexity
    assert type(complexity(table(MIXED))) is xinzhi.Complexity


def test_what_is_empty_is_told_once_for_all_periods():
    def year(*without):
        return pd.DataFrame(
            [[0.0] * 4 if f"r{i}" in without else [1.0] * (4 - i) + [0.0] * i for i in range(4)],
            [f"r{i}" for i in range(4)],
            list("abcd"),
        )

    some = complexity({2000: year("r1"), 2001: year("r1", "r2"), 2002: year(), 2003: year("r1")}, presence="as-given")
    told = [note for note in some.diagnosis if note.code == "empty-regions"]
    assert len(told) == 1
    assert "2 regions" in told[0].en and "r1 (2000–2001, 2003), r2 (2001)" in told[0].en
    assert "r1（2000–2001、2003）、r2（2001）" in told[0].zh
    always = complexity({2000: year("r1"), 2001: year("r1")}, presence="as-given")
    assert next(note.en for note in always.diagnosis if note.code == "empty-regions").endswith("no score: r1.")


def test_anchors_and_presences_that_cannot_be_are_errors_of_method():
    table = pd.DataFrame(np.triu(np.ones((4, 4))), list("ABCD"), list("wxyz"))
    with pytest.raises(MethodError, match="the anchor must be numbers"):
        complexity(table, anchor=dict.fromkeys("ABCD", "much"))
    with pytest.raises(MethodError, match="more than once, such as A"):
        complexity(table, anchor=pd.Series(1.0, index=list("ABCDA")))
    with pytest.raises(MethodError, match="no presence method is named 'rcaa'"):
        complexity(table, presence="rcaa")
