"""What a run leaves behind: whole or not at all, the same bytes every time."""

import errno
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import openpyxl
import pandas as pd
import pytest

from tests.small import small_study, table
from xinzhi.core.results import digest
from xinzhi.study import outputs
from xinzhi.study.outputs import OutputError, read_record, write
from xinzhi.study.reading import read_study
from xinzhi.study.repeating import repeat
from xinzhi.study.running import run


def pages(run, folder):
    (folder / "report.html").write_text(run.study.spec.title.en, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    return small_study(tmp_path / "study")


@pytest.fixture
def made(folder):
    return run(read_study(folder))


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_there_and_says_the_same(made, folder):
    place = write(made, pages=pages)
    assert place == folder / "runs" / "0001"
    parquet = pd.read_parquet(place / "scores.parquet")
    assert (place / "scores.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    csv = pd.read_csv(place / "scores.csv", encoding="utf-8-sig").fillna({"parent": ""})
    pd.testing.assert_frame_equal(parquet, csv, check_dtype=False)
    top = made.index.top.to_series()
    assert parquet.query("element == 'index'").set_index(["region", "time"])["score"].to_dict() == pytest.approx(
        top.to_dict()
    )


def test_the_workbook(made, folder):
    book = openpyxl.load_workbook(write(made) / "results.xlsx")
    assert [sheet.split()[0] for sheet in book.sheetnames] == [
        "contents", "ranking", "scores", "weights", "normalised", "audit", "proof", "statistics", "availability",
        "correlations", "consistency", "contributions", "change", "caveats", "coverage", "repairs", "record",
    ]  # fmt: skip
    assert book.properties.created == datetime(2000, 1, 1)
    ranking = list(book["ranking 排名"].iter_rows(values_only=True))
    assert ranking[0][0] == "Rank\n名次"
    ranks = [row[0] for row in ranking[1:]]
    assert ranks == sorted(ranks)
    assert ranking[1][1] == made.index.top.isel(time=-1).to_series().idxmax()
    weights = {row[0]: row for row in book["weights 权重"].iter_rows(min_row=2, values_only=True)}
    assert weights["b"][8] == pytest.approx(0.75)
    assert weights["b"][9] == pytest.approx(0.375)
    record = dict(row for row in book["record 记录"].iter_rows(min_row=2, values_only=True) if row[0])
    assert record["SHA-256 data.csv"] == digest(folder / "data.csv")


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    folder = small_study(tmp_path, data=table().replace("East", "=1+1"))
    book = openpyxl.load_workbook(write(run(read_study(folder))) / "results.xlsx")
    cells = [cell for row in book["scores 得分"].iter_rows(min_row=2) for cell in row if cell.value == "=1+1"]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


def test_equal_runs_are_equal_bytes(made, folder):
    first, second = write(made, pages=pages), write(run(read_study(folder)), pages=pages)
    names = {"scores.parquet", "scores.csv", "results.xlsx", "report.html"}
    assert {file.name for file in first.iterdir()} == {*names, "record.json"}
    for name in names:
        assert digest(first / name) == digest(second / name), name
    one, two = read_record(first), read_record(second)
    assert one.pop("when")
    assert two.pop("when")
    assert one == two


def test_the_record_is_enough_to_repeat_the_run(made, folder):
    place = write(made, pages=pages)
    (folder / "study.toml").write_text('[study]\ntitle = "something else by now"\n', encoding="utf-8")
    before = files(folder)
    repeated = repeat(place, pages=pages)
    assert repeated.same
    assert set(repeated.equal) == {"scores.parquet", "scores.csv", "results.xlsx", "report.html"}
    assert repeat(place / "record.json", pages=pages).same
    assert files(folder) == before


def test_a_changed_or_missing_input_is_said(made, folder):
    place = write(made)
    (folder / "data.csv").write_text(table(a_East_2020="9"))
    with pytest.raises(OutputError) as caught:
        repeat(place)
    assert [(fault.code, fault.file) for fault in caught.value.faults] == [("input-changed", "data.csv")]
    (folder / "data.csv").unlink()
    with pytest.raises(OutputError) as caught:
        repeat(place)
    assert [fault.code for fault in caught.value.faults] == ["input-gone"]


def test_a_result_that_does_not_come_out_the_same_is_said(made):
    place = write(made)
    record = json.loads((place / "record.json").read_text(encoding="utf-8"))
    record["outputs"]["scores.csv"] = "0" * 64
    record["versions"]["numpy"] = "1.0"
    (place / "record.json").write_text(json.dumps(record), encoding="utf-8")
    repeated = repeat(place)
    assert repeated.different == ("scores.csv",)
    assert "numpy: 1.0 then" in repeated.say()
    assert "未能复现" in repeated.say("zh")


RECORD_OF_LISTS = '{"settings": {"study": ""}, "inputs": ["data.csv"], "outputs": ["scores.csv"]}'


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"settings": {}, "inputs": {}, "outputs": {}}', RECORD_OF_LISTS])
def test_what_is_no_record_is_refused(tmp_path, text):
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(OutputError):
        read_record(tmp_path)


# --- Whole or not at all ----------------------------------------------------------------------------------------------


def refused(made, code, **options):
    before = files(made.study.folder)
    with pytest.raises(OutputError) as caught:
        write(made, **options)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert files(made.study.folder) == before


@pytest.mark.parametrize("at", ["scores.parquet", "scores.csv", "results.xlsx", "record.json"])
def test_a_full_disk(made, monkeypatch, at):
    put = outputs._put

    def full(path, content):
        put(path, content[: len(content) // 2])
        if path.name == at:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(outputs, "_put", full)
    refused(made, "disk-full")
    assert not (made.study.folder / "runs").exists()


def test_a_full_disk_in_the_report(made):
    def full(run, folder):
        (folder / "report.html").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    refused(made, "disk-full", pages=full)


def test_a_full_disk_in_the_store(made, monkeypatch):
    def full(self, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(made.data), "store", full)
    refused(made, "disk-full")


LIMITED = """
import resource, sys
from pathlib import Path
from xinzhi.core.errors import XinzhiError
from xinzhi.study.outputs import write
from xinzhi.study.reading import read_study
from xinzhi.study.running import run

result = run(read_study(Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    if sys.argv[3] == "store":
        result.data.store(result.study.folder / "study.duckdb")
    else:
        write(result)
except XinzhiError as error:
    print(error)
    sys.exit(2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize(("what", "limit"), [("store", 300_000), ("run", 4_000)])
def test_a_disk_that_takes_no_more(folder, what, limit):
    """For real: the system refuses what goes beyond the limit. DuckDB would say nothing of it when it closes."""
    before = files(folder)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder), str(limit), what], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert files(folder) == before


def test_an_earlier_run_survives_a_later_failure(made, monkeypatch):
    write(made)
    monkeypatch.setattr(outputs, "workbook", lambda run: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    refused(made, "disk-full")


def test_a_file_in_place_of_the_runs_folder(made):
    (made.study.folder / "runs").write_text("mine")
    refused(made, "cannot-write")


def test_a_folder_in_place_of_the_store(made):
    (made.study.folder / "study.duckdb").mkdir()
    (made.study.folder / "study.duckdb" / "mine").write_text("mine")
    refused(made, "cannot-write")


def test_a_locked_folder(made, monkeypatch):
    def locked(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", locked)
    refused(made, "cannot-write")


def test_a_link_out_of_the_study(made, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (made.study.folder / "runs").symlink_to(tmp_path / "elsewhere")
    refused(made, "runs-leads-out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_our_own_fault_is_not_blamed_on_the_disk(made, monkeypatch):
    def broken(run):
        raise FileNotFoundError(errno.ENOENT, "a file of the package is gone")

    monkeypatch.setattr(outputs, "workbook", broken)
    with pytest.raises(FileNotFoundError):
        write(made)
    assert not (made.study.folder / "runs").exists()


def test_runs_at_the_same_time_get_numbers_of_their_own(made):
    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(lambda _: write(made, pages=pages), range(6)))
    assert sorted(place.name for place in places) == [f"{number:04d}" for number in range(1, 7)]
    for place in places:
        assert {file.name for file in place.iterdir()} >= {"record.json", "results.xlsx", "report.html"}
    assert sorted(path.name for path in (made.study.folder / "runs").iterdir()) == sorted(
        place.name for place in places
    )


def test_the_next_number_follows_the_greatest(made):
    for name in ("0001", "0007", "mine"):
        (made.study.folder / "runs" / name).mkdir(parents=True)
    assert write(made).name == "0008"
    shutil.rmtree(made.study.folder / "runs" / "0008")
    assert write(made).name == "0008"
