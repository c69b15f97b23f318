"""Lists that records can be assigned to: industries and technologies by name, with words and codes to know them by.

A taxonomy says where it comes from and in whose words; the lists of phrases, and the codes where no office has drawn
them up, are our own and say so. Nothing is recognised here: a recogniser reads what stands here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Literal

from pydantic import model_validator

from xinzhi.core.errors import Language
from xinzhi.core.specs import FaultyValue, Spec, Text
from xinzhi.data.catalogue import read_toml

Scheme = Literal["ipc", "cpc", "isic4", "nace2", "naics2017", "gbt4754-2017"]

SCHEMES: dict[Scheme, Text] = {
    "ipc": Text(en="International Patent Classification", zh="国际专利分类"),
    "cpc": Text(en="Cooperative Patent Classification", zh="联合专利分类"),
    "isic4": Text(en="ISIC Rev.4", zh="国际标准行业分类（修订本第4版）"),
    "nace2": Text(en="NACE Rev. 2", zh="欧盟经济活动统计分类（NACE Rev. 2）"),
    "naics2017": Text(en="NAICS 2017", zh="北美产业分类体系（NAICS 2017）"),
    "gbt4754-2017": Text(en="GB/T 4754-2017", zh="国民经济行业分类（GB/T 4754—2017）"),
}


Patterns = dict[str, tuple[str, ...]]


class Phrases(Spec):
    """Words and phrases of a class in both languages.

    English ones mean whole words whatever their case, with a hyphen or a space between them, and the plural of the
    last one too; a star at the end of a word leaves its ending open ("photovoltaic*"); a phrase without small letters
    ("GPU", "5G") is meant in capitals. Chinese ones are simplified and may stand anywhere in a text; Latin letters in
    them are meant whole.
    """

    en: tuple[str, ...] = ()
    zh: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)


class Class(Spec):
    """One class of a taxonomy; what is in it is also in its parent.

    ``topics`` name what it takes its words and codes from (the catalogue's ``topics``), beside its own.
    ``words`` tell it in a text; phrases of ``without`` are to be blanked out of the text before, since a word of the
    class means something else in them. ``codes`` and ``codes_without`` are patterns by scheme (see ``steps``); a code
    is of the class if the first cover it and the second do not. ``count`` is a number the source gives with the
    class. ``wording`` and ``source`` stand where they differ from the taxonomy's.
    """

    code: str
    name: Text
    parent: str | None = None
    about: Text | None = None
    count: int | None = None
    source: Text | None = None
    wording: tuple[Language, ...] | None = None
    topics: tuple[str, ...] = ()
    words: Phrases = Phrases()
    without: Phrases = Phrases()
    codes: Mapping[Scheme, tuple[str, ...]] = {}
    codes_without: Mapping[Scheme, tuple[str, ...]] = {}

    @model_validator(mode="before")
    @classmethod
    def _with_topics(cls, given: Any) -> Any:
        """What was given, with the words and codes of its topics put in."""
        if not isinstance(given, dict) or not given.get("topics"):
            return given
        parts = [given, *(_topic(name) for name in given["topics"])]
        lists = {key: _joined(part.get(key, {}) for part in parts) for key in _LISTS}
        return given | {key: value for key, value in lists.items() if value}


class Taxonomy(Spec):
    """A list of classes with its source.

    ``ideas`` are the paper's systems, mechanisms and claims it serves (A01 to C22), ``lines`` where the paper has it;
    ``date`` is of what the source cites, as far as known ("2023-09"). Names in a language of ``wording`` are the
    source's own; the others are our translation, or the same words again where there is none. ``mapping`` says whose
    the code patterns are. ``shared`` are phrases that several classes beside each other have on purpose.
    """

    code: str
    title: Text
    about: Text
    source: Text
    date: str | None = None
    lines: str | None = None
    ideas: tuple[str, ...] = ()
    wording: tuple[Language, ...]
    note: Text | None = None
    mapping: Text | None = None
    shared: tuple[str, ...] = ()
    classes: tuple[Class, ...]

    @model_validator(mode="after")
    def _sound(self) -> Taxonomy:
        """Codes are told apart, parents come first, and every pattern can be read."""
        if faults := list(_faults(self.classes)):
            en, zh = (words.join(said) for words, said in zip((" ", ""), zip(*faults, strict=True), strict=True))
            raise FaultyValue("faulty-taxonomy", f"taxonomy '{self.code}': {en}", f"分类“{self.code}”：{zh}")
        return self

    def __getitem__(self, code: str) -> Class:
        """The class of that code. Raises ``FaultyValue`` with near codes."""
        for own in self.classes:
            if own.code == code:
                return own
        raise _unknown("unknown-class", code, (own.code for own in self.classes), self.code, ("class", "类"))

    @property
    def leaves(self) -> tuple[Class, ...]:
        """The classes that have none below them."""
        parents = {own.parent for own in self.classes}
        return tuple(own for own in self.classes if own.code not in parents)

    def lineage(self, code: str) -> tuple[Class, ...]:
        """A class and those above it, the top one first."""
        own = self[code]
        return (*(self.lineage(own.parent) if own.parent else ()), own)

    @cached_property
    def patterns(self) -> Mapping[Scheme, tuple[Patterns, Patterns]]:
        """Scheme -> pattern -> classes: of ``codes``, and of ``codes_without``."""
        tables: dict[Scheme, tuple[Patterns, Patterns]] = {}
        for own in self.classes:
            for which, codes in enumerate((own.codes, own.codes_without)):
                for scheme, patterns in codes.items():
                    table = tables.setdefault(scheme, ({}, {}))[which]
                    for pattern in patterns:
                        table[pattern] = (*table.get(pattern, ()), own.code)
        return tables

    def with_code(self, scheme: Scheme, code: str) -> tuple[str, ...]:
        """The classes that a code of a scheme tells by their patterns, in the taxonomy's order; none if none does.

        Classes above them are not added. What cannot be read as a code of the scheme is of no class.
        """
        wanted, unwanted = self.patterns.get(scheme, ({}, {}))
        above = steps(scheme, code)
        found = {own for step in above for own in wanted.get(step, ())}
        found -= {own for step in above for own in unwanted.get(step, ())}
        return tuple(own.code for own in self.classes if own.code in found)


@lru_cache
def taxonomies() -> dict[str, Taxonomy]:
    """The taxonomies of the catalogue by name."""
    files = read_toml("taxonomies")
    return {name: _read(name, table) for name, table in files.items()}


def taxonomy(name: str) -> Taxonomy:
    """The taxonomy of that name. Raises ``FaultyValue`` with near names."""
    if found := taxonomies().get(name):
        return found
    raise _unknown("unknown-taxonomy", name, taxonomies())


def _read(name: str, table: Mapping[str, Any]) -> Taxonomy:
    """A file as it is written: ``[[class]]`` for each class."""
    rest = {key: value for key, value in table.items() if key != "class"}
    return Taxonomy.model_validate({"code": name, "classes": table["class"]} | rest)


_PATENT = re.compile(r"(?P<section>[A-HY])(?:(?P<class>\d\d)(?:(?P<subclass>[A-Z])(?:(?P<rest>\d.*))?)?)?")
_GROUP = re.compile(r"(?P<main>\d{1,4})(?:/(?P<sub>\d{2,6}))?")
_PADDED = re.compile(r"(?P<main>\d{4})(?P<sub>\d{6})")
_ACTIVITY = re.compile(r"(?P<section>[A-U])?(?P<digits>\d{0,6})")
_FILLED = re.compile(r"[-/]")
_PATENT_PATTERN = re.compile(r"[A-HY](?:\d\d(?:[A-Z](?:[1-9]\d{0,3}(?:/(?:\d{2,6}|\d{1,5}\*))?)?)?)?")
_ACTIVITY_PATTERN = re.compile(r"[A-U]|\d{2,6}")


def is_pattern(scheme: Scheme, pattern: str) -> bool:
    """Whether a pattern is well formed: "G21", "H01M", "G06N10", "H02S40/44", "Y02E10/5*"; "C", "26", "2611"."""
    form = _PATENT_PATTERN if scheme in ("ipc", "cpc") else _ACTIVITY_PATTERN
    return form.fullmatch(pattern) is not None


@lru_cache(maxsize=1 << 16)
def steps(scheme: Scheme, code: str) -> frozenset[str]:
    """All patterns that cover a code; none if it cannot be read as one of the scheme.

    A patent code is covered by its section, class, subclass, main group, itself, and by "Y02E10/5*", the beginning of
    its group with a star. Blanks, small letters and the padded form (G06N0010200000) are understood. A code of
    activities is covered by its section letter where it is given, and by its first digits; dots are passed over, and
    of a range ("31-33") or a code filled up with dashes or strokes ("31----") the beginning counts. Raises
    ``FaultyValue`` for a scheme that is not known.
    """
    if scheme not in SCHEMES:
        raise _unknown("unknown-scheme", scheme, SCHEMES, kind=("scheme of codes", "代码体系"))
    plain = "".join(code.upper().split())
    return frozenset(_above_patent(plain) if scheme in ("ipc", "cpc") else _above_activity(plain))


def _above_patent(code: str) -> Iterator[str]:
    parts = _PATENT.fullmatch(code)
    if parts is None:
        return
    group = None
    if parts["rest"]:
        group = _PADDED.fullmatch(parts["rest"]) or _GROUP.fullmatch(parts["rest"])
        if group is None:
            return
    yield parts["section"]
    if parts["class"]:
        yield (head := parts["section"] + parts["class"])
        if parts["subclass"]:
            yield (head := head + parts["subclass"])
            if group:
                yield (head := head + group["main"].lstrip("0"))
                if group["sub"]:
                    # The padded form fills a group of two digits up to six: 200000 is 20.
                    sub = group["sub"] if group.re is _GROUP else f"{group['sub'].rstrip('0'):0<2}"
                    yield f"{head}/{sub}"
                    yield from (f"{head}/{sub[:length]}*" for length in range(1, len(sub) + 1))


def _above_activity(code: str) -> Iterator[str]:
    parts = _ACTIVITY.fullmatch(_FILLED.split(code, maxsplit=1)[0].replace(".", ""))
    if parts is None or len(parts["digits"]) == 1:
        return
    if parts["section"]:
        yield parts["section"]
    yield from (parts["digits"][:length] for length in range(2, len(parts["digits"]) + 1))


_LISTS = ("words", "without", "codes", "codes_without")


def _joined(parts: Iterable[Phrases | Mapping[str, Iterable[str]]]) -> dict[str, list[str]]:
    """Lists by key laid end to end, each entry once."""
    whole: dict[str, dict[str, None]] = {}
    for part in parts:
        for key, entries in (part.model_dump() if isinstance(part, Phrases) else part).items():
            whole.setdefault(key, {}).update(dict.fromkeys(entries))
    return {key: list(entries) for key, entries in whole.items()}


def _topic(name: str) -> Mapping[str, Any]:
    if found := _topics().get(name):
        return found
    raise _unknown("unknown-topic", name, _topics(), kind=("topic", "主题"))


@lru_cache
def _topics() -> dict[str, Mapping[str, Any]]:
    """Words and codes by topic, of all files of the folder."""
    return {name: topic for file in read_toml("topics").values() for name, topic in file.items()}


def _faults(classes: Iterable[Class]) -> Iterator[tuple[str, str]]:
    """Whatever is wrong with the classes of a taxonomy, in both languages."""
    seen: set[str] = set()
    for own in classes:
        if own.code in seen:
            yield f"class '{own.code}' is there twice.", f"类“{own.code}”重复。"
        if own.parent is not None and own.parent not in seen:
            yield (
                f"the parent '{own.parent}' of class '{own.code}' does not come before it.",
                f"类“{own.code}”的上级类“{own.parent}”未在其前列出。",
            )
        for scheme, patterns in (*own.codes.items(), *own.codes_without.items()):
            for pattern in patterns:
                if not is_pattern(scheme, pattern):
                    yield (
                        f"class '{own.code}': '{pattern}' is no pattern of {scheme}.",
                        f"类“{own.code}”：“{pattern}”不是 {scheme} 的代码式样。",
                    )
        seen.add(own.code)


def _unknown(
    code: str, name: str, known: Iterable[str], where: str | None = None, kind: tuple[str, str] = ("taxonomy", "分类")
) -> FaultyValue:
    every = list(known)
    near = difflib.get_close_matches(name, every, n=3, cutoff=0.4) or every
    place, place_zh = (f"taxonomy '{where}'", f"分类“{where}”") if where else ("the catalogue", "目录")
    return FaultyValue(
        code,
        f"{place} has no {kind[0]} '{name}'. Try: {', '.join(near)}.",
        f"{place_zh}中没有{kind[1]}“{name}”。可试：{'、'.join(near)}。",
    )
