from __future__ import annotations

import gzip
import os

import pytest

from xinzhi.core.errors import DataError
from xinzhi.data.files import decode, detect_encoding, find

CHINESE = "地区,年份,数值\n北京,2019,—\n上海,2019,12.5\n"


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        ("pays,année\nCôte d'Ivoire,2019\nRéunion,2019\nMéxico,2019\n", "latin-1", "cp1252"),
        ("land,wert\nÖsterreich,1\nDänemark,2\nZürich – Köln,3\n", "cp1252", "cp1252"),
        ("country,value\nFrance,1\n", "ascii", "utf-8"),
    ],
)
def test_the_encoding_is_found(text, written, found):
    content = text.encode(written)
    assert detect_encoding(content) == found
    assert decode("data.csv", content)[0].removeprefix("\ufeff") == text


def test_a_forced_encoding_that_does_not_fit_is_a_fault():
    with pytest.raises(DataError) as caught:
        decode("data.csv", b"a,b\n" + "北京".encode("gb18030") + b"\n", "utf-8")
    fault = caught.value.faults[0]
    assert (fault.code, fault.file, fault.row) == ("wrong-encoding", "data.csv", 2)


@pytest.mark.parametrize(
    "name", ["/etc/passwd.csv", "C:\\data.csv", "../data.csv", "a/../../data.csv", "~/x.csv", "http://x.org/a.csv"]
)
def test_only_files_inside_the_folder_are_read(tmp_path, name):
    with pytest.raises(DataError) as caught:
        find(tmp_path, name)
    assert caught.value.faults[0].code == "path-outside"


def test_a_link_that_leads_out_is_refused(tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    (study / "data.csv").symlink_to(tmp_path / "secret.csv")
    (study / "folder").symlink_to(tmp_path)
    for name in ("data.csv", "folder/secret.csv"):
        with pytest.raises(DataError) as caught:
            find(study, name)
        assert caught.value.faults[0].code == "path-outside"


def test_a_link_within_the_folder_is_followed(tmp_path):
    (tmp_path / "real.csv").write_text("a,b\n1,2\n")
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert find(tmp_path, "link.csv").content == b"a,b\n1,2\n"


def test_a_missing_file_gets_near_names(tmp_path):
    (tmp_path / "provinces_2019.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError) as caught:
        find(tmp_path, "province_2019.csv")
    fault = caught.value.faults[0]
    assert fault.code == "missing-file"
    assert "provinces_2019.csv" in fault.en
    assert "provinces_2019.csv" in fault.zh


def test_what_is_no_file_is_said(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "blank.csv").write_text(" \n\n")
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbf\r\n")
    (tmp_path / "hollow.csv.gz").write_bytes(gzip.compress(b"", mtime=0))
    (tmp_path / "torn.csv.gz").write_bytes(gzip.compress(bytes(range(97, 123)) * 9)[:-12])
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "words.docx").write_text("x")
    os.mkfifo(tmp_path / "pipe.csv")
    expected = {
        "folder.csv": "directory",
        "empty.csv": "empty-file",
        "blank.csv": "empty-file",
        "marked.csv": "empty-file",
        "hollow.csv.gz": "empty-file",
        "torn.csv.gz": "damaged-file",
        "loop.csv": "missing-file",
        "words.docx": "unknown-file-type",
        "pipe.csv": "not-a-file",
        "x" * 5000 + ".csv": "missing-file",
    }
    for name, code in expected.items():
        with pytest.raises(DataError) as caught:
            find(tmp_path, name)
        assert caught.value.faults[0].code == code, name


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)
    with pytest.raises(DataError) as caught:
        find(tmp_path, "data.csv")
    assert caught.value.faults[0].code == "unreadable-file"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.xlsx", b"a,b\n1,2\n"),
        ("data.csv", b"PK\x03\x04rest"),
        ("data.xls", b"<html><table></table></html>"),
        ("data.parquet", b"a,b\n1,2\n"),
        ("data.dta", b"a,b\n1,2\n"),
        ("data.csv", b"PAR1xxxxPAR1"),
        ("data.csv", gzip.compress(b"a,b\n", mtime=0)),
        ("data.csv", b"a,b\n1,\x00\x01\n"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        find(tmp_path, name)
    assert caught.value.faults[0].code == "wrong-file-type"
