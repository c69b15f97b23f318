import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.simulate.making import files_in
from xinzhi.core.errors import MethodError
from xinzhi.simulate import experiments, gathering
from xinzhi.simulate.experiments import Experiment, experiment, leave
from xinzhi.simulate.history import REGIONAL, SERIES
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.policy import Lever, Policy, Shock
from xinzhi.simulate.run_files import start_digest
from xinzhi.simulate.story import grow
from xinzhi.simulate.world import found_world, model_start

START = model_start()
RESEARCH = Policy(name="research", levers=(Lever(lever="basic_research", budget=0.004),))
CLEAN = Policy(name="clean", levers=(Lever(lever="clean_energy", budget=0.002, start=2023, stop=2024),))
PARK = Policy(name="park", levers=(Lever(lever="park_rule", budget=0.001, regions=("Region 03",)),))
BLOCKADE = Policy(name="blockade", shocks=(Shock(shock="blockade", size=0.8),))
SMALL = {"years": 3, "firms": 2000, "draws": 4, "workers": 1}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def found(store) -> Experiment:
    return experiment(START, [RESEARCH, CLEAN, BLOCKADE], **SMALL, store=store)


def same(one, other):
    """Whether two experiments say the same of the policies of the first."""
    for name in one.names:
        a, b = one.names.index(name), other.names.index(name)
        for field in ("fan", "mean", "gap", "yearly", "region_mean", "region_gain", "region_gain_low", "births"):
            np.testing.assert_array_equal(getattr(one, field)[a], getattr(other, field)[b])
        np.testing.assert_array_equal(one.lags.share[a], other.lags.share[b])
        np.testing.assert_array_equal(one.industries_of[name].share, other.industries_of[name].share)
        tables = [each.spending[each.spending["policy"] == name].reset_index(drop=True) for each in (one, other)]
        pd.testing.assert_frame_equal(*tables)


def test_who_does_nothing_is_added_and_all_are_compared_with_it(found):
    assert found.names == ("none", "research", "clean", "blockade")
    assert found.reference == "none"
    assert not np.nan_to_num(found.gap[0]).any()  # what no run has stays missing
    assert not np.nan_to_num(found.region_gain[0]).any()


def test_a_draw_is_the_run_of_its_seed_and_knobs(found):
    world = found_world(START, Knobs(), firms=2000, seed=found.seeds[2])
    policy = found.policies[1]
    history = grow(world, 12, policy)
    np.testing.assert_array_equal(found.yearly[1, 2], history.national.reshape(3, 4, -1).mean(axis=1))
    assert found.births[1, 2].sum() == len(history.industries) - len(START.industries)


def test_axes_are_as_said(found):
    p, d, y, q, s, r, o = 4, 4, 3, 12, len(SERIES), len(START.regions), len(REGIONAL)
    assert found.fan.shape == found.gap.shape == (p, 3, q, s)
    assert found.mean.shape == (p, q, s)
    assert found.yearly.shape == (p, d, y, s)
    assert found.region_mean.shape == found.region_gain_high.shape == (p, y, r, o)
    assert found.births.shape == (p, d, y)
    assert found.lags.share.shape == found.backed.high.shape == (p, q, 4)


def test_fans_hold_the_middle_of_the_draws(found):
    last = found.yearly[:, :, :, found.series.index("output")]
    table = found.fans("output", "research")
    assert list(table["quarter"]) == list(range(12))
    assert table["time"].iloc[5] == START.first_year + 1.25
    assert table["mean"].to_numpy().reshape(3, 4).mean(axis=1) == pytest.approx(last[1].mean(axis=0))
    assert ((table["low"] <= table["median"]) & (table["median"] <= table["high"])).all()


def test_a_difference_is_the_paired_t_interval_of_its_draws(found):
    year, series = 2024, "new_quality_share"
    values = found.yearly[:, :, 2, found.series.index(series)]
    wanted = stats.ttest_rel(values[1], values[0]).confidence_interval(0.95)
    told = found.difference("research", series, year)
    assert (told.low, told.high) == pytest.approx(tuple(wanted))
    np.testing.assert_array_equal(told.values, values[1] - values[0])
    row = found.differences(year, series, "research").iloc[0]
    assert (row["difference"], row["low"], row["high"]) == (told.mean, told.low, told.high)
    assert row["value"] - row["reference"] == pytest.approx(told.mean)
    swapped = found.difference("none", series, year, against="research")
    assert (swapped.mean, swapped.low) == pytest.approx((-told.mean, -told.high))


def test_sharing_luck_makes_differences_surer(found):
    output = found.yearly[:, :, -1, found.series.index("output")]
    paired = np.var(output[2] - output[0], ddof=1)
    assert paired < 0.5 * (np.var(output[2], ddof=1) + np.var(output[0], ddof=1))


def test_the_order_of_policies_makes_no_difference(found, store):
    same(found, experiment(START, [BLOCKADE, CLEAN, Policy.none(), RESEARCH], **SMALL, store=store))


