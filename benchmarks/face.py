"""The page in a browser, from a real server: first paint, a step of a year, a what-if, and what is sent.

`python -m benchmarks.face` makes a study of 3,000 regions × 30 years × 20 indicators and one of 31 × 20 × 40 in a
temporary folder, runs and serves them, and prints medians of what a reader waits for. It needs the browser that the
tests need.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.browsing import browser_path, launched

from benchmarks.serving import listening

PAINTED = "main svg"
# The first frame with a picture in it, by the page's own clock.
WATCH = """
  const look = () => document.querySelector('main svg')
    ? requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }))
    : requestAnimationFrame(look);
  requestAnimationFrame(look);
"""
# From the choice to the frame that shows it.
STEP = """async (year) => {
  const at = performance.now();
  const select = document.querySelector('#year');
  select.value = [...select.options].find((one) => one.textContent === year).value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - at;
}"""
VIEWS = ("overview", "ranking", "compare", "profile")
STEPPED = ("ranking", "compare", "profile")


def study(folder: Path, name: str, regions: int, years: int, indicators: int) -> None:
    """A study of made-up regions, run once."""
    rng = np.random.default_rng(1)
    place = folder / name
    place.mkdir()
    drawn = rng.normal(size=(regions, 1, indicators)) + 0.3 * rng.normal(size=(regions, years, indicators))
    values = np.exp(drawn + 0.05 * np.arange(years)[None, :, None]).reshape(-1, indicators)
    codes = [f"x{at:02}" for at in range(indicators)]
    table = pd.DataFrame(values.round(4), columns=codes)
    table.insert(0, "year", np.tile(np.arange(1994, 1994 + years), regions))
    table.insert(0, "region", np.repeat([f"R{at:04}" for at in range(regions)], years))
    table.to_csv(place / "panel.csv", index=False)
    text = {"en": name, "zh": name}
    said = ", ".join(f'{key} = "{value}"' for key, value in text.items())
    elements = [f'{{ code = "all", name = {{ {said} }} }}']
    elements += [f'{{ code = "e{at}", parent = "all", name = {{ {said} }} }}' for at in range(4)]
    leaves = [f'{{ code = "{code}", parent = "e{at * 4 // indicators}" }}' for at, code in enumerate(codes)]
    (place / "study.toml").write_text(
        f'[study]\ntitle = {{ {said} }}\nregions = "own"\nfictional = true\n[[source]]\nfile = "panel.csv"\n'
        f"[index]\ntitle = {{ {said} }}\nelements = [{', '.join(elements)}]\nindicators = [{', '.join(leaves)}]\n"
        'normalise = "min-max"\nweigh = "entropy"\n',
        encoding="utf-8",
    )
    subprocess.run([sys.executable, "-m", "xinzhi", "run", str(place), "--json"], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of a folder of studies."""
    server, port = listening(folder)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def painted(browser: Any, address: str) -> float:
    """Milliseconds from the call to a page with words and a picture, in a context that has kept nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address, wait_until="commit")
    page.wait_for_selector(PAINTED, timeout=60_000)
    took: float = page.evaluate(
        "async () => { while (!window.painted) await new Promise(requestAnimationFrame); return window.painted; }"
    )
    context.close()
    return took


def stepped(browser: Any, address: str) -> list[float]:
    """Milliseconds of steps through the years."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.wait_for_selector(PAINTED, timeout=60_000)
    found = [page.evaluate(STEP, str(year)) for year in range(2022, 2010, -1)]
    page.close()
    return found


def asked(browser: Any, address: str) -> list[float]:
    """Milliseconds from a moved weight to ranks drawn anew."""
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(address)
    page.wait_for_selector("main input[type=range]")
    move = """async (value) => {
      const slider = document.querySelector('main input[type=range]');
      const drawn = document.querySelector('main figure');
      const at = performance.now();
      const seen = new Promise((done) => {
        new MutationObserver((_, self) => { self.disconnect(); requestAnimationFrame(() => setTimeout(done)); })
          .observe(drawn.parentElement, { childList: true, subtree: true, attributes: true, characterData: true });
      });
      slider.value = value;
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await seen;
      return performance.now() - at;
    }"""
    found = []
    for at in range(25):
        found.append(page.evaluate(move, str(10 + 3 * at)))
        page.wait_for_timeout(200)
    page.close()
    return found[3:]


def told(what: str, waits: list[float], goal: float) -> None:
    """One line: the median, the longest, and whether the goal is met by the median."""
    middle = statistics.median(waits)
    print(
        f"{what:<44}{middle:>8.0f} ms{max(waits):>8.0f} ms at most{goal:>8.0f} ms  {'yes' if middle <= goal else 'NO'}"
    )


def main() -> int:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        study(folder, "large", 3_000, 30, 20)
        study(folder, "index", 31, 20, 40)
        with served(folder) as host, launched(browser_path()) as browser:

            def of(name: str, view: str) -> str:
                return f"{host}/studies/{name}/runs/latest#lang=en&view={view}"

            painted(browser, of("index", "overview"))
            for view in VIEWS:
                waits = [painted(browser, of("large", view)) for _ in range(5)]
                told(f"3,000 × 30, first paint, {view}", waits, 1_000)
            for view in STEPPED:
                told(f"3,000 × 30, a step of a year, {view}", stepped(browser, of("large", view)), 100)
            told("31 × 20 × 40, a what-if end to end", asked(browser, of("index", "whatif")), 150)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
