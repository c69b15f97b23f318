"""A statistic through every version: its intervals, its words, and what it costs to be refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

import xinzhi as xz
from tests.small import small_study
from tests.study.vary_example import YEARS, data, spec, varied
from xinzhi.core.errors import MethodError, StudyError
from xinzhi.dynamics.inequality import inequality
from xinzhi.measure.composite import measure
from xinzhi.study.vary import following
from xinzhi.study.vary.claims import Claim, unfit
from xinzhi.study.vary.following import followed
from xinzhi.study.vary.results import Doubt
from xinzhi.study.vary.setting import Setting
from xinzhi.study.vary.statistics import Follow
from xinzhi.study.vary.varying import vary

SAID = varied(
    normalise=["min-max", {"method": "z-score", "mean": 100, "sd": 10}],
    aggregate={4: ["arithmetic", "geometric"]},
    noise={"level": 1, "share": 0.4},
)
GAP = {"groups": "zone", "of": "east", "to": "west"}


@pytest.fixture(scope="module")
def doubt() -> Doubt:
    return vary(data(), spec(), SAID, draws=64)


def test_a_gini_comes_with_its_interval(doubt):
    found = doubt.follow("gini")
    by_version = doubt.outcome(lambda one: inequality(one).values.values)
    np.testing.assert_allclose(found.draws, by_version, rtol=1e-12)
    assert found.draws.shape == (len(doubt.draws), len(YEARS))
    assert found.independent == 64
    table = found.intervals(0.8)
    assert list(table) == ["time", "nominal", "mean", "median", "low", "high", "share_defined"]
    assert table["time"].tolist() == YEARS
    first = by_version[:64, 0]
    row = table.iloc[0]
    assert row["low"] == pytest.approx(np.quantile(first, 0.1))
    assert row["high"] == pytest.approx(np.quantile(first, 0.9))
    assert (row["median"], row["mean"]) == (pytest.approx(np.median(first)), pytest.approx(first.mean()))
    assert row["share_defined"] == 1
    nominal = xr.DataArray(doubt.nominal.T, dims=("region", "time"), coords={"region": doubt.regions, "time": YEARS})
    np.testing.assert_allclose(table["nominal"], inequality(nominal).values.values, rtol=1e-12)
    assert (found.to_frame()["title_zh"] == "基尼系数").all()
    assert repr(found).splitlines()[0] == "Followed: Gini coefficient (基尼系数)"


def test_versions_without_meaning_are_told_and_not_counted(doubt):
    draws = doubt.draws.copy()
    draws[:16, 0, 2] = -1.0
    draws[:64, 1, 2] = -1.0
    gappy = dataclasses.replace(doubt, draws=draws)
    found, table = gappy.follow("gini"), gappy.follow("gini").intervals()
    assert table["share_defined"].tolist() == [0.75, 0.0, 1.0]
    assert table["low"].isna().tolist() == [False, True, False]
    assert table["mean"][0] == pytest.approx(doubt.follow("gini").draws[16:64, 0].mean())
    assert "has a value in 0.0%" in repr(found)


def test_one_number_over_the_years_has_no_times(doubt):
    found = doubt.follow("beta")
    assert found.times is None
    assert found.draws.shape == (len(doubt.draws),)
    assert found.nominal.shape == ()
    table = found.intervals()
    assert list(table) == ["nominal", "mean", "median", "low", "high", "share_defined"]
    assert len(table) == 1
    assert found.at() is found.draws
    assert len(repr(found).splitlines()) == 3


def test_effects_of_the_choices_on_what_is_followed(doubt):
    found = doubt.follow("gini")
    effects = doubt.effects(found.at(2021), resamples=0)
    by_hand = doubt.effects(doubt.outcome(lambda one: inequality(one).values.sel(time=2021).item()), resamples=0)
    np.testing.assert_allclose(effects.shares.total, by_hand.shares.total)
    assert (found.at() == found.at(2022)).all()
    with pytest.raises(MethodError, match="no year 1999"):
        found.at(1999)


def test_blocks_make_no_difference(doubt, monkeypatch):
    names = [("gini", {}), ("conditional-beta", {}), ("gap", GAP), ("rank-concordance", {})]
    whole = [doubt.follow(name, **options).draws for name, options in names]
    monkeypatch.setattr(following, "_SCORES", 100)
    for (name, options), draws in zip(names, whole, strict=True):
        np.testing.assert_allclose(doubt.follow(name, **options).draws, draws, rtol=1e-12, atol=1e-15)


def test_a_function_of_ones_own_is_followed(doubt):
    def lowest(x, setting, *, times: float = 1.0):
        """The lowest score."""
        return times * np.nanmin(x, axis=-1)

    found = doubt.follow(lowest, times=2.0)
    np.testing.assert_allclose(found.draws, 2 * doubt.draws.min(axis=-1))
    assert found.title.en == "lowest"
    assert doubt.follow(lambda x, setting: x.mean(axis=(1, 2))).times is None
    with pytest.raises(MethodError, match="one number per draw, or per draw and year") as caught:
        doubt.follow(lambda x, setting: x)
    assert "给出一个数" in caught.value.say("zh")


@pytest.mark.parametrize(
    ("statistic", "options", "en", "zh"),
    [
        ("rank", {"region": "C"}, "rank of Region C", "地区C的位次"),
        ("gap", GAP, "mean score of east less that of west", "east与west的平均得分差"),
        ("dagum-between", {"groups": "zone"}, "net Gini coefficient between groups (east, west)", "组间净值差距"),
        ("top-share", {"k": 2}, "share of all scores held by the first 2", "前 2 位地区得分占比"),
        ("atkinson", {}, "Atkinson index (ε = 0.5)", "阿特金森指数（ε = 0.5）"),
    ],
)
def test_a_statistic_says_itself_in_both_languages(doubt, statistic, options, en, zh):
    title = doubt.follow(statistic, **options).title
    assert title.en == en
    assert title.zh.startswith(zh)


def test_every_statistic_by_name_has_words():
    from xinzhi.study.vary.statistics import statistics

    assert following._TITLES.keys() == statistics.members.keys()


def test_without_vary_there_are_values_and_no_intervals():
    index = measure(data(), spec())
    found = followed(index, Follow(statistic="gini"))
    assert found.draws.shape == (0, len(YEARS))
    np.testing.assert_allclose(found.nominal, inequality(index.top).values.values, rtol=1e-12)
    table = found.intervals()
    assert table["nominal"].notna().all()
    assert table[["mean", "median", "low", "high", "share_defined"]].isna().all(axis=None)
    assert "of versions" not in repr(found)
    over = followed(index, Follow(statistic="trend"))
    assert over.intervals().shape == (1, 6)


def test_what_is_not_known_is_refused(doubt):
    with pytest.raises(MethodError, match="Did you mean: gini"):
        doubt.follow("ginni")
    with pytest.raises(MethodError, match="needs the option 'region'"):
        doubt.follow("rank")
    assert doubt.follow(Follow(statistic="mean")).title.zh == "平均得分"


FOLLOWING = """
[vary]
normalise = ["min-max", "z-score"]

