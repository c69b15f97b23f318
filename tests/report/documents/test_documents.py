"""Documents say what the run found, in both languages, as PDF and as Word; equal runs give equal bytes."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from tests.report.documents.made import opened, rows_of, squeezed, text_of_docx, text_of_pdf
from tests.report.links import a_run_of_links
from tests.report.runs import a_run
from xinzhi.report.documents import document, document_and_gaps
from xinzhi.report.documents.findings import findings
from xinzhi.report.documents.paper import Paper
from xinzhi.report.documents.references import References
from xinzhi.report.documents.unpacking import HIGH, LOW, Report
from xinzhi.report.payload import payload


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    varied = {"normalise": ["min-max", "rank"], "noise": [{"level": 1, "share": 0.3}]}
    own = {"drop": 20, "years": 3, "per_pillar": 2, "fictional": False}
    return a_run(tmp_path_factory.mktemp("run"), varied=varied, follow=({"statistic": "gini"},), **own)


@pytest.fixture(scope="module")
def told(run):
    return json.loads(json.dumps(payload(run), allow_nan=False))


@pytest.fixture(scope="module")
def pdf(told):
    return document(told, "pdf", "zh")


@pytest.fixture(scope="module")
def word(told):
    return document(told, "docx", "en")


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    return json.loads(json.dumps(payload(a_run_of_links(tmp_path_factory.mktemp("links"))), allow_nan=False))


def test_cells_come_back_as_they_were_packed(run, told):
    report, stages, k = Report(told), run.index.stages, run.index.tree.n_indicators
    np.testing.assert_allclose(report.scores, stages.scores[:, :, k:].transpose(1, 0, 2), rtol=1e-6)
    np.testing.assert_allclose(report.normalised, stages.normalised.transpose(1, 0, 2), rtol=2e-5, atol=1e-6)
    assert (report.ranks == np.nan_to_num(run.index.ranks().values)).all()
    sure = run.doubt.intervals(0.9)
    np.testing.assert_allclose(report.intervals[:, :, LOW].ravel(), sure["rank_low"], rtol=2e-5)
    np.testing.assert_allclose(report.intervals[:, :, HIGH].ravel(), sure["rank_high"], rtol=2e-5)


def test_the_pdf_says_in_chinese_what_was_found(told, pdf):
    said = squeezed(text_of_pdf(pdf))
    for sentence in findings(Paper(told, "zh")):
        assert squeezed(sentence) in said
    for heading in ("数据", "方法", "结果", "排名有多可靠", "审计", "附录：指标", "运行记录", "参考文献"):
        assert heading in said
    assert "资料来源：虚构统计年鉴" in said
    assert "虚构数据" not in said  # this study is not fictional


def test_the_pdf_has_every_score_of_the_ranking(told, pdf):
    said, report = squeezed(text_of_pdf(pdf)), Report(told)
    digits = Paper(told, "zh").digits(report.top)
    last = report.scores[:, -1, report.top]
    for at in np.flatnonzero(np.isfinite(last)):
        assert f"{last[at]:.{digits}f}" in said
        assert told["regions"][at]["name"]["zh"] in said


def test_word_has_the_ranking_as_a_table_of_three_lines(told, word):
    report = Report(told)
    order = report.ranking(len(told["years"]) - 1, report.top)
    digits = Paper(told, "en").digits(report.top)
    wanted = [[told["regions"][at]["name"]["en"], f"{report.scores[at, -1, report.top]:.{digits}f}"] for at in order]
    table = next(one for one in opened(word).tables if one.cell(0, 0).text == "Rank")
    assert [row[2:4] for row in rows_of(table)[1:]] == wanted
    properties = table._tbl.tblPr.xml
    assert properties.count('w:val="single"') == 2
    assert "w:tblHeader" in table.rows[0]._tr.xml


def test_word_has_headings_equations_and_described_figures(word):
    made = opened(word)
    heads = [one.text for one in made.paragraphs if one.style.name == "Heading 1"]
    assert [head.split("\u2002")[-1] for head in heads][:4] == ["Data", "Methods", "Results", "How sure the ranking is"]
    body = made.element.body.xml
    assert body.count("<m:oMathPara") >= 4
    assert "svgBlip" in body
    assert all(shape._inline.docPr.get("descr") for shape in made.inline_shapes)
    with zipfile.ZipFile(io.BytesIO(word)) as parts:
        drawn = [name for name in parts.namelist() if name.endswith(".svg")]
        assert len(drawn) == len(made.inline_shapes) == 5


def test_numbers_are_those_of_the_other_language(told, word):
    chinese = opened(document(told, "docx", "zh"))
    english = opened(word)
    for one, other in zip(chinese.tables, english.tables, strict=True):
        numbers = [[cell for cell in row if cell.replace(".", "").isdigit()] for row in rows_of(one)[1:]]
        assert numbers == [[cell for cell in row if cell.replace(".", "").isdigit()] for row in rows_of(other)[1:]]


def test_equal_payloads_give_equal_bytes(told, pdf, word):
    again = json.loads(json.dumps(told))
    assert document(again, "pdf", "zh") == pdf
    assert document(again, "docx", "en") == word
    with zipfile.ZipFile(io.BytesIO(word)) as parts:
        assert {member.date_time for member in parts.infolist()} == {(2000, 1, 1, 0, 0, 0)}


def test_a_study_of_links_has_its_tables_and_names_what_it_leaves_out(linked):
    said = text_of_docx(document(linked, "docx", "en"))
    assert "Regions in Science" in said
    assert "Science: 14 regions and 6 activities" in said
    assert "Complexity rank" in said
    assert "fusion of the stages of the chain" in said
    assert "Fictional data" in said
    assert squeezed("科学中的各地区") in squeezed(text_of_pdf(document(linked, "pdf", "zh")))


def test_a_table_of_a_new_part_is_set_and_other_parts_are_named(linked):
    heads = [{"en": "What", "zh": "内容"}, {"en": "Share", "zh": "占比"}]
    table = {
        "title": {"en": "Brand new", "zh": "新表"},
        "heads": heads,
        "kinds": ["text", "share"],
        "rows": [["a", 0.25]],
    }
    more = linked | {"brand": [table], "untold": {"x": 1}}
    made = document(more, "docx", "en")
    found = next(one for one in opened(made).tables if one.cell(0, 1).text == "Share")
    assert rows_of(found)[1] == ["a", "25.0%"]
    assert "untold" in text_of_docx(made)


HOSTILE = (
    "<script>alert(1)</script>",
    '#import "x.typ": *',
    '$ sum_(i) x $ \\ #eval("1")',
    "\u202egnirts\u202c",
    "=cmd|' /C calc'!A0",
    "n" * 10_000,
    "a\x07b\x0bc",
    "𠮷野 ⟪ ع",
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    run = a_run(tmp_path_factory.mktemp("hostile"), own=HOSTILE, years=2, per_pillar=1, title_en='"#panic() $x$"')
    return json.loads(json.dumps(payload(run), allow_nan=False))


@pytest.mark.filterwarnings("error")  # matplotlib warns of an empty box
@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_hostile_names_are_text(hostile, kind):
    made, lacking = document_and_gaps(hostile, kind, "en")
    said = squeezed(text_of_docx(made) if kind == "docx" else text_of_pdf(made))
    for name in HOSTILE[:3]:
        assert squeezed(name) in said
    assert "#panic()$x$" in said
    assert "n" * 95 not in said  # a very long name is cut
    assert "\u202e" not in said
    assert "〈U+202E〉gnirts" in said
    assert "〈U+20BB7〉野" in said
    assert {"〈U+202E〉", "〈U+20BB7〉", "〈U+0007〉"} <= set(lacking)
    assert "The fonts of this document lack" in (
        text_of_docx(made) if kind == "docx" else " ".join(text_of_pdf(made).split())
    )


def test_references_are_those_that_the_document_cites(told):
    bib = document(told, "bib", "en").decode()
    assert bib.count("@") == bib.count("\n}\n")
    for key in ("becker2022", "oecd2008", "xinzhi"):
        assert f"{{{key}," in bib
    assert "Statistical Yearbook of Nowhere" in bib
    assert document(told, "bib", "zh").decode().count("虚构统计年鉴") == 1


def test_a_lone_brace_swallows_no_entry():
    references = References("en")
    references.data("Yearbook {2024, 5% \\ sample")
    references.software("1.0")
    made = references.bibtex()
    assert made.count("{") == made.count("}")
    assert r"Yearbook \textbraceleft{}2024, 5\% \textbackslash{} sample" in made
