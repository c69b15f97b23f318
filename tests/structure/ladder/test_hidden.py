"""The hidden Markov ladder: its arithmetic, that its labels keep their meaning, and what it says of itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import xinzhi as xz
from tests.oracles import hidden as twin
from tests.structure.ladder.planted import SPEC, planted
from xinzhi.core.errors import MethodError
from xinzhi.structure.ladder import _hidden_kernels as kernels
from xinzhi.structure.ladder import hidden_fit, ladder
from xinzhi.structure.ladder.criteria import Arguments, gather
from xinzhi.structure.ladder.hidden_fit import PRIOR, TAIL, Parameters, fit, smoothed
from xinzhi.structure.ladder.readings import readings
from xinzhi.structure.ladder.rungs import RUNGS

HIDDEN = SPEC.model_copy(update={"way": "hidden-markov"})


def read(of, spec=SPEC):
    evidence = gather(of, spec, Arguments(None, None, None, None, None))
    return readings(of, spec, evidence, of.values.values)


def only(of, *measures):
    return replace(of, values=of.values.sel(measure=list(measures)))


def test_chances_and_moves_equal_those_of_all_paths_written_out():
    rng = np.random.default_rng(0)
    series, times, many = 3, 4, 3
    cells = rng.normal(0, 1, (series, times, many))
    cells[..., 2] = rng.integers(0, 2, (series, times))
    cells[rng.random(cells.shape) < 0.3] = np.nan
    passed = rng.random((series, times, 6))
    passed[..., 5] = rng.integers(0, 2, (series, times))
    mean, scale = rng.normal(0, 1, (6, many)), rng.uniform(0.5, 2, (6, many))
    mean[:, 2] = rng.uniform(0.1, 0.9, 6)
    flag, power = np.array([False, False, True]), rng.uniform(0.2, 1, many)
    first = rng.dirichlet(np.ones(6), 2)
    begin, end, born = np.array([0, 1, 0]), np.array([4, 4, 3]), np.array([0, 1, 0])
    out, pairs, firsts = np.full((series, times, 6), np.nan), np.zeros((6, 6)), np.zeros((2, 6))
    gated = kernels.gates(passed)
    likelihood = kernels.smooth(
        cells, gated, begin, end, born, mean, scale, flag, power, TAIL, first, PRIOR, out, pairs, firsts
    )
    logs, moves, starts = 0.0, np.zeros((6, 6)), np.zeros((2, 6))
    joint = np.zeros((6, 6))
    for one in range(series):
        span = range(begin[one], end[one])
        seen = [
            np.multiply(
                twin.reading(cells[one, t], mean, scale, flag, power, TAIL), twin.gates(passed[one, t], kernels.DOUBT)
            )
            for t in span
        ]
        chances, both, total = twin.smooth(seen, first[born[one]], PRIOR)
        np.testing.assert_allclose(out[one, list(span)], chances, rtol=1e-9, atol=1e-12)
        logs += np.log(total)
        moves += both.sum(axis=0)
        starts[born[one]] += chances[0]
        # Joint chances follow from both years' chances and the moves of the model alone.
        for t in range(len(span) - 1):
            kernels.joint(chances[t], chances[t + 1], PRIOR, False, joint)
            np.testing.assert_allclose(joint, both[t], atol=1e-4)
    assert np.isnan(out[1, 0]).all()
    assert np.isnan(out[2, 3]).all()
    np.testing.assert_allclose(likelihood, logs, rtol=1e-10)
    np.testing.assert_allclose(pairs, moves, atol=1e-10)
    np.testing.assert_allclose(firsts, starts, atol=1e-10)


def test_em_never_steps_down(monkeypatch):
    of, _ = planted(3, regions=1, industries=25, years=20)
    mine, ruled = read(of), ladder(of, SPEC).probability.values
    anchors = hidden_fit._anchors(mine, ruled, np.ones(6, dtype=bool))
    power = hidden_fit.powers(mine, anchors.mean, ruled)
    monkeypatch.setattr(hidden_fit, "powers", lambda *_: power)
    monkeypatch.setattr(hidden_fit, "STARTS", 1)
    monkeypatch.setattr(hidden_fit, "GAIN", -np.inf)
    reached = []
    for steps in range(1, 12):
        monkeypatch.setattr(hidden_fit, "STEPS", steps)
        reached.append(fit(mine, ruled).likelihoods[0])
    assert (np.diff(reached) > -1e-7).all()
    assert reached[-1] > reached[0]


@pytest.mark.parametrize("seed", [4, 5])
def test_labels_do_not_switch_whatever_the_start(seed, monkeypatch):
    """In growth the rungs keep the order they have under the rule, and pillars are large."""
    of, _ = planted(seed, regions=2, industries=25, years=25)
    mine, ruled = read(of), ladder(of, SPEC).probability.values
    monkeypatch.setattr(hidden_fit, "SPREAD", 5.0)
    anchors = hidden_fit._anchors(mine, ruled, np.ones(6, dtype=bool))
    power = hidden_fit.powers(mine, anchors.mean, ruled)
    start = Parameters(anchors.mean, anchors.scale, power, anchors.first, anchors.move)
    order = anchors.mean[:, 0].argsort().tolist()
    years = int((mine.end - mine.begin).sum())
    for begun in hidden_fit._starts(start, anchors, mine.flag)[1:]:
        found, _, _, _ = hidden_fit._climb(mine, begun, anchors, np.ones(6, dtype=bool), years)
        assert found.mean[:, 0].argsort().tolist() == order
        chances, _, _, _ = smoothed(mine, found)
        size = gather(of, SPEC, Arguments(None, None, None, None, None))
        size = size.cells[size.criteria.index("relative-size")]
        pillar = chances[..., RUNGS.index("pillar")]
        assert np.nanmean(size[pillar > 0.5]) > 1 > np.nanmean(size[pillar < 0.5])


def test_the_record_is_enough_to_say_it_again():
    of, _ = planted(6, regions=2, industries=20, years=25)
    found = ladder(of, HIDDEN)
    told = found.record.settings["fitted"]
    parts = {name: np.array(told[name]) for name in ("mean", "scale", "power", "first", "move")}
    mine = read(of)
    assert list(mine.names) == told["readings"]
    again, _, _, _ = smoothed(mine, Parameters(**parts))
    told_technology = np.isfinite(mine.cells[..., mine.names.index("technology")]).any(axis=1)
    np.testing.assert_allclose(again[told_technology], found.probability.values[told_technology], atol=1e-12)
    assert found.probability.identical(ladder(of, HIDDEN).probability)
    assert told["settled"]
    assert len(told["steps"]) == len(told["likelihoods"]) == hidden_fit.STARTS


def test_it_says_that_the_probability_is_a_models():
    of, _ = planted(6, regions=2, industries=20, years=25)
    found = ladder(of, HIDDEN)
    assert found.way == "hidden-markov"
    said = found.reasons("r0", "i000", 2000)
    assert "hidden Markov" in said[1].en
    assert "隐马尔可夫" in said[1].zh
    assert "growth above the region's this year" in " ".join(one.en for one in said)
    assert len(str(found).splitlines()) == 6
    placed = np.isfinite(found.probability.values[..., 0])
    np.testing.assert_allclose(found.probability.values[placed].sum(axis=-1), 1)
    assert placed.sum() >= np.isfinite(ladder(of, SPEC).probability.values[..., 0]).sum()


def test_nothing_returns_to_future_and_nobody_skips_forbidden_moves():
    of, _ = planted(7, regions=2, industries=25, years=25)
    move = np.array(ladder(of, HIDDEN).record.settings["fitted"]["move"])
    assert (move[PRIOR == 0] == 0).all()
    np.testing.assert_allclose(move.sum(axis=1), 1)


def test_without_technology_no_industry_is_certain_to_emerge():
    of, _ = planted(8, regions=2, industries=25, years=25)
    found = ladder(only(of, "employment"), HIDDEN)
    emerging = found.probability.sel(rung="strategic-emerging")
    assert emerging.max() <= SPEC.untold + 1e-12
    assert emerging.max() > 0.5 * SPEC.untold


def test_what_is_doubtful_is_said():
    of, _ = planted(9, regions=1, industries=12, years=12)
    bare = ladder(only(of, "employment"), SPEC.model_copy(update={"way": "hidden-markov", "small": 0.0001}))
    codes = {note.code: note for note in bare.notes}
    assert {"little-to-learn-from", "rung-not-known"} <= codes.keys()
    assert "future" in codes["rung-not-known"].en
    assert "未来产业" in codes["rung-not-known"].zh
    assert (bare.probability.sel(rung="future").fillna(0) == 0).all()
    short = pd.DataFrame({"industry": ["a", "b"] * 2, "year": [2000, 2000, 2001, 2001], "employment": [1.0, 2, 3, 4]})
    table = xz.industries(short, industry="industry", period="year", measures=["employment"])
    with pytest.raises(MethodError) as caught:
        ladder(table, xz.LadderSpec(way="hidden-markov"))
    assert caught.value.faults[0].code == "nothing-to-learn"


def test_cells_between_bounds_widen_the_chances():
    years, rng = np.arange(2000, 2020), np.random.default_rng(0)
    rows = [
        (name, year, f"{size * np.exp(rng.normal(0, 0.02)):.1f}")
        for name, size in {"big": 400, "mid": 300, "rest": 250, "small": 20, "other": 15}.items()
        for year in years
    ]

    def table(low, high):
        told = [(n, y, f"{low}-{high}" if n == "mid" and y >= 2012 else v) for n, y, v in rows]
        frame = pd.DataFrame(told, columns=["industry", "year", "employment"])
        return xz.industries(frame, industry="industry", period="year", measures=["employment"])

    spec = xz.LadderSpec(way="hidden-markov")
    wide, tight = ladder(table(20, 580), spec), ladder(table(299, 301), spec)
    at = (wide.probability["industry"].values == "mid").argmax()
    large = [
        one.probability.sel(time=slice(2014, 2019), rung=["leading", "pillar"]).values[at].sum(axis=-1).mean()
        for one in (wide, tight)
    ]
    assert large[0] < large[1]
    assert wide.probability.identical(ladder(table(20, 580), spec).probability)
    np.testing.assert_allclose(wide.probability.sum("rung").values[at], 1)