def test_any_workers_find_the_same(found, store, tmp_path):
    again = experiment(START, [RESEARCH, CLEAN, BLOCKADE], **SMALL | {"workers": 2}, store=tmp_path)
    assert files_in(tmp_path) == {
        name: content for name, content in files_in(store).items() if name in files_in(tmp_path)
    }
    same(found, again)
    with ThreadPoolExecutor(2) as pool:
        same(found, experiment(START, [RESEARCH, CLEAN, BLOCKADE], **SMALL | {"workers": pool}))


def test_dask_finds_the_same(found, tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs the dask extra")
    with distributed.Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as client:
        same(found, experiment(START, [RESEARCH, CLEAN, BLOCKADE], **SMALL | {"workers": client.get_executor()}))


def test_more_draws_take_up_those_that_are_there(found, store):
    said = []
    more = experiment(START, [RESEARCH, CLEAN, BLOCKADE], **SMALL | {"draws": 5}, store=store, tell=said.append)
    assert said[0].kept == 16
    assert said[-1].total == 20
    assert more.seeds[:4] == found.seeds
    np.testing.assert_array_equal(more.yearly[:, :4], found.yearly)


def test_a_name_decides_nothing(found, store):
    said = []
    renamed = [RESEARCH.model_copy(update={"name": "science"}), CLEAN]
    experiment(START, renamed, **SMALL, store=store, tell=said.append)
    assert said[0].done == said[0].total


def test_money_is_the_same_unless_it_is_not_to_be(found):
    first, last = START.first_year, START.first_year + 3
    assert found.policies[1].spending(first, last) == pytest.approx(0.012)
    assert found.policies[2].spending(first, last) == pytest.approx(0.012)
    planned = found.spending.groupby("policy")["planned"].sum()
    assert planned["research"] == pytest.approx(0.012)
    assert planned["clean"] == pytest.approx(0.012)
    clean = found.spending[found.spending["policy"] == "clean"].set_index("year")
    assert clean.loc[2022, "planned"] == 0
    assert clean.loc[2023, "planned"] == pytest.approx(0.012)
    assert (found.spending["spent"] <= found.spending["planned"] + 1e-12).all()
    as_said = experiment(START, [RESEARCH, CLEAN], **SMALL, equal_spending=False)
    assert as_said.policies[2] == CLEAN


def test_money_that_finds_no_use_is_told():
    found = experiment(START, [PARK], **SMALL | {"draws": 2})
    row = found.spending.sum(numeric_only=True)
    assert row["unspent"] == pytest.approx(row["planned"] - row["spent"])
    assert list(found.spending["lever"].unique()) == ["park_rule"]


def test_draws_are_dealt_the_knobs_of_a_posterior_evenly_and_the_same_for_all():
    sets = [Knobs(lapse=value) for value in (0.01, 0.03, 0.1)]
    found = experiment(START, [RESEARCH], knobs=sets, **SMALL | {"draws": 6, "years": 1})
    assert sorted(found.knobs_of) == [0, 0, 1, 1, 2, 2]
    assert found.knob_sets == 3
    np.testing.assert_array_equal(found.groups, found.knobs_of)
    assert found.record.settings["knobs"]["lapse"] == [0.01, 0.03, 0.1]
    world = found_world(START, sets[found.knobs_of[4]], firms=2000, seed=found.seeds[4])
    np.testing.assert_array_equal(found.yearly[0, 4], grow(world, 4).national.mean(axis=0)[None])


def test_what_became_of_discoveries_adds_up(found):
    np.testing.assert_allclose(found.lags.share.sum(axis=-1), 1)
    assert found.lags.causes[-1] == "open"
    assert (np.diff(found.lags.share[..., :3], axis=1) >= 0).all()
    table = found.incidence()
    assert set(table["cause"]) == {"market", "lapsed", "abandoned", "open"}
    assert table["lag"].max() == 2.75


def test_of_what_nobody_began_nothing_is_said():
    at_risk, exits = np.zeros(3, dtype=int), np.zeros((3, 3), dtype=int)
    assert np.isnan(gathering._with_open(at_risk, exits)).all()


def test_industries_of_one_draw_as_it_went(found):
    run = found.industries_of["research"]
    assert run.labels[: len(START.industries)] == START.industries
    assert len(set(run.labels)) == len(run.labels) == run.share.shape[1]
    np.testing.assert_allclose(run.share.sum(axis=1), 1, atol=1e-5)
    assert (run.born_quarter[: len(START.industries)] <= 0).all()
    born = (run.born_quarter[len(START.industries) :] >= 0).sum()
    assert born == found.births[found.names.index("research"), found.representative].sum()
    assert len(found.industry_paths("research")) == run.share.size


def test_the_representative_draw_lies_nearest_to_the_medians():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(7, 8, 3)).cumsum(axis=1) + 40
    values[3] = np.median(values, axis=0)
    values[:, :, 2] = np.nan  # an outcome that no run has does not count
    assert gathering._nearest_to_median(values) == 3


