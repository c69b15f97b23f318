"""Where in the study file a thing stands, so that a fault can name its line."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol, get_args

from pydantic import BaseModel, ValidationError

from xinzhi.core.errors import Fault
from xinzhi.core.specs import faults_of
from xinzhi.study.spec import StudySpec

STUDY_FILE = "study.toml"

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*["']?([^\s"'={]+)["']?\s*=""")


class Written(Protocol):
    """What stands in a study file: its name and its text."""

    @property
    def file(self) -> str:
        """The name of the file in the study folder."""

    @property
    def text(self) -> str:
        """Its text as it stood."""


def faults_at(error: ValidationError, text: str, within: str = "", file: str = STUDY_FILE) -> list[Fault]:
    """pydantic's findings as faults at their lines of the study file's text; ``within`` is the table looked at."""
    return [_placed(fault, text, within) for fault in faults_of(error, file)]


def at_its_line(fault: Fault, study: Written) -> Fault:
    """A fault of a key, such as ``claim.2.of``, with the study file and the key's line."""
    return replace(fault, file=study.file, row=line_of((fault.column or "").split("."), study.text))


def line_of(place: list[str], text: str) -> int | None:
    """The line where a key path is written, or the nearest thing above it that is written.

    TOML parsers keep no line numbers; tables, keys, and one entry of an array per line cover what people write.
    """
    written = _written(text)
    return next((written[path] for end in range(len(place), 0, -1) if (path := tuple(place[:end])) in written), None)


@lru_cache(maxsize=4)  # a study file may have many faults
def _written(text: str) -> dict[tuple[str, ...], int]:
    """Every key path that is written, with its first line; an array as a whole stands where it begins."""
    written: dict[tuple[str, ...], int] = {}
    table: list[str] = []
    array: list[str] = []
    blocks: dict[tuple[str, ...], int] = {}
    entry = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header[2].strip()
            here = table = _path(name.split("."), header[1] == "[[", blocks)
            entry = 0
            written.setdefault(tuple(name.split(".")), number)
        elif key := _KEY.match(line):
            here, entry = [*table, *key[1].split(".")], 0
            array = here
        elif line.lstrip().startswith("{") and table:
            entry += 1
            here = [*array, str(entry)]
        else:
            continue
        written.setdefault(tuple(here), number)
    return written


def _path(name: list[str], opens: bool, blocks: dict[tuple[str, ...], int]) -> list[str]:
    """The key path of a table, with the numbers of the blocks of arrays that it stands in.

    ``opens`` says that it is the next block of its own array; ``blocks`` counts them, and is added to.
    """
    path: list[str] = []
    for at, part in enumerate(name, start=1):
        path.append(part)
        key = tuple(path)
        if opens and at == len(name):
            blocks[key] = blocks.get(key, 0) + 1
        if key in blocks:
            path.append(str(blocks[key]))
    return path


def _placed(fault: Fault, text: str, within: str) -> Fault:
    # pydantic names the kind of index in the path, the person never wrote it.
    place = ".".join(part for part in (within, fault.column) if part)
    place = re.sub(r"^index\.(structure|tree)(\.|$)", r"index\2", place).removesuffix(".")
    fault = replace(fault, column=place or None, row=line_of(place.split("."), text))
    if fault.code != "unknown-key":
        return fault
    *table, key = place.split(".")
    known = sorted(_keys_at(table))
    if near := difflib.get_close_matches(key, known, n=2):
        en, zh = f"Did you mean: {', '.join(near)}?", f"是否指：{'、'.join(near)}？"
    else:
        en, zh = f"Known keys: {', '.join(known)}.", f"可用的键：{'、'.join(known)}。"
    return replace(fault, en=f"key '{key}' is not known here. {en}", zh=f"此处没有键“{key}”。{zh}")


def _keys_at(table: list[str]) -> set[str]:
    """The keys that may stand in a table of the study file."""
    models: set[type[BaseModel]] = {StudySpec}
    for part in table:
        if not part.isdigit():
            fields = [(name, of) for model in models for name, of in model.model_fields.items()]
            named = [of for name, of in fields if (of.alias or name) == part]
            models = {found for field in named for found in _models_in(field.annotation)}
    keys = {of.alias or key for model in models for key, of in model.model_fields.items()}
    return keys - {"changes", "options"}


def _models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for part in get_args(annotation) for model in _models_in(part)}
