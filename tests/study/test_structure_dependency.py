"""Choke points, as a study asks for them: from a file of supply to tables, sheets, words and faults."""

import json
from itertools import product

import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from xinzhi.cli import app
from xinzhi.core.errors import XinzhiError
from xinzhi.structure.chokepoints import choke_points
from xinzhi.structure.records import links
from xinzhi.study.checking import examine
from xinzhi.study.outputs import make, write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import StructureRun, run
from xinzhi.study.summary import as_data, in_words

HEAD = "importer,source,good,year,value"
# Home makes more of its chips and all but a little of its ships, and gets its tea from one place alone.
ROWS = (
    *("Home,Abroad,chips,2020,80", "Home,Beyond,chips,2020,15", "Home,Faraway,chips,2020,5"),
    *("Home,Abroad,ships,2020,5", "Home,Beyond,ships,2020,5", "Home,Faraway,ships,2020,5", "Home,Home,ships,2020,85"),
    *("Home,Beyond,tea,2020,50", "Home,Beyond,tea,2021,50"),
    *("Home,Abroad,chips,2021,40", "Home,Beyond,chips,2021,5", "Home,Faraway,chips,2021,5", "Home,Home,chips,2021,50"),
    *("Home,Abroad,ships,2021,5", "Home,Beyond,ships,2021,5", "Home,Faraway,ships,2021,5", "Home,Home,ships,2021,85"),
    *("Abroad,Beyond,chips,2020,10", "Abroad,Beyond,chips,2021,10"),
)
BLOCK = '[[dependency]]\nname = "parts"\nfile = "supply.csv"\n'


def study(folder, rows=ROWS, *, head=HEAD, about="", more="", text=None, **files):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "supply.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    said = text or f'[study]\ntitle = {{ en = "Parts", zh = "零部件" }}\nfictional = true\n{about}\n{BLOCK}{more}\n'
    (folder / "study.toml").write_text(said, encoding="utf-8")
    return folder


def ran(folder, *args, **how):
    return run(read_study(study(folder, *args, **how)))


def points(result, period=2021):
    table = result.structure.tables["choke-points"]
    return table[table["period"] == period].set_index(["region", "good"])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    stages = []
    folder = study(tmp_path_factory.mktemp("parts"))
    return run(read_study(folder), tell=stages.append), stages


def test_tables_hold_what_the_method_says_of_each_importer(made):
    result, stages = made
    assert isinstance(result, StructureRun)
    assert stages == ["dependency"]
    assert list(result.structure.tables) == ["choke-points", "choke-regions"]
    rows = pd.DataFrame([row.split(",") for row in ROWS], columns=HEAD.split(",")).astype({"year": int, "value": float})
    for home in ("Home", "Abroad"):
        mine = rows[rows["importer"] == home]
        wanted = choke_points(
            links(mine, region="source", activity="good", period="year", value="value", regions="own"), home
        ).table.set_index(["period", "activity"])
        found = result.structure.tables["choke-points"].query("region == @home").set_index(["period", "good"])
        for name in ("total", "domestic", "dependency", "hhi", "top_source", "exposure", "choke", "substitution"):
            assert found[name].to_dict() == wanted[name].to_dict()


def test_choke_points_by_hand(made):
    result, _ = made
    table = points(result).loc["Home"]
    assert table["choke"].to_dict() == {"chips": True, "ships": False, "tea": True}
    assert table["rank"].dropna().to_dict() == {"tea": 1, "chips": 2}
    assert table.loc["chips", ["dependency", "exposure", "substitution"]].tolist() == [0.5, 0.4, 0.5]
    assert table.loc["chips", "hhi"] == pytest.approx(0.66)
    sums = result.structure.tables["choke-regions"].set_index(["region", "period"])
    assert sums.loc[("Home", 2021), ["goods", "chokes", "total", "foreign"]].tolist() == [3, 2, 250, 115]
    assert sums.loc[("Home", 2021), "in_chokes"] == pytest.approx(150 / 250)
    assert sums.loc[("Home", 2020), "dependency"] == pytest.approx(165 / 250)
    assert sums["own_told"].to_dict() == dict(zip(sums.index, sums.index.get_level_values(0) == "Home", strict=True))


