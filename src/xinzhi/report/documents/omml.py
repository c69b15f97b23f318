"""A formula's tree as Office MathML, which Word shows and edits as an equation of its own."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

Node = dict[str, Any]

NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"
# Words that name a function; all other upright words are options.
FUNCTIONS = frozenset({"ln", "min", "max", "corr", "median"})

_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SUMS = frozenset("∑∏")
_SPACES = ((0.9, "\u2003"), (0.2, "\u2005"), (0.0, "\u2009"))


def omml(tree: Node) -> str:
    """An equation on a line of its own, as an ``m:oMathPara`` with its namespace."""
    middle = '<m:oMathParaPr><m:jc m:val="center"/></m:oMathParaPr>'
    return f'<m:oMathPara xmlns:m="{NAMESPACE}">{middle}<m:oMath>{_made(tree)}</m:oMath></m:oMathPara>'


def _made(node: Node) -> str:
    k, parts = node["k"], node.get("c", [])
    if k == "row":
        return _row(parts)
    if k in ("i", "n", "o", "up", "t"):
        return _run(node["t"], k)
    if k == "sp":
        return _run(next(space for least, space in _SPACES if node["w"] >= least), "t")
    if k == "frac":
        return f"<m:f><m:num>{_made(parts[0])}</m:num><m:den>{_made(parts[1])}</m:den></m:f>"
    if k == "sqrt":
        return f'<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/><m:e>{_made(parts[0])}</m:e></m:rad>'
    if k == "hat":
        return f'<m:acc><m:accPr><m:chr m:val="\u0302"/></m:accPr><m:e>{_made(parts[0])}</m:e></m:acc>'
    if k == "bar":
        return f'<m:bar><m:barPr><m:pos m:val="top"/></m:barPr><m:e>{_made(parts[0])}</m:e></m:bar>'
    if k == "fence":
        return _held(node["o"], node["z"], _made(parts[0]))
    if k == "cases":
        return _held("{", "", _grid(parts))
    return _attached(parts, node["lim"])


def _row(parts: list[Node]) -> str:
    """Parts in a row. A sum has what follows as far as the next sign between terms, min and max have the next part."""
    out, at = [], 0
    while at < len(parts):
        node = parts[at]
        end = at + 1
        if _is_sum(node):
            while end < len(parts) and not _ends_term(parts[end]):
                end += 1
            out.append(_sum(node, _row(parts[at + 1 : end])))
        elif node["k"] == "att" and node["lim"] and node["c"][0]["k"] == "up":
            while end < len(parts) and parts[end]["k"] == "sp":
                end += 1
            name = f"<m:fName>{_attached(node['c'], True)}</m:fName>"
            out.append(f"<m:func>{name}<m:e>{_row(parts[end : end + 1])}</m:e></m:func>")
            end += 1
        else:
            out.append(_made(node))
        at = end
    return "".join(out)


def _is_sum(node: Node) -> bool:
    return node["k"] == "att" and node["c"][0]["k"] == "o" and node["c"][0]["t"] in _SUMS


def _ends_term(node: Node) -> bool:
    return node["k"] == "sp" or (node["k"] == "o" and node["t"] in set("+−-=,<>≤≥∓±)}|"))


def _sum(node: Node, term: str) -> str:
    base, below, above = node["c"]
    hidden = "" if above else '<m:supHide m:val="1"/>'
    place = "undOvr" if node["lim"] else "subSup"
    properties = f'<m:naryPr><m:chr m:val="{base["t"]}"/><m:limLoc m:val="{place}"/>{hidden}</m:naryPr>'
    ends = f"<m:sub>{_made(below)}</m:sub><m:sup>{_made(above) if above else ''}</m:sup>"
    return f"<m:nary>{properties}{ends}<m:e>{term}</m:e></m:nary>"


def _attached(parts: list[Node], limited: bool) -> str:
    base = parts[0]
    below, above = (_alone(one) for one in parts[1:])
    if limited and below and not above:
        return f"<m:limLow><m:e>{_made(base)}</m:e><m:lim>{_made(below)}</m:lim></m:limLow>"
    inner = f"<m:e>{_made(base)}</m:e>"
    if below and above:
        return f"<m:sSubSup>{inner}<m:sub>{_made(below)}</m:sub><m:sup>{_made(above)}</m:sup></m:sSubSup>"
    if below:
        return f"<m:sSub>{inner}<m:sub>{_made(below)}</m:sub></m:sSub>"
    return f"<m:sSup>{inner}<m:sup>{_made(above) if above else ''}</m:sup></m:sSup>"


def _alone(node: Node | None) -> Node | None:
    """A sign that stands alone, as the + of a best value, is a name there and joins nothing."""
    return {**node, "k": "t"} if node and node["k"] == "o" else node


def _held(opening: str, closing: str, inner: str) -> str:
    signs = f"<m:begChr m:val={quoteattr(opening)}/><m:endChr m:val={quoteattr(closing)}/>"
    return f"<m:d><m:dPr>{signs}</m:dPr><m:e>{inner}</m:e></m:d>"


def _grid(rows: list[list[Node]]) -> str:
    columns = max(map(len, rows))
    shape = f'<m:mc><m:mcPr><m:count m:val="{columns}"/><m:mcJc m:val="left"/></m:mcPr></m:mc>'
    cells = ("".join(f"<m:e>{_made(cell)}</m:e>" for cell in row) for row in rows)
    return f"<m:m><m:mPr><m:mcs>{shape}</m:mcs></m:mPr>{''.join(f'<m:mr>{one}</m:mr>' for one in cells)}</m:m>"


def _run(text: str, kind: str) -> str:
    word = kind == "t" or text == "#" or (kind == "up" and text not in FUNCTIONS)
    properties = "<m:nor/>" if word else f'<m:sty m:val="{"i" if kind == "i" else "p"}"/>'
    # The name of a function stands apart from what follows it.
    said = f"{text}\u2009" if kind == "up" and not word else text
    font = f'<w:rPr xmlns:w="{_WORDS}"><w:rFonts w:ascii="Cambria Math" w:hAnsi="Cambria Math"/></w:rPr>'
    return f'<m:r><m:rPr>{properties}</m:rPr>{font}<m:t xml:space="preserve">{escape(said)}</m:t></m:r>'
