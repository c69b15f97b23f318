"""The vectorised engine against its slow twin: one whole index after the other."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracles import vary as slow
from tests.study.vary_example import data, spec, varied
from xinzhi.core.errors import MethodError
from xinzhi.measure.aggregation import aggregations
from xinzhi.measure.composite import measure
from xinzhi.study.vary import replay
from xinzhi.study.vary.plan import Plan
from xinzhi.study.vary.varying import vary

# A process forked while compiled loops hold threads may be ended by their library; one begun afresh has none.
AFRESH = get_context("spawn")
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Z = {"method": "z-score", "mean": 100.0, "sd": 10.0}
RELATIVE = {"method": "given", "relative": True}
# What may vary, as [vary] says it and, written out in full, what each version changes in the spec.
CHOICES = {
    "denominate": ([True, False], [{"denominate": True}, {"denominate": False}]),
    "impute": (["mean", ["linear", "median"]], [{"impute": ["mean"]}, {"impute": ["linear", "median"]}]),
    "treat": (
        ["none", {"method": "winsorise", "limit": 2, "skew": 0.5, "kurtosis": 0.5}],
        [{"treat": "none"}, {"treat": {"method": "winsorise", "limit": 2, "skew": 0.5, "kurtosis": 0.5}}],
    ),
    "normalise": (["min-max", Z], [{"normalise": {"method": "min-max", "to": (1, 100)}}, {"normalise": Z}]),
    "weigh": (
        ["given", "entropy", {"method": "critic", "scope": "year"}, ["equal", {"method": "entropy", "level": 2}]],
        [
            {"weigh": RELATIVE},
            {"weigh": "entropy"},
            {"weigh": {"method": "critic", "scope": "year"}},
            {"weigh": ["equal", {"method": "entropy", "level": 2}]},
        ],
    ),
    "aggregate": (
        ["arithmetic", "geometric", "harmonic", {"method": "generalised-mean", "p": 0.5}],
        [
            {"aggregate": name}
            for name in ("arithmetic", "geometric", "harmonic", {"method": "generalised-mean", "p": 0.5})
        ],
    ),
}


@FEW
@given(
    chosen=st.sets(st.sampled_from(sorted(CHOICES)), max_size=4),
    noise=st.sampled_from(
        [(), ({"level": 1, "share": 0.25},), ({"level": 1, "share": 0.4}, {"level": 3, "share": 0.1})]
    ),
    left=st.sampled_from([(), "one indicator", ("waste", "trade", "open")]),
    error=st.sampled_from([None, {"*": 0.05}]),
    gaps=st.sampled_from([0, 0, 6]),
    against=st.booleans(),
    seed=st.integers(0, 1_000),
)
def test_every_draw_is_the_index_of_its_choices(chosen, noise, left, error, gaps, against, seed):
    if not (chosen or noise or left or error):
        chosen = {"normalise"}
    panel, said = data(gaps=gaps, seed=seed), {name: CHOICES[name][0] for name in chosen}
    said |= {"noise": noise, "leave_out": left} | ({"error": error} if error else {})
    base = spec()
    if against:
        elements = [
            element.model_copy(update={"direction": -1}) if element.code == "green" else element
            for element in base.elements
        ]
        base = spec(elements=elements)
    doubt = vary(panel, base, varied(**said), draws=6, seed=seed)
    twin = slow.replayed(doubt, panel, {name: CHOICES[name][1] for name in chosen})
    np.testing.assert_allclose(doubt.draws, twin, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", sorted(set(aggregations.members) - {"benefit-of-the-doubt", "coupling-coordination"}))
@pytest.mark.parametrize("scope", ["pooled", "year"])
def test_every_aggregation_can_be_replayed(name, scope):
    choice = {"method": name, "level": 4, "scope": scope} | ({"p": -1.5} if name == "generalised-mean" else {})
    panel, base = data(gaps=4), spec(aggregate=["arithmetic", choice])
    said = varied(weigh=["given", "entropy"], noise={"level": 1}, leave_out="one indicator")
    doubt = vary(panel, base, said, draws=8)
    twin = slow.replayed(doubt, panel, {"weigh": CHOICES["weigh"][1][:2]})
    np.testing.assert_allclose(doubt.draws, twin, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["benefit-of-the-doubt", "coupling-coordination"])
def test_methods_deaf_to_weights_are_replayed_and_leave_nobody_out(name):
    panel = data()
    base = spec(normalise={"method": "min-max", "to": (0.1, 1)}, aggregate=["arithmetic", {"method": name, "level": 4}])
    doubt = vary(panel, base, varied(noise={"level": 1}), draws=4)
    np.testing.assert_allclose(doubt.draws, slow.replayed(doubt, panel, {}), rtol=1e-9, atol=1e-9)
    with pytest.raises(MethodError, match="a child without weight still counts"):
        vary(panel, base, varied(leave_out=["inside"]), draws=4)
    with pytest.raises(MethodError, match="'trade' cannot be left out"):  # it would take 'open' with it
        vary(panel, base, varied(leave_out=["trade"]), draws=4)
    assert vary(panel, base, varied(leave_out=["rd", "waste"]), draws=4).draws.shape == (6, 3, 7)
    other = varied(leave_out=["inside"], aggregate={4: ["arithmetic", "geometric"]})
    assert vary(panel, base, other, draws=4).draws.shape == (8, 3, 7)


def test_a_function_of_ones_own_can_be_replayed():
    def lowest(x, w):
        return np.fmin.reduce(x, axis=-1)

    panel, base = data(), spec(aggregate=["arithmetic", {"method": lowest, "level": 4}])
    doubt = vary(panel, base, varied(noise={"level": 1}), draws=4)
    np.testing.assert_allclose(doubt.draws, slow.replayed(doubt, panel, {}), rtol=1e-9)


def test_least_children_count_before_any_weight_does():
    panel = data(gaps=12)
    base = spec(aggregate={"method": "arithmetic", "least": 0.6})
    doubt = vary(panel, base, varied(noise={"level": 1}, leave_out="one indicator"), draws=16)
    twin = slow.replayed(doubt, panel, {})
    assert np.isnan(twin).any()
    np.testing.assert_allclose(doubt.draws, twin, rtol=1e-9)


@pytest.mark.parametrize("impute", [{"method": "em", "noise": "residual", "scope": "pooled"}, {"method": "hot-deck"}])
def test_filled_cells_are_drawn_anew_and_widen_intervals(impute):
    panel, base = data(gaps=10), spec(impute=["mean"])
    doubt = vary(panel, base, varied(impute=["mean", impute]), draws=12)
    assert [factor.name for factor in doubt.plan.factors] == ["impute", "fill"]
    versions = {"impute": [{"impute": ["mean"]}, {"impute": [impute]}]}
    np.testing.assert_allclose(doubt.draws, slow.replayed(doubt, panel, versions), rtol=1e-9)
    fixed = spec(impute=[impute])
    spread = vary(panel, fixed, varied(noise={"share": 1e-9}), draws=40).scores.std("draw")
    whole = ~np.isnan(panel.isel(indicator=slice(0, 6))).any("indicator")
    filled = (~whole).values & ~np.isnan(spread.values)
    assert (spread.values[filled] > 1e-3).all()


def test_zero_rules_vary_wherever_weights_are_entropy():
    panel, base = data(), spec(normalise={"method": "min-max", "to": (0, 1)})
    combined = {"method": "average", "of": ["equal", "entropy"]}
    rules = ["skip", {"zeros": "shift", "eps": 0.5, "in_score": True}, "half-minimum"]
    said = varied(weigh=["given", "entropy", combined], zeros=rules)
    doubt = vary(panel, base, said, sampling="factorial")
    assert len(doubt.draws) == 9
    for draw in range(9):
        rule = [{"zeros": "skip"}, rules[1], {"zeros": "half-minimum"}][doubt.picks[draw, 1]]
        entropy = {"method": "entropy"} | rule
        weigh = [RELATIVE, entropy, {"method": "average", "of": ["equal", entropy]}][doubt.picks[draw, 0]]
        same = measure(panel, spec(normalise={"method": "min-max", "to": (0, 1)}, weigh=weigh)).top.values.T
        np.testing.assert_allclose(doubt.draws[draw], same, rtol=1e-9)


def test_base_periods_and_stated_weights_vary():
    panel = data()
    stated = [{"rd": 1.0, "inside": 1.0}, {"staff": 5.0}]
    said = varied(base_period=["pooled", "year", (2020, 2021)], stated=stated)
    doubt = vary(panel, spec(), said, sampling="factorial")
    for draw in range(6):
        scope, weights = ["pooled", "year", (2020, 2021)][doubt.picks[draw, 0]], stated[doubt.picks[draw, 1]]
        base = spec()
        nodes = [
            [node.model_copy(update={"weight": weights.get(node.code, node.weight)}) for node in part]
            for part in (base.elements, base.indicators)
        ]
        same = spec(
            elements=nodes[0], indicators=nodes[1], normalise={"method": "min-max", "to": (1, 100), "scope": scope}
        )
        np.testing.assert_allclose(doubt.draws[draw], measure(panel, same).top.values.T, rtol=1e-9)


def test_any_number_of_workers_gives_the_same_bits(monkeypatch):
    monkeypatch.setattr(replay, "_DRAWS", 7)
    said = varied(
        normalise=["min-max", Z],
        weigh=["given", "entropy"],
        aggregate={2: ["arithmetic", "geometric"]},
        noise={"level": 1},
        error={"rd": 0.1},
        leave_out="one indicator",
    )
    one, *others = (vary(data(gaps=3), spec(), said, draws=60, seed=3, workers=n) for n in (1, 2, 5))
    for other in others:
        assert np.array_equal(one.draws, other.draws, equal_nan=True)
    assert not np.array_equal(one.draws, vary(data(gaps=3), spec(), said, draws=60, seed=4).draws, equal_nan=True)


def everything_varied(**more):
    """Choices of every kind, whose edits a plan holds."""
    return varied(
        **more,
        treat=["none", "winsorise"],
        normalise=["min-max", Z],
        weigh=["given", "entropy"],
        zeros=["skip", "half-minimum"],
        aggregate={2: ["arithmetic", "geometric"]},
        noise={"level": 1},
        leave_out="one indicator",
    )


def test_a_replay_may_travel():
    panel, plan = data(gaps=5), Plan.of(spec(), everything_varied())
    work = replay.Replay.of(panel, plan, 3)
    points = np.random.default_rng(3).random((40, plan.factors[-1].columns.stop))
    here = work.scores(points, workers=1)
    there = pickle.loads(pickle.dumps(work))
    assert work._known and not there._known  # what has been worked out stays at home
    assert np.array_equal(there.scores(points, workers=1), here)


RANDOM_CELLS = {"impute": ["mean", "hot-deck"], "error": {"rd": 0.1}}


@pytest.mark.parametrize("cells", [{}, RANDOM_CELLS])
def test_an_executor_may_do_the_work(monkeypatch, cells):
    monkeypatch.setattr(replay, "_DRAWS", 30)
    said = everything_varied(**cells)
    with ProcessPoolExecutor(2, AFRESH) as pool:
        elsewhere = vary(data(gaps=5), spec(), said, draws=80, workers=pool)
    assert np.array_equal(elsewhere.draws, vary(data(gaps=5), spec(), said, draws=80, workers=1).draws)


def test_a_fault_comes_back_from_another_process_as_it_was():
    said = varied(normalise=["min-max", "z-score"], aggregate=["arithmetic", "geometric"])
    with ProcessPoolExecutor(1, AFRESH) as pool, pytest.raises(MethodError, match="with normalise = z-score"):
        vary(data(), spec(), said, draws=16, workers=pool)


def test_a_cluster_gives_the_same_bits(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    monkeypatch.setattr(replay, "_DRAWS", 30)
    here = vary(data(gaps=5), spec(), everything_varied(**RANDOM_CELLS), draws=100, workers=2)
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster,
        cluster.get_client() as ours,
    ):
        there = vary(data(gaps=5), spec(), everything_varied(**RANDOM_CELLS), draws=100, workers=ours.get_executor())
    assert np.array_equal(there.draws, here.draws)


def test_the_nominal_is_the_study_as_it_stands():
    doubt = vary(data(), spec(), varied(normalise=["min-max", Z]), draws=4)
    assert np.array_equal(doubt.nominal, measure(data(), spec()).top.values.T)
    with_it = doubt.picks[:, 0] == 0
    np.testing.assert_allclose(doubt.draws[with_it], np.broadcast_to(doubt.nominal, doubt.draws[with_it].shape))


def test_a_combination_that_cannot_be_measured_is_named():
    said = varied(normalise=["min-max", "z-score"], aggregate=["arithmetic", "geometric"])
    with pytest.raises(MethodError) as caught:
        vary(data(), spec(), said, draws=16)
    fault = caught.value.faults[0]
    assert fault.en.startswith("with normalise = z-score, aggregate = geometric: aggregate: geometric of 'science'")
    assert fault.zh.startswith("在 normalise = z-score, aggregate = geometric 的组合下：")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "no choice varies"),
        ({"noise": {"level": 4}}, "weights stand on levels 1 to 3"),
        ({"leave_out": ["nobody"]}, "leave_out names nobody"),
        ({"weigh": {5: ["equal", "entropy"]}}, "it has levels 1 to 3"),
        ({"aggregate": {1: ["arithmetic", "geometric"]}}, "it has levels 2 to 4"),
        ({"zeros": ["skip", "half-minimum"]}, "no version weighs by entropy"),
        ({"stated": [{"rd": 1.0}, {"unknown": 1.0}]}, "names unknown, which the index does not have"),
        ({"error": {"nothing": 0.1}}, "error names nothing"),
        ({"error": {"by": "colour", "red": 0.1}}, "no coordinate 'colour'"),
        ({"weigh": [{"method": "given", "relative": False}, "equal"]}, "add up to 5"),
        ({"leave_out": ["top"]}, "does not have below its top"),
    ],
)
def test_variations_that_do_not_fit_are_refused(said, words):
    with pytest.raises(MethodError, match=words):
        vary(data(), spec(), varied(**said), draws=4)


def test_leaving_out_what_carries_everything_is_refused():
    base = spec(
        elements=[{"code": "top"}, {"code": "open", "parent": "top"}], indicators=[{"code": "trade", "parent": "open"}]
    )
    with pytest.raises(MethodError, match="nothing is left without it"):
        vary(data(), base, varied(leave_out="one indicator"), draws=4)


def test_errors_hold_by_class_of_source():
    by_source = varied(error={"by": "source", "customs": {"sd": 0.5}})
    doubt = vary(data(), spec(), by_source, draws=30)
    abroad = spec(
        indicators=[
            {"code": "rd", "parent": "science"},
            {"code": "staff", "parent": "green"},
            {"code": "patents", "parent": "abroad"},
        ]
    )
    assert doubt.scores.std("draw").min() > 0
    none = vary(data(), abroad, varied(error={"by": "source", "yearbook": 0.0, "*": 0.0}), draws=4)
    np.testing.assert_allclose(none.draws, np.broadcast_to(none.nominal, none.draws.shape), rtol=1e-12)
    origin = vary(data(), abroad, varied(error={"by": "origin", "observed": 0.1}), draws=4)
    assert origin.scores.std("draw").min() > 0
