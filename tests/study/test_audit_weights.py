"""Pitfalls 1 and 6, planted and absent."""

import numpy as np
import pytest

from tests.golden.tables import read
from tests.golden.test_nqpf import INDICATORS, REPORTS
from tests.study.auditing import a_run, codes_of, columns
from xinzhi.measure.dispersion import divergence
from xinzhi.study.audit import audit


def skewed(seed=3):
    """Column d is spread over orders of magnitude with the size of the region."""
    values = columns(4)
    size = 10 ** np.random.default_rng(seed).uniform(0, 4, size=(12, 1))
    return values | {"d": size * np.linspace(1, 1.2, 4), "population": size * np.full(4, 3.0)}


LEAVES = [{"code": code, "parent": "index"} for code in "abcd"]


def test_entropy_makes_a_raw_total_dominate():
    run = a_run(skewed(), units={"d": "万元"}, indicators=LEAVES, weigh="entropy")
    found = codes_of(audit(run), 1)
    assert found["raw-totals-dominate"].severity == "serious"
    assert "'d'" in found["raw-totals-dominate"].said.en
    numbers = found["raw-totals-dominate"].numbers.set_index("indicator")
    assert numbers["cv"].idxmax() == "d"
    assert numbers.loc["d", "nominal"] == pytest.approx(run.index.effective().sel(node="d").item())
    assert list(numbers.index[numbers["total"]]) == ["d"]


def test_a_spread_ratio_dominates_without_being_a_total():
    run = a_run(skewed(), units={"d": "件/万人"}, indicators=LEAVES, weigh="entropy")
    assert codes_of(audit(run), 1)["dispersion-dominates"].severity == "serious"


def test_equal_weights_of_independent_columns_are_fine():
    assert list(codes_of(audit(a_run(columns(4, regions=60))), 1)) == ["clear"]


def test_entropy_without_a_dominant_indicator_is_worth_knowing():
    found = codes_of(audit(a_run(columns(4, regions=60), weigh="entropy")), 1)
    assert found["dispersion-weights"].severity == "worth-knowing"


def test_effective_shares_are_squared_correlations():
    run = a_run(columns(3))
    table = audit(run, effective=1.0001).of(1)[0].numbers
    x, y = run.index.stages.normalised.reshape(-1, 3), run.index.stages.scores[:, :, -1].ravel()
    squared = np.array([np.corrcoef(column, y)[0, 1] ** 2 for column in x.T])
    np.testing.assert_allclose(table["effective"], squared / squared.sum(), rtol=1e-12)


def test_an_indicator_against_the_index_is_named():
    values = columns(3)
    values |= {"b": values["a"] * 1.01 + values["c"] / 100, "d": -values["a"]}
    found = codes_of(audit(a_run(values)), 1)
    assert "'d'" in found["against-the-index"].said.en
    lowest = found["against-the-index"].numbers["r"].min()
    assert "against-the-index" not in codes_of(audit(a_run(values), against=-lowest + 0.01), 1)


def reports(golden, **steps):
    """The published table: twelve years as twelve units."""
    table = read(golden / "nqpf" / REPORTS).numbers(*INDICATORS)
    return a_run(
        {code: table[:, [j]] for j, code in enumerate(INDICATORS)},
        codes=[str(year) for year in range(2014, 2026)],
        **steps,
    )


@pytest.mark.parametrize("weigh", ["entropy", "equal"])
def test_the_zero_rule_moves_a_published_weight_by_a_third(golden, weigh):
    (found,) = audit(reports(golden, weigh=weigh)).of(6)
    talent = found.numbers.set_index("indicator").loc["talent_support"]
    assert talent["skip"] == pytest.approx(0.4065, abs=5e-5)
    assert talent["shift 0.01"] == pytest.approx(0.3984, abs=5e-5)
    assert talent["half-minimum"] == pytest.approx(0.3164, abs=5e-5)
    assert talent["shift 1"] == pytest.approx(0.2772, abs=5e-5)
    assert talent["movement"] == pytest.approx(0.4065 - 0.2772, abs=1e-4)
    assert "0.4065" in found.said.en
    assert "0.2772" in found.said.zh
    assert (found.code, found.severity) == {
        "entropy": ("zero-rule-moves-weights", "serious"),
        "equal": ("clear", "fine"),
    }[weigh]


def test_the_same_table_as_one_unit_over_years_can_be_audited(golden):
    table = read(golden / "nqpf" / REPORTS).numbers(*INDICATORS)
    run = a_run({code: table[:, j][None] for j, code in enumerate(INDICATORS)}, weigh="entropy")
    found = codes_of(audit(run), 6)["zero-rule-moves-weights"]
    assert found.numbers.set_index("indicator").loc["talent_support", "skip"] == pytest.approx(0.4065, abs=5e-5)


def test_a_zero_rule_within_its_limit_is_fine():
    (found,) = audit(a_run(columns(4, regions=60), weigh="entropy"), moved_weight=0.9).of(6)
    assert (found.code, found.severity) == ("clear", "fine")


def test_one_of_two_siblings_can_dominate():
    """With two indicators no weight is more than twice an equal share, so weights are held against the siblings'."""
    values = {code: of for code, of in skewed().items() if code in "ad"}
    run = a_run(values, units={"d": "件/万人"}, weigh="entropy")
    table = codes_of(audit(run), 1)["dispersion-dominates"].numbers.set_index("indicator")
    share = run.index.weights.sel(node="d").item()
    assert table.loc["d", "over_siblings"] == pytest.approx(share / (1 - share))


def test_entropy_inside_a_combination_counts_as_used(golden):
    weigh = {"method": "average", "of": ["entropy", "critic"]}
    assert codes_of(audit(reports(golden, weigh=weigh)), 6)["zero-rule-moves-weights"].severity == "serious"


def test_flat_weights_are_compared_over_all_indicators():
    elements = [{"code": "index"}, {"code": "one", "parent": "index"}, {"code": "two", "parent": "index"}]
    leaves = [{"code": code, "parent": "one" if code in "ab" else "two"} for code in "abcd"]
    run = a_run(columns(4), indicators=leaves, elements=elements, weigh={"method": "entropy", "flat": True})
    (found,) = audit(run).of(6)
    cells = run.index.stages.normalised.reshape(-1, 4)
    np.testing.assert_allclose(found.numbers["skip"], divergence(cells) / divergence(cells).sum(), rtol=1e-12)
    np.testing.assert_allclose(found.numbers["skip"], run.index.effective().values[:4], rtol=1e-12)


def test_scores_below_zero_are_brought_to_a_range_first():
    (found,) = audit(a_run(columns(4), normalise="z-score")).of(6)
    assert "min-max" in found.said.en
