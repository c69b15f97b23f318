"""A study file's text with some settings changed, and everything else as its writer left it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Item

from xinzhi.core.specs import Text

_INDEX = re.compile(r"(?m)^[ \t]*\[[ \t]*index[ \t]*\][^\n]*\n")


def rewritten(
    text: str,
    *,
    index: Mapping[str, Any],
    weights: Mapping[str, float],
    beside_the_tree: bool,
    title: Text,
    header: str,
) -> str:
    """The text of a study file with settings of ``[index]``, stated weights and the title changed, under a header.

    A setting that the file has is changed where it stands, its comment kept; one that it has not comes first under
    ``[index]``. Weights are stated at each node of the file's tree or, ``beside_the_tree`` where that is of the
    catalogue, in one table. A file written in a way that these edits cannot follow is written anew, without comments.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    settings = dict(index) | ({"weights": dict(weights)} if weights and beside_the_tree else {})
    nodes = {} if beside_the_tree else weights
    wanted = tomllib.loads(plain)
    _set(wanted, settings, nodes, title, item=lambda value: value)
    try:
        edited = _edited(plain, settings, nodes, title)
    except (KeyError, TypeError, ValueError):  # tomlkit's own refusals are ValueErrors
        edited = ""
    if not edited or tomllib.loads(edited) != wanted:
        edited = tomlkit.dumps(wanted)
    return (header + edited).replace("\n", newline)


def fragment(settings: Mapping[str, Any]) -> str:
    """Settings as TOML, a line each; a list of tables takes one for each table."""
    return "".join(f"{key} = {_written(value)}\n" for key, value in settings.items())


def _edited(text: str, settings: Mapping[str, Any], weights: Mapping[str, float], title: Text) -> str:
    document = tomlkit.parse(text)
    there = {key: value for key, value in settings.items() if key in document["index"]}  # type: ignore[operator]
    new = {key: value for key, value in settings.items() if key not in there}
    header = _INDEX.search(text)
    _set(document, settings if header is None else there, weights, title, item=_item)
    out = document.as_string()
    if header is None or not new:
        return out
    at = _INDEX.search(out)
    assert at is not None
    return out[: at.end()] + fragment(new) + out[at.end() :]


def _set(document: Any, settings: Mapping[str, Any], weights: Mapping[str, float], title: Text, item: Any) -> None:
    document["study"]["title"] = item({"en": title.en, "zh": title.zh})
    for key, value in settings.items():
        document["index"][key] = item(value)
    for kind in ("elements", "indicators") if weights else ():
        for node in document["index"][kind]:
            if node["code"] in weights:
                node["weight"] = item(weights[node["code"]])


def _item(value: Any) -> Item:
    return tomlkit.value(_written(value))


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{tomlkit.key(key).as_string()} = {_written(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, (list, tuple)):
        parts = [_written(inner) for inner in value]
        apart = len(parts) > 1 and any(isinstance(inner, Mapping) for inner in value)
        return "[\n" + "".join(f"  {part},\n" for part in parts) + "]" if apart else f"[{', '.join(parts)}]"
    return str(tomlkit.item(value).as_string())
