"""From the files of links, names and concordances to links in periods."""

import numpy as np
import pytest

from tests.linked import CRAFTS, FIELDS, REGIONS, YEARS, amounts, linked_study
from xinzhi.core.errors import DataError, StudyError
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.structure.bringing import bring


def brought(tmp_path, **given):
    return bring(read_study(linked_study(tmp_path, **given)))


def refused(tmp_path, kind=DataError, **given):
    with pytest.raises(kind) as error:
        brought(tmp_path, **given)
    return {fault.code: fault for fault in error.value.faults}


def test_activities_go_by_code_whatever_the_file_calls_them(tmp_path):
    """The file says 'field F1', the list of names 'Field, F1'."""
    links = brought(tmp_path).links["science"]
    assert links.activities.tolist() == list(FIELDS)
    assert links.names("activity", "zh").tolist() == [f"领域{field}" for field in FIELDS]
    two_years = amounts(FIELDS, 1)[:2].sum(axis=0)
    assert (links.at("2001-2002").toarray() == two_years).all()


def test_a_code_and_a_name_of_the_same_are_added_up(tmp_path):
    rows = "region,activity,year,value\nR01,F1,2001,2\nR01,Field F1,2001,3\nR02,F2,2001,1\n"
    links = brought(tmp_path, science_csv=rows).raw["science"]
    assert links.at(2001).toarray().tolist() == [[5.0, 0.0], [0.0, 1.0]]


def test_activities_nobody_named_are_refused_or_left_out_and_told(tmp_path):
    few = "code,name\n" + "".join(f"{field},field {field}\n" for field in FIELDS[1:])
    found = refused(tmp_path / "stop", fields_csv=few)
    assert "field F1" in found["unknown-activity"].en
    links = brought(tmp_path / "drop", fields_csv=few, science='unknown = "drop"').links["science"]
    assert links.activities.tolist() == list(FIELDS[1:])
    assert [(one.side, one.label) for one in links.dropped] == [("activity", "field F1")]
    assert "unknown-activity" in {notice.code for notice in links.notices}


def test_names_may_stand_under_any_head_that_is_named(tmp_path):
    listed = "nr,gruppe,bezeichnung\n" + "".join(f"{field},{at % 2},field {field}\n" for at, field in enumerate(FIELDS))
    labels = 'names = { file = "fields.csv", code = "nr", name = "bezeichnung", group = "gruppe" }'
    links = brought(tmp_path, fields_csv=listed, edit={'names = "fields.csv"': labels}).links["science"]
    assert links.about_activity["group"].tolist() == [str(at % 2) for at in range(len(FIELDS))]


def test_groups_have_chinese_names_of_their_own(tmp_path):
    listed = "code,name,sector,门类\n" + "".join(
        f"{one},field {one},s{at % 2},{'甲' if at % 2 else ''}\n" for at, one in enumerate(FIELDS)
    )
    labels = 'names = { file = "fields.csv", group = "sector", group_zh = "门类" }'
    given = {"fields_csv": listed, "edit": {'names = "fields.csv"': labels}}
    links = brought(tmp_path / "own", **given).links["science"]
    assert links.about_activity["group"].tolist()[:2] == ["s0", "s1"]
    assert links.about_activity["group_zh"].tolist()[:2] == ["s0", "甲"]
    alone = 'names = { file = "fields.csv", group_zh = "门类" }'
    found = refused(tmp_path / "alone", StudyError, fields_csv=listed, edit={'names = "fields.csv"': alone})
    assert "group" in found["group-missing"].en


TRADES = """
[[concordance]]
file = "trades.csv"
source = "craft"
target = "trade"
names = "named.csv"
"""


def beyond(more=TRADES, **given):
    """A study whose chain ends in trades that have names but no links."""
    rows = "craft,trade,share\n" + "".join(f"{craft},{20 + at % 2},1\n" for at, craft in enumerate(CRAFTS))
    listed = "Sector,Code,Label,名称\nC,20,Chemicals,化学品\nC,21,Drugs,医药\n"
    chain = {'chain = ["science", "craft"]': 'chain = ["science", "craft", "trade"]'}
    return {"trades_csv": rows, "named_csv": listed, "more": more, "edit": chain} | given


def test_what_a_chain_leads_to_beyond_its_links_has_names(tmp_path):
    study = read_study(linked_study(tmp_path, **beyond()))
    led = run(study).structure.fusion.led
    assert set(zip(led["field"], led["name_en"], led["name_zh"], strict=True)) == {
        ("20", "Chemicals", "化学品"),
        ("21", "Drugs", "医药"),
    }
    assert "named.csv" in bring(study).inputs


def test_names_of_links_stand_with_their_links(tmp_path):
    edit = {'target = "craft"\n': 'target = "craft"\nnames = "fields.csv"\n'}
    assert "[[links]]" in refused(tmp_path, StudyError, edit=edit)["names-elsewhere"].en


