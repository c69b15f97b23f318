"""Comparing, the tree, peers, changes and the map in a real browser, beside the numbers of the index."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.report.runs import a_run
from xinzhi import report

playwright = pytest.importorskip("playwright.sync_api")

BEIJING, HEBEI, SHANGHAI = "110000", "130000", "310000"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return a_run(tmp_path_factory.mktemp("study"), years=4, missing=0.0)


@pytest.fixture(scope="module")
def page(run, tmp_path_factory) -> Path:
    return report.write(run, tmp_path_factory.mktemp("page"))


@pytest.fixture
def tab(chromium):
    tab = chromium.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab
    tab.close()
    assert not said


def at(tab, page: Path, state: str) -> None:
    """Open the page anew at an address."""
    tab.goto("about:blank")
    tab.goto(f"{page.as_uri()}#lang=en&{state}")
    tab.wait_for_selector("section")


def place(run, code: str) -> int:
    return [str(one) for one in run.index.regions].index(code)


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("+", "").replace(",", ""))


def cells(table) -> list[list[str]]:
    return table.evaluate(
        "one => [...one.querySelectorAll('tbody tr')].map(row => [...row.cells].map(c => c.innerText))"
    )


def test_the_map_walks_through_the_years_and_stops_at_the_last(tab, page):
    at(tab, page, "view=map&year=2020")
    tab.get_by_role("button", name="Play").click()
    playwright.expect(tab.locator("#map output")).to_have_text("2022", timeout=30_000)
    playwright.expect(tab.get_by_role("button", name="Play")).to_have_count(1)
    playwright.expect(tab).to_have_url(re.compile("year=2022"))


def test_a_region_is_chosen_on_shapes_with_the_keys(tab, tmp_path):
    ring = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    shapes = [
        {
            "type": "Feature",
            "properties": {"id": int(code)},
            "geometry": {"type": "Polygon", "coordinates": [[[x + 2 * i, y] for x, y in ring]]},
        }
        for i, code in enumerate((BEIJING, HEBEI, SHANGHAI))
    ]
    (tmp_path / "map.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": shapes}))
    made = report.write(a_run(tmp_path, years=2, report='map = "map.geojson"'), tmp_path)
    at(tab, made, f"view=map&region={BEIJING}")
    tab.focus("#figure-map .chart")
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    playwright.expect(tab).to_have_url(re.compile(f"region={HEBEI}"))
    assert tab.inner_text(".chosen").startswith("Hebei")


def test_the_tree_opens_to_the_numbers_that_were_used_and_an_address_opens_it_again(tab, page, run):
    at(tab, page, "view=tree")
    tab.locator("#tree button.leaf").nth(1).click()
    playwright.expect(tab).to_have_url(re.compile("keep=tree"))
    at(tab, page, tab.url.split("#lang=en&")[1])
    opened = tab.locator("#tree button.leaf[aria-expanded=true]")
    assert opened.count() == 1
    code = opened.locator(".code").inner_text()
    which = run.index.tree.codes.index(code)
    told = tab.inner_text("#tree .fruit:not([hidden])")
    least, greatest = (number(one) for one in re.search(r"Least value (\S+), greatest (\S+)\.\s", told).groups())
    treated = run.index.stages.treated[:, :, which]
    np.testing.assert_allclose([least, greatest], [np.nanmin(treated), np.nanmax(treated)], rtol=1e-4)
    normalised = run.index.stages.normalised[-1, :, which]
    seen = np.isfinite(normalised) & np.isfinite(run.index.stages.scores[-1, :, -1])
    r = np.corrcoef(normalised[seen], run.index.stages.scores[-1, seen, -1])[0, 1]
    assert f"{r:.2f} (Pearson".replace("-", "−") in told


def test_the_tree_is_walked_with_the_keys(tab, page):
    at(tab, page, "view=tree")
    tab.locator("#tree .twig > button").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        tab.keyboard.press(key)
    focused = "document.activeElement"
    assert tab.evaluate(f"{focused}.getAttribute('aria-expanded') + {focused}.className") == "trueleaf"
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    assert tab.evaluate(f"{focused}.className") == "branch"


def test_regions_side_by_side_are_led_by_the_best(tab, page, run):
    at(tab, page, f"view=compare&year=2022&with={BEIJING}&with={HEBEI}&with={SHANGHAI}")
    assert tab.locator("#compare .chip").count() == 3
    three = [place(run, code) for code in (BEIJING, HEBEI, SHANGHAI)]
    normalised = run.index.stages.normalised[-1][three]
    names = np.array(["Beijing", "Hebei", "Shanghai"])
    rows = cells(tab.locator("#compare > div > div > .table").last)
    assert [row[-1] for row in rows] == list(names[np.argmax(normalised, axis=0)])
    values = np.array([[number(text.split("\n")[0]) for text in row[1:4]] for row in rows])
    np.testing.assert_allclose(values, run.index.stages.imputed[-1][three].T, rtol=1e-3)


def test_peers_are_the_nearest_by_their_indicators(tab, page, run):
    at(tab, page, f"view=profile&year=2022&region={BEIJING}")
    normalised = run.index.stages.normalised[-1]
    shared = (normalised - normalised[place(run, BEIJING)]) ** 2
    known = np.isfinite(shared).any(axis=1)
    apart = np.full(len(normalised), np.nan)
    apart[known] = np.sqrt(np.nanmean(shared[known], axis=1))
    nearest = np.argsort(np.where(np.isnan(apart), np.inf, apart))[1:4]
    assert np.isfinite(apart[nearest]).all()
    rows = cells(tab.locator("#figure-peers ~ .table"))
    assert [row[0] for row in rows[:3]] == [str(run.index.about_region["name_en"][one]) for one in nearest]
    np.testing.assert_allclose([number(row[1]) for row in rows[:3]], apart[nearest], atol=6e-3)


def test_parts_of_a_change_add_up_to_it(tab, page, run):
    at(tab, page, f"view=profile&region={BEIJING}&keep=change%3A2020-2022")
    assert tab.input_value("#change-from") == "1"
    scores = run.index.stages.scores[:, place(run, BEIJING), -1]
    for name in ("change", "change-indicators"):
        figure = tab.locator(f"#figure-{name}")
        figure.get_by_role("button", name="Show as table").click()
        parts = [number(row[1]) for row in cells(figure)]
        assert sum(parts) == pytest.approx(scores[-1] - scores[1], abs=6e-5 * (len(parts) + 1))


def test_ranks_have_their_intervals_beside_the_bars(tab, tmp_path):
    made = a_run(tmp_path, years=2, varied={"normalise": ["min-max", "rank"]})
    at(tab, report.write(made, tmp_path), "view=ranking")
    assert "90% interval of the rank" in tab.locator("#figure-ranking svg").text_content()
    assert "versions of the index" in tab.inner_text("#figure-ranking .note")
