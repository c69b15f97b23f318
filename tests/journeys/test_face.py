"""The page as people use it, in a real browser: every view, links, exports, what-if, jobs and keys."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import openpyxl
import pandas as pd
import pytest

from tests.browsing import PATIENCE
from tests.journeys.test_provinces import STUDY
from xinzhi.study.starting import demo_study

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

STRINGS = Path(__file__).parents[2] / "frontend" / "src" / "strings"
WORDS = {language: json.loads((STRINGS / f"{language}.json").read_text(encoding="utf-8")) for language in ("en", "zh")}
OTHER = {"en": "zh", "zh": "en"}
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 780}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COUNTRY, PROVINCES = "country", "provinces"

# What a view is, read off the page in one go.
SEEN = """() => {
  const main = document.querySelector("main");
  const told = ["aria-label", "title"].flatMap((name) =>
    [...document.querySelectorAll(`[${name}]`)].map((one) => one.getAttribute(name)));
  const drawn = "svg :is(path, circle, rect, line, polygon, polyline)";
  const written = [];
  const walker = document.createTreeWalker(document.getElementById("app"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("pre")) written.push(walker.currentNode.data);
  return {
    lang: document.documentElement.lang,
    title: document.title,
    sections: [...main.querySelectorAll(":scope > section")].map((one) => one.id),
    first: document.querySelectorAll("h1").length,
    heading: main.querySelector("h1, h2")?.innerText ?? "",
    text: [...written, ...told].filter(Boolean).join("\\n"),
    bare: [...main.querySelectorAll(".chart")].filter((one) => !one.querySelector(drawn)).map((one) => one.outerHTML),
    over: document.documentElement.scrollWidth - innerWidth,
    ground: getComputedStyle(document.body).backgroundColor,
  };
}"""


def xinzhi(*arguments: object) -> None:
    """The command line; what it says goes nowhere unless it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "xinzhi", *map(str, arguments)], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def made(folder: Path) -> None:
    """The model country, run once, with a variant that would take all day."""
    study = demo_study(folder / COUNTRY)
    text = (study / "study.toml").read_text(encoding="utf-8")
    assert "draws = 500" in text
    (study / "study.toml").write_text(text.replace("draws = 500", "draws = 40"), encoding="utf-8")
    xinzhi("run", study, "--json")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies: the model country, and the provinces where their statistics are at hand."""
    from tests.conftest import SHARED

    folder = tmp_path_factory.mktemp("shelf")
    made(folder)
    text = (folder / COUNTRY / "study.toml").read_text(encoding="utf-8")
    endless = re.sub(r"draws = \d+", "draws = 50000", text, count=1)
    (folder / COUNTRY / "endless.toml").write_text(endless, encoding="utf-8")
    statistics = SHARED / "data" / "china" / "province_sti_panel_2000_2019.csv"
    if statistics.is_file() and not (folder / PROVINCES).is_dir():
        (folder / PROVINCES).mkdir()
        (folder / PROVINCES / "panel.csv").write_bytes(statistics.read_bytes())
        (folder / PROVINCES / "study.toml").write_text(STUDY, encoding="utf-8")
        xinzhi("run", folder / PROVINCES, "--json")
    return folder


@pytest.fixture(scope="module")
def server(shelf: Path) -> Iterator[str]:
    """The address of `xinzhi serve`, in a process of its own."""
    command = [sys.executable, "-m", "xinzhi", "serve", str(shelf), "--port", "0", "--json"]
    with (
        (shelf / "log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            yield json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")["address"]
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def reading(chromium: Any, refused: str = "no refusal", **how: Any) -> Iterator[Any]:
    """A reader with a browser of their own; its console may tell of what is to be refused, and of nothing else."""
    context = chromium.new_context(**{"viewport": WIDE, "locale": "en-GB", **how})
    context.set_default_timeout(PATIENCE)
    said: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda message: said.append(f"{message.text} ({message.location})"))
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab
    context.close()
    assert not [line for line in said if refused not in line]


def page_of(server: str, shelf: Path, study: str) -> str:
    """The page of the study's first run."""
    if not (shelf / study).is_dir():
        pytest.skip("no statistics of the provinces: set XINZHI_SHARED")
    return f"{server}/studies/{study}/runs/0001"


