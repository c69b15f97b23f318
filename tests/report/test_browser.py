"""The page in a real browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.report.links import a_run_of_links
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


@pytest.fixture(scope="module")
def doubted(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("doubted")
    made = a_run(
        folder,
        years=3,
        varied={"normalise": ["min-max", "rank"], "noise": {"level": 1, "share": 0.2}},
        follow=({"statistic": "coefficient-of-variation"}, {"statistic": "trend"}),
        claim=({"statistic": "mean", "holds": "rises"},),
    )
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


def sections(dom: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"', dom)


def test_what_a_run_has_no_part_in_is_not_on_its_page(browser, page):
    dom, _ = rendered(browser, page, "lang=en")
    assert not {"sureness", "follow", "claims"} & set(sections(dom))
    assert re.findall(r'<a href="#(\w+)"', dom.split("</nav>")[0].split("<nav")[1]) == sections(dom)
    assert dom.split('id="audit"')[1].count('class="finding"') >= 15


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("How sure the ranking is", "90% interval", "Total effect", "Specification curve", "64 versions")),
        ("zh", ("排名有多可靠", "90% 区间", "总效应", "一阶效应", "规格曲线", "64个版本")),
    ],
)
def test_a_page_says_how_sure_it_is(browser, doubted, language, words):
    dom, said = rendered(browser, doubted, f"lang={language}")
    assert not said
    for word in words:
        assert word in dom, word
    assert {"sureness", "follow", "claims", "audit"} <= set(sections(dom))
    assert re.findall(r'<a href="#(\w+)"', dom.split("</nav>")[0].split("<nav")[1]) == sections(dom)
    for name in ("sureness", "effects", "follow-1", "claim-1"):
        figure = dom.split(f'id="figure-{name}"')[1].split("</figure>")[0]
        assert re.search(r"<svg.*?<path", figure, re.DOTALL), name
    assert "NaN" not in re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)
    assert "undefined" not in re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)


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


@pytest.fixture(scope="module")
def linked(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("linked")
    return report.write(a_run_of_links(folder), folder)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("smart specialisation", "Relatedness density", "Likeliest entries", "run alongside", "Missing link")),
        ("zh", ("智慧专业化", "关联密度", "活动空间", "经济复杂度", "并跑", "缺失环节")),
    ],
)
def test_a_page_of_links_needs_no_index(browser, linked, language, words):
    dom, said = rendered(browser, linked, f"lang={language}&links=technology")
    assert not said
    for word in words:
        assert word in dom, word
    assert sections(dom) == [
        *("space", "network", "complexity", "forecast", "standing", "fusion"),
        *("method", "coverage", "record"),
    ]
    for name in ("space", "network", "complexity", "complexity-courses", "entries", "fits-1", "gaps-1"):
        figure = dom.split(f'id="figure-{name}"')[1].split("</figure>")[0]
        assert re.search(r"<svg.*?<path", figure, re.DOTALL), name
    shown = re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)
    assert "NaN" not in shown
    assert "undefined" not in shown
    assert "<b>" not in shown, "names of activities stay text"


def test_the_chosen_region_and_links_come_from_the_address(browser, linked):
    dom, said = rendered(browser, linked, "lang=en&links=science&region=R03")
    assert not said
    assert "R03, Science, 2003" in dom.split('id="space"')[1]
    shown = re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)
    assert 'id="figure-standing"' in shown
    assert 'id="figure-entries"' not in shown, "science was not asked for a forecast"
