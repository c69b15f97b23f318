"""Payloads for the tests of documents, and what is read back out of documents."""

from __future__ import annotations

import io
import shutil
import subprocess

import docx
import pytest
from docx.oxml.ns import qn

pdftotext = shutil.which("pdftotext")


def text_of_pdf(made: bytes) -> str:
    """All text of a PDF in reading order, without the breaks that a page adds."""
    if pdftotext is None:
        pytest.skip("pdftotext is not here (poppler-utils)")
    out = subprocess.run([pdftotext, "-", "-"], input=made, capture_output=True, check=True).stdout.decode()
    return out.replace("\u200b", "")


def squeezed(text: str) -> str:
    """A text without any space, as lines are broken anywhere."""
    return "".join(text.replace("\u200b", "").split())


def opened(made: bytes):
    """A Word file as python-docx reads it."""
    return docx.Document(io.BytesIO(made))


def text_of_docx(made: bytes) -> str:
    """All text of a Word file, tables included."""
    return "".join(one.text or "" for one in opened(made).element.body.iter(qn("w:t"))).replace("\u200b", "")


def rows_of(table) -> list[list[str]]:
    """A Word table's cells as text."""
    return [[cell.text.replace("\u200b", "") for cell in row.cells] for row in table.rows]
