"""The page in a real browser, where there is one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.report.links import a_run_of_links
from tests.report.runs import a_run
from xinzhi import report

DRAWN = r"<svg.*?<(?:path|circle|rect|polyline|polygon)"
NASTY = "</script><img src=x onerror=alert(1)>"


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


def sections(dom: str) -> list[str]:
    return re.findall(r'<section id="(\w+)"', dom)


def listed(dom: str) -> list[str]:
    """The views that the navigation names, between the overview and the whole report."""
    first, *views, last = re.findall(r'<a href="#[^"]*?view=(\w+)', dom.split("</nav>")[0].split("<nav")[1])
    assert [first, last] == ["overview", "all"]
    return views


def shown(dom: str) -> str:
    """What of the page is not script."""
    return re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Ranking", "How the index was built", "Beijing")), ("zh", ("排名", "指数的构建", "北京"))],
)
def test_page_shows_itself_in_both_languages_without_a_complaint(browser, page, language, words):
    dom, said = rendered(browser, page, f"lang={language}&view=all")
    assert not said
    for word in words:
        assert word in dom
    ranking = dom.split('id="ranking"')[1].split("</section>")[0]
    assert len(re.findall(r"<tr>", ranking)) >= 31
    charts = re.findall(r'<div class="chart".*?(?=</figure>)', dom, re.DOTALL)
    assert len(charts) >= 6
    assert all("<svg" in chart for chart in charts)


def test_an_address_without_a_view_opens_the_overview(browser, page):
    dom, said = rendered(browser, page, "lang=en&year=2020")
    assert not said
    assert sections(dom) == ["overview"]
    assert "leads in" in shown(dom)
    assert len(re.findall(r'<div class="chart".*?<svg', dom, re.DOTALL)) == 1
    assert "What the audit found" not in dom.split('id="overview"')[0]
    assert 'href="#lang=en&amp;view=ranking&amp;year=2020' in dom, "links keep what was chosen"


@pytest.mark.parametrize("view", ["ranking", "profile", "audit", "record"])
def test_a_view_stands_alone_under_its_own_name(browser, page, view):
    dom, said = rendered(browser, page, f"lang=zh&view={view}")
    assert not said
    assert sections(dom) == [view]
    assert len(re.findall("<h1", dom)) == 1
    title = re.search(r"<title>(.*?)</title>", dom)[1]
    assert title.endswith(" · 新质生产力：测试")
    assert re.findall(r'aria-current="page"[^>]*>([^<]+)<', dom) == [title.split(" · ")[0]]
    assert ('id="year"' in dom) == (view in {"ranking", "profile"}), "choices only where the view goes by them"


@pytest.mark.parametrize(
    "state",
    [
        "view=nothing&year=soon&region=&show=%00&pick=..&look=sort&with=&keep=x",
        "%%%&view=&look=open.audit.99",
        "view=" + "a" * 9000,
    ],
)
def test_an_address_that_makes_no_sense_opens_the_overview(browser, page, state):
    dom, said = rendered(browser, page, state)
    assert not said
    assert sections(dom) == ["overview"]


def test_what_the_audit_found_stands_beside_what_it_concerns(browser, page):
    dom, _ = rendered(browser, page, "lang=en&view=coverage")
    assert 'class="concerns"' in dom
    assert "cells" in dom.split('class="concerns"')[1].split("</div>")[0]


def test_a_sorted_table_and_what_was_unfolded_come_back_with_the_address(browser, page):
    dom, said = rendered(browser, page, "lang=en&view=ranking&look=sort.ranking.0.1.down&look=table.ranking")
    assert not said
    assert re.search(r'aria-pressed="true"', dom)
    assert re.search(r'aria-sort="descending"', dom)


def test_what_a_run_has_no_part_in_is_not_on_its_page(browser, page):
    dom, _ = rendered(browser, page, "lang=en&view=all")
    assert not {"sureness", "follow", "claims"} & set(sections(dom))
    assert ["overview", *(view for view in listed(dom) if view != "whatif")] == sections(dom)
    assert dom.split('id="audit"')[1].count('class="finding"') >= 15


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("How sure the ranking is", "90% interval", "Total effect", "Specification curve", "64 versions")),
        ("zh", ("排名有多可靠", "90% 区间", "总效应", "一阶效应", "规格曲线", "64个版本")),
    ],
)
def test_a_page_says_how_sure_it_is(browser, doubted, language, words):
    dom, said = rendered(browser, doubted, f"lang={language}&view=all")
    assert not said
    for word in words:
        assert word in dom, word
    assert {"sureness", "follow", "claims", "audit"} <= set(sections(dom))
    for name in ("sureness", "effects", "follow-1", "claim-1"):
        figure = dom.split(f'id="figure-{name}"')[1].split("</figure>")[0]
        assert re.search(DRAWN, figure, re.DOTALL), name
    assert "NaN" not in shown(dom)
    assert "undefined" not in shown(dom)


def test_names_stay_text(browser, nasty):
    dom, said = rendered(browser, nasty, "lang=en&view=all")
    assert not said
    assert "<img" not in dom
    assert "<b>b</b>" not in dom
    assert "&lt;img src=x onerror=alert(1)&gt;" in dom


def test_trend_is_refused_where_years_are_not_comparable(browser, tmp_path):
    made = report.write(a_run(tmp_path, years=3, normalise={"method": "z-score", "scope": "year"}), tmp_path)
    dom, said = rendered(browser, made, "lang=en&view=trend")
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
    dom, said = rendered(browser, linked, f"lang={language}&links=technology&view=all")
    assert not said
    for word in words:
        assert word in dom, word
    assert sections(dom) == [
        "overview",
        *("space", "network", "complexity", "forecast", "standing", "fusion"),
        *("method", "coverage", "record"),
    ]
    for name in ("space", "network", "complexity", "complexity-courses", "entries", "fits-1", "gaps-1"):
        figure = dom.split(f'id="figure-{name}"')[1].split("</figure>")[0]
        assert re.search(DRAWN, figure, re.DOTALL), name
    assert "NaN" not in shown(dom)
    assert "undefined" not in shown(dom)
    assert "<b>" not in shown(dom), "names of activities stay text"


def test_the_chosen_region_and_links_come_from_the_address(browser, linked):
    dom, said = rendered(browser, linked, "lang=en&links=science&region=R03&view=all")
    assert not said
    assert "R03, Science, 2003" in dom.split('id="space"')[1]
    assert 'id="figure-standing"' in shown(dom)
    assert 'id="figure-entries"' not in shown(dom), "science was not asked for a forecast"
