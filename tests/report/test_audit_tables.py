"""The audit as the page shows it: every pitfall, graded by its worst finding, numbers under heads that read."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tests.report.runs import a_run
from xinzhi.core.specs import Text
from xinzhi.report import payload
from xinzhi.report.audit_tables import MOST_ROWS, numbers
from xinzhi.study.audit.findings import PITFALLS
from xinzhi.study.audit.words import HEADS

NAMES = {"rd": Text(en="Research", zh="研发")}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return a_run(tmp_path_factory.mktemp("study"), years=4, weigh="entropy")


@pytest.fixture(scope="module")
def audit(run):
    return json.loads(json.dumps(payload(run)["audit"], allow_nan=False))


def test_every_pitfall_is_there_once_with_all_its_findings(run, audit):
    assert [pitfall["pitfall"] for pitfall in audit] == list(range(1, len(PITFALLS) + 1))
    told = [finding["code"] for pitfall in audit for finding in pitfall["findings"]]
    assert told == [finding.code for at in range(1, 16) for finding in run.audit.of(at)]


def test_a_pitfall_is_as_bad_as_its_worst_finding(audit):
    order = ["serious", "worth-knowing", "fine"]
    for pitfall in audit:
        assert order.index(pitfall["severity"]) == min(order.index(one["severity"]) for one in pitfall["findings"])


def test_numbers_have_heads_in_both_languages(run, audit):
    """A column that the audit gains must gain a head, or the page shows its bare name."""
    for finding in run.audit.findings:
        stems = {name.removesuffix("_en").removesuffix("_zh").removesuffix("_name") for name in finding.numbers}
        assert stems - {"name", "best", "worst"} <= HEADS.keys()
    for table in (one["numbers"] for pitfall in audit for one in pitfall["findings"] if one["numbers"]):
        assert {len(row) for row in table["rows"]} == {len(table["heads"])} == {len(table["kinds"])}
        assert not any("_" in head["en"] for head in table["heads"])


def test_a_code_and_its_names_become_one_column():
    table = pd.DataFrame(
        {
            "indicator": ["rd"],
            "name_en": ["Research"],
            "name_zh": ["研发"],
            "region": ["110000"],
            "region_name_en": ["Beijing"],
            "region_name_zh": ["北京"],
            "time": np.array([2020]),
            "nominal": [0.25],
            "nearest": ["rd"],
            "total": [True],
            "r": [np.nan],
        }
    )
    told = numbers(table, NAMES)
    assert [head["zh"] for head in told["heads"]] == [
        "指标",
        "地区",
        "年份",
        "名义权重",
        "相关最强的指标",
        "未相对化的总量",
    ]
    assert told["kinds"] == ["text", "text", "text", "share", "text", "text"]
    row = told["rows"][0]
    assert row[0] == row[4] == {"en": "Research", "zh": "研发"}
    assert row[1:4] == [{"en": "Beijing", "zh": "北京"}, "2020", 0.25]
    assert row[5] == {"en": "yes", "zh": "是"}


def test_methods_go_by_their_terms():
    table = pd.DataFrame(
        {"normalisation": ["as it stands", "min-max"], "weighting": ["", "equal"], "slope": [0.1, 0.2]}
    )
    told = numbers(table, {})
    assert told["rows"][0][0]["zh"] == "研究原方案"
    assert [told["rows"][1][at]["zh"] for at in (0, 1)] == ["极差标准化", "等权重法"]


def test_long_tables_are_cut_and_say_so():
    told = numbers(pd.DataFrame({"time": np.arange(2 * MOST_ROWS)}), {})
    assert (len(told["rows"]), told["rowsInAll"]) == (MOST_ROWS, 2 * MOST_ROWS)


def test_an_empty_table_is_none():
    assert numbers(pd.DataFrame(), {}) is None
