"""A run in words and as data: the same things, in both languages, and nothing that JSON cannot carry."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.doubting import ASKED
from tests.small import small_study, table
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.summary import as_data, in_words

PLACE = Path("runs/0001")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run(read_study(small_study(tmp_path_factory.mktemp("told"), index=ASKED)))


def strict(value):
    """Through JSON and back; numbers that are none are refused."""
    return json.loads(json.dumps(value, allow_nan=False))


def test_leaders_come_with_the_interval_of_their_rank(made):
    table = made.doubt.intervals().query("time == 2022").set_index("region")
    first = table["rank"].idxmin()
    low, high = table.loc[first, ["rank_low", "rank_high"]].astype(int)
    assert f"First of 4 in 2022, ranks in 90 % of 48 versions: {first} 1 ({low}-{high}), " in in_words(
        made, PLACE, "en"
    )
    assert f"：{first} 1（{low}—{high}）、" in in_words(made, PLACE, "zh")


def test_without_versions_leaders_are_only_named(tmp_path):
    made = run(read_study(small_study(tmp_path)))
    first, second = made.index.top.sel(time=2022).to_series().nlargest(2).index
    assert f"First of 4 in 2022: {first}, {second}, " in in_words(made, PLACE, "en")
    answer = strict(as_data(made, PLACE))
    assert (answer["versions"], answer["claims"], answer["followed"]) == (0, [], [])
    assert "rank_low" not in answer["ranking"][0]


def test_a_line_for_every_claim(made):
    en, zh = in_words(made, PLACE, "en"), in_words(made, PLACE, "zh")
    for verdict in made.verdicts:
        own = ("it holds", "成立") if verdict.nominal else ("it does not", "不成立")
        assert (
            f"Claim: {verdict.title.en}: holds in {verdict.share:.1%} of versions; in the study as it stands {own[0]}\n"
            in en
        )
        assert f"论断：{verdict.title.zh}：在 {verdict.share:.1%} 的方案中成立，按研究现有设定{own[1]}\n" in zh


def test_claims_that_some_or_no_versions_can_judge(made):
    verdict = made.verdicts[0]
    some = replace(made, verdicts=(replace(verdict, share_defined=0.25, nominal=None),))
    assert "of the 25% of versions in which it is defined; in the study as it stands it is undefined" in in_words(
        some, PLACE, "en"
    )
    assert "可判断的方案（占 25%）中成立，按研究现有设定无法判断" in in_words(some, PLACE, "zh")
    none = replace(made, verdicts=(replace(verdict, share=float("nan"), share_defined=0.0, nominal=None),))
    assert f"{verdict.title.en}: undefined in every version" in in_words(none, PLACE, "en")
    assert "在所有方案中均无法判断" in in_words(none, PLACE, "zh")
    (told,) = strict(as_data(none, PLACE))["claims"]
    assert (told["holds"], told["share"]) == (None, None)


def test_serious_findings_are_named(made):
    first, second = made.audit.findings[0], made.audit.findings[-1]
    serious = tuple(replace(finding, severity="serious") for finding in (first, second))
    both = replace(made, audit=replace(made.audit, findings=serious))
    en, zh = in_words(both, PLACE, "en"), in_words(both, PLACE, "zh")
    assert f"Audit: 2 serious findings: {first.title.en}; {second.title.en}\n" in en
    assert f"审计：严重问题 2 项：{first.title.zh}；{second.title.zh}\n" in zh
    one = replace(made, audit=replace(made.audit, findings=serious[:1]))
    assert f"Audit: 1 serious finding: {serious[0].title.en}\n" in in_words(one, PLACE, "en")
    none = replace(made, audit=replace(made.audit, findings=()))
    assert "Audit: no serious finding, 0 worth knowing" in in_words(none, PLACE, "en")
    assert "审计：未发现严重问题，提示 0 项" in in_words(none, PLACE, "zh")


def test_the_data_carry_intervals_claims_and_findings(made):
    answer = strict(as_data(made, PLACE))
    assert answer["versions"] == 48
    by_rank = [row["rank"] for row in answer["ranking"]]
    assert by_rank == sorted(by_rank)
    for row in answer["ranking"]:
        assert row["rank_low"] <= row["rank_median"] <= row["rank_high"]
    assert [len(one["values"]) for one in answer["followed"]] == [3, 1]
    assert [one["title"]["zh"] for one in answer["claims"]] == [verdict.title.zh for verdict in made.verdicts]
    assert {row["factor"] for row in answer["claims"][0]["breakers"]} == {"normalise", "weigh"}
    assert len(answer["audit"]) == len(made.audit.findings)
    assert {"pitfall", "code", "severity", "title", "said", "way_out"} == answer["audit"][0].keys()


def test_a_region_without_score_is_last_and_has_no_numbers(tmp_path):
    cells = {f"{code}_West_{year}": "" for code in "abcd" for year in (2020, 2021, 2022)}
    folder = small_study(tmp_path, data=table(**cells), index="screen = {}\n" + ASKED)
    answer = strict(as_data(run(read_study(folder)), PLACE))
    assert answer["ranking"][-1]["region"] == "West"
    assert answer["ranking"][-1]["rank_low"] is None
