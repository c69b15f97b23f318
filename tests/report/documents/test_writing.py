"""Where documents are made from and go to: the latest run, a new file, never over another."""

from __future__ import annotations

import pytest

from tests.report.runs import a_run
from xinzhi.report import page, payload
from xinzhi.report.documents.characters import LONGEST, Writing, drawn
from xinzhi.report.documents.writing import report_of, write_document
from xinzhi.report.page import payload_of
from xinzhi.study.outputs import OutputError


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return page(payload(a_run(tmp_path_factory.mktemp("run"), own=("A", "B", "C"), years=2, per_pillar=1)))


@pytest.fixture
def study(tmp_path, html):
    for number in ("0001", "0009", "0010"):
        (tmp_path / "own" / "runs" / number).mkdir(parents=True)
        (tmp_path / "own" / "runs" / number / "report.html").write_text(html, encoding="utf-8")
    return tmp_path / "own"


def test_a_study_means_its_latest_run(study):
    assert report_of(study) == study / "runs" / "0010" / "report.html"
    assert report_of(study / "study.toml") == study / "runs" / "0010" / "report.html"
    assert report_of(study / "runs" / "0001") == study / "runs" / "0001" / "report.html"
    with pytest.raises(OutputError, match="is no run"):
        report_of(study / "runs")


def test_a_document_is_a_new_file_beside_where_one_stands(study, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    made = write_document(study, "bib", "zh")
    assert made.file.name == "own-0010-zh.bib"
    before = made.file.read_bytes()
    assert before
    with pytest.raises(OutputError) as refused:
        write_document(study, "bib", "zh")
    assert {fault.code for fault in refused.value.faults} == {"file-exists"}
    assert "覆盖" in refused.value.say("zh")
    assert made.file.read_bytes() == before
    assert write_document(study, "bib", "en", tmp_path / "refs.bib").file == tmp_path / "refs.bib"
    with pytest.raises(OutputError, match="cannot be written"):
        write_document(study, "bib", "en", tmp_path / "nowhere" / "refs.bib")


def test_a_page_gives_its_document_back(html, tmp_path):
    (tmp_path / "first.html").write_text(html, encoding="utf-8")
    made = payload_of(tmp_path / "first.html")
    made["note"] = {"en": "</script><!-- \u2028 & <b>", "zh": "‘’"}
    place = tmp_path / "report.html"
    place.write_text(page(made), encoding="utf-8")
    back = payload_of(place)
    assert back == made
    for text in ("", "<html></html>", '<script type="application/json" id="payload">{"a":1}</script>'):
        place.write_text(text, encoding="utf-8")
        with pytest.raises(OutputError, match="not the report"):
            payload_of(place)


def test_fonts_have_what_chinese_studies_are_written_with():
    have = drawn()
    level_one = {bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFA)}
    assert level_one <= have
    assert set("臺灣 ABC xyz é ß Ω Σ × − ≤ → “” …—（）《》、。①") <= have


def test_what_cannot_be_printed_is_told_and_long_names_are_cut():
    writing = Writing()
    assert writing.plain("中文 fits") == "中文 fits"
    assert writing.lacking == {}
    assert writing.short("𠮷\u202e") == "〈U+20BB7〉〈U+202E〉"
    assert list(writing.lacking) == ["𠮷", "\u202e"]
    assert len(writing.short("长" * 500)) == LONGEST
    assert "\u200b" in writing.plain("x" * 60)