def test_it_is_written_shown_said_and_repeated(made, tmp_path):
    result, _ = made
    make(result, tmp_path / "made")
    book = openpyxl.load_workbook(tmp_path / "made" / "results.xlsx", read_only=True)
    assert {"choke points 卡脖子", "choke regions 依存"} <= {*book.sheetnames}
    heads, *rows = book["choke points 卡脖子"].values
    good = next(at for at, head in enumerate(heads) if "Good code" in head)
    assert [row[good] for row in rows] == ["chips", "tea", "chips"]
    en, zh = (in_words(result, tmp_path, language) for language in ("en", "zh"))
    assert "parts, 2021: choke points: 3, importers: 2 (dependency ≥ 0.5, HHI ≥ 0.4)" in en
    assert "Home: 2 of 3 goods; worst: tea (100% of all supply from Beyond); chips (40%" in en
    assert "Home：3 种产品中 2 个；最甚：tea（Beyond占全部供给 100%）" in zh
    (told,) = json.loads(json.dumps(as_data(result, tmp_path), allow_nan=False))["dependency"]
    assert [(one["region"], one["good"]) for one in told["choke_points"]] == [
        ("Abroad", "chips"),
        ("Home", "tea"),
        ("Home", "chips"),
    ]
    place = write(result)
    again = repeat(place)
    assert again.same, again.say()
    assert result.record.inputs.keys() == {"study.toml", "supply.csv"}


def test_home_and_thresholds_are_the_studys(tmp_path):
    result = ran(tmp_path, more='home = ["Home"]\ndependency = 0.6\nhhi = 0.9')
    assert set(result.structure.tables["choke-regions"]["region"]) == {"Home"}
    assert points(result)["choke"].to_dict() == {
        ("Home", "chips"): False,
        ("Home", "ships"): False,
        ("Home", "tea"): True,
    }
    kept = ran(tmp_path / "kept", about='keep_regions = ["Abroad"]')
    assert set(kept.structure.tables["choke-regions"]["region"]) == {"Abroad"}
    assert points(kept)["top_source"].tolist() == ["Beyond"]


def test_regions_go_by_the_gazetteer_and_goods_by_their_names(tmp_path):
    swap = {"Home": "China", "Abroad": "日本", "Beyond": "USA", "Faraway": "Germany"}
    rows = [",".join(swap.get(cell, cell) for cell in row.split(",")) for row in ROWS]
    names = "code,name,名称\nchips,Chips,芯片\nships,Ships,船舶\ntea,Tea,茶叶\n"
    result = ran(
        tmp_path, rows, about='regions = "countries"', more='names = "goods.csv"\nhome = ["中国"]', goods=names
    )
    row = points(result).loc[("CHN", "chips")]
    assert row[["name_zh", "good_zh", "top_source", "top_zh"]].tolist() == ["中国", "芯片", "JPN", "日本"]
    assert {"goods.csv", "supply.csv"} <= result.record.inputs.keys()


@pytest.mark.parametrize(("column", "more"), [("domestic", 0), ("consumption", 1)])
def test_what_is_made_at_home_may_stand_in_a_column(tmp_path, made, column, more):
    """The same table with own supply in a column, or with all that is used."""
    own = {tuple(cells[2:4]): float(cells[4]) for row in ROWS if (cells := row.split(","))[:2] == ["Home", "Home"]}
    foreign = {
        (home, good, year): sum(
            float(cells[4])
            for row in ROWS
            if (cells := row.split(","))[0] == home and cells[1] != home and cells[2:4] == [good, year]
        )
        for home, good, year in product(("Home", "Abroad"), ("chips", "ships", "tea"), ("2020", "2021"))
    }
    rows = []
    for row in ROWS:
        home, source, good, year, _ = row.split(",")
        if home != source:
            at_home = own.get((good, year), 0) if home == "Home" else 0
            rows.append(f"{row},{at_home + more * foreign[home, good, year]}")
    result = ran(tmp_path, rows, head=f"{HEAD},{column}")
    for name in ("dependency", "hhi", "exposure", "choke", "substitution"):
        assert points(result)[name].to_dict() == pytest.approx(points(made[0])[name].to_dict(), nan_ok=True)


def test_a_year_may_be_left_out_and_an_importer_may_have_gone(tmp_path):
    result = ran(tmp_path, [row for row in ROWS if row != "Abroad,Beyond,chips,2021,10"])
    gone = next(notice for notice in result.warnings if notice.code == "no-supply-in-last-period")
    assert "Abroad" in gone.en
    sums = result.structure.tables["choke-regions"].set_index(["region", "period"])
    assert np.isnan(sums.loc[("Abroad", 2021), "dependency"])
    early = ran(tmp_path / "early", more="years = [2020, 2020]")
    assert set(early.structure.tables["choke-points"]["period"]) == {2020}
    bare = ran(
        tmp_path / "bare",
        [row.replace(",2020,", ",") for row in ROWS if "2020" in row],
        head="importer,source,good,value",
    )
    assert points(bare, "all")["choke"].sum() == 3


