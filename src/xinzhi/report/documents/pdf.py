"""A document as PDF: typst sets it from data alone. No text becomes markup, no font or file is taken from elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from xinzhi.report.documents.blocks import Block, Document, Figure, Formula, Table
from xinzhi.report.documents.layout import scale, widths

_PPI = 200.0
_FONTS = Path(__file__).parent / "fonts"


def pdf(document: Document) -> bytes:
    """The document as a tagged PDF with outline and metadata. Equal documents give equal bytes."""
    import typst

    template = resources.files("xinzhi.report.documents").joinpath("template.typ").read_bytes()
    fonts: list[Any] = [str(_FONTS)]
    made = typst.compile(
        template,
        font_paths=fonts,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"document": json.dumps(_data(document), ensure_ascii=False, allow_nan=False)},
    )
    assert isinstance(made, bytes)
    return made


_PICTURE = b"""
#set page(width: eval(sys.inputs.width), height: eval(sys.inputs.height), margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%)
"""


def png(figure: Figure) -> bytes:
    """A figure as PNG for programs that show no SVG."""
    import typst

    inputs = {"svg": figure.svg.decode("utf-8"), "width": f"{figure.width:.4f}cm", "height": f"{figure.height:.4f}cm"}
    made = typst.compile(_PICTURE, ignore_system_fonts=True, format="png", ppi=_PPI, sys_inputs=inputs)
    assert isinstance(made, bytes)
    return made


def _data(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "language": document.language,
        "version": document.version,
        "under": list(document.under),
        "labels": document.labels,
        "blocks": [_block(block) for block in document.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    kind = type(block).__name__.lower()
    if isinstance(block, Table):
        return {"kind": kind, **asdict(block), "widths": widths(block), "scale": scale(block)}
    if isinstance(block, Figure):
        told = {name: getattr(block, name) for name in ("caption", "alt", "width", "height", "note")}
        return {"kind": kind, **told, "svg": block.svg.decode("utf-8")}
    if isinstance(block, Formula):
        parts = formula_parts(block.tree)
        return {"kind": kind, "parts": parts, "spoken": block.spoken}
    return {"kind": kind, **asdict(block)}


def formula_parts(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """A formula cut at its wide spaces, where it may go on in a new line."""
    if tree["k"] != "row":
        return [tree]
    parts: list[list[dict[str, Any]]] = [[]]
    for node in tree["c"]:
        if node["k"] == "sp" and node["w"] >= 1:
            parts.append([])
        else:
            parts[-1].append(node)
    return [{"k": "row", "c": part} for part in parts if part]
