"""What must hold of the disruption index for any citations."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from xinzhi.structure.disruption import disruption

LAW = settings(max_examples=40, deadline=None)
PAPERS = 12
EDGES = st.lists(st.tuples(st.integers(0, PAPERS - 1), st.integers(0, PAPERS - 1)), min_size=1, max_size=50)
YEARS = st.lists(st.integers(2000, 2008), min_size=PAPERS, max_size=PAPERS)


def told(edges, years, **options):
    return disruption(pd.DataFrame(edges, columns=["citing", "cited"]), dict(enumerate(years)), **options).papers


@LAW
@given(edges=EDGES, years=YEARS)
def test_between_minus_one_and_one_and_missing_where_nothing_is_known(edges, years):
    found = told(edges, years)
    known = found["disruption"].dropna()
    assert known.between(-1, 1).all()
    assert (found["disruption"].isna() == ((found["references"] == 0) | (found["citations"] == 0))).all()
    assert (found["n_i"] + found["n_j"] == found["citations"]).all()


@LAW
@given(edges=EDGES, years=YEARS, seed=st.integers(0, 99))
def test_order_and_repeats_do_not_matter(edges, years, seed):
    shuffled = [edges[at] for at in np.random.default_rng(seed).permutation(len(edges))]
    pd.testing.assert_frame_equal(told(edges, years).sort_index(), told(shuffled + edges, years).sort_index())


@LAW
@given(edges=EDGES, years=YEARS)
def test_counts_grow_with_the_window_and_coupling_asks_for_more(edges, years):
    short, long = told(edges, years, window=2), told(edges, years, window=None)
    counts = ["n_i", "n_j", "n_k", "citations"]
    assert (short[counts] <= long[counts]).all().all()
    strict = told(edges, years, window=None, least=3)
    assert (strict["n_j"] <= long["n_j"]).all()
    assert (strict[["n_i", "n_k"]] == long[["n_i", "n_k"]]).all().all()


@LAW
@given(edges=EDGES, years=YEARS)
def test_a_later_paper_that_cites_all_of_one_consolidates_it(edges, years):
    """Citing a paper with all its references can only lower its index."""
    before = told(edges, years, window=None)
    for paper in before.index[before["disruption"].notna()][:1]:
        own = [(PAPERS, cited) for citing, cited in edges if citing == paper and cited != paper]
        after = told([*edges, (PAPERS, paper), *own], [*years, 2020], window=None)
        assert after.loc[paper, "disruption"] <= before.loc[paper, "disruption"]
        assert after.loc[paper, "n_j"] == before.loc[paper, "n_j"] + 1
