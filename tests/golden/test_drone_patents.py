"""Drone patents (Lens.org, 9,071 records): the figures of docs/why/dating-an-emergence.md, from the data in place."""

import contextlib
import io
import re
from pathlib import Path

from benchmarks.drones import codes, published, truncated, yearly_counts

from xinzhi.structure.curves import growth_curve
from xinzhi.structure.emergence import emergence

PAGE = Path(__file__).parents[2] / "docs" / "why" / "dating-an-emergence.md"


def test_the_figures_of_the_page(shared_data):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        records = published(shared_data)
    page = PAGE.read_text(encoding="utf-8")
    assert "9071 records; year column differs from the date in 46; " in said.getvalue()
    assert "lie after 2017: 7;" in said.getvalue()
    counts = yearly_counts(records)
    for year, now in counts.loc[2015:].items():
        assert f"| {year} | {now:,.0f} |" in page
    for year, row in truncated(records).loc[2011:].iterrows():
        assert f"| {year} | {row.iloc[0]} | {row.iloc[1]} |" in page
    for through in (2014, 2017):
        topic = emergence(counts, through=through).topics.iloc[0]
        told = (
            f"| {through} | {topic['onset']:.0f} ({topic['onset_low']:.0f} to {topic['onset_high']:.0f}) | "
            f"{100 * topic['rate_before']:.1f} % | {100 * topic['rate_after']:.1f} % |"
        )
        assert told in page
    assert codes(records)["code"].str.fullmatch(r"[A-HY]\d\d[A-Z]").mean() > 0.99


def test_no_curve_of_2014_holds_what_came(shared_data):
    with contextlib.redirect_stdout(io.StringIO()):
        counts = yearly_counts(published(shared_data))
    found = growth_curve(counts, through=2014, background=True)
    assert not found.fits["identified"].any()
    ahead = found.against(counts)
    assert not ahead["inside"].any()
    # Draws come out alike on other machines but for rounding, which may carry a count over an edge.
    told = re.findall(r"(?m)^\| 201[567] \| [\d,]+ \| (\d+) \|", PAGE.read_text(encoding="utf-8"))
    for figure, median in zip(told, ahead["median"], strict=True):
        assert abs(int(figure) / median - 1) < 0.05