def test_a_list_of_names_says_each_code_once(tmp_path):
    found = refused(tmp_path, fields_csv="code,name\nF1,a\nF1,b\n,c\n")
    assert {"code-twice", "no-code"} <= found.keys()
    assert found["no-code"].row == 4


@pytest.mark.parametrize(
    ("keys", "periods"),
    [
        ("window = 2", ("2001-2002", "2003-2004", "2005-2006")),
        ("window = 4", ("2003-2006",)),
        ("window = 9", ("2001-2006",)),
        ("window = 1", YEARS),
        ("periods = [[2001, 2003], [2004, 2004]]", ("2001-2003", "2004")),
        ("years = [2003, 2006]\nwindow = 2", ("2003-2004", "2005-2006")),
        ("", YEARS),
    ],
)
def test_years_into_periods(tmp_path, keys, periods):
    links = brought(tmp_path, edit={"window = 2": keys}).links["craft"]
    assert links.periods == periods
    years = [[int(year) for year in str(period).split("-")] for period in periods]
    made = amounts(CRAFTS, 2)
    wanted = [made[[at for at, year in enumerate(YEARS) if span[0] <= year <= span[-1]]].sum(axis=0) for span in years]
    assert (np.array([matrix.toarray() for matrix in links.values]) == np.array(wanted)).all()


def test_years_that_fill_no_window_are_told(tmp_path):
    links = brought(tmp_path, about="years = [2002, 2006]").links["craft"]
    assert links.periods == ("2003-2004", "2005-2006")
    assert "2002" in {notice.code: notice for notice in links.notices}["years-left-over"].en


def test_a_period_without_data_and_periods_without_years_are_refused(tmp_path):
    empty = refused(tmp_path / "empty", edit={"window = 2": "periods = [[1990, 1995], [2001, 2006]]"})
    assert "1990 to 1995" in empty["no-data"].en
    timeless = "region,activity,value\nR01,C1,1\n"
    assert refused(tmp_path / "timeless", craft_csv=timeless)["no-period-column"].file == "craft.csv"
    words = "region,activity,period,value\nR01,C1,early,1\nR01,C1,late,1\n"
    assert "early" in refused(tmp_path / "words", craft_csv=words)["periods-not-years"].en


def test_a_period_of_zeros_is_refused_by_name(tmp_path):
    rows = ["region,activity,year,value"]
    rows += [
        f"{region},{craft},{year},{3 if year < 2005 else 0}" for region in REGIONS for craft in CRAFTS for year in YEARS
    ]
    fault = refused(tmp_path, craft_csv="\n".join(rows) + "\n")["empty-period"]
    assert "2005-2006" in fault.en
    assert fault.file == "craft.csv"


def test_periods_in_words_stay_as_they_are(tmp_path):
    words = "region,activity,period,value\nR01,C1,early,1\nR01,C1,late,1\n"
    links = brought(tmp_path, craft_csv=words, edit={"window = 2": ""}).links["craft"]
    assert links.periods == ("early", "late")


def test_regions_are_kept_and_left_out_in_every_file(tmp_path):
    found = brought(tmp_path / "kept", about='keep_regions = ["R01", "R02", "R03"]')
    assert {one.regions.tolist() == ["R01", "R02", "R03"] for one in found.links.values()} == {True}
    dropped = brought(tmp_path / "dropped", about='drop_regions = ["R12"]').links["craft"]
    assert dropped.regions.tolist() == list(REGIONS[:-1])
    assert "unknown-region" in refused(tmp_path / "strange", kind=StudyError, about='keep_regions = ["R99"]')


def test_a_file_outside_the_study_is_not_read(tmp_path):
    (tmp_path / "craft.csv").write_text("region,activity,value\nA,B,1\n", encoding="utf-8")
    found = refused(tmp_path / "study", edit={'"craft.csv"': '"../craft.csv"'})
    assert ".." in found["path-outside"].en


def test_a_concordance_may_go_by_names_and_by_other_heads(tmp_path):
    rows = "Disziplin,Handwerk,Anteil\n" + "".join(f"field {field},C1,1.0\n" for field in FIELDS)
    columns = 'target = "craft"\ncolumns = { source = "Disziplin", target = "Handwerk", share = "Anteil" }'
    found = brought(tmp_path, concordance_csv=rows, edit={'target = "craft"': columns})
    way = found.concordances["science", "craft"]
    assert way.sources.tolist() == list(FIELDS)
    assert (way.source, way.target) == ("science", "craft")


def test_faults_of_several_files_are_told_together(tmp_path):
    found = refused(
        tmp_path,
        craft='columns = { region = "land" }',
        concordance_csv="science,craft,share\nF1,C1,0.5\n",
        fields_csv="code,name\nF1,a\nF1,b\n",
    )
    assert found.keys() >= {"unknown-column", "sum-not-one", "code-twice"}
