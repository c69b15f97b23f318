"""Formulas for the page, for Word and for typst: from LaTeX to MathML, and from MathML to a small tree that both draw.

The tree is plain data. Its nodes are dictionaries with a kind ``k``. With a text ``t``: ``i`` italic letter, ``up``
upright word, ``n`` number, ``o`` sign, ``t`` words. With parts ``c``: ``row``; ``frac`` (above, below); ``att`` (base,
below, above; ``lim``: whether these stand under and over it); ``sqrt``, ``hat``, ``bar`` (one node); ``cases`` (rows of
cells); ``fence`` (one node; ``o`` and ``z``: its signs). ``sp`` is a space (``w``, in em).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

Node = dict[str, Any]

# Ours are far shorter.
_LONGEST = 20_000

_LIMITED = frozenset({"min", "max", "median"})
_BARS = frozenset("¯‾―̅")


@lru_cache
def mathml(latex: str) -> str:
    """A formula in LaTeX as MathML, set as a line of its own."""
    from latex2mathml.converter import convert

    return str(convert(latex, display="block"))


def tree(marked: str) -> Node:
    """MathML as the tree of this module. Raises ``ValueError`` for what is no MathML of ours."""
    try:
        # What comes here was written by ``mathml``, or by whoever wrote a report: entities of its own are not taken.
        if "<!" in marked or len(marked) > _LONGEST:
            raise ValueError("no formula of ours")
        return _node(ElementTree.fromstring(marked))  # noqa: S314
    except ElementTree.ParseError as error:
        raise ValueError(f"no MathML: {error}") from None


def _node(at: ElementTree.Element) -> Node:
    kind = at.tag.rpartition("}")[2]
    parts = list(at)
    said = (at.text or "").strip()
    if kind in ("math", "mrow", "mstyle", "mtd"):
        return _row(parts)
    if kind == "mi":
        upright = len(said) > 1 or at.get("mathvariant") == "normal" or not said.isalpha()
        return {"k": "o" if not said.isalpha() else "up" if upright else "i", "t": said}
    if kind == "mn":
        return {"k": "n", "t": said}
    if kind == "mo":
        return {"k": "up" if said.isalpha() else "o", "t": said}
    if kind == "mtext":
        return {"k": "t", "t": at.text or ""}
    if kind == "mspace":
        return {"k": "sp", "w": float((at.get("width") or "0em").removesuffix("em"))}
    if kind == "mfrac":
        return {"k": "frac", "c": [_node(one) for one in parts]}
    if kind == "msqrt":
        return {"k": "sqrt", "c": [_row(parts)]}
    if kind == "mtable":
        return {"k": "cases", "c": [[_node(cell) for cell in row] for row in parts]}
    if kind == "mover" and len(parts) == 2 and (sign := (parts[1].text or "").strip()) in {"^", *_BARS}:
        return {"k": "hat" if sign == "^" else "bar", "c": [_node(parts[0])]}
    if kind in _ATTACHED:
        return _attached(kind, [_node(one) for one in parts])
    raise ValueError(f"no rule for <{kind}>")


_ATTACHED = {"msub": "b", "msup": "t", "msubsup": "bt", "munder": "b", "mover": "t", "munderover": "bt"}


def _attached(kind: str, parts: list[Node]) -> Node:
    base, *rest = parts
    around = dict(zip(_ATTACHED[kind], rest, strict=True))
    limited = kind.startswith(("mu", "mo")) or _word(base) in _LIMITED
    return {"k": "att", "c": [base, around.get("b"), around.get("t")], "lim": limited}


def _word(node: Node) -> str:
    return str(node["t"]) if node["k"] == "up" else ""


def _row(parts: list[ElementTree.Element]) -> Node:
    """A row; letters that spell an upright word are joined, and what stands between fences is held by them."""
    if parts and parts[0].get("fence") == "true" and parts[0].get("form") == "prefix":
        closed = len(parts) > 1 and parts[-1].get("form") == "postfix"
        inner = parts[1:-1] if closed else parts[1:]
        if not closed and len(inner) == 1 and inner[0].tag.endswith("mtable"):
            return _node(inner[0])
        close = (parts[-1].text or "").strip() if closed else ""
        return {"k": "fence", "o": (parts[0].text or "").strip(), "z": close, "c": [_row(inner)]}
    made: list[Node] = []
    for part in parts:
        node = _node(part)
        spelt = part.get("mathvariant") == "normal" and node["k"] == "up"
        if spelt and made and made[-1].get("spelt"):
            made[-1]["t"] += node["t"]
        else:
            made.append({**node, "spelt": True} if spelt else node)
    made = _fenced([{key: value for key, value in node.items() if key != "spelt"} for node in made])
    return made[0] if len(made) == 1 else {"k": "row", "c": made}


_PAIRS = {"(": ")", "{": "}", "|": "|"}


def _fenced(parts: list[Node]) -> list[Node]:
    """Parts with what stands between two brackets or bars held by them, and what is attached to the second to both."""
    for first, node in enumerate(parts):
        opening = node["t"] if node["k"] == "o" else ""
        last = _partner(parts, first) if opening in _PAIRS else None
        if last is None:
            continue
        inner = {"k": "row", "c": _fenced(parts[first + 1 : last])}
        held: Node = {"k": "fence", "o": opening, "z": _PAIRS[opening], "c": [inner]}
        if parts[last]["k"] == "att":
            held = {**parts[last], "c": [held, *parts[last]["c"][1:]]}
        return [*parts[:first], held, *_fenced(parts[last + 1 :])]
    return parts


def _partner(parts: list[Node], first: int) -> int | None:
    """Where the bracket that opens at ``first`` closes; nothing where it does not."""
    opening, depth = parts[first]["t"], 0
    for at in range(first + 1, len(parts)):
        sign = _sign(parts[at])
        if sign == _PAIRS[opening]:
            if not depth:
                return at
            depth -= 1
        elif sign == opening:
            depth += 1
    return None


def _sign(node: Node) -> str:
    base = node["c"][0] if node["k"] == "att" else node
    return str(base["t"]) if base["k"] == "o" else ""
