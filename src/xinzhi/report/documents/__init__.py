"""Paper-like documents of a run: PDF, Word and BibTeX, made from the document that its page was drawn from."""

from __future__ import annotations

from typing import Any, Literal, get_args

from xinzhi.core.errors import Language
from xinzhi.report.documents.characters import code
from xinzhi.report.documents.composing import composed

Kind = Literal["pdf", "docx", "bib"]
KINDS: tuple[Kind, ...] = get_args(Kind)

__all__ = ["KINDS", "Kind", "document", "document_and_gaps"]


def document(payload: dict[str, Any], kind: Kind, language: Language) -> bytes:
    """A run's document from its payload: PDF, Word, or its references as BibTeX. Equal payloads give equal bytes."""
    return document_and_gaps(payload, kind, language)[0]


def document_and_gaps(payload: dict[str, Any], kind: Kind, language: Language) -> tuple[bytes, list[str]]:
    """The document, and the characters that its fonts lack, as it prints them: codes such as 〈U+20000〉."""
    paper, made = composed(payload, language)
    lacking = [code(one) for one in sorted(paper.writing.lacking)]
    if kind == "bib":
        return paper.references.bibtex().encode("utf-8"), []
    if kind == "pdf":
        from xinzhi.report.documents.pdf import pdf

        return pdf(made), lacking
    from xinzhi.report.documents.word import word

    return word(made), lacking
