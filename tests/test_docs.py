"""The documentation runs, and leaves out no command, method or key of a study file."""

import contextlib
import importlib.util
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted(DOCS.rglob("*.md"))]
TRANSLATED = sorted(DOCS.rglob("*.zh.md"))
# ```python run, ```console run, and the ```text that may follow with what they print.
BLOCK = re.compile(r"(?ms)^```(python|console) run\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")


def name_of(page):
    return page.relative_to(ROOT).as_posix()


def blocks_of(page):
    """What a page runs. Of a translation the console answers anew; its Python runs where it prints something else."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    if page.name.endswith(".zh.md"):
        english = BLOCK.findall(in_english(page).read_text(encoding="utf-8"))
        printed = [
            [expected for language, _, expected in blocks if language == "python"] for blocks in (found, english)
        ]
        if printed[0] == printed[1]:
            found = [block for block in found if block[0] == "console"]
    return found


def in_english(chinese):
    return chinese.with_name(chinese.name.replace(".zh.md", ".md"))


RUNNABLE = [page for page in PAGES if blocks_of(page)]


@pytest.mark.parametrize("page", RUNNABLE, ids=name_of)
def test_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XINZHI_LANG", "zh" if page.name.endswith(".zh.md") else "en")
    said: dict[str, object] = {}
    for language, block, expected in blocks_of(page):
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block, name_of(page), "exec"), said)
            if expected:
                assert printed.getvalue() == expected
        elif language == "console":
            run_console(block)


def run_console(block):
    """Run every line that starts with ``$``; what stands under it must be among what it prints."""
    for part in re.split(r"(?m)^\$ ", block)[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        name, *arguments = shlex.split(command, comments=True)
        assert name == "xinzhi", f"only xinzhi is run from the docs, not {name}"
        done = subprocess.run(
            [sys.executable, "-m", "xinzhi", *arguments], capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for line in shown:
            assert line.strip() in done.stdout + done.stderr


@pytest.mark.parametrize("chinese", TRANSLATED, ids=name_of)
def test_a_translation_shows_the_same_code(chinese):
    english = in_english(chinese)
    assert code_in(chinese) == code_in(english)
    for page, other, name in ((chinese, english, "English"), (english, chinese, "中文")):
        assert f"[{name}]({other.name})" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("chinese", TRANSLATED, ids=name_of)
def test_a_translation_speaks_of_the_same_things(chinese):
    """Every key, option and file that stands in the first column of a table stands there in both languages."""
    firsts = (
        re.findall(r"(?m)^\| *(.*?) *\|", page.read_text(encoding="utf-8")) for page in (chinese, in_english(chinese))
    )
    chinese_keys, english_keys = ([re.findall(r"`([^`]+)`", first) for first in column] for column in firsts)
    assert chinese_keys == english_keys


def code_in(page):
    """The blocks of code, without comments; of a console only the commands, for it answers in its own language."""
    found = []
    for language, block in re.findall(r"(?ms)^```(\w+)[^\n]*\n(.*?)^```", page.read_text(encoding="utf-8")):
        lines = block.splitlines()
        if language == "console":
            lines = [line for line in lines if line.startswith("$")]
        found.append((language, [re.sub(r" *# .*", "", line) for line in lines]))
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    assert not [link for link in LINK.findall(text) if not (page.parent / link).exists()]


def test_pages_made_from_the_package_are_current():
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    make_reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_reference)
    for page, text in make_reference.pages().items():
        assert page.read_text(encoding="utf-8") == text, "run: python docs/make_reference.py"


def test_every_command_and_option_is_documented():
    import typer.main

    from xinzhi.cli import app

    page = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(app).commands.items():
        assert f"xinzhi {name}" in page
        for option in (flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")):
            assert option in page, f"xinzhi {name} {option} is not documented"


def test_every_key_of_a_study_file_is_documented():
    from xinzhi.study.spec import StudySpec

    # The knobs of the model have a page of their own.
    pages = [DOCS / "reference" / name for name in ("study-file.md", "model.md")]
    page = "\n".join(one.read_text(encoding="utf-8") for one in pages)
    prose = re.sub(r"(?s)```.*?```", "", page)
    documented = {word for code in re.findall(r"`([^`]+)`", prose) for word in re.findall(r"\w+", code)}
    missing = {key for model in models_under(StudySpec) for key in model.model_fields} - documented
    # These two carry what a person writes beside other keys; nobody writes them.
    assert not missing - {"changes", "options"}


def test_every_sheet_of_the_workbook_is_documented(tmp_path):
    from tests.small import small_study
    from xinzhi.study.reading import read_study
    from xinzhi.study.running import run
    from xinzhi.study.workbook import workbook

    asked = """
[vary]
draws = 8
normalise = ["min-max", "rank"]
[[follow]]
statistic = "gini"
[[claim]]
statistic = "gini"
holds = "falls"
"""
    made = run(read_study(small_study(tmp_path, index=asked)))
    names = openpyxl.load_workbook(io.BytesIO(workbook(made)), read_only=True).sheetnames
    page = (DOCS / "reference" / "results.md").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^\| `(\w+ \w+)` \|", page) == names


def models_under(model):
    """A model and every model that its fields hold, however deep."""
    found, left = set(), [model]
    while left:
        kind = left.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in found:
                found.add(kind)
                left += [field.annotation for field in kind.model_fields.values()]
        else:
            left += getattr(kind, "__args__", ())
    return found
