"""How far scores can be trusted: the report, its draws, and what they can tell apart."""

import numpy as np
import pandas as pd
import pytest

from tests.oracles import complexity as slow
from xinzhi.core.errors import MethodError
from xinzhi.structure.comparable import comparable
from xinzhi.structure.complexity import complexity, score
from xinzhi.structure.resampling import second_of_draws
from xinzhi.structure.scoring import leaning
from xinzhi.structure.spectra import second


def nested(regions=24, activities=60, noise=0.05, seed=1):
    """Region i has the easier part of the activities, and a few by chance."""
    rng = np.random.default_rng(seed)
    m = np.add.outer(np.linspace(0, 1, regions), -np.linspace(0, 1, activities)) > -0.15
    m = m ^ (rng.random(m.shape) < noise)
    m[:, 0] = m[-1] = True
    return pd.DataFrame(
        m.astype(float),
        index=[f"r{i:02}" for i in range(regions)],
        columns=[f"a{j:02}" for j in range(activities)],
    )


CLEAR = complexity(nested())


@pytest.mark.parametrize("resample", ["activities", "regions"])
@pytest.mark.parametrize("method", ["eigenvector", "fitness"])
def test_clear_links_give_narrow_intervals_and_chance_wide_ones(resample, method):
    chance = pd.DataFrame((np.random.default_rng(2).random((24, 60)) < 0.3).astype(float)).rename(
        index=str, columns=str
    )
    sure, unsure = (
        complexity(links, method).validity(resample=resample, draws=40) for links in (nested(noise=0.02), chance)
    )
    width = [(report.ranks["high"] - report.ranks["low"]).median() for report in (sure, unsure)]
    assert width[0] < width[1]
    assert sure.table["stable"].item() > unsure.table["stable"].item()
    assert sure.table["ordered"].item() > 0.8


def test_the_report_lists_what_it_should():
    years = {2019: nested(seed=1), 2020: nested(seed=2)}
    income = pd.Series(np.linspace(1, 2, 24), index=nested().index)
    found = complexity(years)
    report = found.validity(anchors={"income": income}, draws=30, seed=5)
    assert list(report.table["time"]) == [2019, 2020]
    assert (report.table["parts"] == 1).all()
    roots = slow.eigenvalues(years[2019].to_numpy().tolist())
    assert report.table["second"][0] == pytest.approx(roots[0])
    assert report.table["gap"][0] == pytest.approx((roots[0] - roots[1]) / roots[0])
    for name, other in (("income", income), ("diversity", years[2019].sum(axis=1))):
        assert report.table[name][0] == pytest.approx(
            pd.Series(found.regions.values[0], index=other.index).corr(other, method="spearman")
        )
    assert report.draws.shape == (30, 2, 24)
    frame = report.to_frame()
    assert list(frame) == ["time", "region", "rank", "low", "high", "mean", "share_defined"]
    assert (frame["low"] <= frame["mean"]).all() and (frame["mean"] <= frame["high"]).all()
    assert (frame["share_defined"] == 1).all()
    assert "2 periods, 30 draws of activities" in repr(report)
    assert report.record.seed == 5 and report.record.settings["draws"] == 30


def test_the_seed_makes_the_draws():
    first, same, other = (CLEAR.validity(draws=10, seed=seed).draws.values for seed in (3, 3, 4))
    assert (first == same).all()
    assert (first != other).any()


def test_draws_rank_as_the_measure_itself_does():
    m = nested().to_numpy()
    counts = np.random.default_rng(0).multinomial(60, np.full(60, 1 / 60), size=6).T.astype(float)
    held = CLEAR.values.values[0].astype(float)
    vectors, roots = second_of_draws(held, np.ones((24, 6)), counts, second(held)[1])
    for draw in range(6):
        again = score(m[:, np.repeat(np.arange(60), counts[:, draw].astype(int))])
        assert roots[draw] == pytest.approx(again.spectrum[0], abs=1e-9)
        assert abs(leaning(vectors[:, draw], again.regions)) == pytest.approx(1, abs=1e-9)


