from tests.small import REGIONS, YEARS, small_study, table
from xinzhi.core.errors import errors_in
from xinzhi.study.checking import check, examine
from xinzhi.study.reading import read_study


def test_a_sound_study_has_nothing_to_say(tmp_path):
    folder = small_study(tmp_path)
    checked = examine(folder)
    assert checked.faults == ()
    assert checked.runs
    assert checked.index.tree.codes[-1] == "index"
    assert check(read_study(folder)) == check(str(folder)) == ()


def test_faults_of_the_study_do_not_hide_those_of_the_data(tmp_path):
    folder = small_study(tmp_path, about="yeers = 3", index='normalise = "nothing"', data=table(b_West_2021="many"))
    checked = examine(folder)
    codes = {fault.code for fault in checked.faults}
    assert {"unknown-key", "unknown-method"} <= codes
    assert any("many" in fault.en for fault in checked.faults)
    assert checked.data is not None
    assert not checked.runs


def test_faulty_rows_do_not_hide_what_the_index_would_say(tmp_path):
    flat = {f"c_{region}_{year}": "4" for region in ("East", "West", "North", "South") for year in (2020, 2021, 2022)}
    codes = {fault.code for fault in check(small_study(tmp_path, data=table(b_West_2021="many", **flat)))}
    assert "indicator-constant" in codes
    assert len(codes) > 1


def test_a_study_without_an_index_can_be_checked(tmp_path):
    text = '[study]\ntitle = "x"\n[[source]]\nfile = "data.csv"\n'
    checked = examine(small_study(tmp_path, study=text))
    assert errors_in(checked.faults) == ()
    assert checked.data is not None
    assert not checked.runs


def test_a_map_that_is_not_there_is_found(tmp_path):
    faults = check(small_study(tmp_path, index='[report]\nmap = "map.geojson"'))
    assert [fault.column for fault in faults] == ["report.map"]


def test_a_column_that_is_none_of_numbers_is_named(tmp_path):
    words = {f"c_{region}_{year}": "none yet" for region in REGIONS for year in YEARS}
    faults = check(small_study(tmp_path, data=table(**words)))
    assert [(fault.code, fault.file, fault.column) for fault in faults] == [("column-not-of-numbers", "data.csv", "c")]


def test_hopeless_studies_end_early(tmp_path):
    assert [fault.code for fault in check(tmp_path / "nowhere")] == ["no-study"]
    assert check(small_study(tmp_path, study="[study"))[0].code == "not-toml"
    assert check(small_study(tmp_path, study='[study]\ntitle = "x"\n[[source]]\nfil = "data.csv"\n'))
