"""The page in a real browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.report.runs import a_run
from xinzhi import report

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NASTY = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(BROWSERS)} to see the page rendered")
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    return report.write(a_run(folder, years=4), folder)


@pytest.fixture(scope="module")
def nasty(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("nasty")
    made = a_run(folder, regions="own", own=(NASTY, "<b>b</b>", "{a|x}", "D"), years=3)
    return report.write(made, folder)


def rendered(browser: str, page: Path, state: str) -> tuple[str, list[str]]:
    """The page's elements once its script has run, and what it wrote to the console."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--enable-logging=stderr"]
    command += [f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=4000", f"{page.as_uri()}#{state}"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    said = [line for line in done.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
    return done.stdout.decode(), said


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Ranking", "How the index was built", "Beijing")), ("zh", ("排名", "指数的构建", "北京"))],
)
def test_page_shows_itself_in_both_languages_without_a_complaint(browser, page, language, words):
    dom, said = rendered(browser, page, f"lang={language}")
    assert not said
    for word in words:
        assert word in dom
    ranking = dom.split('id="ranking"')[1].split("</section>")[0]
    assert len(re.findall(r"<tr>", ranking)) >= 31
    assert len(re.findall(r'<div class="chart".*?<svg', dom, re.DOTALL)) == 6


def test_names_stay_text(browser, nasty):
    dom, said = rendered(browser, nasty, "lang=en")
    assert not said
    assert "<img" not in dom
    assert "<b>b</b>" not in dom
    assert "&lt;img src=x onerror=alert(1)&gt;" in dom


def test_trend_is_refused_where_years_are_not_comparable(browser, tmp_path):
    made = report.write(a_run(tmp_path, years=3, normalise={"method": "z-score", "scope": "year"}), tmp_path)
    dom, said = rendered(browser, made, "lang=en")
    assert not said
    assert "No trend is drawn." in dom
    assert 'id="figure-trend"' not in dom
