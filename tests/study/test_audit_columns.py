"""Pitfalls 2, 3, 11, 12 and 14, planted and absent."""

import numpy as np
import pytest

from tests.study.auditing import a_run, codes_of, columns
from xinzhi.study.audit import audit, overlap
from xinzhi.study.audit.labels import relative


def named(code, label, **more):
    return {"code": code, "parent": "index", "name": label, **more}


def test_a_copy_of_a_column_is_a_near_duplicate():
    values = columns(4)
    values["d"] = values["a"] * 2 + 5
    found = codes_of(audit(a_run(values)), 2)
    assert found["near-duplicates"].severity == "serious"
    assert set(found["near-duplicates"].numbers["indicator"]) == {"a", "d"}
    assert np.isinf(found["near-duplicates"].numbers["vif"]).all()


def test_indicators_that_move_together_form_a_group_and_others_do_not():
    values = columns(5, regions=40)
    rng = np.random.default_rng(1)
    values["b"] = values["a"] + rng.normal(0, 4, values["a"].shape)
    values["c"] = values["b"] + rng.normal(0, 4, values["a"].shape)
    (found,) = audit(a_run(values), nested_weight=0.9).of(2)
    assert (found.code, found.severity) == ("redundant-indicators", "worth-knowing")
    assert list(found.numbers["indicator"]) == ["a", "b", "c"]
    assert audit(a_run(values), nested_weight=0.5).of(2)[0].severity == "serious"


def test_variance_inflation_finds_what_pairs_do_not():
    values = columns(4, regions=60)
    values["d"] = values["a"] + values["b"] + values["c"]
    found = codes_of(audit(a_run(values), redundant=0.95), 2)
    assert "collinear-indicators" in found
    r = np.corrcoef(np.stack([v.ravel() for v in columns(4, regions=60).values()]))
    clean = audit(a_run(columns(4, regions=60))).of(2)[0].numbers
    within = np.corrcoef(np.stack([(v - v.mean(axis=0)).ravel() for v in columns(4, regions=60).values()]))
    expected = np.minimum(np.diag(np.linalg.inv(r)), np.diag(np.linalg.inv(within)))
    np.testing.assert_allclose(clean["vif"], expected, rtol=1e-8)
    one = {code: of[:, :1] for code, of in columns(4, regions=60).items()}
    alone = np.diag(np.linalg.inv(np.corrcoef(np.stack([v.ravel() for v in one.values()]))))
    np.testing.assert_allclose(audit(a_run(one)).of(2)[0].numbers["vif"], alone, rtol=1e-8)


def test_indicators_that_only_rise_together_do_not_say_the_same():
    rng = np.random.default_rng(6)
    rise = np.linspace(0, 100, 10)
    values = {code: 20 + rise + rng.normal(0, 5, size=(31, 10)) for code in "abcd"}
    assert np.corrcoef(values["a"].ravel(), values["b"].ravel())[0, 1] > 0.95
    assert list(codes_of(audit(a_run(values)), 2)) == ["clear"]


def test_the_same_formula_twice():
    leaves = [named("one", "One", column="a"), named("two", "Two", column="a"), named("b", "B")]
    found = codes_of(audit(a_run(columns(2), indicators=leaves)), 2)
    assert found["same-column-twice"].severity == "serious"


def test_shared_parts_and_an_index_within_the_index():
    leaves = [
        named("one", "One", column="a", denominator="c"),
        named("two", "Two", column="b", denominator="c"),
        named("d", {"en": "Digital finance index", "zh": "数字普惠金融指数"}),
        named("e", {"en": "Consumer price index", "zh": "居民消费价格指数"}),
    ]
    found = codes_of(audit(a_run(columns(5), indicators=leaves)), 2)
    assert set(found["shared-parts"].numbers["column"]) == {"c"}
    assert list(found["index-within-index"].numbers["indicator"]) == ["d"]


def test_independent_columns_are_not_counted_twice():
    assert list(codes_of(audit(a_run(columns(4, regions=40))), 2)) == ["clear"]


def sized(mixed=True):
    values = columns(4)
    size = 10 ** np.random.default_rng(3).uniform(0, 3, size=(12, 1)) * np.linspace(1, 1.3, 4)
    values |= {"population": size, "d": size * np.random.default_rng(4).uniform(0.8, 1.2, size=(12, 4))}
    codes = "abcd" if mixed else "d"
    return values, [{"code": code, "parent": "index"} for code in codes]


def test_a_total_among_ratios_and_the_ranking_without_it():
    values, leaves = sized()
    run = a_run(values, units={"d": "亿元", "a": "%"}, indicators=leaves)
    found = codes_of(audit(run, moved_ranks=1), 3)["totals-among-ratios"]
    assert found.severity == "serious"
    alone = a_run({code: values[code] for code in "abc"})
    ranks = alone.index.ranks().sel(element="index", time=2022)
    np.testing.assert_array_equal(found.numbers.set_index("region").sort_index()["rank_changed"], ranks.values)