[[follow]]
statistic = "gini"

[[follow]]
statistic = "gap"
groups = { a = ["East"], b = ["West", "North"] }
of = "a"
to = "b"

[[claim]]
statistic = "rank"
region = "South"
holds = "at-most"
value = 2
"""


def test_a_study_says_what_is_followed_and_claimed(tmp_path):
    study = xz.read_study(small_study(tmp_path / "s", index=FOLLOWING))
    assert [one.method.name for one in study.spec.follow] == ["gini", "gap"]
    assert study.spec.claim[0].options == {"region": "South"}
    without = xz.read_study(small_study(tmp_path / "t", index='[[follow]]\nstatistic = "gini"\n'))
    assert (without.spec.vary, len(without.spec.follow)) == (None, 1)


def test_a_claim_without_vary_is_told_how(tmp_path):
    text = FOLLOWING.replace('[vary]\nnormalise = ["min-max", "z-score"]\n', "")
    with pytest.raises(StudyError, match="judged by the versions") as caught:
        xz.read_study(small_study(tmp_path / "s", index=text))
    (fault,) = caught.value.faults
    assert fault.column == "claim"
    assert "[vary]" in fault.zh
    # Where [vary] itself is at fault that is said, and not that there is none.
    with pytest.raises(StudyError) as caught:
        xz.read_study(small_study(tmp_path / "t", index=FOLLOWING.replace("z-score", "z-scor")))
    assert "claim" not in {fault.column for fault in caught.value.faults}


def test_faults_of_what_a_study_follows_stand_where_it_says_so(tmp_path):
    text = FOLLOWING.replace('"gini"', '"ginni"').replace("at-most", "at-moast")
    with pytest.raises(StudyError) as caught:
        xz.read_study(small_study(tmp_path / "s", index=text))
    places = {fault.column: fault for fault in caught.value.faults}
    assert places.keys() == {"follow.1", "claim.1.holds"}
    lines = (tmp_path / "s" / "study.toml").read_text(encoding="utf-8").splitlines()
    assert lines[places["follow.1"].row - 1] == "[[follow]]"
    assert lines[places["claim.1.holds"].row - 1] == 'holds = "at-moast"'


def test_everything_the_index_does_not_have_is_named_at_once():
    index = measure(data(), spec())
    setting = Setting(index.regions, index.times, index.about_region)
    follows = [Follow(statistic="gini"), Follow(statistic="rank", options={"region": "Z"})]
    claims = [
        Claim(statistic="gini", holds="falls", years=(2020, 2031)),
        Claim(statistic="gap", options=GAP | {"to": "north"}, holds="falls"),
        Claim(statistic="gini", holds="falls"),
    ]
    faults = unfit(setting, index.stages.scores[:, :, -1], follows, claims)
    assert [(fault.column, fault.code) for fault in faults] == [
        ("follow.2", "unknown-region"),
        ("claim.1", "unknown-time"),
        ("claim.2", "unknown-group"),
    ]
