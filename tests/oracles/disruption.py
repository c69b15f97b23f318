"""The disruption index paper by paper, with sets."""


def disruption(edges, years, paper, *, window=5, least=1):
    """(n_i, n_j, n_k, citations, references) of one paper."""
    refs = {}
    for citing, cited in edges:
        if citing != cited:
            refs.setdefault(citing, set()).add(cited)
    own = refs.get(paper, set())
    alone = both = around = cites = 0
    for other, others in refs.items():
        age = years[other] - years[paper]
        if other == paper or age <= 0 or (window is not None and age > window):
            continue
        shared = len(others & own)
        if paper in others:
            cites += 1
            alone += shared == 0
            both += shared >= least
        elif shared:
            around += 1
    return alone, both, around, cites, len(own)
