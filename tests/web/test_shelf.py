"""Studies and runs are found as they come and go, and nothing outside is."""

import json
import shutil

import pytest

from tests.small import small_study
from xinzhi.core.errors import StudyError
from xinzhi.core.results import digest
from xinzhi.web.answers import Refused
from xinzhi.web.shelf import Shelf


@pytest.fixture
def folder(tmp_path, shelf_folder):
    shutil.copytree(shelf_folder, tmp_path / "studies")
    return tmp_path / "studies"


def ids(shelf):
    return [study.id for study in shelf.studies()]


def test_a_study_and_a_folder_of_studies(folder):
    assert ids(Shelf([folder / "Small One"])) == ids(Shelf([folder / "Small One" / "study.toml"])) == ["small-one"]
    assert sorted(ids(Shelf([folder]))) == ["hostile", "small-one"]
    assert len(ids(Shelf([folder, folder / "hostile"]))) == 2


def test_a_folder_without_studies_is_refused(tmp_path):
    with pytest.raises(StudyError, match="no study"):
        Shelf([tmp_path])
    with pytest.raises(StudyError, match="no study"):
        Shelf([tmp_path / "nowhere"])


def test_names_that_become_one_id_are_told_apart(tmp_path):
    for name in ("A b", "a-b", "长三角 指数", "…"):
        small_study(tmp_path / name)
    found = Shelf([tmp_path])
    assert sorted(ids(found)) == ["a-b", "a-b-2", "study", "长三角-指数"]
    assert ids(found) == ids(Shelf([tmp_path]))


def test_runs_come_and_go(folder):
    shelf = Shelf([folder])
    runs = folder / "Small One" / "runs"
    assert [run.id for run in shelf.study("small-one").runs] == ["0001"]
    shutil.copytree(runs / "0001", runs / "0002")
    assert [run.id for run in shelf.study("small-one").runs] == ["0002", "0001"]
    assert shelf.run("small-one", "latest").id == "0002"
    shutil.rmtree(runs / "0002")
    assert shelf.run("small-one", "latest").id == "0001"
    with pytest.raises(Refused, match="no run '0002'"):
        shelf.run("small-one", "0002")
    small_study(folder / "later")
    assert shelf.study("later").runs == ()
    shutil.rmtree(folder / "later")
    with pytest.raises(Refused, match="no study 'later'"):
        shelf.study("later")


def test_a_run_belongs_to_the_study_file_that_it_ran(folder):
    shelf, file = Shelf([folder]), folder / "Small One" / "study.toml"
    study = shelf.study("small-one")
    assert [(one.id, one.main) for one in study.variants] == [("study", True), ("ranked", False)]
    assert study.runs[0].variant == "study"
    file.write_text(file.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert shelf.study("small-one").runs[0].variant is None


def test_the_latest_run_is_of_the_study_itself(folder):
    study = folder / "Small One"
    runs, text = study / "runs", (study / "ranked.toml").read_text(encoding="utf-8")
    shutil.copytree(runs / "0001", runs / "0002")
    record = runs / "0002" / "record.json"
    said = json.loads(record.read_text(encoding="utf-8"))
    said["settings"]["study"] = text
    record.write_text(json.dumps(said), encoding="utf-8")
    found = Shelf([folder]).study("small-one")
    assert [(run.id, run.variant) for run in found.runs] == [("0002", "ranked"), ("0001", "study")]
    assert found.latest.id == "0001"
    said["inputs"] = {"ranked.toml": digest(text), "data.csv": said["inputs"]["data.csv"]}
    record.write_text(json.dumps(said), encoding="utf-8")
    (study / "ranked.toml").unlink()
    found = Shelf([folder]).study("small-one")
    assert [(run.id, run.variant) for run in found.runs] == [("0002", None), ("0001", "study")]
    assert found.latest.id == "0001"


def test_a_study_file_that_cannot_be_read_is_told(folder):
    (folder / "hostile" / "study.toml").write_text("[study\n", encoding="utf-8")
    found = Shelf([folder]).study("hostile")
    assert found.main.faults[0].code == "study-unreadable"
    assert [run.id for run in found.runs] == ["0001"]


@pytest.mark.parametrize(
    "content",
    [
        *("{", "[]", "{}", '{"settings": {"study": 1}, "outputs": {}}', "\x00", "[" * 100_000),
        '{"settings": {"study": ""}, "outputs": {"\\udc80": ""}}',
    ],
)
def test_a_record_that_is_none_is_no_run(folder, content):
    (folder / "hostile" / "runs" / "0001" / "record.json").write_text(content, encoding="utf-8")
    assert Shelf([folder]).study("hostile").runs == ()


def test_a_study_without_a_folder_of_runs_has_none(folder):
    shutil.rmtree(folder / "hostile" / "runs")
    (folder / "hostile" / "runs").write_text("no folder", encoding="utf-8")
    assert Shelf([folder]).study("hostile").runs == ()


def test_what_is_being_written_is_no_variant(folder):
    study = folder / "Small One"
    shutil.copy(study / "ranked.toml", study / ".making-1.toml")
    assert [one.id for one in Shelf([folder]).study("small-one").variants] == ["study", "ranked"]


def test_a_record_that_goes_while_it_is_asked_for_is_missing(folder):
    run = Shelf([folder]).run("hostile", "0001")
    (run.folder / "record.json").unlink()
    with pytest.raises(Refused) as refused:
        run.record  # noqa: B018
    assert refused.value.status == 404


def test_links_that_lead_out_are_not_followed(folder, tmp_path):
    outside = tmp_path / "outside"
    shutil.copytree(folder / "hostile", outside)
    run = folder / "Small One" / "runs" / "0001"
    try:
        (folder / "linked").symlink_to(outside)
    except OSError:
        pytest.skip("links cannot be made here")
    (folder / "Small One" / "runs" / "0007").symlink_to(outside / "runs" / "0001")
    (folder / "Small One" / "other.toml").symlink_to(outside / "study.toml")
    (run / "scores.csv").unlink()
    (run / "scores.csv").symlink_to(outside / "data.csv")
    (run / "loop").symlink_to(run / "loop")
    shelf = Shelf([folder])
    assert sorted(ids(shelf)) == ["hostile", "small-one"]
    study = shelf.study("small-one")
    assert [one.id for one in study.runs] == ["0001"]
    assert [one.id for one in study.variants] == ["study", "ranked"]
    assert study.runs[0].file("scores.csv") is None
    assert study.runs[0].file("scores.parquet") is not None
    shutil.rmtree(folder / "Small One" / "runs")
    (folder / "Small One" / "runs").symlink_to(outside / "runs")
    assert Shelf([folder]).study("small-one").runs == ()


def test_links_within_are_followed(folder):
    try:
        (folder / "again").symlink_to(folder / "hostile")
    except OSError:
        pytest.skip("links cannot be made here")
    assert sorted(ids(Shelf([folder]))) == ["hostile", "small-one"]
