"""Moves between rungs: counted by hand, grouped, forecast, in the presence of decline, and by covariates."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

import xinzhi as xz
from tests.structure.ladder.planted import CHAIN, certain, chained, laddered, planted
from xinzhi.core.errors import MethodError
from xinzhi.structure.ladder import _hidden_kernels as kernels
from xinzhi.structure.ladder.transitions import transitions

FUTURE, EMERGING, LEADING, PILLAR, MATURE, DECLINING = range(6)


def test_certain_moves_are_counted_one_by_one():
    paths = np.array(
        [
            [FUTURE, EMERGING, EMERGING, LEADING],
            [EMERGING, MATURE, -1, MATURE],  # a gap: its step is left out
            [MATURE, MATURE, DECLINING, -1],  # gone before the table ends
            [-1, -1, FUTURE, FUTURE],
        ]
    )
    found = transitions(certain(paths))
    expected = np.zeros((6, 7))
    for start, end in [(0, 1), (1, 1), (1, 2), (1, 4), (4, 4), (4, 5), (5, 6), (0, 0)]:
        expected[start, end] += 1
    np.testing.assert_allclose(found.counts.values[0], expected)
    assert {"steps-with-gaps", "few-moves", "few-industries"} == {note.code for note in found.notes}
    rates = found.rates.sel(bound="estimate", group="all")
    assert rates.sel({"from": "strategic-emerging", "direction": "up"}) == pytest.approx(1 / 3)
    assert rates.sel({"from": "strategic-emerging", "direction": "down"}) == pytest.approx(1 / 3)
    assert rates.sel({"from": "declining", "direction": "down"}) == 1
    assert np.isnan(rates.sel({"from": "pillar"})).all()
    assert np.isnan(found.probability.sel({"from": "pillar"})).all()
    assert len(str(found).splitlines()) == 6


def test_doubt_alone_makes_no_moves():
    """One of two rungs with a half each, year after year: stays, half on either."""
    chances = np.zeros((12, 10, 6))
    chances[..., LEADING] = chances[..., PILLAR] = 0.5
    found = transitions(laddered(chances))
    np.testing.assert_allclose(np.diag(found.counts.values[0])[[LEADING, PILLAR]], 12 * 9 / 2)
    assert found.counts.sum() == pytest.approx(12 * 9)
    assert found.rates.sel(group="all", direction="stay", bound="estimate").dropna("from").min() == 1


def test_joint_chances_keep_both_years():
    rng = np.random.default_rng(1)
    out = np.empty((6, 6))
    for most in (True, False):
        for _ in range(50):
            before, after = rng.dirichlet(np.ones(6), 2)
            kernels.joint(before, after, np.full((6, 6), 1 / 6), most, out)
            np.testing.assert_allclose(out.sum(axis=1), before, atol=1e-6)
            np.testing.assert_allclose(out.sum(axis=0), after, atol=1e-6)
            if most:
                np.testing.assert_allclose(np.trace(out), np.minimum(before, after).sum())


def test_shares_that_rise_are_counted_with_those_who_fell():
    """Of ten that begin to emerge in 2001, four rise in 2003, four fall in 2002, two are still there."""
    paths = np.full((10, 6), EMERGING)
    paths[:, 0] = FUTURE
    paths[:4, 3:] = LEADING
    paths[4:8, 2:] = MATURE
    found = transitions(certain(paths))
    one = found.incidence.sel({"group": "all", "from": "strategic-emerging", "bound": "estimate"})
    np.testing.assert_allclose(one.sel(event="down", years=[0, 1, 2, 3]), [0, 0.4, 0.4, 0.4])
    np.testing.assert_allclose(one.sel(event="up", years=[0, 1, 2, 3]), [0, 0, 0.4, 0.4])
    row = found.waiting.set_index("from").loc["strategic-emerging"]
    # The mean of the survivors would be two years; of all, fewer than half ever rise.
    assert np.isnan(row["median"])
    assert row["risen"] == pytest.approx(0.4)
    assert row["fallen"] == pytest.approx(0.4)
    assert row["seen"] == 4
    assert row["years"] == pytest.approx(1.6)


def test_spells_that_began_before_the_table_do_not_count():
    paths = np.full((10, 6), EMERGING)
    paths[:5, 4:] = LEADING
    for late in (0, 3):  # the rule places nobody in the first years: that is no birth
        told = np.where(np.arange(6) < late, -1, paths)
        assert "strategic-emerging" not in set(transitions(certain(told)).waiting.get("from", ()))
    born = np.concatenate([np.full((10, 4), -1), paths], axis=1)
    both = np.concatenate([born, np.full((5, 10), MATURE)])
    waiting = transitions(certain(both)).waiting.set_index("from")
    assert waiting.loc["strategic-emerging", "risen"] == pytest.approx(0.5)


def test_what_a_region_does_not_record_is_neither_birth_nor_death():
    paths = np.full((6, 12), MATURE)
    paths[2:4, 8:] = -1  # one region's record ends early
    paths[4:, :6] = -1  # another's begins late
    ladder = certain(paths)
    region = ("series", np.repeat(["r", "short", "late"], 2))
    ladder = dataclasses.replace(ladder, probability=ladder.probability.assign_coords(region=region))
    found = transitions(ladder)
    assert float(found.counts.sel(to="gone").sum()) == 0
    assert found.waiting.empty
    (note,) = (note for note in found.notes if note.code == "record-ends-early")
    assert "short" in note.en
    assert "short" in note.zh


def test_groups_add_up_to_all():
    ladder = chained(3)
    whole = transitions(ladder)
    half = {f"i{k:04d}": "even" if k % 2 == 0 else "odd" for k in range(120)}
    for by in ("region", "industry", "time", "decade", half):
        parts = transitions(ladder, by=by)
        np.testing.assert_allclose(parts.counts.sum("group"), whole.counts.isel(group=0))
    assert transitions(ladder, by=half).counts["group"].values.tolist() == ["even", "odd"]
    assert transitions(ladder, by="decade").counts["group"].values.tolist() == ["2000s", "2010s", "2020s"]


def test_forecasts_multiply_the_matrix():
    found = transitions(chained(4), horizon=8)
    move = np.eye(7)
    move[:6] = found.probability.sel(group="all", bound="estimate")
    one = found.outlook("r", "i0007")
    start = one.isel(step=0).sel(bound="estimate").values
    np.testing.assert_allclose(one.isel(step=8).sel(bound="estimate"), start @ np.linalg.matrix_power(move, 8))
    ahead = found.forecast.sel(group="all")
    np.testing.assert_allclose(ahead.sel(bound="estimate").sum("rung"), 120)
    now = np.bincount(np.nan_to_num(chained(4).probability.values[:, -1]).argmax(axis=1), minlength=6)
    np.testing.assert_allclose(ahead.isel(step=0).sel(bound="estimate")[:6], now)
    np.testing.assert_allclose(ahead.isel(step=0).sel(bound="low")[:6], now)
    assert (ahead.sel(bound="low") <= ahead.sel(bound="high")).all()
    assert ahead["step"].values.tolist() == list(range(2024, 2033))
    rows = found.outlooks()
    np.testing.assert_allclose(
        rows.loc[rows["industry"] == "i0007", "mature"], one.isel(step=8).sel(bound="estimate", rung="mature")
    )
    frame = found.to_frame()
    assert len(frame) == 42
    known = frame.dropna()
    assert (known["low"] <= known["high"]).all()


def test_forecast_intervals_hold_what_came():
    """From the first 15 years of 25, where everybody stands 5 years on."""
    held = []
    for seed in range(15):
        whole = chained(seed, years=20)
        first = laddered(whole.probability.values[:, :15])
        ahead = transitions(first, horizon=5).forecast.isel(group=0, step=5)
        came = np.bincount(np.nan_to_num(whole.probability.values[:, 19]).argmax(axis=1), minlength=6)
        held.append((ahead.sel(bound="low")[:6].values <= came) & (came <= ahead.sel(bound="high")[:6].values))
    assert np.mean(held) >= 0.88


def test_a_hidden_markov_ladder_counts_the_moves_its_model_expects():
    of, _ = planted(2, regions=2, industries=25, years=25)
    found = xz.ladder(of, xz.LadderSpec(way="hidden-markov", pillar_share=0.02))
    counted = transitions(found).counts.values[0]
    move = np.array(found.record.settings["fitted"]["move"])
    assert (counted[:, :6][move == 0] < 1e-6).all()
    years = np.isfinite(found.probability.values[..., 0]).sum() - found.probability.sizes["series"]
    assert counted.sum() == pytest.approx(years, abs=1e-6)


def test_hazards_find_what_drives_moves():
    """What doubles the odds to rise a standard deviation is found; what does nothing is not."""
    rng = np.random.default_rng(8)
    many, years = 400, 20
    drive, idle = rng.normal(size=(2, many, years))
    paths = np.zeros((many, years), dtype=int)
    for t in range(years - 1):
        odds = np.log(0.08 / 0.92) + np.log(2) * drive[:, t]
        u = rng.random(many)
        rises = (u < 1 / (1 + np.exp(-odds))) & (paths[:, t] < PILLAR)
        falls = (u > 0.97) & ~rises
        paths[:, t + 1] = np.where(rises, paths[:, t] + 1, np.where(falls, MATURE, paths[:, t]))
        paths[:, t + 1] = np.where(paths[:, t] == MATURE, MATURE, paths[:, t + 1])
    ladder = certain(paths)
    coords = {name: ladder.probability.coords[name] for name in ("region", "industry", "time")}
    given = {name: xr.DataArray(of, coords, ("series", "time")) for name, of in (("drive", drive), ("idle", idle))}
    found = transitions(ladder, covariates=given).hazards.set_index(["event", "covariate"])
    row = found.loc[("up", "drive")]
    assert row["low"] <= 2 <= row["high"]
    assert row["p"] < 1e-6
    assert found.loc[("up", "idle"), "p"] > 0.01
    assert found.loc[("up", "drive"), "moves"] > 100


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"horizon": 0}, "bad-option"),
        ({"horizon": 1.5}, "bad-option"),
        ({"by": "planet"}, "bad-option"),
        ({"by": {"i0000": "a"}}, "no-group"),
        ({"covariates": ["colour"]}, "no-covariate"),
        ({"covariates": ["share"]}, "constant-covariate"),
    ],
)
def test_what_cannot_be_done_is_said(wrong, code):
    ladder = chained(0)
    ladder.evidence[:] = 1.0
    with pytest.raises(MethodError) as caught:
        transitions(ladder, **wrong)
    assert caught.value.faults[0].code == code
    assert caught.value.faults[0].zh


def test_nothing_to_count_is_said():
    with pytest.raises(MethodError, match="no moves"):
        transitions(laddered(np.full((3, 5, 6), np.nan)))
    with pytest.raises(MethodError, match="from which forecasts start"):
        transitions(chained(1)).outlook("r", "nobody")
    with pytest.raises(MethodError, match="horizon"):
        transitions(chained(1)).outlooks(9)
    assert transitions(chained(1, chain=np.eye(6))).rates.sel(direction="up", bound="estimate").max() == 0
    assert CHAIN.sum(axis=1) == pytest.approx(1)
