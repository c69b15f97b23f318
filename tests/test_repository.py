"""What must hold of the repository as a whole."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import xinzhi

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def tracked() -> list[Path]:
    """The files of the project: what git tracks, or in an unpacked archive everything that is not built."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        names = [name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        built = {".venv", "node_modules", "__pycache__", ".git", "dist"}
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        names = [str(path) for path in found if not built & set(path.parts) and not path.parts[0].startswith(".")]
    return [path for name in names if (path := ROOT / name).is_file()]


def texts() -> dict[str, str]:
    found = {}
    for path in tracked():
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


TEXTS = texts()


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a path of somebody's machine", r"(?<![\w.}])/(?:work|home|Users|root)/[A-Za-z]"),
        ("the address of a package index", r"(?:extra-)?index[-]url|pypi\.org/simple|registry *= *\"?https?:"),
    ],
)
def test_no_file_holds(what, pattern):
    own = Path(__file__).name  # this file has to spell the patterns
    found = {
        name: match[0] for name, text in TEXTS.items() if not name.endswith(own) and (match := re.search(pattern, text))
    }
    assert not found, f"{what} in {found}"


def test_lock_pins_every_package_by_hash():
    packages = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^ *#.*\n?", "", LOCK).strip())
    assert len(packages) > 20
    for package in packages:
        assert re.match(r"[a-z0-9._-]+(\[[^]]+\])?==\S+", package), package
        assert "--hash=sha256:" in package, package
    assert "://" not in LOCK


def test_lock_holds_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = set(re.findall(r"(?m)^([a-z0-9._-]+)(?:\[[^]]+\])?==", LOCK))
    assert {re.split(r"[\[<>=~! ]", name)[0].lower() for name in asked} <= locked


def test_licence_is_the_standard_text():
    licence = TEXTS["LICENSE"]
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert "Apache License, Version 2.0" in TEXTS["NOTICE"]


def test_changelog_has_this_version():
    assert re.search(rf"(?m)^## {re.escape(xinzhi.__version__)}\b", TEXTS["CHANGELOG.md"])


def test_no_module_is_longer_than_600_lines():
    long = {
        name: lines
        for name, text in TEXTS.items()
        if name.startswith("src/") and name.endswith(".py") and (lines := text.count("\n")) > 600
    }
    assert not long


def test_continuous_integration_runs_the_tests():
    assert "make test" in TEXTS[".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_every_room_has_tests():
    rooms = [path for path in (ROOT / "src" / "xinzhi").iterdir() if (path / "__init__.py").is_file()]
    for room in rooms:
        assert any((ROOT / "tests" / room.name).glob("test_*.py")), f"nothing tests {room.name}/"
