"""The committed script and style are those of the sources, and speak both languages."""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
STATIC = resources.files("xinzhi.report") / "static"


def static(name: str) -> str:
    return STATIC.joinpath(name).read_text(encoding="utf-8")


def digest_of_sources() -> str:
    """As ``frontend/vite.config.ts`` computes it: path, NUL, content, NUL, in the order of the paths."""
    source = FRONTEND / "src"
    paths = sorted(path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file())
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.encode() + b"\0" + (source / path).read_bytes() + b"\0")
    return whole.hexdigest()


def test_bundle_was_built_from_the_sources():
    built = re.search(r"sources sha256:([0-9a-f]{64})", static("report.js"))
    assert built, "the bundle does not say what it was built from"
    assert built[1] == digest_of_sources(), "run `npm ci && npm run build` in frontend/ and commit static/"


def test_bundle_is_small_and_can_stand_inside_a_page():
    script = static("report.js")
    assert len(script.encode()) < 800_000
    assert "</script" not in script.lower()
    assert "<!--" not in script
    assert "</style" not in static("report.css").lower()


def test_bundle_holds_nothing_of_others():
    """Were it to, NOTICE and the head of the script would have to say so, as licences ask."""
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    assert not package.get("dependencies")
    imported = re.compile(r"""(?:from|import) "([^"./][^"]*)\"""")
    for path in (FRONTEND / "src").rglob("*.ts"):
        assert not imported.findall(path.read_text(encoding="utf-8")), path.name


def test_style_loads_nothing():
    style = static("report.css")
    assert "url(" not in style
    assert "@import" not in style


@pytest.fixture
def words() -> dict[str, dict[str, str]]:
    folder = FRONTEND / "src" / "strings"
    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("en", "zh")}


def test_both_languages_have_every_phrase_with_the_same_blanks(words):
    assert words["en"].keys() == words["zh"].keys()
    for key, phrase in words["en"].items():
        other = words["zh"][key]
        assert phrase.strip(), key
        assert other.strip(), key
        assert set(re.findall(r"\{\w+\}", phrase)) == set(re.findall(r"\{\w+\}", other)), key


def test_every_phrase_is_used(words):
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (FRONTEND / "src").rglob("*.ts"))
    unused = [key for key in words["en"] if f'"{key}"' not in sources]
    assert not unused


def test_every_blank_of_a_phrase_is_filled_and_no_other(words):
    """A phrase that two places share and one rewords would tell the other's readers something else."""
    said = re.compile(r'say\((?:lang, )?"(\w+)", \{ (\w+(?:: [\w.]+)?(?:, \w+(?:: [\w.]+)?)*) \}\)')
    seen = 0
    for path in (FRONTEND / "src").rglob("*.ts"):
        for key, given in said.findall(path.read_text(encoding="utf-8")):
            blanks = {one.split(":")[0].strip() for one in given.split(",")}
            assert blanks == set(re.findall(r"\{(\w+)\}", words["en"][key])), (path.name, key)
            seen += 1
    assert seen > 100


def test_nothing_is_set_as_markup():
    for path in (FRONTEND / "src").rglob("*.ts"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text), path.name


def test_lock_holds_no_address_of_a_registry():
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
