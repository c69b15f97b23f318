"""The READMEs' table of the paper's systems tells the truth, in both languages."""

import csv
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IDS = [f"{part}{number:02d}" for part, last in (("A", 28), ("B", 17), ("C", 22)) for number in range(1, last + 1)]
ROOMS = {"measure", "structure", "dynamics", "simulate", "plan"}
STATUS = {"working": "working", "planned": "planned", "可用": "working", "计划中": "planned"}


def systems(readme: str) -> list[dict[str, str]]:
    """The rows of the table: id, title, other title, room, status, where."""
    keys = ("id", "title", "other", "room", "status", "where")
    rows = re.findall(r"(?m)^\| ([ABC]\d\d) (.*)\|$", (ROOT / readme).read_text(encoding="utf-8"))
    found = [dict(zip(keys, (first, *map(str.strip, rest.split("|")[1:])), strict=True)) for first, rest in rows]
    return [row | {"room": row["room"].strip("`"), "status": STATUS[row["status"]]} for row in found]


ENGLISH, CHINESE = systems("README.md"), systems("README.zh.md")


@pytest.mark.parametrize("rows", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_system_has_one_row(rows):
    assert [row["id"] for row in rows] == IDS
    assert {row["room"] for row in rows} <= ROOMS
    assert all(row["title"] and row["other"] for row in rows)


def test_both_languages_say_the_same():
    for english, chinese in zip(ENGLISH, CHINESE, strict=True):
        assert {key: english[key] for key in ("id", "room", "status", "where")} == {
            key: chinese[key] for key in ("id", "room", "status", "where")
        }
        assert (english["title"], english["other"]) == (chinese["other"], chinese["title"])


def test_ids_are_those_of_the_paper(reference):
    with (reference / "system.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["id"] for row in csv.DictReader(lines)] == IDS


@pytest.mark.parametrize("row", [row for row in ENGLISH if row["status"] == "working"], ids=lambda row: row["id"])
def test_what_works_is_there(row):
    named = re.findall(r"`([^`]+)`", row["where"])
    assert named, f"{row['id']} is said to work, but not where"
    for name in named:
        assert exists(name), f"{row['id']}: there is no {name}"


def test_what_is_planned_names_nothing():
    assert not [row["id"] for row in ENGLISH if row["status"] == "planned" and row["where"]]


def exists(name: str) -> bool:
    """Whether a name is a command (``xinzhi run``), a public object (``xinzhi.a.b``) or a structure we ship."""
    if name.startswith("xinzhi "):
        return name.removeprefix("xinzhi ") in commands()
    if not name.startswith("xinzhi."):
        return name in structures()
    module, _, attribute = name.rpartition(".")
    return not attribute.startswith("_") and hasattr(importlib.import_module(module), attribute)


def commands() -> set[str]:
    import typer.main

    from xinzhi.cli import app

    return set(typer.main.get_command(app).commands)


def structures() -> set[str]:
    from xinzhi.data.structures import structures

    return set(structures())
