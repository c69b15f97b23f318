"""The simple firm model: against its slow twin, on any number of threads, and with the facts known of it."""

import math
import pickle
import threading

import numpy as np
import pytest

from tests.oracles import firms as slow
from xinzhi.core.errors import MethodError
from xinzhi.simulate.firm_model import firm_model

STATE = ("productivity", "size", "cell", "region", "age")


def same(a, b):
    return all((getattr(a, name) == getattr(b, name)).all() for name in (*STATE, "exit_rate"))


@pytest.mark.parametrize(("firms", "steps", "seed"), [(2_000, 40, 0), (700, 150, 3), (60, 500, 2), (1, 60, 1)])
def test_it_is_its_slow_twin(firms, steps, seed):
    """Every firm in every bit, after exits and moves over the ring's end and over one border both ways at once."""
    run = firm_model(firms, steps, seed=seed)
    state, exit_rate = slow.firm_model(firms, steps, seed)
    for name in STATE:
        assert (getattr(run, name) == state[name]).all(), name
    assert (run.exit_rate == exit_rate).all()
    if firms in (60, 700):
        assert run.exit_rate.sum() > 1.0  # there was something to compare


@pytest.fixture(scope="module")
def runs():
    """Two seeds of 100,000 firms, 100 steps."""
    return [firm_model(100_000, 100, seed=seed) for seed in (0, 1)]


def test_the_known_facts_come_out(runs):
    """After 100 steps: mean log a 2.84 to 2.89, sd log s .89 to .90, exits .0288 a step, whatever program runs it.

    Over seeds the standard deviations are .012, .005 and .0001: about two of a mean of two are left on either side.
    """
    a, s, exits = np.mean([(run.mean_log_productivity, run.sd_log_size, run.exit_rate.mean()) for run in runs], axis=0)
    assert 2.82 < a < 2.91
    assert 0.883 < s < 0.907
    assert abs(exits - 0.0288) < 0.0002


def test_the_summaries_are_of_the_arrays(runs):
    run = runs[0]
    assert math.isclose(run.mean_log_productivity, np.log(run.productivity.astype(float)).mean(), rel_tol=1e-9)
    assert math.isclose(run.sd_log_size, np.log(run.size.astype(float)).std(), rel_tol=1e-9)
    assert math.isclose(run.size.mean(dtype=float), 1.0, rel_tol=1e-6)
    assert (run.age >= 1).all()
    assert run.age.max() == 100
    here = (run.age < 100).mean()
    assert run.exit_rate[-1] == (run.age == 1).mean()
    assert here <= run.exit_rate.sum()


def test_firms_stay_spread_over_cells_and_regions(runs):
    run = runs[0]
    assert set(np.unique(run.cell)) == set(range(512))
    assert set(np.unique(run.region)) == set(range(31))
    counts = np.bincount(run.cell)
    assert counts.sum() == run.firms
    assert counts.max() < 2 * counts.min()


def test_exits_do_not_depend_on_how_many_firms_there_are():
    """Late exits at three sizes are within 12 %; productivity is not: more firms to a cell find more to imitate."""
    each = [firm_model(firms, 100, seed=4) for firms in (20_000, 100_000, 300_000)]
    exits = [run.exit_rate[-20:].mean() for run in each]
    assert max(exits) < 1.12 * min(exits)
    a = [run.mean_log_productivity for run in each]
    assert a[0] < a[1] < a[2]


def test_two_seeds_agree_but_are_not_the_same():
    one, two = (firm_model(50_000, 60, seed=seed) for seed in (8, 9))
    assert abs(one.mean_log_productivity - two.mean_log_productivity) < 0.1
    assert abs(one.sd_log_size - two.sd_log_size) < 0.05
    assert not (one.size == two.size).any()


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_number_of_threads_gives_the_same_bits(threads):
    """60,000 firms are enough for two threads to be used, and 200,000 for seven."""
    firms = 60_000 if threads < 3 else 200_000
    assert same(firm_model(firms, 12, seed=6, threads=1), firm_model(firms, 12, seed=6, threads=threads))


def test_several_callers_at_once_do_not_mix():
    alone = [firm_model(60_000, 8, seed=seed) for seed in range(4)]
    together = [None] * 4

    def work(seed):
        together[seed] = firm_model(60_000, 8, seed=seed, threads=2)

    callers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))


def test_a_longer_run_begins_as_a_shorter_one():
    short, long = firm_model(4_000, 10, seed=2), firm_model(4_000, 25, seed=2)
    assert (long.exit_rate[:10] == short.exit_rate).all()


def test_a_result_tells_and_travels():
    run = firm_model(1_000, 5, seed=3)
    assert len(repr(run).splitlines()) == 6
    frame = run.to_frame()
    assert list(frame.columns) == ["firm", "region", "cell", "age", "size", "productivity"]
    assert len(frame) == 1_000
    assert same(pickle.loads(pickle.dumps(run)), run)
    assert run.record.seed == 3
    assert run.record.settings == {"firms": 1_000, "steps": 5}


def test_everything_out_of_bounds_is_told_at_once():
    with pytest.raises(MethodError) as told:
        firm_model(0, 2.5, seed=-1, threads=0)
    assert [fault.code for fault in told.value.faults] == ["firm-model-number"] * 4
    assert "firms is 0" in str(told.value)
    assert "steps 为 2.5" in told.value.say("zh")


@pytest.mark.parametrize("wrong", [{"firms": True}, {"firms": 10**9}, {"steps": 1_001}, {"seed": 2**63}])
def test_what_is_no_such_number_is_refused(wrong):
    with pytest.raises(MethodError):
        firm_model(**({"firms": 1_000, "steps": 2} | wrong))


def test_the_longest_run_stays_finite():
    run = firm_model(60_000, 1_000, seed=0)
    assert np.isfinite(run.productivity).all()
    assert (run.productivity > 0).all()
    assert (run.size > 0).all()