@pytest.mark.parametrize("unit", ["%", "件/万人", "万元/人"])
def test_a_unit_that_does_not_add_up_is_no_total(unit):
    values, leaves = sized()
    assert list(codes_of(audit(a_run(values, units={"d": unit}, indicators=leaves)), 3)) == ["clear"]


def test_a_total_that_is_divided_is_none():
    values, leaves = sized()
    leaves[3] |= {"denominator": "population"}
    run = a_run(values, units={"d": "亿元", "population": "万人"}, indicators=leaves)
    assert list(codes_of(audit(run), 3)) == ["clear"]


def test_nothing_but_totals_is_an_index_of_size():
    values, leaves = sized(mixed=False)
    assert "all-totals" in codes_of(audit(a_run(values, units={"d": "亿元"}, indicators=leaves)), 3)


def test_orders_of_magnitude_tell_a_total_where_no_size_is_known():
    values, leaves = sized()
    del values["population"]
    assert "totals-among-ratios" in codes_of(audit(a_run(values, units={"d": "亿元"}, indicators=leaves)), 3)


def test_regressors_that_are_parts_of_the_index():
    leaves = [
        named("rd", {"en": "R&D intensity", "zh": "研发强度"}, column="rd_expenditure_total", denominator="gdp"),
        named("b", "B"),
    ]
    values = columns(2) | {"rd_expenditure_total": columns(1)["a"], "gdp": columns(2)["b"]}
    run = a_run(values, indicators=leaves)
    table = overlap(run.index, ["研发强度", "地区生产总值", "R&D经费内部支出", "index", "a"])
    assert dict(zip(table["column"], table["role"], strict=True)) == {
        "研发强度": "indicator",
        "地区生产总值": "denominator",
        "R&D经费内部支出": "column",
        "index": "element",
    }
    assert table["effective_weight"].tolist() == [0.5, 0.5, 0.5, 1.0]
    (found,) = audit(run).of(11)
    assert found.severity == "fine"
    assert set(found.numbers["column"]) == {"rd_expenditure_total", "gdp", "b"}


@pytest.mark.parametrize(
    ("label", "unit", "denominator", "severity"),
    [
        ("高技术产业占比", "亿元", None, "serious"),
        ("互联网普及率", "%", None, "fine"),
        ("Share of high-tech output", "yuan", None, "serious"),
        ("人均可支配收入", "元", None, "worth-knowing"),
        ("人均可支配收入", "元/人", None, "fine"),
        ("人均地区生产总值", "亿元", "population", "fine"),
        ("人均地区生产总值", "亿元", "gdp", "serious"),
        ("R&D经费占GDP比重", "亿元", "gdp", "fine"),
        ("R&D经费占GDP比重", "亿元", "population", "serious"),
        ("技术合同成交总额", "亿元", "gdp", "worth-knowing"),
        ("技术合同成交总额", "亿元", None, "fine"),
        ("研发强度", "亿元", None, "serious"),
    ],
)
def test_label_against_formula(label, unit, denominator, severity):
    values = columns(2) | {"gdp": columns(3)["c"], "population": columns(4)["d"]}
    leaves = [named("a", label, denominator=denominator), named("b", "B")]
    (found,) = audit(a_run(values, units={"a": unit}, indicators=leaves)).of(12)
    assert found.severity == severity
    assert (found.code == "label-contradicts-formula") is (severity != "fine")
    if severity == "fine":
        assert list(found.numbers["formula"]) == ["a / " + denominator if denominator else "a", "b"]


def test_a_label_per_head_without_unit_or_denominator_cannot_be_told():
    (found,) = audit(a_run(columns(2), indicators=[named("a", "GDP per capita"), named("b", "B")])).of(12)
    assert found.severity == "worth-knowing"


@pytest.mark.parametrize("name", ["exchange_rate", "rd_share", "patents per 10,000 persons", "能源强度", "就业率"])
def test_names_that_promise_a_ratio(name):
    assert relative([name])


@pytest.mark.parametrize("name", ["corporate income", "效率", "汇率", "专利授权量"])
def test_names_that_do_not(name):
    assert not relative([name])


def test_a_residual_that_drifts():
    values = columns(2) | {"gtfp": np.linspace(1.03, 1.94, 4) * np.random.default_rng(2).uniform(0.9, 1.1, (12, 1))}
    leaves = [named("a", "A"), named("gtfp", {"en": "Green TFP", "zh": "绿色全要素生产率"})]
    (found,) = audit(a_run(values, indicators=leaves)).of(14)
    assert (found.code, found.severity) == ("productivity-residual", "serious")
    assert found.numbers["mean"].iloc[-1] / found.numbers["mean"].iloc[0] == pytest.approx(1.94 / 1.03)
    assert audit(a_run(values, indicators=leaves), drift=2).of(14)[0].severity == "worth-knowing"
    assert audit(a_run(columns(2))).of(14)[0].severity == "fine"