def start(tab: Any, address: str, state: str) -> None:
    """Load the page afresh."""
    tab.goto("about:blank")
    tab.goto(f"{address}#{state}")
    tab.wait_for_selector("main > section")


def turn(tab: Any, view: str, state: str) -> None:
    """Go to a view of the page that is open, as a link within it would."""
    tab.evaluate("hash => { location.hash = hash }", f"{state}&view={view}")
    tab.wait_for_selector(f"main > section#{view}")
    if view == "whatif":
        tab.wait_for_selector("#whatif .results, #whatif .refusal")


def views_of(tab: Any) -> list[str]:
    """The views that the navigation names, without the whole report."""
    links = tab.eval_on_selector_all("nav a", "all => all.map(one => one.getAttribute('href'))")
    views = [re.search(r"view=(\w+)", link)[1] for link in links]
    assert views[0] == "overview"
    assert views.pop() == "all"
    return views


def sentences(language: str) -> list[str]:
    """What the page says in one language alone, between the blanks that it fills."""
    least = {"en": 14, "zh": 5}[language]
    parts = {
        part.strip()
        for key, phrase in WORDS[language].items()
        if phrase != WORDS[OTHER[language]][key] and not key.startswith("language")
        for part in re.split(r"\{\w+\}", phrase)
    }
    return [part for part in parts if len(part) >= least]


FOREIGN = {language: sentences(OTHER[language]) for language in WORDS}
KEYS = {key for key in WORDS["en"] if re.search(r"[a-z][A-Z]", key)}


def unsound(seen: dict[str, Any], view: str, language: str) -> list[str]:
    """What keeps a view from being whole, and in one language."""
    text = seen["text"]
    wrong = {
        "the only section": seen["sections"] != [view],
        "the language of the page": seen["lang"] != {"en": "en", "zh": "zh-CN"}[language],
        "its heading": not seen["heading"].strip() or seen["first"] != 1,
        "its title": not seen["title"].strip(),
        "figures with nothing drawn": seen["bare"],
        "values that are none": re.findall(r".*(?:undefined|NaN|Infinity|\[object|\{\w+\}).*", text),
        "keys": KEYS & set(re.findall(r"\b[a-z]+[A-Z]\w+\b", text)),
        "the other language": [part for part in FOREIGN[language] if part in text],
        "wider than the page": seen["over"] > 0,
    }
    return [f"{view} in {language}: {what}: {found}" for what, found in wrong.items() if found]


@pytest.mark.parametrize("study", [COUNTRY, PROVINCES])
def test_every_view_is_whole_in_either_language_wide_and_on_a_phone_in_the_dark(chromium, server, shelf, study):
    page = page_of(server, shelf, study)
    for language in WORDS:
        with reading(chromium) as tab:
            asked: list[str] = []
            tab.on("request", lambda request, asked=asked: asked.append(request.url))
            start(tab, page, f"lang={language}")
            views = views_of(tab)
            assert len(views) >= {COUNTRY: 25, PROVINCES: 12}[study]
            found, titles = [], set()
            for view in views:
                turn(tab, view, f"lang={language}")
                seen = tab.evaluate(SEEN)
                found += unsound(seen, view, language)
                titles.add(seen["title"])
            assert not found
            assert len(titles) == len(views)
            tab.set_viewport_size(PHONE)
            tab.emulate_media(color_scheme="dark")
            for view in views:
                turn(tab, view, f"lang={language}")
                seen = tab.evaluate(SEEN)
                found += unsound(seen, view, language)
                assert max(map(int, re.findall(r"\d+", seen["ground"])[:3])) < 64, "dark"
            assert not found
            assert all(address.startswith((server, "data:", "blob:")) for address in asked), "nothing from elsewhere"