def test_tables_are_tidy(found):
    regions = found.by_region(2024, "talent", "research")
    assert list(regions["region"]) == list(START.regions)
    row = regions[regions["region"] == "Region 07"].iloc[0]
    at = (1, 2, 6, found.regional.index("talent"))
    assert (row["mean"], row["gain_low"]) == (found.region_mean[at], found.region_gain_low[at])
    births = found.births_by_year()
    assert births["mean"].sum() == pytest.approx(found.births.mean(axis=1).sum())
    assert len(found.to_frame()) == 4 * 12 * len(SERIES)
    assert len(found.differences()) == 3 * 3 * len(SERIES)


def test_it_prints_in_six_lines(found):
    lines = repr(found).splitlines()
    assert len(lines) <= 6
    assert "model country" in lines[0] and "research" in repr(found)


def test_the_record_says_what_was_run(found, store):
    record = json.loads(found.record.to_json())
    assert record["operation"] == "experiment"
    assert record["seed"] == 7
    assert record["inputs"]["start"] == start_digest(START)
    policies = [Policy.model_validate(one) for one in record["settings"]["policies"]]
    again = experiment(START, policies, **SMALL, store=store)
    np.testing.assert_array_equal(again.fan, found.fan)


def test_a_start_has_one_digest():
    assert start_digest(START) == start_digest(model_start())
    assert start_digest(replace(START, talent=START.talent[::-1])) != start_digest(START)


def test_what_a_run_leaves_is_small():
    policy = {"levers": [], "shocks": []}
    settings = {"knobs": Knobs().model_dump(), "policy": policy, "years": 3, "firms": 2000, "seed": 1}
    left = leave(START, settings)
    assert all(array.dtype != object for array in left.values())
    assert sum(array.nbytes for array in left.values()) < 200_000


def test_runs_that_fail_are_named_by_policy_seed_and_knobs(monkeypatch):
    def fail_on_clean(world, quarters, policy):
        if any(lever.lever == "clean_energy" for lever in policy.levers):
            raise ArithmeticError("too clean")
        return grow(world, quarters, policy)

    monkeypatch.setattr(experiments, "grow", fail_on_clean)
    with pytest.raises(MethodError) as caught:
        experiment(START, [RESEARCH, CLEAN], knobs=Knobs(lapse=0.05), **SMALL | {"draws": 2})
    assert len(caught.value.faults) == 2
    for fault in caught.value.faults:
        assert "policy 'clean', seed " in fault.en and "lapse = 0.05" in fault.en and "too clean" in fault.en
        assert "政策“clean”，种子 " in fault.zh


def lever(**more):
    return Policy(name="x", levers=(Lever(**{"lever": "talent", "budget": 0.01} | more),))


@pytest.mark.parametrize(
    ("policies", "more", "code", "says"),
    [
        ([], {}, "no-policy", "no policy"),
        ([RESEARCH, RESEARCH], {}, "policy-twice", "'research'"),
        ([lever().model_copy(update={"name": "none"})], {}, "policy-twice", "'none'"),
        ([RESEARCH], {"draws": 1}, "too-few-draws", "1 draws"),
        ([RESEARCH], {"draws": -3}, "too-few-draws", "-3 draws"),
        ([RESEARCH], {"years": 0}, "years-outside", "0 years"),
        ([RESEARCH], {"years": 900}, "years-outside", "1 to 200"),
        ([RESEARCH], {"reference": "reserch"}, "unknown-name", "Near: research"),
        ([RESEARCH], {"knobs": []}, "no-knobs", "empty"),
        ([lever(regions=("Region_03",))], {}, "unknown-name", "'Region_03'. Near: Region 03"),
        ([lever(industries=("Steel",))], {}, "unknown-name", "no industry 'Steel'"),
        ([lever(start=2030)], {}, "outside-the-run", "2022 to 2025"),
        ([lever(start=2000, stop=2022)], {}, "outside-the-run", "2000 to 2022"),
        ([Policy(name="x", shocks=(Shock(shock="driver", size=1, regions=("?",)),))], {}, "unknown-name", "'driver'"),
        ([lever(budget=0.05), lever(start=2024).model_copy(update={"name": "y"})], {}, "too-dear", "15.0 %"),
        ([RESEARCH], {"firms": 20}, "too-few-firms", "20 firms"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(policies, more, code, says):
    said = []
    with pytest.raises(MethodError) as caught:
        experiment(START, policies, **SMALL | {"tell": said.append} | more)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert says in caught.value.faults[0].en
    assert caught.value.faults[0].zh and not said


def test_everything_that_cannot_be_is_said_at_once():
    with pytest.raises(MethodError) as caught:
        experiment(START, [lever(regions=("A", "B")), lever(start=2090)], **SMALL | {"draws": 0})
    assert len(caught.value.faults) == 5


def test_unknown_names_and_years_are_refused(found):
    for ask in (
        lambda: found.fans("outptu"),
        lambda: found.differences(policies="reserch"),
        lambda: found.difference("research", "output", 2024, against="?"),
        lambda: found.by_region(series="output per head"),
        lambda: found.industry_paths("clear"),
    ):
        with pytest.raises(MethodError, match="there is no"):
            ask()
    with pytest.raises(MethodError, match="from 2022 to 2024; there is no 2025"):
        found.differences(2025)