def test_draws_that_fall_apart_score_their_largest_part():
    m = np.zeros((9, 9))
    m[:5, :5] = nested(5, 5, noise=0).to_numpy()
    m[5:, 5:] = nested(4, 4, noise=0).to_numpy()
    m[4, 5] = 1  # the one link that holds the two together
    held = score(m)
    columns = np.ones((9, 1))
    columns[5] = 0
    from scipy import sparse

    vectors, roots = second_of_draws(sparse.csr_array(m), np.ones((9, 1)), columns, np.nan_to_num(held.regions))
    left = np.delete(m, 5, axis=1)
    alone = score(left)
    assert roots[0] == pytest.approx(alone.spectrum[0])
    assert (np.isnan(vectors[:, 0]) == np.isnan(alone.regions)).all()
    assert abs(leaning(vectors[:, 0], alone.regions)) == pytest.approx(1)


def test_noise_in_amounts_moves_only_what_is_near_the_threshold():
    rng = np.random.default_rng(7)
    amounts = nested() * rng.lognormal(size=(24, 60)) + 0.01
    found = complexity(amounts)
    little, much = (found.validity(resample="amounts", noise=noise, draws=15) for noise in (1e-9, 0.8))
    assert (little.ranks["low"] == little.ranks["rank"]).all() and (little.ranks["high"] == little.ranks["rank"]).all()
    assert (much.ranks["high"] - much.ranks["low"]).mean() > 0
    with pytest.raises(MethodError, match="no amounts"):
        CLEAR.validity(resample="amounts")


def test_regions_without_a_score_have_no_rank():
    links = nested()
    links.loc["none"] = 0.0
    report = complexity(links).validity(draws=10)
    row = report.ranks.set_index("region").loc["none"]
    assert row[["rank", "low", "high", "mean"]].isna().all() and row["share_defined"] == 0
    assert [note.code for note in report.notes] == ["empty-regions"]


def test_a_period_without_scores_is_listed_without_numbers():
    report = complexity({1: nested(), 2: nested() * 0}).validity(draws=5)
    assert report.table["regions"].tolist() == [24, 0]
    assert report.ranks.loc[report.ranks["time"] == 2, "rank"].isna().all()


def test_a_sign_that_hangs_on_little_turns_from_draw_to_draw():
    m = np.zeros((12, 12))
    m[:6, :6], m[6:, 6:] = nested(6, 6, seed=3).to_numpy(), nested(6, 6, seed=3).to_numpy()
    m[5, 6] = m[11, 0] = 1  # two alike halves: diversity does not say which is the complex one
    links = pd.DataFrame(m, index=list("abcdefghijkl"), columns=list("ABCDEFGHIJKL"))
    loose = complexity(links).validity(draws=60).table["turned"].item()
    held = complexity(links, anchor=pd.Series([0.0] * 6 + [1.0] * 6, index=links.index)).validity(draws=60)
    assert loose > 0.1
    assert held.table["turned"].item() < loose
    assert CLEAR.validity(draws=20).table["turned"].item() == 0


def test_an_anchor_gives_every_draw_its_sign():
    income = pd.Series(-np.arange(24.0), index=nested().index)  # the poorer has more
    report = complexity(nested(), anchor=income).validity(draws=20)
    assert report.table["stable"].item() > 0.9
    assert report.table["diversity"].item() < 0


@pytest.mark.parametrize("options", [{"draws": 1}, {"level": 1.0}, {"noise": 0.0}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(MethodError, match="draws must be"):
        CLEAR.validity(**options)


def test_scores_on_a_fixed_base_are_judged_where_they_were_made():
    with pytest.raises(MethodError, match="scored elsewhere"):
        comparable({1: nested(), 2: nested(seed=3)}, 1).validity()