def faults_of(tab: Any) -> dict[str, list[str]]:
    """What axe finds against WCAG 2.2 AA on the page as it stands."""
    tab.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found = axe.Axe().run(tab, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response["violations"]
    return {one["id"]: [node["html"][:200] for node in one["nodes"]] for one in found}


def test_views_and_the_page_of_studies_keep_to_the_rules_of_accessibility(chromium, server, shelf):
    found = {}
    with reading(chromium) as tab:
        start(tab, page_of(server, shelf, COUNTRY), "lang=zh")
        views = views_of(tab)
        for view in views:
            turn(tab, view, "lang=zh")
            found[view, "light"] = faults_of(tab)
        tab.emulate_media(color_scheme="dark")
        for view in ("overview", "ranking", "map", "whatif", "sureness", "ladder", "method"):
            assert view in views
            turn(tab, view, "lang=en")
            found[view, "dark"] = faults_of(tab)
        tab.set_viewport_size(PHONE)
        for view in ("ranking", "tree"):
            turn(tab, view, "lang=en")
            found[view, "phone"] = faults_of(tab)
        tab.get_by_role("button", name=WORDS["en"]["menu"]).click()
        found["menu", "phone"] = faults_of(tab)
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            tab.goto(f"{server}/#lang=zh")
            tab.wait_for_selector(".variants")
            found["studies", scheme] = faults_of(tab)
    assert {where: what for where, what in found.items() if what} == {}


# A view as a reader has it before them; where the pointer or the keys stand is no part of it.
SHOWN = """() => ({
  title: document.title,
  text: document.querySelector("main").innerText,
  charts: [...document.querySelectorAll("main .chart > svg")].map((one) => one.outerHTML),
  fields: [...document.querySelectorAll("select, input")].map((one) => [one.id, one.value, one.checked, one.disabled]),
})"""


def kept(tab: Any, chromium: Any, link: str) -> None:
    """A link opens, for somebody else, what is seen here."""
    tab.wait_for_function("link => location.href === link", arg=link)
    tab.mouse.move(0, 0)
    tab.evaluate("() => document.activeElement.blur()")
    here = tab.evaluate(SHOWN)
    with reading(chromium) as other:
        other.goto(link)
        other.wait_for_selector("main > section")
        with suppress(playwright.TimeoutError):
            other.wait_for_function(f"text => ({SHOWN})().text === text", arg=here["text"])
        assert other.evaluate(SHOWN) == here


def take(place: Any, what: str) -> None:
    """Choose something from the menu of a figure or table."""
    place.get_by_role("button", name=WORDS["en"]["takeAway"]).first.click()
    place.get_by_role("button", name=WORDS["en"][what], exact=True).first.click()


def copied(place: Any, what: str) -> dict[str, str]:
    """What that puts on the clipboard, by kind."""
    take(place, what)
    status = place.locator(".take").first.get_by_role("status")
    playwright.expect(status).to_have_text(WORDS["en"]["taken"])
    playwright.expect(status).to_be_empty()
    return place.page.evaluate("""async () => {
      const [item] = await navigator.clipboard.read();
      const read = async (type) => [type, await (await item.getType(type)).text()];
      return Object.fromEntries(await Promise.all(item.types.map(read)));
    }""")


def go(tab: Any, word: str) -> None:
    """Open a view from the navigation."""
    tab.get_by_role("navigation").get_by_role("link", name=WORDS["en"][word], exact=True).click()


def test_a_copied_link_shows_somebody_else_the_same(chromium, server, shelf):
    with reading(chromium) as tab:
        tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
        start(tab, page_of(server, shelf, COUNTRY), "lang=en&view=ranking")
        tab.select_option("#year", label="2017")
        tab.select_option("#show", label="New energy")
        table = tab.locator("#ranking .ranking-table .table")
        table.locator("thead button").nth(1).click()
        assert table.locator("[aria-sort]").count() == 1
        kept(tab, chromium, copied(table, "takeLink")["text/plain"])

        go(tab, "navCompare")
        tab.locator("#compare .chip").first.click()
        figure = tab.locator("#compare figure").first
        figure.get_by_role("button", name=WORDS["en"]["asTable"]).click()
        kept(tab, chromium, copied(figure, "takeLink")["text/plain"])

        go(tab, "navTree")
        tab.select_option("#tree-region", label="Cloudladder")
        tab.locator("#tree button.branch").nth(2).click()
        tab.locator("#tree button.leaf:visible").nth(2).click()
        tab.locator("#tree .fruit:visible").wait_for()
        tab.wait_for_function("() => /keep=tree%3A\\d+\\.\\d+/.test(location.hash)")
        kept(tab, chromium, tab.url)

        go(tab, "navWhatif")
        weigh(tab, "80")
        link = copied(tab.locator("#figure-whatif"), "takeLink")["text/plain"]
        assert "whatif=" in link
        kept(tab, chromium, link)


def weigh(tab: Any, percent: str) -> None:
    """Give the first of the first family another weight, and wait for what comes of it."""
    playwright.expect(tab.locator("#whatif .results .standing")).to_have_text(WORDS["en"]["whatifNothing"])
    tab.locator("#whatif .family input[type=number]").first.fill(percent)
    tab.keyboard.press("Tab")
    playwright.expect(tab.locator("#whatif .results .standing")).to_contain_text("regions")
    playwright.expect(tab.locator("#whatif .results")).not_to_have_attribute("aria-busy", "true")


def test_figures_and_tables_can_be_taken_away(chromium, server, shelf, tmp_path):
    scores = pd.read_parquet(shelf / COUNTRY / "runs" / "0001" / "scores.parquet")
    wanted = scores.query("element == 'nqpf' and time == 2020").sort_values("rank")["score"].tolist()

    def taken(place: Any, what: str) -> Path:
        with place.page.expect_download() as download:
            take(place, what)
        download.value.save_as(tmp_path / download.value.suggested_filename)
        return tmp_path / download.value.suggested_filename

    with reading(chromium) as tab:
        tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = page_of(server, shelf, COUNTRY)
        start(tab, page, "lang=en&view=ranking&year=2020")
        figure = tab.locator("#figure-ranking")
        title = figure.locator("figcaption h3").inner_text()
        before = date.today()
        picture = taken(figure, "exportSvg").read_text(encoding="utf-8")
        drawn = ElementTree.fromstring(picture)
        words = " ".join(drawn.itertext())
        assert title in words
        assert "Fictional data. Computed with Xinzhi" in words
        assert re.search(r"\d{4}-\d\d-\d\d", words)[0] in {str(before), str(date.today())}
        assert "Starislet" in words

        pixels = taken(figure, "exportPng").read_bytes()
        assert pixels.startswith(b"\x89PNG")
        assert list(struct.unpack(">II", pixels[16:24])) == [2 * int(drawn.get(side)) for side in ("width", "height")]

        text = taken(figure, "takeCsv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
        np.testing.assert_allclose([float(row["Score"]) for row in rows], wanted, rtol=1e-4)
        assert [row["Rank"] for row in rows] == [str(at + 1) for at in range(16)]

        document = json.loads(taken(figure, "takeJson").read_text(encoding="utf-8"))
        assert document["title"] == title
        assert re.match(rf"{re.escape(page)}#.*view=ranking&year=2020", document["permalink"])
        assert document["source"].startswith("Fictional data")
        assert [row[document["columns"].index("Region")] for row in document["rows"]] == [row["Region"] for row in rows]

        word = copied(figure, "takeWord")
        assert word["text/html"].count("<tr") == 1 + len(rows)
        assert word["text/html"].count("border-top:solid") == word["text/html"].count("<th ")
        assert title in word["text/plain"]
        latex = copied(figure, "takeLatex")["text/plain"]
        assert [latex.count(rule) for rule in ("\\toprule", "\\midrule", "\\bottomrule")] == [1, 1, 1]
        assert latex.count("Starislet") == 1

        sheet = openpyxl.load_workbook(taken(figure, "takeXlsx"), read_only=True).worksheets[0]
        assert any("Starislet" in row or "M01" in row for row in sheet.iter_rows(values_only=True))
        table = pd.read_parquet(taken(figure, "takeParquet"))
        assert table.sort_values("rank")["score"].tolist() == wanted
        answer = httpx.get(copied(figure, "takeAddress")["text/plain"])
        assert pd.read_csv(io.BytesIO(answer.content))["score"].tolist() == wanted


def test_a_what_if_becomes_a_variant_and_its_run_says_the_same(chromium, server, shelf):
    with reading(chromium, refused="status of 409") as tab:
        start(tab, page_of(server, shelf, COUNTRY), "lang=en&view=whatif")
        weigh(tab, "93")
        playwright.expect(tab.locator("#whatif .results .standing")).to_contain_text("change places")
        figure = tab.locator("#figure-whatif")
        figure.get_by_role("button", name=WORDS["en"]["asTable"]).click()
        ranks = {name: rank for name, _, rank, *_ in cells(figure.locator(".table"))}
        assert ranks != {name: rank for name, rank, *_ in cells(figure.locator(".table"))}

        tab.get_by_role("button", name=WORDS["en"]["variantHead"]).click()
        dialog = tab.get_by_role("dialog")
        dialog.get_by_label(WORDS["en"]["variantName"], exact=True).fill("endless")
        dialog.get_by_role("button", name=WORDS["en"]["variantSave"], exact=True).click()
        playwright.expect(dialog.get_by_role("alert").first).to_contain_text("endless.toml")
        dialog.get_by_label(WORDS["en"]["variantName"], exact=True).fill("technology-first")
        dialog.get_by_role("button", name=WORDS["en"]["variantSave"], exact=True).click()
        playwright.expect(dialog).to_contain_text("technology-first.toml")
        assert "draws = 50000" in (shelf / COUNTRY / "endless.toml").read_text(encoding="utf-8")

        dialog.get_by_role("button", name=WORDS["en"]["variantRun"]).click()
        dialog.get_by_role("link", name=WORDS["en"]["openRun"].partition(" {")[0]).click()
        playwright.expect(tab).to_have_url(re.compile(f"/studies/{COUNTRY}/runs/0002(#|$)"))
        tab.wait_for_selector("main > section")
        turn(tab, "ranking", "lang=en")
        assert {name: rank for rank, _, name, *_ in cells(tab.locator("#ranking .ranking-table .table"))} == ranks


def cells(table: Any) -> list[list[str]]:
    """The body of a table as it is written."""
    return table.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")


def test_two_readers_see_a_job_and_either_can_call_it_off(chromium, server, shelf):
    runs = sorted((shelf / COUNTRY / "runs").iterdir())
    page_of(server, shelf, COUNTRY)
    with reading(chromium) as tab, reading(chromium) as other:
        for reader, language in ((tab, "en"), (other, "zh")):
            reader.goto(f"{server}/#lang={language}")
            reader.wait_for_selector(".variants")
        line = tab.locator(".variants li", has_text="endless.toml")
        line.get_by_role("button", name=WORDS["en"]["libraryRun"]).click()
        mine, theirs = (reader.locator(".jobs > li", has_text="endless.toml").first for reader in (tab, other))
        other.reload()
        playwright.expect(theirs.get_by_role("progressbar")).to_have_attribute("value", re.compile(r"0\.0*[1-9]"))
        playwright.expect(mine).to_contain_text(WORDS["en"]["jobRunning"])
        theirs.get_by_role("button", name=WORDS["zh"]["jobCancel"]).click()
        playwright.expect(theirs).to_contain_text(WORDS["zh"]["jobCancelled"])
        playwright.expect(mine).to_contain_text(WORDS["en"]["jobCancelled"])
    assert sorted((shelf / COUNTRY / "runs").iterdir()) == runs
    assert httpx.get(f"{server}/health").json()["jobs"] == {"running": 0, "queued": 0}


@pytest.mark.parametrize("study", [COUNTRY, PROVINCES])
def test_the_report_needs_nothing_but_its_file(chromium, server, shelf, study):
    page_of(server, shelf, study)
    file = shelf / study / "runs" / "0001" / "report.html"
    with reading(chromium, offline=True) as tab:
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        for language in WORDS:
            start(tab, file.as_uri(), f"lang={language}")
            views = views_of(tab)
            found = []
            for view in views:
                turn(tab, view, f"lang={language}")
                found += unsound(tab.evaluate(SEEN), view, language)
            assert not found
            tab.evaluate("() => { location.hash = location.hash.replace(/view=\\w+/, 'view=all') }")
            tab.wait_for_selector("main > section#record")
            whole = tab.evaluate(SEEN)
            assert whole["sections"] == [view for view in views if view != "whatif"]
            assert not whole["bare"]
            assert not unsound({**whole, "sections": ["all"], "first": 1}, "all", language)
        turn(tab, "whatif", "lang=en")
        weigh(tab, "93")
        with tab.expect_download() as download:
            take(tab.locator("#figure-whatif"), "exportPng")
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
        assert {address.partition("#")[0] for address in asked if not address.startswith(("data:", "blob:"))} == {
            file.as_uri()
        }


FOCUS = """() => {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const seen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  return { seen, text: one.innerText, id: one.id, tag: one.localName };
}"""


def test_the_page_can_be_used_with_the_keys_alone(chromium, server, shelf):
    say = WORDS["en"]
    with reading(chromium) as tab:
        key = tab.keyboard.press
        start(tab, page_of(server, shelf, COUNTRY), "lang=en")
        key("Tab")
        assert tab.evaluate(FOCUS)["text"] == say["skip"]
        key("Enter")
        assert tab.evaluate(FOCUS)["id"] == "content"

        tab.get_by_role("navigation").get_by_role("link", name=say["navRanking"], exact=True).focus()
        key("Tab")
        assert (here := tab.evaluate(FOCUS))["text"] == say["navTrend"]
        assert here["seen"]
        key("Shift+Tab")
        key("Enter")
        tab.wait_for_selector("section#ranking")
        assert tab.evaluate(FOCUS)["tag"] == "h2"

        tab.locator("#figure-ranking .chart").focus()
        assert tab.evaluate(FOCUS)["seen"]
        tip = tab.locator("#figure-ranking .tip")
        key("ArrowDown")
        tip.wait_for(state="visible")
        first = tip.inner_text()
        key("ArrowDown")
        assert tip.inner_text() != first
        assert tab.locator("#figure-ranking .told").inner_text()
        key("Escape")
        tip.wait_for(state="hidden")
        assert tab.locator("#figure-ranking .chart").evaluate("one => one === document.activeElement")

        menu = tab.locator("#figure-ranking .take").first
        button = menu.get_by_role("button", name=say["takeAway"])
        button.focus()
        key("Enter")
        menu.locator("ul").wait_for(state="visible")
        key("Tab")
        assert tab.evaluate(FOCUS)["text"] == say["exportSvg"]
        key("Escape")
        menu.locator("ul").wait_for(state="hidden")
        assert button.evaluate("one => one === document.activeElement")

        sorting = tab.locator("#ranking .ranking-table thead button").nth(1)
        sorting.focus()
        key("Space")
        assert tab.locator("#ranking .ranking-table [aria-sort]").count() == 1

        go(tab, "navMap")
        tab.wait_for_selector("section#map")
        tab.go_back()
        tab.wait_for_selector("section#ranking")
        assert tab.locator("#ranking .ranking-table [aria-sort]").count() == 1, "as it was left"
        tab.go_back()
        tab.wait_for_selector("section#overview")
        tab.go_forward()
        tab.wait_for_selector("section#ranking")

        tab.set_viewport_size(PHONE)
        opener = tab.get_by_role("button", name=say["menu"])
        opener.focus()
        key("Enter")
        assert opener.get_attribute("aria-expanded") == "true"
        assert tab.evaluate(FOCUS)["text"] == say["navRanking"]
        key("Escape")
        assert opener.get_attribute("aria-expanded") == "false"
        assert opener.evaluate("one => one === document.activeElement")