def test_one_source_is_a_choke_point_and_an_importer_of_nothing_is_told(tmp_path):
    result = ran(tmp_path, ["Home,Abroad,chips,2020,4", "Self,Self,chips,2020,3"])
    assert points(result, 2020)["hhi"].tolist() == [1.0]
    assert {"no-sources", "no-domestic-supply"} <= {notice.code for notice in result.warnings}


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("Home,Abroad,chips,2020,-4", "negative-value", "value"),
        ("Home,Abroad,chips,2020,inf", "not-a-number", "value"),
        ("Home,Abroad,chips,,4", "no-year", "year"),
        ("Home,Abroad,,2020,4", "no-good", "good"),
        (",Abroad,chips,2020,4", "no-importer", "importer"),
    ],
)
def test_rows_that_cannot_be_are_named_with_their_place(tmp_path, row, code, column):
    folder = study(tmp_path, [*ROWS, row])
    (fault,) = examine(folder).faults
    assert (fault.code, fault.file, fault.row, fault.column) == (code, "supply.csv", len(ROWS) + 2, column)
    told = CliRunner().invoke(app, ["run", str(folder)])
    assert told.exit_code == 2
    assert "supply.csv" in told.output


@pytest.mark.parametrize(
    ("more", "code", "column"),
    [
        ('home = ["Nowhere"]', "unknown-region", "dependency.1.home"),
        ("hhi = 40", "bad-value", "dependency.1.hhi"),
        ("years = [2021, 2020]", "years-out-of-order", "dependency.1.years"),
        ("years = [1990, 1991]", "no-year-left", None),
        ('columns = { good = "part" }', "unknown-column", "part"),
        ('columns = { domestic = "a", consumption = "b" }', "domestic-or-consumption", "dependency.1.columns"),
        ('regions = "planets"', "unknown-regions", "dependency.1.regions"),
        ('regions = "countries"', "unknown-region", None),
        (BLOCK, "dependency-name-twice", "dependency"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_key(tmp_path, more, code, column):
    with pytest.raises(XinzhiError) as refused:
        ran(tmp_path, more=more)
    assert (code, column) in {(fault.code, fault.column) for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("about", "code"),
    [('keep_regions = ["Nowhere"]', "unknown-region"), ('keep_regions = ["Faraway"]', "no-region-left")],
)
def test_regions_that_the_study_keeps_must_import_something(tmp_path, about, code):
    (fault,) = examine(study(tmp_path, about=about)).faults
    assert fault.code == code


@pytest.mark.parametrize(
    ("rows", "column", "codes"),
    [
        (["Home,Abroad,chips,2020,4,6", "Home,Beyond,chips,2020,4,7"], "domestic", {"domestic-differs"}),
        (["Home,Home,tea,2020,3,3", "Home,Beyond,tea,2020,4,3"], "domestic", {"domestic-twice"}),
        (["Home,Abroad,chips,2020,4,6", "Home,Beyond,tea,2020,4,"], "domestic", {"domestic-absent"}),
        (["Home,Abroad,chips,2020,4,10", "Home,Beyond,tea,2020,4,3"], "consumption", {"imports-above-consumption"}),
    ],
)
def test_columns_of_own_supply_that_do_not_fit_are_told(tmp_path, rows, column, codes):
    found = examine(study(tmp_path, rows, head=f"{HEAD},{column}"))
    assert {fault.code for fault in found.faults} == codes
    assert found.runs == bool(codes & {"domestic-absent", "imports-above-consumption"})


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = f"""[study]
title = "x"
[[links]]
name = "a"
file = "nowhere.csv"
[[emergence]]
name = "t"
file = "supply.csv"
columns = {{ topic = "good", count = "value" }}
whole = "everything"
{BLOCK}columns = {{ good = "part" }}
"""
    found = examine(study(tmp_path, text=text))
    assert [fault.code for fault in found.faults] == ["missing-file", "unknown-column"]
    assert not found.runs
    faulty = study(tmp_path / "toml", [*ROWS, "Home,Abroad,chips,,4"], more='[vary]\nnormalise = ["x"]')
    assert {fault.code for fault in examine(faulty).faults} == {"unknown-method", "no-year"}


def test_heads_in_chinese_are_understood(tmp_path):
    result = ran(tmp_path, ["甲,乙,芯片,2020,4", "甲,甲,芯片,2020,4"], head="进口方,来源地,产品,年份,进口额")
    assert points(result, 2020)["dependency"].to_dict() == {("甲", "芯片"): 0.5}
