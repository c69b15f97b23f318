"""What if: in a report alone, and in the app from a moved weight to a run of the variant, in a real browser."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.runs import a_run
from tests.web.served import run_small
from xinzhi import report
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec

playwright = pytest.importorskip("playwright.sync_api")
SLOW = 60_000


@pytest.fixture
def tab(chromium):
    tab = chromium.new_page()
    broken: list[str] = []
    tab.on("pageerror", lambda error: broken.append(str(error)))
    yield tab
    tab.close()
    assert not broken


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """A server of one small study, run once: its address and the study's folder."""
    import uvicorn

    from xinzhi.web.app import create_app

    folder = run_small(
        tmp_path_factory.mktemp("shelf") / "small", index='normalise = { method = "min-max", to = [1, 2] }'
    )
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app([folder]), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + SLOW / 1000
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.started
        yield f"http://127.0.0.1:{sock.getsockname()[1]}", folder
        server.should_exit = True
        thread.join(30)


def shares(tab) -> list[float]:
    """What the fields of the first family show, in per cent."""
    return [float(field.input_value()) for field in tab.locator(".family").first.locator("input[type=number]").all()]


def ranks(tab) -> dict[str, int]:
    """The new ranks by region, from the table beside the chart."""
    if not tab.locator("#figure-whatif .beside table").count():
        tab.get_by_role("button", name="Show as table").click()
    rows = tab.locator("#figure-whatif .beside tbody tr")
    found = rows.evaluate_all("rows => rows.map(row => [row.cells[0].innerText, row.cells[2].innerText])")
    return {region: int(rank) for region, rank in found}


def sentence(tab):
    return tab.locator(".results .standing")


def test_a_report_alone_ranks_under_other_weights_as_the_index_does(tab, tmp_path):
    run = a_run(tmp_path, years=3)
    page = report.write(run, tmp_path)
    tab.goto(f"{page.as_uri()}#lang=en&view=whatif")
    playwright.expect(sentence(tab)).to_contain_text("Nothing is changed")
    tab.locator(".family").first.locator("input[type=number]").first.fill("70")
    tab.keyboard.press("Tab")
    playwright.expect(sentence(tab)).to_contain_text("change places")
    assert shares(tab)[0] == 70
    assert sum(shares(tab)) == pytest.approx(100, abs=1e-9)

    heavy = dict(zip([one.code for one in run.index.spec.elements if one.parent], shares(tab), strict=True))
    elements = tuple(
        one.model_copy(update={"weight": heavy.get(one.code, one.weight)}) for one in run.index.spec.elements
    )
    spec = {name: getattr(run.index.spec, name) for name in IndexSpec.model_fields} | {"elements": elements}
    full = measure(run.data.panel, IndexSpec(**spec))
    last = full.ranks().isel(time=-1, element=-1)
    names = dict(zip(map(str, last.region.values), map(str, full.about_region["name_en"]), strict=True))
    wanted = {
        names[str(code)]: int(rank) for code, rank in zip(last.region.values, last.values, strict=True) if rank > 0
    }
    assert ranks(tab) == wanted


def test_what_is_set_stands_in_the_address_and_can_be_taken_back(tab, tmp_path):
    page = report.write(a_run(tmp_path, years=2), tmp_path)
    tab.goto(f"{page.as_uri()}#lang=en&view=whatif")
    family = tab.locator(".family").first
    family.get_by_role("button", name="Lock").first.click()
    playwright.expect(tab).to_have_url(re.compile("whatif="))
    locked = tab.url
    family.locator("input[type=number]").nth(1).fill("12.5")
    tab.keyboard.press("Tab")
    playwright.expect(sentence(tab)).to_contain_text("regions")
    # The address follows a choice a moment later.
    playwright.expect(tab).not_to_have_url(locked)
    said, set_to = sentence(tab).inner_text(), shares(tab)

    address = tab.url
    tab.goto("about:blank")
    tab.goto(address)
    playwright.expect(sentence(tab)).to_have_text(said)
    assert shares(tab) == set_to
    assert family.locator("input[type=range]").first.is_disabled()
    tab.get_by_role("button", name="Back to the study").click()
    playwright.expect(sentence(tab)).to_contain_text("Nothing is changed")
    playwright.expect(tab).not_to_have_url(re.compile("whatif="))


def test_the_app_saves_a_what_if_as_a_variant_and_runs_it(tab, served):
    address, folder = served
    before = (folder / "study.toml").read_bytes()
    tab.goto(f"{address}/studies/small/runs/latest#lang=en&view=whatif")
    tab.wait_for_selector(".whatif", timeout=SLOW)
    tab.select_option("#whatif-aggregate", "geometric")
    playwright.expect(tab.get_by_role("button", name="Save as a new variant")).to_be_visible(timeout=SLOW)
    playwright.expect(sentence(tab)).not_to_contain_text("Nothing is changed")

    tab.get_by_role("button", name="Save as a new variant").click()
    tab.fill("#variant-name", "study")
    tab.get_by_role("button", name="Save", exact=True).click()
    playwright.expect(tab.locator("#variant-name-wrong")).not_to_be_empty()
    tab.fill("#variant-name", "proportions")
    tab.get_by_role("button", name="Save", exact=True).click()
    playwright.expect(tab.locator("dialog")).to_contain_text("proportions.toml")
    assert "geometric" in (folder / "proportions.toml").read_text(encoding="utf-8")
    assert (folder / "study.toml").read_bytes() == before

    tab.get_by_role("button", name="Run it now").click()
    tab.locator("dialog a", has_text="Open run").click(timeout=SLOW)
    playwright.expect(tab).to_have_url(re.compile("/studies/small/runs/0002(#|$)"))
    tab.wait_for_selector("header.top")


def test_two_readers_see_each_others_jobs_in_their_languages(chromium, tab, served):
    address, _ = served
    tab.goto(f"{address}/#lang=en")
    other = chromium.new_page()
    other.goto(f"{address}/#lang=zh")
    tab.locator(".variants li", has_text="study.toml").get_by_role("button").click()
    line, theirs = tab.locator(".jobs > li").first, other.locator(".jobs > li").first
    playwright.expect(line).to_contain_text("Done", timeout=SLOW)
    playwright.expect(theirs).to_contain_text("已完成", timeout=SLOW)
    other.close()
    newest = line.locator("a").inner_text().split()[-1]
    playwright.expect(tab.locator("details.study tbody tr").first).to_contain_text(newest)
