"""What the results workbook says of an index: the same as the index says itself, by other means."""

import io

import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.small import INDICATORS, REGIONS, YEARS, small_study, table
from xinzhi.study import analysis_sheets
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.workbook import workbook

GAP = table(c_East_2020="", c_West_2021="0", d_South_2022="")


@pytest.fixture
def made(tmp_path):
    return run(read_study(small_study(tmp_path, data=GAP)))


def book_of(run):
    return openpyxl.load_workbook(io.BytesIO(workbook(run)))


def sheet(run, name):
    """A sheet by the English half of its name, with the English half of its heads."""
    book = book_of(run)
    title = next(title for title in book.sheetnames if title.startswith(f"{name} "))
    heads, *rows = book[title].iter_rows(values_only=True)
    columns = [head.partition("\n")[0] for head in heads]
    return pd.DataFrame(rows, columns=columns)


def numbers(run, name):
    return sheet(run, name).set_index("Code").select_dtypes("number")


def test_contents_name_every_other_sheet_in_both_languages(made):
    contents = sheet(made, "contents")
    assert list(contents["Sheet"]) == book_of(made).sheetnames[1:]
    assert contents["What it holds"].str.isascii().all()
    assert not contents["In Chinese"].str.isascii().any()


def test_statistics_are_of_the_data_before_filling(tmp_path):
    made = run(read_study(small_study(tmp_path, data=GAP, index='impute = ["mean"]')))
    found = sheet(made, "statistics").set_index("Code")
    data = pd.read_csv(io.StringIO(GAP))
    for code in INDICATORS:
        assert found.loc[code, "Mean"] == pytest.approx(data[code].mean())
        assert found.loc[code, "Standard deviation"] == pytest.approx(data[code].std())
        assert found.loc[code, "Skewness"] == pytest.approx(data[code].skew())
        assert found.loc[code, "Excess kurtosis"] == pytest.approx(data[code].kurt())
        assert found.loc[code, "Values"] == data[code].count()


def test_what_is_odd_about_an_indicator_is_noted(tmp_path):
    cells = {f"b_{region}_{year}": "0" for region in REGIONS[:3] for year in YEARS}
    made = run(read_study(small_study(tmp_path, data=table(**cells))))
    found = sheet(made, "statistics").set_index("Code")
    assert found.loc["b", "To note"] == "many zeros, few different values"
    assert found.loc["b", "To note, in Chinese"] == "零值较多、不同取值较少"


def test_availability_by_element_and_by_year(made):
    found = numbers(made, "availability")
    assert list(found.columns) == ["The index", "one", "two", *map(str, YEARS)]
    assert found.loc["East", ["The index", "one", "two", "2020"]].tolist() == pytest.approx([11 / 12, 1, 5 / 6, 3 / 4])
    assert found.loc["North"].tolist() == [1] * 6


def test_correlations_with_the_index_and_with_each_other(made):
    found = numbers(made, "correlations")
    cells = pd.DataFrame(made.index.normalised.values.reshape(-1, 4), columns=list(INDICATORS))
    top = pd.Series(made.index.top.values.ravel())
    for code in INDICATORS:
        assert found.loc[code, "r with the index"] == pytest.approx(cells[code].corr(top))
        assert found.loc[code, "n"] == cells[code].count()
    assert found[list(INDICATORS)].to_numpy() == pytest.approx(cells.corr().to_numpy())


def test_too_many_indicators_are_not_paired_and_the_contents_say_so(made, monkeypatch):
    monkeypatch.setattr(analysis_sheets, "MOST_CORRELATED", 3)
    assert list(numbers(made, "correlations").columns) == ["r with the index", "p", "n"]
    contents = sheet(made, "contents").set_index("Sheet")
    assert "more than 3 indicators" in contents.loc["correlations 相关", "What it holds"]


def test_alpha_of_two_children_is_that_of_the_textbook(tmp_path):
    made = run(read_study(small_study(tmp_path)))
    found = numbers(made, "consistency")
    assert list(found.index) == ["one", "two", "index"]
    a, b = made.index.normalised.values.reshape(-1, 4)[:, :2].T
    assert found.loc["one", "Alpha"] == pytest.approx(2 * (1 - (a.var() + b.var()) / (a + b).var()))


def test_contributions_add_up_to_the_score(made):
    found = numbers(made, "contributions")
    assert found["Score 2022"].tolist() == pytest.approx(made.index.top.sel(time=2022).values.tolist())
    leaves, elements = ([c for c in found if c.split(":")[0] in codes] for codes in (INDICATORS, ("one", "two")))
    assert found[leaves].sum(axis=1).tolist() == pytest.approx(found["Score 2022"].tolist())
    assert found[elements].sum(axis=1).tolist() == pytest.approx(found["Score 2022"].tolist())


@pytest.mark.parametrize("how", ["arithmetic", "geometric"])
def test_contributions_to_change_add_up_to_the_change(tmp_path, how):
    index = f'normalise = {{ method = "min-max", to = [1, 100] }}\naggregate = "{how}"'
    found = numbers(run(read_study(small_study(tmp_path, data=GAP, index=index))), "change")
    leaves = [column for column in found if column.split(":")[0] in INDICATORS]
    assert found["Change"].tolist() == pytest.approx((found["Score 2022"] - found["Score 2020"]).tolist())
    assert found[[*leaves, "Shifts of weights"]].sum(axis=1).tolist() == pytest.approx(found["Change"].tolist())
    assert found.loc[["East", "South"], "Shifts of weights"].all()  # one of their values is missing in one of the years
    assert not found.loc[["West", "North"], "Shifts of weights"].any()


@pytest.mark.parametrize(
    ("about", "index", "name", "why"),
    [
        ("", 'normalise = { method = "min-max", to = [1, 9] }\naggregate = "geometric"', "contributions", "zero"),
        ("", 'aggregate = "topsis"', "contributions", "additive"),
        ("", 'aggregate = "topsis"', "change", "additive"),
        ("years = [2021, 2021]", "", "change", "one year"),
    ],
)
def test_what_cannot_be_taken_apart_says_why(tmp_path, about, index, name, why):
    found = sheet(run(read_study(small_study(tmp_path, about=about, index=index))), name)
    assert why in found["Not computed"].item()
    assert not found["In Chinese"].str.isascii().item()


def test_a_region_left_out_keeps_its_row_without_numbers(tmp_path):
    cells = {f"{code}_West_{year}": "" for code in INDICATORS for year in YEARS}
    made = run(read_study(small_study(tmp_path, data=table(**cells), index="screen = {}")))
    for name in ("contributions", "change"):
        found = numbers(made, name)
        assert list(found.index) == list(REGIONS)
        assert np.isnan(found.loc["West"]).all()
        assert found.drop("West").notna().all(axis=None)


def test_the_same_run_gives_the_same_bytes(made):
    assert workbook(made) == workbook(made)
