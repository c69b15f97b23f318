"""A document as Word: real tables, equations and styles that its reader can go on editing.

Figures are SVG with a PNG for programs that show none. Fonts are named, not carried: Word has 宋体 and 黑体 itself.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell

from xinzhi.report.documents.blocks import Block, Document, Figure, Formula, Heading, Listed, Paragraph, Table
from xinzhi.report.documents.layout import formula_extent, scale, widths
from xinzhi.report.documents.omml import omml
from xinzhi.report.documents.pdf import formula_parts, png

LATIN, SONG, HEI = "Times New Roman", "宋体", "黑体"
_TEXT_WIDTH = 15.8
# So many letters of a formula find room in a line.
_LINE = 46
# A document made twice is the same document, so it bears no time of day.
_MADE = datetime(2000, 1, 1)
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)
_SVG_EXTENSION = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
_SVG_NAMESPACE = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"


def word(document: Document) -> bytes:
    """The document as .docx. Equal documents give equal bytes."""
    return _Word(document).made()


class _Word:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.zh = document.language == "zh"
        self.docx = docx.Document()
        self.counts = {"figure": 0, "table": 0}
        self.numbers = [0, 0, 0]
        self._styles()
        self._page()

    def made(self) -> bytes:
        self.docx.add_paragraph(self.document.title, style="Title")
        for line in self.document.under:
            self.docx.add_paragraph(line, style="Subtitle")
        for block in self.document.blocks:
            self._add(block)
        properties = self.docx.core_properties
        properties.title, properties.author = self.document.title[:255], f"Xinzhi {self.document.version}"[:255]
        properties.language = "zh-CN" if self.zh else "en-GB"
        properties.comments = properties.keywords = properties.last_modified_by = ""
        properties.created = properties.modified = _MADE
        properties.revision = 1
        file = io.BytesIO()
        self.docx.save(file)
        return _timeless(file.getvalue())

    def _add(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._heading(block)
        elif isinstance(block, Paragraph):
            self._paragraph(block)
        elif isinstance(block, Listed):
            self._listed(block)
        elif isinstance(block, Formula):
            # A formula that no line would hold stands in several.
            for part in formula_parts(block.tree) if formula_extent(block.tree) > _LINE else [block.tree]:
                self.docx.add_paragraph(style="Formula")._p.append(parse_xml(omml(part)))
        elif isinstance(block, Table):
            self._table(block)
        else:
            self._figure(block)

    # --- Text

    def _heading(self, block: Heading) -> None:
        head = block.text
        if block.numbered:
            self.numbers[block.level - 1] += 1
            self.numbers[block.level :] = [0] * (3 - block.level)
            head = f"{'.'.join(map(str, self.numbers[: block.level]))}\u2002{block.text}"
        self.docx.add_heading(head, level=block.level)

    def _paragraph(self, block: Paragraph) -> None:
        style = {"note": "Note", "banner": "Banner", "command": "Command", "abstract": "Abstract"}.get(
            block.style, "Body Text"
        )
        paragraph = self.docx.add_paragraph(style=style)
        if block.lead:
            paragraph.add_run(block.lead).bold = True
        paragraph.add_run(block.text)

    def _listed(self, block: Listed) -> None:
        marks = block.marks or ("·",) * len(block.items)
        for mark, item in zip(marks, block.items, strict=True):
            self.docx.add_paragraph(f"{mark}\t{item}", style="Reference")

    def _caption(self, kind: str, text: str) -> None:
        """A caption whose number is a field, so that Word can renumber it and refer to it."""
        self.counts[kind] += 1
        paragraph = self.docx.add_paragraph(style="Caption")
        paragraph.add_run(f"{self.document.labels[kind]} ")
        name = "表" if kind == "table" and self.zh else "图" if self.zh else kind.capitalize()
        _field(paragraph, f"SEQ {name} \\* ARABIC", str(self.counts[kind]))
        paragraph.add_run(f"\u2003{text}")
        paragraph.paragraph_format.keep_with_next = kind == "table"

    # --- Tables

    def _table(self, block: Table) -> None:
        self._caption("table", block.caption)
        table = self.docx.add_table(rows=1 + len(block.rows), cols=len(block.heads))
        table.alignment, table.autofit = 1, False
        size = Pt(round(9 * scale(block) * 2) / 2)
        want = widths(block)
        across = [Cm(_TEXT_WIDTH * one / sum(want)) for one in want]
        for column, width in zip(table.columns, across, strict=True):
            column.width = width
        rows = [block.heads, *block.rows]
        for at, (cells, made) in enumerate(zip(rows, table._tbl.tr_lst, strict=True)):
            for place, (text, cell) in enumerate(zip(cells, made.tc_lst, strict=True)):
                _fill(
                    _Cell(cell, table),
                    text,
                    size,
                    bold=at == 0,
                    right=block.align[place] == "right",
                    width=across[place],
                )
            properties = made.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if at == 0:
                properties.append(OxmlElement("w:tblHeader"))
        _three_lines(table, block.caption)
        if block.note:
            self.docx.add_paragraph(block.note, style="Note")
        else:
            self.docx.add_paragraph(style="Gap")

    # --- Figures

    def _figure(self, block: Figure) -> None:
        paragraph = self.docx.add_paragraph(style="Picture")
        width = min(block.width, _TEXT_WIDTH)
        shape = paragraph.add_run().add_picture(io.BytesIO(png(block)), width=Cm(width))
        self.counts.setdefault("picture", 0)
        self.counts["picture"] += 1
        described = shape._inline.docPr
        described.set("descr", block.alt)
        described.set("name", f"{self.document.labels['figure']} {self.counts['picture']}")
        package = self.docx.part.package
        part = Part(PackURI(f"/word/media/figure{self.counts['picture']}.svg"), "image/svg+xml", block.svg, package)
        link = self.docx.part.relate_to(part, RELATIONSHIP_TYPE.IMAGE)
        blip = next(shape._inline.iter(qn("a:blip")))
        blip.append(
            parse_xml(
                f'<a:extLst {nsdecls("a", "r")}><a:ext uri="{_SVG_EXTENSION}">'
                f'<asvg:svgBlip xmlns:asvg="{_SVG_NAMESPACE}" r:embed="{link}"/></a:ext></a:extLst>'
            )
        )
        self._caption("figure", block.caption)
        if block.note:
            self.docx.add_paragraph(block.note, style="Note")

    # --- Styles and page

    def _styles(self) -> None:
        grey, ink = RGBColor(0x5D, 0x66, 0x6E), RGBColor(0, 0, 0)
        body = 10.5 if self.zh else 11
        for name, east, size, bold, colour in (
            ("Normal", SONG, body, False, ink),
            ("Body Text", SONG, body, False, ink),
            ("Title", HEI, 18, True, ink),
            ("Subtitle", SONG, 9.5, False, grey),
            ("Heading 1", HEI, 14, True, ink),
            ("Heading 2", HEI, 12, True, ink),
            ("Heading 3", HEI, 11, True, ink),
            ("Caption", HEI, 9.5, False, ink),
            ("Note", SONG, 8.5, False, grey),
            ("Banner", SONG, 9.5, False, ink),
            ("Command", SONG, 9, False, ink),
            ("Abstract", SONG, 10, False, ink),
            ("Reference", SONG, 9.5, False, ink),
            ("Formula", SONG, body, False, ink),
            ("Picture", SONG, body, False, ink),
            ("Gap", SONG, 6, False, ink),
            ("Header", SONG, 8.5, False, grey),
            ("Footer", SONG, 8.5, False, grey),
        ):
            self._style(name, east, size, bold, colour)
        styles = self.docx.styles
        for name, before, after in (
            *(("Title", 6, 6), ("Subtitle", 0, 10), ("Heading 1", 16, 8), ("Heading 2", 12, 6), ("Heading 3", 10, 4)),
            *(("Caption", 8, 4), ("Note", 3, 8), ("Banner", 4, 8), ("Abstract", 4, 4), ("Body Text", 0, 6)),
            *(
                ("Reference", 0, 3),
                ("Formula", 4, 4),
                ("Picture", 8, 0),
                ("Gap", 0, 4),
                ("Command", 4, 8),
                ("Normal", 0, 4),
            ),
        ):
            shape = styles[name].paragraph_format
            shape.space_before, shape.space_after = Pt(before), Pt(after)
        for name in ("Title", "Subtitle", "Caption", "Picture", "Footer"):
            styles[name].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for name in ("Body Text", "Abstract"):
            shape = styles[name].paragraph_format
            shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.MULTIPLE, 1.35 if self.zh else 1.15
        if self.zh:
            styles["Body Text"].paragraph_format.first_line_indent = Pt(2 * body)
        abstract = styles["Abstract"].paragraph_format
        abstract.left_indent = abstract.right_indent = Cm(0.8)
        styles["Picture"].paragraph_format.keep_with_next = True
        reference = styles["Reference"].paragraph_format
        reference.left_indent, reference.first_line_indent = Cm(0.9), Cm(-0.9)
        reference.tab_stops.add_tab_stop(Cm(0.9))

    def _style(self, name: str, east: str, size: float, bold: bool, colour: RGBColor) -> None:
        styles = self.docx.styles
        known = [style.name for style in styles]
        style = styles[name] if name in known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        font = style.font
        font.name, font.size, font.bold, font.italic = LATIN, Pt(size), bold, False
        font.color.rgb = colour
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), east)
        if name == "Normal":
            language = OxmlElement("w:lang")
            language.set(qn("w:val"), "en-GB")
            language.set(qn("w:eastAsia"), "zh-CN")
            style.element.get_or_add_rPr().append(language)
        if name == "Title":
            for border in style.element.iter(qn("w:pBdr")):
                border.getparent().remove(border)
                break
        if name == "Banner":
            style.element.get_or_add_pPr().append(
                _borders("w:pBdr", ("top", "left", "bottom", "right"), 8, "B23A2B", 5)
            )

    def _page(self) -> None:
        section = self.docx.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.6)
        section.top_margin, section.bottom_margin = Cm(2.7), Cm(2.5)
        section.different_first_page_header_footer = True
        section.header.paragraphs[0].text = self.document.labels["running"]
        for footer in (section.footer, section.first_page_footer):
            paragraph = footer.paragraphs[0]
            paragraph.style = self.docx.styles["Footer"]
            for part in _split(self.document.labels["page"]):
                if part in ("{n}", "{all}"):
                    _field(paragraph, "PAGE" if part == "{n}" else "NUMPAGES", "1")
                else:
                    paragraph.add_run(part)


def _split(label: str) -> Iterator[str]:
    head, _, rest = label.partition("{n}")
    middle, _, tail = rest.partition("{all}")
    yield from (head, "{n}", middle, "{all}", tail)


def _fill(cell: _Cell, text: str, size: Pt, *, bold: bool, right: bool, width: Cm) -> None:
    cell.width = width
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = size, bold
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(1.5)
    shape.alignment = WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.LEFT


def _three_lines(table: Any, caption: str) -> None:
    """A heavy line above and below, a light one under the head, and what the table is for those who cannot see it."""
    properties = table._tbl.tblPr
    properties.append(_borders("w:tblBorders", ("top", "bottom"), 12))
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties.append(margins)
    described = OxmlElement("w:tblCaption")
    described.set(qn("w:val"), caption)
    properties.append(described)
    for cell in table._tbl.tr_lst[0].tc_lst:
        cell.get_or_add_tcPr().append(_borders("w:tcBorders", ("bottom",), 6))


def _borders(tag: str, sides: tuple[str, ...], eighths: int, colour: str = "000000", space: int = 0) -> Any:
    borders = OxmlElement(tag)
    for side in sides:
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(eighths)), ("space", str(space)), ("color", colour)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    return borders


def _field(paragraph: Any, code: str, shown: str) -> None:
    """A field with the value it has now."""
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("shown", shown), ("end", "")):
        run = paragraph.add_run(shown if kind == "shown" else None)
        if kind == "":
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {text} "
            run._r.append(instruction)
        elif kind != "shown":
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def _timeless(packed: bytes) -> bytes:
    """The same archive with its members in order and without the time at which each was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        # The list of contents comes first, as programs expect.
        for name in sorted(source.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            member = zipfile.ZipInfo(name, _ZIP_TIME)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            made.writestr(member, source.read(name))
    return out.getvalue()
