"""Grown worlds on the page, in a real browser: every view in both languages, what is chosen, taken away and played."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.journeys.test_face import PHONE, SEEN, WORDS, faults_of, reading, start, turn, unsound, views_of
from tests.report.runs import a_run
from tests.report.worlds import DRAWS, YEARS, worlds
from xinzhi import report

VIEWS = ["simfutures", "simrungs", "simindustries", "simregions", "simlags", "simfacts", "simclaims", "simmodel"]
FIRST = 2022


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    """The address of a page of worlds beside an index."""
    folder: Path = tmp_path_factory.mktemp("worlds")
    run = replace(a_run(folder, drop=25, years=2, per_pillar=1), simulation=worlds())
    return report.write(run, folder).as_uri()


def written(word: str, language: str = "en", **blanks: object) -> str:
    return re.sub(r"\{(\w+)\}", lambda blank: str(blanks[blank[1]]), WORDS[language][word])


@pytest.mark.parametrize("language", list(WORDS))
def test_every_view_of_worlds_is_whole_wide_and_on_a_phone_in_the_dark(chromium, page, language):
    with reading(chromium) as tab:
        start(tab, page, f"lang={language}")
        assert [view for view in views_of(tab) if view.startswith("sim")] == VIEWS
        found = []
        for view in VIEWS:
            turn(tab, view, f"lang={language}")
            found += unsound(tab.evaluate(SEEN), view, language)
            told = tab.locator("main .source").all_inner_texts()
            assert told or view == "simmodel"
            forecast = re.split("[.。]", WORDS[language]["simSource"])[0]
            assert all(text.startswith(forecast) for text in told), "every picture says that it is no forecast"
        tab.set_viewport_size(PHONE)
        tab.emulate_media(color_scheme="dark")
        for view in VIEWS:
            turn(tab, view, f"lang={language}")
            found += unsound(tab.evaluate(SEEN), view, language)
        assert not found


def test_views_of_worlds_keep_to_the_rules_of_accessibility(chromium, page):
    found = {}
    with reading(chromium) as tab:
        start(tab, page, "lang=zh")  # by daylight the views are read with all others, in test_face, but for the claims
        turn(tab, "simclaims", "lang=zh")
        found["simclaims", "light"] = faults_of(tab)
        tab.emulate_media(color_scheme="dark")
        tab.set_viewport_size(PHONE)
        for view in VIEWS:
            turn(tab, view, "lang=en")
            found[view, "dark"] = faults_of(tab)
    assert {where: what for where, what in found.items() if what} == {}


def test_what_is_chosen_is_kept_in_the_address_and_goes_with_the_reader(chromium, page):
    runs = worlds().experiment
    at = list(runs.series).index("output")
    with reading(chromium) as tab:
        start(tab, page, "lang=en&view=simfutures")
        tab.select_option("#simfutures-series", value=str(at))
        tab.select_option("#simfutures-mode", index=1)
        assert tab.locator("#figure-sim-difference").count() == 1
        tab.wait_for_function("() => location.hash.includes('sim-series')")
        shown = tab.locator("#figure-sim-difference h3").inner_text()
        with reading(chromium) as other:
            other.goto(tab.url)
            assert other.locator("#figure-sim-difference h3").inner_text() == shown
        tab.select_option("#simfutures-policy", label="Blockade")
        tab.wait_for_function("() => location.hash.includes('sim-policy.3')")
        turn(tab, "simregions", tab.url.split("#")[1].replace("view=simfutures", ""))
        assert tab.input_value("#simregions-policy") == "2"
        assert "Blockade" in tab.locator("#figure-sim-map h3").inner_text()


def test_numbers_taken_away_are_those_of_the_runs(chromium, page, tmp_path):
    runs = worlds().experiment
    series = list(runs.series).index("new_quality_share")
    with reading(chromium) as tab:
        start(tab, page, "lang=en&view=simfutures")
        figure = tab.locator("#figure-sim-fan")
        with tab.expect_download() as download:
            figure.get_by_role("button", name=WORDS["en"]["takeAway"]).click()
            figure.get_by_role("button", name=WORDS["en"]["takeCsv"], exact=True).click()
        download.value.save_as(tmp_path / "fan.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "fan.csv").read_text(encoding="utf-8-sig"))))
    heads, cells = rows[0], np.array(rows[1:], float)
    capital, base = (runs.names.index(name) for name in ("capital", "none"))
    quarters = np.round((cells[:, 0] - FIRST) * 4).astype(int)
    first = heads.index("Capital")
    wanted = runs.fan[capital][:, quarters, series]
    np.testing.assert_allclose(cells[:, first : first + 3].T, wanted[[1, 0, 2]], rtol=1e-3, atol=1e-5)
    assert not np.allclose(wanted, runs.fan[base][:, quarters, series], rtol=1e-6)


def test_the_map_plays_and_tells_of_the_region_that_is_chosen(chromium, page):
    with reading(chromium) as tab:
        start(tab, page, "lang=en&view=simregions")
        slider, play = tab.locator("#simregions-year"), tab.locator("#simregions .play")
        last = FIRST + YEARS - 1
        assert slider.get_attribute("aria-valuetext") == str(last)
        play.click()
        tab.wait_for_function("() => document.querySelector('#simregions-year').value === '2'")
        play.click()
        tab.wait_for_function("() => /sim-year\\.\\d/.test(location.hash)")
        slider.focus()
        tab.keyboard.press("End")
        assert slider.get_attribute("aria-valuetext") == str(last)
        tab.select_option("#simregions-region", index=4)
        assert tab.locator("#figure-sim-course h3").inner_text().startswith("Region 05")
        chart = tab.locator("#figure-sim-map .chart")
        chart.focus()
        tab.keyboard.press("ArrowRight")
        assert "Region" in chart.locator(".tip").inner_text()


def test_claims_are_found_by_kind_and_verdict(chromium, page):
    with reading(chromium) as tab:
        start(tab, page, "lang=en&view=simclaims")
        every = tab.locator("#simclaims .pitfalls > li")
        assert every.count() == 2
        assert tab.locator("#simclaims").get_by_text(written("simEmergent")).count() >= 2
        tab.select_option("#simclaims-verdict", label=WORDS["en"]["simHolds"])
        assert every.count() == 1
        tab.select_option("#simclaims-kind", label=WORDS["en"]["simBuiltIn"])
        assert tab.locator("#simclaims").get_by_text(written("simNoClaims")).count() == 1


def test_the_overview_leads_to_the_worlds(chromium, page):
    with reading(chromium) as tab:
        start(tab, page, "lang=en&view=overview")
        lead = tab.locator(".findings").inner_text()
        assert f"({DRAWS} draws each)" in lead
        assert "not a forecast" in lead
        tab.locator(".ways").get_by_role("link", name=WORDS["en"]["navLags"]).click()
        tab.wait_for_selector("#simlags")
