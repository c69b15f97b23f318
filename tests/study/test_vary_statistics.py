"""Statistics of many versions at once, against the methods of dynamics on one version after the other."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import spearmanr

from tests.study.vary_example import data, spec, varied
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.convergence import beta_convergence, sigma_convergence
from xinzhi.dynamics.decomposition import dagum, theil
from xinzhi.dynamics.inequality import inequality
from xinzhi.dynamics.neighbours import neighbours
from xinzhi.dynamics.space import global_moran
from xinzhi.study.vary import statistics as home
from xinzhi.study.vary.following import follow
from xinzhi.study.vary.setting import Setting
from xinzhi.study.vary.statistics import OVER_YEARS, Follow, statistics
from xinzhi.study.vary.varying import vary

ZONES = np.array(["coast"] * 3 + ["plain"] * 2 + ["hills"] * 3, dtype=object)
CODES = np.array(["110000", "120000", "130000", "140000", "150000", "210000", "220000", "230000"], dtype=object)
YEARS = np.arange(2015, 2020)
SETTING = Setting(CODES, YEARS, {"zone": ZONES})
BY_ZONE = {"groups": "zone"}
PLACES = xr.DataArray(np.zeros(8), dims=("region",), coords={"region": CODES})
BORDERS = neighbours(PLACES, "contiguity")


def scores(seed, gaps=0, draws=4):
    """Versions of scores above zero; the last two regions alone have gaps, so that every year has enough regions."""
    rng = np.random.default_rng(seed)
    x = rng.lognormal(0.5, 0.4, (draws, len(YEARS), len(CODES)))
    for draw, year, region in zip(
        rng.integers(0, draws, gaps), rng.integers(0, 5, gaps), rng.integers(6, 8, gaps), strict=True
    ):
        x[draw, year, region] = np.nan
    return x


def labelled(one):
    coords = {"region": CODES, "time": YEARS, "zone": ("region", ZONES)}
    return xr.DataArray(one.T, dims=("region", "time"), coords=coords, name="score")


def taken(name, x, setting=SETTING, **options):
    return statistics.find(name).function(x, setting, **options)


def of_method(name, **options):
    return lambda one: inequality(labelled(one), name, **options).values.values


def of_dagum(part):
    return lambda one: dagum(labelled(one), "zone").parts.sel(part=part).values


def of_theil(part, kind):
    return lambda one: theil(labelled(one), "zone", kind=kind).parts.sel(part=part).values


def by_zone(one, label):
    return np.nanmean(one[:, label == ZONES], axis=1)


def concordance(one):
    return [spearmanr(one[0], one[t], nan_policy="omit").statistic for t in range(len(one))]


def first_of(one, k):
    return [sum(sorted(year[~np.isnan(year)])[-k:]) / np.nansum(year) for year in one]


TWINS = {
    ("rank", (("region", "130000"),)): lambda one: 1 + (one > one[:, [2]]).sum(axis=1),
    ("score", (("region", "130000"),)): lambda one: one[:, 2],
    ("mean", ()): lambda one: np.nanmean(one, axis=1),
    ("median", ()): lambda one: np.nanmedian(one, axis=1),
    ("range", ()): lambda one: np.nanmax(one, axis=1) - np.nanmin(one, axis=1),
    ("max-to-min", ()): lambda one: np.nanmax(one, axis=1) / np.nanmin(one, axis=1),
    ("gap", (("groups", "zone"), ("of", "hills"), ("to", "coast"))): lambda one: (
        by_zone(one, "hills") - by_zone(one, "coast")
    ),
    ("ratio", (("groups", "zone"), ("of", "hills"), ("to", "coast"))): lambda one: (
        by_zone(one, "hills") / by_zone(one, "coast")
    ),
    ("top-share", (("k", 2),)): lambda one: first_of(one, 2),
    ("gini", ()): of_method("gini"),
    ("theil-t", ()): of_method("theil-t"),
    ("theil-l", ()): of_method("theil-l"),
    ("coefficient-of-variation", (("divisor", "n-1"),)): of_method("coefficient-of-variation", divisor="n-1"),
    ("variance-of-logs", ()): of_method("variance-of-logs"),
    ("atkinson", (("epsilon", 1.0),)): of_method("atkinson", epsilon=1.0),
    ("dagum-within", (("groups", "zone"),)): of_dagum("within"),
    ("dagum-between", (("groups", "zone"),)): of_dagum("between"),
    ("dagum-transvariation", (("groups", "zone"),)): of_dagum("transvariation"),
    ("theil-between", (("groups", "zone"), ("kind", "L"))): of_theil("between", "L"),
    ("theil-within", (("groups", "zone"), ("kind", "T"))): of_theil("within", "T"),
    ("sigma", ()): lambda one: sigma_convergence(labelled(one), measure="sd-of-logs").dispersion.values,
    ("beta", ()): lambda one: beta_convergence(labelled(one), form="cross-section").beta,
    ("conditional-beta", ()): lambda one: beta_convergence(labelled(one)).beta,
    ("rank-concordance", ()): concordance,
    ("trend", ()): lambda one: np.polyfit(YEARS - 2017, np.nanmean(one, axis=1), 1)[0],
}
# A region without score has no neighbours to be like, so this one is tried without gaps.
WHOLE = {
    ("moran", ()): lambda one: global_moran(labelled(one), BORDERS, permutations=0).table["I"].values,
}


def test_every_statistic_has_a_twin():
    assert {name for name, _ in TWINS | WHOLE} == set(statistics.members)


@pytest.mark.parametrize("key", TWINS, ids=lambda key: key[0])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), gaps=st.sampled_from([0, 0, 3, 8]))
def test_many_versions_at_once_are_one_after_the_other(key, seed, gaps):
    x = scores(seed, gaps)
    found = taken(key[0], x, **dict(key[1]))
    np.testing.assert_allclose(found, np.array([TWINS[key](one) for one in x]), rtol=1e-12, atol=1e-12)
    assert found.shape == (x.shape[:1] if key[0] in OVER_YEARS else x.shape[:2])


@pytest.mark.parametrize("key", WHOLE, ids=lambda key: key[0])
def test_versions_without_gaps_are_one_after_the_other(key):
    x = scores(3)
    np.testing.assert_allclose(
        taken(key[0], x, **dict(key[1])), np.array([WHOLE[key](one) for one in x]), rtol=1e-12, atol=1e-12
    )
    x[1, 2, 0] = np.nan
    x[2, 3] = 0.7
    gone = np.isnan(taken(key[0], x, **dict(key[1])))
    assert np.argwhere(gone).tolist() == [[1, 2], [2, 3]]


NEEDS_NOT_NEGATIVE = ["gini", "top-share", "atkinson", "dagum-within", "dagum-between", "dagum-transvariation"]
NEEDS_POSITIVE = ["theil-t", "theil-l", "variance-of-logs", "max-to-min", "theil-between", "theil-within", "sigma"]


@pytest.mark.parametrize(
    ("name", "lowest"), [*((name, -0.1) for name in NEEDS_NOT_NEGATIVE), *((name, 0.0) for name in NEEDS_POSITIVE)]
)
def test_what_scores_have_no_meaning_for_is_missing_there_alone(name, lowest):
    x = scores(5)
    options = BY_ZONE if name.startswith(("dagum", "theil-b", "theil-w")) else {}
    whole = taken(name, x, **options)
    x[2, 1, 4] = lowest
    x[3, 0] = np.nan
    x[3, 0, 0] = 1.0
    found = taken(name, x, **options)
    gone = {(2, 1), (3, 0)}
    if name == "sigma":  # its regions are those of every year, and one is left
        gone = {(2, 1), *((3, t) for t in range(5))}
    assert set(map(tuple, np.argwhere(np.isnan(found)))) == gone
    kept = ~np.isnan(found)
    np.testing.assert_allclose(found[kept], whole[kept], rtol=1e-12)


@pytest.mark.parametrize("name", ["beta", "conditional-beta"])
def test_growth_has_no_meaning_in_versions_with_scores_of_zero_or_less(name):
    x = scores(6)
    whole = taken(name, x)
    x[1, 0, 3], x[2] = -1.0, 2.5
    found = taken(name, x)
    assert np.isnan(found).tolist() == [False, True, True, False]
    np.testing.assert_allclose(found[[0, 3]], whole[[0, 3]], rtol=1e-12)
    assert np.isnan(taken(name, x[..., :1])).all()
    short = Setting(CODES, YEARS[:1], {})
    if name == "beta":
        assert np.isnan(taken(name, x[:, :1], short)).all()


def test_scores_below_zero_have_no_coefficient_of_variation():
    x = scores(7)
    x[0] -= x[0].mean(axis=1, keepdims=True)
    x[1] -= x[1].min(axis=1, keepdims=True) * 1.01  # one region below zero, the mean well above
    assert np.isnan(taken("coefficient-of-variation", x)).all(axis=1).tolist() == [True, True, False, False]
    x[3, 0, ZONES == "hills"] *= -1
    assert np.isnan(taken("ratio", x, groups="zone", of="hills", to="coast"))[3].tolist() == [True] + [False] * 4


def test_a_year_without_scores_has_nothing():
    x = scores(8)
    x[1, 2] = np.nan
    for name, options in (("mean", {}), ("median", {}), ("range", {}), ("rank", {"region": "120000"}), ("gini", {})):
        assert np.argwhere(np.isnan(taken(name, x, **options))).tolist() == [[1, 2]], name
    assert np.isnan(taken("trend", x)).tolist() == [False, True, False, False]
    order = taken("rank-concordance", x)
    assert np.argwhere(np.isnan(order)).tolist() == [[1, 2]]
    assert (order[[0, 2, 3], 0] == 1).all()


def test_scores_that_all_tie_have_no_order():
    x = scores(9)
    x[0, 0] = 1.0
    assert np.isnan(taken("rank-concordance", x)).all(axis=1).tolist() == [True, False, False, False]
    assert (taken("gini", np.ones((1, 5, 8))) == 0).all()


def test_names_of_regions_and_groups_in_either_language():
    by_name = taken("rank", scores(1), region="河北")
    assert (by_name == taken("rank", scores(1), region="Hebei")).all()
    assert (by_name == taken("rank", scores(1), region="130000")).all()
    assert SETTING.region("Bejing") == 0  # one slip of the pen that leads to one region
    assert SETTING.region_text("230000").zh == "黑龙江"
    own = Setting(np.array(["A", "B", "C"], dtype=object), YEARS, {"name_zh": np.array(["甲", "乙", "丙"])})
    assert own.region("乙") == own.region("B") == 1
    assert own.region_text("丙").zh == "丙"
    assert own.region_text("丙").en == "C"
    # A column in the other language names the same groups; one that cuts across them does not.
    both = Setting(CODES, YEARS, {"area": ZONES, "area_en": np.array(["x"] * 3 + ["y", "z"] + ["w"] * 3, dtype=object)})
    grouped = both.groups("area")
    assert [one.en for one in grouped.names] == ["x", "plain", "w"]
    assert grouped.at("x") == grouped.at("coast") == 0
    with pytest.raises(MethodError, match=r"no group 'y'\. There are: x, plain, w"):
        grouped.at("y")
    english = both.groups("area_en")
    assert [(one.en, one.zh) for one in english.names] == [
        ("x", "coast"),
        ("y", "plain"),
        ("z", "plain"),
        ("w", "hills"),
    ]
    # The catalogue's own groups are known where the data bring none.
    catalogue = Setting(CODES, YEARS, {}).groups("zone")
    assert catalogue.at("East") == catalogue.at("东部")


def test_groups_may_be_lists_of_regions():
    lists = {"north": ["Beijing", "天津"], "south": ["230000"]}
    x = scores(2)
    found = taken("gap", x, groups=lists, of="north", to="south")
    np.testing.assert_allclose(found, x[..., :2].mean(axis=-1) - x[..., 7], rtol=1e-12)
    with pytest.raises(MethodError, match="belong to no group"):
        taken("dagum-between", x, groups=lists)
    whole = {"one": list(CODES[:4]), "two": list(CODES[4:])}
    parts = sum(taken(f"dagum-{part}", x, groups=whole) for part in ("within", "between", "transvariation"))
    np.testing.assert_allclose(parts, taken("gini", x), rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "en", "zh"),
    [
        ("rank", {"region": "Atlantis"}, "no region 'Atlantis'", "没有地区“Atlantis”"),
        ("gap", {"groups": "zone", "of": "hills", "to": "sea"}, "There are: coast, plain, hills", "现有：coast、plain"),
        ("gap", {"groups": "belt", "of": "a", "to": "b"}, "no coordinate 'belt'", "没有名为“belt”的分组坐标"),
        ("dagum-within", {"groups": {"all": list(CODES)}}, "two groups or more", "至少需要两个分组"),
        (
            "gap",
            {"groups": {"a": ["110000"], "b": ["北京"]}, "of": "a", "to": "b"},
            "in the groups 'a' and 'b'",
            "列入",
        ),
        ("gap", {"groups": {"a": ["Atlantis"], "b": ["Lemuria"]}, "of": "a", "to": "b"}, "'Lemuria'", "“Lemuria”"),
        ("top-share", {"k": 9}, "within 1 and 8", "1 与 8 之间"),
        ("moran", {"neighbours": "tile"}, "Did you mean: tiles", "tiles"),
    ],
)
def test_what_there_is_not_is_named(name, options, en, zh):
    nominal = scores(1)[0]
    wanted = Follow(statistic=name, options=options)
    with pytest.raises(MethodError) as caught:
        follow(nominal, nominal[None], SETTING, wanted, independent=1)
    assert en in caught.value.say("en")
    assert zh in caught.value.say("zh")


def test_neighbours_are_found_as_far_as_the_regions_allow():
    x = np.random.default_rng(1).random((3, 2, 6))
    model = Setting(np.array([f"M{at:02d}" for at in range(1, 7)], dtype=object), YEARS[:2], {})
    assert model.neighbours(None, "bridge").kind == "tiles"
    own = np.array(list("ABCDEF"), dtype=object)
    placed = Setting(own, YEARS[:2], {"lon": np.arange(6.0), "lat": np.array([0.0, 1, 0, 1, 0, 1])})
    assert placed.neighbours(None, "bridge").kind == "nearest"
    assert placed.neighbours({"method": "nearest", "k": 2}, "bridge").strengths.sum() == 12
    on_grid = Setting(own, YEARS[:2], {"row": np.zeros(6), "col": np.arange(6.0)})
    assert on_grid.neighbours(None, "bridge").kind == "tiles"
    with pytest.raises(MethodError, match="nothing says who is next to whom") as caught:
        taken("moran", x, Setting(own, YEARS[:2], {}))
    assert "无从判断地区是否相邻" in caught.value.say("zh")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"statistic": "ginni"}, "Did you mean: gini"),
        ({"statistic": "gini", "k": 3}, "has no option 'k'"),
        ({"statistic": "gap", "groups": "zone"}, "needs the option"),
        ({"statistic": "rank", "region": 3}, "option 'region'"),
    ],
)
def test_what_cannot_be_followed_is_refused_when_it_is_read(said, words):
    with pytest.raises(ValidationError, match=words):
        Follow.model_validate(said)


def test_a_follow_is_a_name_or_a_table_and_is_told_the_same_on_every_run():
    assert Follow.model_validate("gini") == Follow(statistic="gini")
    said = Follow.model_validate({"statistic": "top-share", "k": 5})
    assert said.model_dump(mode="json") == {"statistic": "top-share", "options": {"k": 5}}

    def last(x, setting):
        return x[..., -1]

    told = Follow(statistic=last).model_dump(mode="json")["statistic"]
    assert told.endswith("last")
    assert "0x" not in told


def test_regions_without_a_score_in_some_versions_are_left_out_there():
    doubt = vary(data(gaps=12), spec(aggregate={"method": "arithmetic", "least": 0.6}), varied(noise={}), draws=8)
    assert np.isnan(doubt.draws).any()
    expected = [[home.inequality.gini(year) for year in one] for one in doubt.draws]
    np.testing.assert_allclose(doubt.follow("gini").draws, expected, rtol=1e-12)
