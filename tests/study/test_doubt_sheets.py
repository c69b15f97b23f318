"""The sheets on intervals, choices, claims and the audit say what the run itself says."""

import io
import re

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.doubting import ASKED, FOLLOW, VARY
from tests.small import REGIONS, YEARS, small_study
from tests.study.auditing import a_run, columns
from xinzhi.study import doubt_sheets
from xinzhi.study.audit import audit
from xinzhi.study.audit.words import HEADS, head
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.workbook import workbook


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return run(read_study(small_study(tmp_path_factory.mktemp("doubted"), index=ASKED)))


@pytest.fixture(scope="module")
def book(made):
    return book_of(made)


def book_of(made):
    return openpyxl.load_workbook(io.BytesIO(workbook(made)))


def names_in(book):
    return [name.split()[0] for name in book.sheetnames]


def sheet(book, name):
    """A sheet by the English half of its name, with the English half of its heads."""
    title = next(title for title in book.sheetnames if title.startswith(f"{name} "))
    heads, *rows = book[title].iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=[(head or "").partition("\n")[0] for head in heads])


def of_the_whole_study(tmp_path, asked):
    return names_in(book_of(run(read_study(small_study(tmp_path, index=asked)))))


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("", {"audit", "proof"}),
        (FOLLOW, {"followed", "audit", "proof"}),
        (VARY, {"intervals", "choices", "audit", "proof"}),
        (VARY + "effects = false", {"intervals", "audit", "proof"}),
        (ASKED, {"intervals", "choices", "followed", "claims", "breakers", "audit", "proof"}),
    ],
    ids=["nothing", "follow", "vary", "no effects", "everything"],
)
def test_a_sheet_is_there_for_what_is_asked(tmp_path, asked, there):
    every = {"intervals", "choices", "followed", "claims", "breakers", "audit", "proof"}
    assert set(of_the_whole_study(tmp_path, asked)) & every == there


def test_every_head_is_in_both_languages(book):
    for name in ("intervals", "choices", "followed", "claims", "breakers", "audit"):
        title = next(title for title in book.sheetnames if title.startswith(f"{name} "))
        for cell in book[title][1]:
            assert re.search("[A-Za-z]", cell.value)
            assert re.search("[一-鿿]", cell.value)


def test_intervals(made, book):
    found, expected = sheet(book, "intervals"), made.doubt.intervals()
    assert list(found["Code"]) == list(np.repeat(REGIONS, len(YEARS)))
    assert list(found["Year"]) == list(YEARS) * len(REGIONS)
    for head_, column in (("Rank", "rank"), ("Rank, low (90 %)", "rank_low"), ("Score, median", "score_median")):
        assert found[head_].to_numpy(dtype=float) == pytest.approx(expected[column].to_numpy())
    first = made.doubt.top(1).sel(region="North", time=2022).item()
    north = found[(found["Code"] == "North") & (found["Year"] == 2022)]
    assert north["Share of versions in first place"].item() == pytest.approx(first)
    assert not any("first 5" in column for column in found)  # there are four regions


def test_choices_come_with_their_effects_the_strongest_first(made, book):
    found = sheet(book, "choices")
    expected = made.doubt.effects().to_frame().set_index("factor")
    assert set(found["Choice"]) == set(expected.index)
    assert found["Total effect"].is_monotonic_decreasing
    assert found["First-order effect"].tolist() == pytest.approx(expected.loc[found["Choice"], "first"].tolist())
    assert found.set_index("Choice").loc["normalise", "Versions"] == "min-max; z-score; rank"


def test_followed_statistics_year_by_year_and_over_the_years(made, book):
    found = sheet(book, "followed")
    gini, beta = (part for _, part in found.groupby("Statistic", sort=False))
    assert list(gini["Year"]) == list(YEARS)
    assert beta["Year"].isna().all()
    expected = made.followed[0].intervals()
    assert gini["As the study stands"].tolist() == pytest.approx(expected["nominal"].tolist())
    assert gini["Low (90 %)"].tolist() == pytest.approx(expected["low"].tolist())
    # A z-score is below zero somewhere, where a Gini coefficient has no meaning.
    assert (gini["Share of versions in which it is defined"] < 1).all()


def test_claims_and_what_breaks_them(made, book):
    claims, breakers = sheet(book, "claims"), sheet(book, "breakers")
    assert list(claims["What it says"]) == [verdict.title.en for verdict in made.verdicts]
    shares = claims["Share of versions in which it holds"].tolist()
    assert shares == pytest.approx([verdict.share for verdict in made.verdicts])
    assert claims["As the study stands"].str.startswith("holds").tolist() == [one.nominal for one in made.verdicts]
    first = breakers[breakers["Claim"] == 1]
    assert first["Share in which the claim holds"].tolist() == pytest.approx(
        made.verdicts[0].breakers["share"].tolist()
    )
    alone = {True: "holds 成立", False: "does not hold 不成立"}
    assert first["With this one change"].tolist() == [alone[one] for one in made.verdicts[0].breakers["alone"]]


def test_the_audit_and_its_proof(made, book):
    audited, proof = sheet(book, "audit"), sheet(book, "proof")
    assert list(audited["Finding"]) == [finding.title.en for finding in made.audit.findings]
    assert list(audited["What was found, in Chinese"]) == [finding.said.zh for finding in made.audit.findings]
    with_numbers = [finding for finding in made.audit.findings if len(finding.numbers)]
    assert len(proof) == sum(len(finding.numbers) + 1 for finding in with_numbers)
    (weights,) = (finding for finding in with_numbers if finding.code == "effective-weight-apart")
    block = proof[proof["Finding"] == weights.title.en].iloc[:, 3:]
    assert block.iloc[0, 3] == "Nominal weight\n名义权重"
    assert block.iloc[1:, 3].tolist() == pytest.approx(weights.numbers["nominal"].tolist())


def test_long_tables_are_cut_and_say_by_how_much(made, monkeypatch):
    monkeypatch.setattr(doubt_sheets, "MOST_NUMBERS", 2)
    proof = sheet(book_of(made), "proof")
    title = next(finding.title.en for finding in made.audit.findings if len(finding.numbers) == 4)
    assert "… 2 more / 另有 2 行" in proof.loc[proof["Finding"] == title, "Numbers"].tolist()


def test_effects_that_cannot_be_told_say_why(made, monkeypatch):
    monkeypatch.setattr(type(made.doubt), "rank_shift", lambda doubt: np.full(len(doubt.draws), np.nan))
    assert "outcome is missing" in sheet(book_of(made), "choices")["Not computed"].item()


def test_every_column_of_an_audit_has_words():
    """Totals among ratios, gaps and coupling: the findings with the most tables."""
    values = columns()
    values["a"] = values["a"] * np.geomspace(1, 5000, 12)[:, None]
    values["b"][2, 1] = np.nan
    made = a_run(
        values,
        units={"a": "亿元"},
        impute=["mean"],
        aggregate={"method": "coupling-coordination", "options": {"zeros": "keep"}},
    )
    used = {str(column) for finding in audit(made).findings for column in finding.numbers}
    assert {"nominal", "name_en", "rank"} <= used
    for column in used:
        assert re.search("[一-鿿]", head(column).zh), column
    assert not [code for code in HEADS if code.endswith(("_en", "_zh"))]
    assert head("region_name_zh") == ("Region (Chinese)", "地区（中文）", "text")
    assert head("odd_thing").zh == "odd thing"
