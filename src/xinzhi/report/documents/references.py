"""What a document cites: methods, data and Xinzhi itself, numbered in the order of their mention; also as BibTeX."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Any

from xinzhi.core.errors import Language

Work = dict[str, Any]

_FIELDS = (
    *("author", "title", "journal", "publisher", "institution", "howpublished", "address", "volume", "number", "pages"),
    *("version", "year", "note"),
)


@lru_cache
def _works() -> dict[str, Work]:
    """The works that methods cite, by key."""
    text = resources.files("xinzhi.report.documents").joinpath("works.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


class References:
    """The list of references, which grows as things are cited."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._found: dict[str, Work] = {}

    def method(self, cite: str) -> str:
        """Cite what a method names as its source, one work or several; returns the marks, such as [1, 3]."""
        marks = [self._mark(key, work) for part in _parts(cite) for key, work in [_found(part)]]
        return f"[{', '.join(map(str, dict.fromkeys(marks)))}]" if marks else ""

    def data(self, cite: str) -> str:
        """Cite a source of data as its study names it."""
        said = cite.strip()
        return f"[{self._mark(_key('data', said), {'type': 'misc', 'title': said, 'raw': True})}]" if said else ""

    def software(self, version: str) -> str:
        """Cite Xinzhi."""
        work = {"type": "software", "author": ["{The Xinzhi developers}"], "title": "Xinzhi 新质", "version": version}
        return f"[{self._mark('xinzhi', work)}]"

    def lines(self) -> list[str]:
        """The references as one reads them, in the order of their numbers."""
        return [_line(work, self.language) for work in self._found.values()]

    def bibtex(self) -> str:
        """The references as BibTeX, in the order of their numbers."""
        return "\n".join(_entry(key, work) for key, work in self._found.items())

    def _mark(self, key: str, work: Work) -> int:
        self._found.setdefault(key, work)
        return list(self._found).index(key) + 1


def _parts(cite: str) -> list[str]:
    """A citation of several works as one each: semicolons set them apart. What begins small is no work but a remark."""
    return [part.strip() for part in cite.split(";") if part.strip()[:1].isupper() or any(map(str.isdigit, part))]


def _found(cite: str) -> tuple[str, Work]:
    for key, work in _works().items():
        if all(word in cite for word in work["cited"]):
            return key, work
    return _key("", cite), {"type": "misc", "title": cite, "raw": True}


def _key(head: str, text: str) -> str:
    """A key of letters and digits that no other text has: its first words, and what tells it apart."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())[:3]
    return "-".join([*([head] if head else []), *words, hashlib.sha256(text.encode()).hexdigest()[:6]])


def _line(work: Work, language: Language) -> str:
    if work.get("raw"):
        return str(work["title"])
    zh = language == "zh"
    names = [name.strip("{}") for name in work["author"]]
    place = ", ".join(str(work[name]) for name in ("address", "publisher", "institution") if name in work)
    issue = f"{work.get('volume', '')}{'(' + work['number'] + ')' if 'number' in work and 'volume' in work else ''}"
    source = [str(work["journal"])] if "journal" in work else [place] if place else []
    if "number" in work and "volume" not in work:
        source.append(str(work["number"]))
    if "version" in work:
        source.append(f"版本 {work['version']}" if zh else f"version {work['version']}")
    if issue:
        source[-1] += f" {issue}"
    if "pages" in work:
        source[-1] += f": {work['pages']}"
    head = ", ".join(names) + (f" ({work['year']})" if "year" in work else "")
    return f"{head}. {work['title']}. {', '.join(source)}."


# BibTeX counts braces even behind a backslash: one alone would swallow the entries that follow.
_ESCAPES = {
    **{one: f"\\{one}" for one in "&%$#_"},
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _entry(key: str, work: Work) -> str:
    lines = [f"  {name} = {{{_value(name, work[name])}}}," for name in _FIELDS if work.get(name)]
    return "\n".join([f"@{work['type']}{{{key},", *lines, "}", ""])


def _value(name: str, value: Any) -> str:
    if name == "author":
        return " and ".join(one if one.startswith("{") else _escaped(one) for one in value)
    said = _escaped(" ".join(str(value).split()))
    # Braces keep the case of a title.
    return f"{{{said}}}" if name == "title" else said.replace("–", "--") if name == "pages" else said


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(one, one) for one in text if one.isprintable())
