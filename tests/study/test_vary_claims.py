"""Claims against versions that can be counted by hand, and against what is true of the model country."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

import xinzhi as xz
from tests.study.vary_example import data, spec, varied
from xinzhi.core.errors import MethodError
from xinzhi.core.labels import panel
from xinzhi.data.country import write_study
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.vary.claims import Claim
from xinzhi.study.vary.results import Doubt
from xinzhi.study.vary.varying import vary

# Two indicators as they are. In 2021 A has 9 and 1, B 4 and 4, C 1 and 2; in 2020 A has 5 and 5.
VALUES = np.array([[[5, 5], [9, 1]], [[4, 4], [4, 4]], [[1, 2], [1, 2]]], dtype=float)
# Three sets of weights by two ways of combining them. A's score in 2021, and whether it is above B's 4:
#   arithmetic  3:1 -> 7 yes     1:1 -> 5 yes   1:3 -> 3 no
#   geometric   3:1 -> 5.196 yes 1:1 -> 3 no    1:3 -> 1.732 no
SETS = [{"p": 3.0, "q": 1.0}, {"p": 1.0, "q": 1.0}, {"p": 1.0, "q": 3.0}]
FIRST = {"statistic": "rank", "region": "A", "holds": "at-most", "value": 1, "year": 2021}
OF_A = {"statistic": "score", "region": "A"}


def small(**changes) -> IndexSpec:
    base = {
        "elements": [{"code": "top"}],
        "indicators": [{"code": "p", "parent": "top"}, {"code": "q", "parent": "top"}],
        "normalise": "none",
        "weigh": {"method": "given", "relative": True},
    }
    return IndexSpec(**(base | changes))


@pytest.fixture(scope="module")
def doubt() -> Doubt:
    cells = panel(VALUES, ["A", "B", "C"], [2020, 2021], ["p", "q"])
    said = varied(stated=SETS, aggregate=["arithmetic", "geometric"])
    return vary(cells, small(), said, sampling="factorial")


def test_the_share_of_versions_is_counted(doubt):
    verdict = doubt.judge(Claim(**FIRST))
    assert len(verdict.margins) == 6
    assert sorted(verdict.margins) == [-1, -1, -1, 0, 0, 0]
    assert (verdict.share, verdict.share_defined, verdict.nominal, verdict.nominal_margin) == (0.5, 1.0, True, 0.0)
    assert verdict.title.en == "rank of A is 1 or ahead in 2021"
    assert verdict.title.zh == "2021 年A的位次为第 1 位或更前"


def test_the_choices_that_break_it(doubt):
    table = doubt.judge(Claim(**FIRST)).breakers.set_index(["factor", "version"])
    assert table["share"].to_dict() == {
        ("stated", "set 1"): 1.0,
        ("stated", "set 2"): 0.5,
        ("stated", "set 3"): 0.0,
        ("aggregate", "arithmetic"): pytest.approx(2 / 3),
        ("aggregate", "geometric"): pytest.approx(1 / 3),
    }
    np.testing.assert_allclose(table["difference"], table["share"] - 0.5)
    assert table["difference"].is_monotonic_increasing
    assert table["draws"].to_dict() == {key: 2 if key[0] == "stated" else 3 for key in table.index}
    # The study itself weighs both alike and takes the arithmetic mean.
    assert table["alone"].to_dict() == {
        ("stated", "set 1"): True,
        ("stated", "set 2"): True,
        ("stated", "set 3"): False,
        ("aggregate", "arithmetic"): True,
        ("aggregate", "geometric"): False,
    }
    assert table.loc[("stated", "set 3"), ["name_en", "name_zh"]].tolist() == ["stated weights", "指定权重方案"]
    broken = doubt.judge(Claim(**FIRST)).broken_by
    assert set(zip(broken["factor"], broken["version"], strict=True)) == {
        ("stated", "set 3"),
        ("aggregate", "geometric"),
    }


def test_the_specification_curve_has_every_version_and_the_study(doubt):
    claim = Claim(**OF_A, holds="rises")
    verdict = doubt.judge(claim)
    # 7, 5 and 3 against 5; 5.196, 3 and 1.732 against 5. A tie is no rise.
    assert verdict.share == pytest.approx(2 / 6)
    assert verdict.nominal is False
    assert verdict.nominal_margin == 0.0
    curve = verdict.curve()
    assert list(curve) == ["draw", "margin", "holds", "stated", "aggregate"]
    assert curve["margin"].is_monotonic_increasing
    assert curve["draw"].nunique() == 7
    own = curve[curve["draw"] == -1].iloc[0]
    assert (own["stated"], own["aggregate"], own["holds"]) == ("set 2", "arithmetic", False)
    best = curve.iloc[-1]
    assert (best["stated"], best["aggregate"], best["holds"]) == ("set 1", "arithmetic", True)
    assert best["margin"] == pytest.approx(2.0)
    by_draw = curve[curve["draw"] >= 0].set_index("draw")["margin"].sort_index()
    np.testing.assert_allclose(by_draw, doubt.draws[:, 1, 0] - doubt.draws[:, 0, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ({"holds": "rises"}, 2 / 6),
        ({"holds": "falls"}, 3 / 6),  # the tie is neither
        ({"holds": "at-least", "value": 5}, 3 / 6),  # 7, 5 and 5.196
        ({"holds": "above", "value": 5}, 2 / 6),
        ({"holds": "at-most", "value": 5}, 4 / 6),
        ({"holds": "below", "value": 5}, 3 / 6),
        ({"holds": "at-least", "value": 5, "year": 2020}, 1.0),
    ],
)
def test_what_a_claim_holds_to_mean(doubt, said, share):
    assert doubt.judge(Claim(**OF_A, **said)).share == pytest.approx(share)


def test_rounding_decides_nothing(doubt):
    draws = doubt.draws.copy()
    draws[:, 1, 0] = draws[:, 0, 0] * (1 + np.array([1e-15, -1e-15, 1e-9, -1e-9, 0, 1]))
    near = dataclasses.replace(doubt, draws=draws)
    assert near.judge(Claim(**OF_A, holds="rises")).share == pytest.approx(2 / 6)
    assert near.judge(Claim(**OF_A, holds="falls")).share == pytest.approx(1 / 6)


def test_every_year_means_every_step():
    years = np.arange(2018, 2023)
    cells = np.full((2, 5, 2), 3.0)
    cells[0] = [[1, 1], [2, 1], [3, 1], [2, 5], [4, 4]]
    index = panel(cells, ["A", "B"], years, ["p", "q"])
    doubt = vary(index, small(), varied(stated=SETS), sampling="factorial")
    # A goes 1, 1.75, 2.5, 2.75, 4 where p counts three times; 1, 1.5, 2, 3.5, 4; 1, 1.25, 1.5, 4.25, 4 where q does.
    claim = Claim(**OF_A, holds="rises-every-year")
    assert doubt.judge(claim).share == pytest.approx(2 / 3)
    assert doubt.judge(claim).nominal_margin == pytest.approx(0.5)
    # Where p counts nine times A goes 1, 1.9, 2.8, 2.3, 4.
    steep = vary(index, small(), varied(stated=[{"p": 9.0}, {"p": 1.0}]), sampling="factorial")
    assert steep.judge(claim).share == 0.5
    assert steep.judge(Claim(**OF_A, holds="rises-every-year", years=(2018, 2020))).share == 1.0
    assert steep.judge(Claim(**OF_A, holds="falls-every-year", years=(2020, 2021))).share == 0.5
    assert steep.judge(Claim(**OF_A, holds="rises")).share == 1.0


def test_versions_that_cannot_be_judged_are_not_counted(doubt):
    draws = doubt.draws.copy()
    draws[0, 1] = -1.0
    gappy = dataclasses.replace(doubt, draws=draws)
    claim = Claim(statistic="gini", holds="rises")
    whole, verdict = doubt.judge(claim), gappy.judge(claim)
    assert verdict.share_defined == pytest.approx(5 / 6)
    assert np.isnan(verdict.margins).tolist() == [True] + [False] * 5
    assert verdict.share == (whole.margins[1:] > 0).mean()
    assert verdict.curve()["holds"].iloc[-1] is None
    draws_with = verdict.breakers.set_index("version")["draws"]
    assert draws_with["set 1"] == 1
    assert "of 5 versions in which it can be judged (6 in all)" in verdict.say("en")
    assert "可判断的 5 个方案（共 6 个）" in verdict.say("zh")
    nothing = dataclasses.replace(doubt, draws=-doubt.draws).judge(claim)
    assert np.isnan(nothing.share)
    assert nothing.share_defined == 0
    assert "in none of 6 versions" in nothing.say("en")
    assert "均无法判断" in nothing.say("zh")


def test_a_change_that_cannot_be_made_alone_is_not_judged():
    # Standard scores have no geometric mean; with the ranges that vary they do.
    base = small(normalise="z-score")
    said = varied(
        normalise=[{"method": "min-max", "to": (1, 10)}, {"method": "min-max", "to": (1, 100)}],
        aggregate=["arithmetic", "geometric"],
    )
    doubt = vary(panel(VALUES, ["A", "B", "C"], [2020, 2021], ["p", "q"]), base, said, sampling="factorial")
    verdict = doubt.judge(Claim(**FIRST))
    alone = verdict.breakers.set_index("version")["alone"]
    assert alone["geometric"] is None
    assert alone["min-max (to=(1.0, 10.0))"] in (True, False)
    assert doubt.alone.own == {"aggregate": "arithmetic"}
    assert verdict.curve().set_index("draw").loc[-1, "normalise"] == ""
    gone = doubt.alone.changes["version"] == "geometric"
    assert np.isnan(doubt.alone.scores[gone]).all()


def test_a_single_change_is_the_index_with_that_change():
    said = varied(
        normalise=["min-max", {"method": "z-score", "mean": 100, "sd": 10}],
        weigh={1: ["given", "entropy"]},
        zeros=["skip", {"zeros": "shift", "eps": 0.01}],
        aggregate={4: ["arithmetic", "geometric"]},
        noise={"level": 1},
        error={"*": 0.05},
        leave_out=("rd", "open"),
    )
    doubt = vary(data(), spec(), said, draws=4, effects=False)
    assert doubt.alone.own == {
        "normalise": "min-max",
        "weigh.1": "given",
        "aggregate.4": "arithmetic",
        "leave_out": "-",
    }
    changes = doubt.alone.changes
    # Zero rules say nothing to a study without entropy weights, so neither version is its own.
    assert changes["factor"].tolist() == [
        "normalise",
        "weigh.1",
        "zeros",
        "zeros",
        "aggregate.4",
        "leave_out",
        "leave_out",
    ]
    told = {
        0: {"normalise": {"method": "z-score", "mean": 100, "sd": 10}},
        1: {"weigh": [{"method": "given", "relative": True}, {"method": "entropy", "level": 1}]},
        2: {},
        3: {},
        4: {"aggregate": ["arithmetic", {"method": "geometric", "level": 4}]},
    }
    for at, change in told.items():
        top = measure(data(), spec(**change)).stages.scores[:, :, -1]
        np.testing.assert_allclose(doubt.alone.scores[at], top, rtol=1e-12)
    without = [one for one in spec().indicators if one.code != "rd"]
    top = measure(data(), spec(indicators=without)).stages.scores[:, :, -1]
    np.testing.assert_allclose(doubt.alone.scores[5], top, rtol=1e-12)
    inside = measure(data(), spec()).scores.sel(element="inside").values.T
    np.testing.assert_allclose(doubt.alone.scores[6], inside, rtol=1e-12)
    breakers = doubt.judge(Claim(statistic="mean", holds="rises")).breakers
    assert set(breakers["factor"]) == {*doubt.alone.own, "zeros"}


def test_a_single_change_fills_cells_and_errs_as_the_study_does():
    # Cells filled by chance are filled as in the study, and values carry no error, so that one choice alone differs.
    cells, base = data(gaps=12), spec(impute=["hot-deck"])
    scaled = {"method": "z-score", "mean": 100, "sd": 10}
    said = varied(normalise=["min-max", scaled], impute=["hot-deck", "mean"], error={"*": 0.1})
    doubt = vary(cells, base, said, draws=4)
    assert doubt.alone.changes["version"].tolist() == ["mean", "z-score (mean=100, sd=10)"]
    for at, change in enumerate(({"impute": ["mean"]}, {"normalise": scaled})):
        top = measure(cells, spec(**({"impute": ["hot-deck"]} | change))).stages.scores[:, :, -1]
        np.testing.assert_allclose(doubt.alone.scores[at], top, rtol=1e-12)


def test_a_statistic_over_the_years_is_taken_over_those_said():
    doubt = vary(data(), spec(), varied(noise={}), draws=8)
    claim = Claim(statistic="trend", holds="above", value=0.0, years=(2021, 2022))
    verdict = doubt.judge(claim)
    mean = doubt.draws.mean(axis=2)
    np.testing.assert_allclose(verdict.margins, (mean[:, 2] - mean[:, 1])[: doubt.design.independent], rtol=1e-9)
    assert verdict.title.en == "yearly change of the mean score is above 0 over 2021-2022"
    assert verdict.title.zh == "2021—2022 年平均得分的年均变化高于 0"
    whole = doubt.judge(Claim(statistic="trend", holds="above", value=0.0))
    assert whole.title.en.endswith("over 2020-2022")
    assert whole.followed.draws.shape == (len(doubt.draws),)


def test_what_is_claimed_is_said_in_both_languages(doubt):
    verdict = doubt.judge(Claim(**FIRST, says={"en": "A leads", "zh": "A 领先"}))
    english, chinese = verdict.say("en"), verdict.say("zh")
    assert english.startswith("“A leads”: it holds in 50.0% of 6 versions. In the study as it stands it holds.")
    assert "Changed alone, each of these breaks it: stated weights: set 3; aggregation: geometric." in english
    assert english.endswith("It holds least often with stated weights: set 3 (0.0%).")
    assert chinese.startswith("“A 领先”：在6 个方案中成立的比例为 50.0%。按研究现有设定，该论断成立。")
    assert "指定权重方案：set 3；合成方法：geometric" in chinese
    assert repr(verdict).startswith("Verdict: A leads (A 领先)\n  it holds in 50.0%")
    other = doubt.judge(Claim(**(FIRST | {"region": "C"}), says="C"))
    assert "it does not hold. No single change makes it hold." in other.say("en")
    assert "没有任何单项改变足以使该论断成立" in other.say("zh")
    assert other.title.zh == "C"


@pytest.mark.parametrize(
    ("said", "en", "zh"),
    [
        ({"holds": "rises", "value": 1}, "compares years", "比较的是不同年份"),
        ({"holds": "falls", "year": 2020}, "compares years", "比较的是不同年份"),
        ({"holds": "above"}, "needs a value", "须给出比较的界限"),
        ({"holds": "rises", "years": (2021, 2020)}, "must run forwards", "由先到后"),
        ({"holds": "rises", "years": (2021, 2021)}, "must run forwards", "由先到后"),
        ({"holds": "above", "value": 1, "years": (2020, 2021)}, "give year = 2021", "year = 2021"),
        ({"statistic": "beta", "holds": "falls"}, "one number over the years", "跨年份的单一数值"),
        ({"statistic": "beta", "holds": "below", "value": 0, "year": 2020}, "one number over", "跨年份"),
    ],
)
def test_what_cannot_be_claimed_is_refused_when_it_is_read(said, en, zh):
    with pytest.raises(ValidationError, match=en) as caught:
        Claim(**({"statistic": "gini"} | said))
    assert zh in caught.value.errors()[0]["ctx"]["error"].zh


def test_what_the_index_does_not_have_cannot_be_claimed(doubt):
    with pytest.raises(MethodError, match="no year 2031"):
        doubt.judge(Claim(**OF_A, holds="above", value=1, year=2031))
    one = vary(panel(VALUES[:, :1], ["A", "B", "C"], [2020], ["p", "q"]), small(), varied(stated=SETS), draws=4)
    with pytest.raises(MethodError, match="has one year, 2020"):
        one.judge(Claim(**OF_A, holds="rises"))

    def whole(x, setting):
        return x.mean(axis=(1, 2))

    with pytest.raises(MethodError, match="one number over the years"):
        doubt.judge(Claim(statistic=whole, holds="rises"))
    assert doubt.judge(Claim(statistic=whole, holds="above", value=0)).share == 1.0


def test_what_is_true_of_the_model_country_survives_its_choices(tmp_path):
    folder = write_study(tmp_path / "country")
    study = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(study.partition("\n[vary]\n")[0] + VARIED, encoding="utf-8")
    read = xz.read_study(folder)
    doubt = xz.vary(read, xz.load(read))
    shares = {claim.says.en: doubt.judge(claim) for claim in read.spec.claim}
    assert {name: verdict.nominal for name, verdict in shares.items()} == dict.fromkeys(shares, True) | {
        "uplands": False
    }
    for name in ("gap", "latecomer", "leader", "convergence"):
        assert shares[name].share > 0.95, name
    assert shares["uplands"].share < 0.05


# Planted: gaps between zones narrow, M12 overtakes, M01 leads, and the shore stays ahead of the uplands.
VARIED = """
[vary]
draws = 64
effects = false
normalise = [{ method = "min-max", to = [1, 100] }, { method = "z-score", mean = 100, sd = 10 }]
weigh = ["given", "entropy"]
aggregate = ["arithmetic", "geometric"]
noise = { level = 1, share = 0.3 }

[[claim]]
says = "gap"
statistic = "ratio"
groups = "zone"
of = "Shore"
to = "岚岭"
holds = "falls"
years = [2014, 2023]

[[claim]]
says = "latecomer"
statistic = "rank"
region = "云梯郡"
holds = "falls"

[[claim]]
says = "leader"
statistic = "rank"
region = "Starislet"
holds = "at-most"
value = 1

[[claim]]
says = "convergence"
statistic = "beta"
holds = "below"
value = 0

[[claim]]
says = "uplands"
statistic = "gap"
groups = { up = ["M13", "Pineresin", "鹰眠"], shore = ["M01", "M02"] }
of = "up"
to = "shore"
holds = "above"
value = 0
"""
