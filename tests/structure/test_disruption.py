import numpy as np
import pandas as pd
import pytest

from tests.oracles import disruption as slow
from xinzhi.core.errors import MethodError
from xinzhi.core.specs import FaultyValue
from xinzhi.structure.disruption import disruption

# f rests on r and s. a cites f alone, b and c with r, d rests on r only; e and g are too early and too late.
YEARS = {"r": 1990, "s": 1991, "f": 2000, "a": 2001, "b": 2002, "c": 2005, "d": 2003, "e": 2000, "g": 2006}
ROWS = ["f r", "f s", "a f", "b f", "b r", "c f", "c r", "c s", "d r", "e r", "g f"]
EDGES = [tuple(row.split()) for row in ROWS]
TABLE = pd.DataFrame(EDGES, columns=["citing", "cited"])


def of(paper="f", **options):
    return disruption(TABLE, YEARS, **options).papers.loc[paper]


def test_by_hand():
    f = of()
    assert f[["n_i", "n_j", "n_k", "citations", "references"]].tolist() == [1, 2, 1, 3, 2]
    assert f["disruption"] == pytest.approx((1 - 2) / 4)
    assert of(variant="without-nk")["disruption"] == pytest.approx((1 - 2) / 3)
    assert of(variant="mcd")["disruption"] == pytest.approx(3 * (1 - 2) / 4)
    assert of(window=None)["disruption"] == pytest.approx((2 - 2) / 5)
    assert of(window=1)["disruption"] == 1
    # Only c rests on both references: b counts nowhere.
    assert of(least=2)["disruption"] == pytest.approx((1 - 1) / 3)
    assert of(variant=lambda alone, both, around: alone * 10 + both)["disruption"] == 12


def test_papers_without_references_or_citations_have_none():
    found = disruption(TABLE, YEARS).papers["disruption"]
    assert found.drop("f").isna().all()


def test_windows_that_are_not_over_are_told():
    found = disruption(TABLE, YEARS)
    assert found.papers["complete"].to_dict() == {p: YEARS[p] + 5 <= 2006 for p in found.papers.index}
    assert found.notes[-1].code == "window-open"
    assert disruption(TABLE, YEARS, last=2012).papers["complete"].all()
    assert found.by_year().loc[2000].to_dict() == {"median": -0.25, "mean": -0.25, "count": 1}


def test_rows_that_are_left_out_are_said():
    more = pd.concat([TABLE, pd.DataFrame({"citing": ["f", "a", "x", None], "cited": ["f", "f", "f", "f"]})])
    found = disruption(more, YEARS)
    assert {note.code for note in found.notes} == {"itself-cited", "cited-twice", "no-year", "no-label", "window-open"}
    pd.testing.assert_series_equal(found.papers.loc["f"], of())


def test_papers_asked_for_and_words():
    found = disruption(TABLE, YEARS, papers=["b", "f"])
    assert found.papers.index.tolist() == ["b", "f"]
    assert found.to_frame().columns[0] == "paper"
    assert "颠覆性指数 CD" in repr(found)
    assert found.record.settings == {"variant": "cd", "window": 5, "least": 1, "last": 2006}


def test_what_cannot_be_counted():
    with pytest.raises(MethodError, match="citing = '…'"):
        disruption(TABLE.rename(columns={"citing": "from"}), YEARS)
    with pytest.raises(MethodError, match="empty"):
        disruption(TABLE.iloc[:0], YEARS)
    with pytest.raises(MethodError, match="none of the papers"):
        disruption(TABLE, {"other": 2000})
    with pytest.raises(MethodError, match="zz"):
        disruption(TABLE, YEARS, papers=["f", "zz"])
    with pytest.raises(FaultyValue, match="least"):
        disruption(TABLE, YEARS, least=0)
    with pytest.raises(FaultyValue, match="Known: cd"):
        disruption(TABLE, YEARS, variant="zz")


@pytest.mark.parametrize("window", [None, 1, 4])
@pytest.mark.parametrize("least", [1, 2])
def test_as_counted_with_sets(window, least):
    rng = np.random.default_rng(3)
    years = {paper: 1990 + paper // 6 for paper in range(80)}
    edges = [(paper, int(other)) for paper in range(1, 80) for other in rng.integers(0, 80, size=5) if other != paper]
    found = disruption(pd.DataFrame(edges, columns=["citing", "cited"]), years, window=window, least=least).papers
    for paper, row in found.iterrows():
        told = slow.disruption(edges, years, paper, window=window, least=least)
        assert tuple(row[["n_i", "n_j", "n_k", "citations", "references"]]) == told


def test_years_that_are_none_leave_the_paper_out():
    citations = pd.DataFrame({"citing": ["b", "c", "c", "d"], "cited": ["a", "a", "b", "b"]})
    years = {"a": 2000, "b": 2001, "c": 2002, "d": 2003}
    without = disruption(citations, {**years, "d": None}).to_frame()
    for year in (np.inf, "late"):
        pd.testing.assert_frame_equal(disruption(citations, {**years, "d": year}).to_frame(), without)
