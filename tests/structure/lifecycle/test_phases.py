"""Phases of net entry: planted ones are found, and what the record does not show is said."""

import numpy as np
import pytest

import xinzhi as xz
from tests.oracles import lifecycle as slow
from tests.structure.lifecycle.planted import cycle, grown, made, wandering
from xinzhi.core.errors import DataError, MethodError
from xinzhi.structure.lifecycle import _phase_kernels as kernels
from xinzhi.structure.lifecycle.cuts import any_order


def codes(found):
    return {fault.code for fault in found.notes}


def test_planted_phases_are_found_and_their_dates_held():
    rng = np.random.default_rng(5)
    noise = wandering(rng, (60, 44), 0.02, 0.3)
    found = xz.life_cycle(made({"firms": grown(cycle() + noise)}))
    right = found.series["phases"] == "2-3-4"
    assert right.mean() >= 0.75
    rows = found.boundaries[found.boundaries["industry"].isin(found.series.loc[right, "industry"])]
    for phase, begins in ((3, 1994), (4, 2008)):
        one = rows[rows["phase"] == phase]
        held = (one["low"] <= begins) & (one["high"] >= begins)
        assert held.mean() >= 0.8
        assert abs(one["begins"].astype(float) - begins).median() <= 2
    # Year by year, how often the phase is the planted one.
    truth = np.repeat([2, 2, 3, 4], (1, 15, 14, 15))
    assert (found.phase.values[right.to_numpy()] == truth).mean() >= 0.85


def test_a_life_from_the_first_firm_shows_all_five_phases():
    level = np.concatenate(
        [np.full(8, 4), np.linspace(4, 400, 11)[1:], np.full(10, 400), np.linspace(400, 150, 11)[1:]]
    )
    level = np.concatenate([np.zeros(3), level, np.full(10, 150)])
    found = xz.life_cycle(made({"firms": [level]}), net_entry="level", few=0.1)
    assert found.series["phases"].tolist() == ["1-2-3-4-5"]
    rows = found.boundaries.set_index("phase")["begins"]
    assert rows.tolist() == [1981, 1989, 1999, 2009, 2019]
    assert "begun-before" not in codes(found)
    assert len(str(found).splitlines()) == 6


def test_a_record_that_starts_late_says_what_was_not_seen():
    found = xz.life_cycle(made({"firms": grown(cycle((20, 24), (0.0, -0.06)))[None]}))
    assert found.series["phases"].tolist() == ["3-4"]
    first = found.boundaries.iloc[0]
    assert first[["begins", "low", "high"]].isna().all()
    assert not first["identified"]
    (note,) = [note for note in found.notes if note.code == "begun-before"]
    assert "phase 1 was not seen" in note.en
    assert "未见第 1 阶段" in note.zh


def test_a_constant_series_is_a_plateau_of_which_nobody_knows_which():
    found = xz.life_cycle(made({"firms": np.full((1, 30), 50.0)}))
    assert found.series["phases"].tolist() == ["?"]
    assert (found.phase.values == 0).all()


def test_a_second_rise_breaks_the_order_and_is_said():
    found = xz.life_cycle(made({"firms": grown(cycle((15, 14, 15), (0.08, -0.05, 0.06)))[None]}))
    assert not found.series["follows"].item()
    assert found.series["again"].item() == 2008
    assert "order-broken" in codes(found)


def test_gaps_are_skipped_and_short_series_named():
    rng = np.random.default_rng(1)
    firms = grown(cycle() + wandering(rng, (2, 44), 0.01, 0.0))
    firms[0, [5, 20, 21]] = np.nan
    firms[1, 3:] = np.nan
    found = xz.life_cycle(made({"firms": firms}))
    assert found.series["phases"].tolist() == ["2-3-4", ""]
    assert "too-few-years" in codes(found)


def test_three_years_only_are_refused():
    with pytest.raises(MethodError, match="no series has"):
        xz.life_cycle(made({"firms": [[10, 11, 12]]}))


@pytest.mark.parametrize("wrong", [-1.0, np.inf])
def test_numbers_that_cannot_be_are_refused_with_their_place(wrong):
    firms = np.full((1, 20), 10.0)
    firms[0, 4] = wrong
    with pytest.raises(DataError, match="i000 1982") as caught:
        xz.life_cycle(made({"firms": firms}))
    assert "1982" in caught.value.say("zh")


def test_options_that_mean_nothing_are_refused_at_once():
    with pytest.raises(MethodError) as caught:
        xz.life_cycle(made({"firms": np.full((1, 20), 10.0)}), level=90, few=2.0, flat=-1.0)
    assert len(caught.value.faults) == 3


@pytest.mark.parametrize("seed", range(4))
def test_cuts_are_the_cheapest_there_are(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.05, 13)
    x[rng.integers(13)] = np.nan
    grammar = any_order(0.01)
    latest = np.full(3, len(x))
    labels = kernels.best_paths(
        x, grammar.low, grammar.high, grammar.starts, grammar.ends, latest, grammar.follows, 2, 3
    )
    for cuts, label in enumerate(labels):
        wanted = slow.cheapest(x, grammar.low, grammar.high, grammar.starts, grammar.ends, grammar.follows, 2, cuts)
        assert slow.distance(x, label, grammar.low, grammar.high) == pytest.approx(wanted, abs=1e-12)
        if cuts:
            begins = np.flatnonzero(np.diff(label)) + 1
            classes = label[np.append(0, begins)]
            costs = kernels.profiles(x, grammar.low[classes], grammar.high[classes], 2)
            np.testing.assert_allclose(costs.min(axis=1), wanted, atol=1e-12)


def test_noise_alone_is_seldom_cut():
    rng = np.random.default_rng(2)
    found = xz.life_cycle(made({"firms": grown(wandering(rng, (200, 44), 0.03, 0.3))}), draws=19)
    assert found.series["phases"].str.contains("-").mean() <= 0.1
