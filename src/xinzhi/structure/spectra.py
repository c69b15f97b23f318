"""Complexity from eigenvectors: ECI and PCI, the knowledge complexity of EconGeo, GENEPY.

ECI is the second eigenvector of the walk region - activity - region. That walk has a symmetric twin with the same
eigenvalues, whose first vector is known: so the second is found as the first of what remains, by a dense solver where
the smaller side is short and by Lanczos iteration from a fixed start where it is long.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import linalg, sparse

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.structure.crossed import totals
from xinzhi.structure.diagnosis import NEAR, TIED, on_sign, on_spectrum
from xinzhi.structure.reflections import reflected
from xinzhi.structure.scoring import Scores, complexities, leaning, standardised

EigenvectorConvention = Literal["ecomplexity", "economiccomplexity", "fermi", "econgeo"]

# Up to this many rows a dense solver is at least as quick as Lanczos iteration, and sees every tie.
DENSE = 100
LEADING = 2


@complexities.add(
    "eigenvector",
    zh="特征向量法（经济复杂度指数 ECI、产品复杂度指数 PCI）",
    cite="Hidalgo, Hausmann 2009; Mealy, Farmer, Teytelboym 2019",
)
def eigenvector(
    m: sparse.csr_array, anchor: Floats | None = None, *, convention: EigenvectorConvention = "ecomplexity"
) -> Scores:
    """ECI and PCI: regions are complex by the mean of their activities, and activities by the mean of their regions.

    With d the sums of rows and u of columns, ECI is the second eigenvector of D^-1 M U^-1 M', PCI that of U^-1 M' D^-1
    M. An eigenvector has neither sign nor scale; the convention sets both, and an ``anchor`` overrides the sign.

    ``ecomplexity`` (the default): ECI is a z-score (ddof 0) with the sign of its correlation with d, and PCI stands on
    the scale of ECI, so that a region's ECI is the mean PCI of what it has. This keeps the definition true of the
    numbers themselves, and lets a fixed PCI score other years. ``economiccomplexity``: each its own z-score (ddof 1),
    each with the sign of its own reflections. ``fermi``: each its own z-score (ddof 0), ECI with the sign of d but PCI
    with that of u, so that common activities score high. ``econgeo``: KCI and TCI, from walks rounded to four digits
    and scaled to sum to 1, KCI with the sign of its reflections, TCI against the rank correlation with u.
    """
    if convention == "econgeo":
        return _econgeo(m, anchor)
    spectrum, regions, activities = second(m, anchor)
    notes = on_spectrum(spectrum)
    if np.isnan(regions).any():
        return Scores(regions, activities, spectrum, notes=notes or _no_mixture())
    diversity, ubiquity = sums(m)
    correlation = leaning(regions, diversity if anchor is None else anchor)
    notes += on_sign(correlation, anchor is not None)
    if not correlation:
        correlation = _own_sign(regions)
    sign = np.sign(correlation)
    regions, activities = sign * regions, sign * activities
    if convention == "ecomplexity":
        mean, spread = regions.mean(), regions.std()
        return Scores((regions - mean) / spread, (activities - mean) / spread, spectrum, notes=notes)
    if anchor is None and convention == "fermi":
        activities = activities * (np.sign(leaning(activities, ubiquity)) or 1.0)
    elif anchor is None:
        by_reflection = reflected(m, 18)[0], reflected(m, 19)[1]
        regions = regions * (np.sign(leaning(regions, by_reflection[0])) or 1.0)
        activities = activities * (np.sign(leaning(activities, by_reflection[1])) or 1.0)
    ddof = 0 if convention == "fermi" else 1
    return Scores(standardised(regions, ddof), standardised(activities, ddof), spectrum, notes=notes)


@complexities.add("genepy", zh="GENEPY 综合复杂度", cite="Sciarra, Chiarotti, Ridolfi, Laio 2020")
def genepy(
    m: sparse.csr_array, anchor: Floats | None = None, *, order: Literal["largest", "magnitude"] = "largest"
) -> Scores:
    """GENEPY: how much a region belongs to the two leading structures of what regions share.

    W = m / (d k') with k' the sums of m / d over regions; N = W W' without its diagonal, and likewise W' W for
    activities. The score is (Σ λ_i x_i²)² + 2 Σ λ_i² x_i² over two eigenvalues and vectors, ``largest`` by value or by
    ``magnitude``. Never negative, so the ``anchor`` is not used. Sciarra et al. 2020, Nature Communications 11: 3352.
    """
    diversity, _ = sums(m)
    share = np.asarray((sparse.diags_array(1 / diversity) @ m).sum(axis=0)).ravel()
    w = sparse.csr_array(sparse.diags_array(1 / diversity) @ m @ sparse.diags_array(1 / share))
    regions, roots, notes = _genepy_side(w, order)
    activities, _, more = _genepy_side(sparse.csr_array(w.T), order)
    return Scores(regions, activities, roots, notes=notes or more)


def second(m: sparse.csr_array, anchor: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Eigenvalues after the trivial 1, and the second vectors of regions and activities, regions = D^-1 M activities.

    Where several eigenvalues tie, the vector of regions is the mixture that leans most on ``anchor`` or else on
    diversity; ``nan`` where there is no second vector or the anchor does not choose.
    """
    diversity, ubiquity = sums(m)
    scale = np.repeat(diversity**-0.5, np.diff(m.indptr)) * (ubiquity**-0.5)[m.indices]
    s = sparse.csr_array((m.data * scale, m.indices, m.indptr), shape=m.shape)
    if wide := m.shape[0] <= m.shape[1]:
        first = np.sqrt(diversity / diversity.sum())
    else:
        s, first = sparse.csr_array(s.T), np.sqrt(ubiquity / ubiquity.sum())
    spectrum, vectors = _remaining(s, first)
    none = np.full(m.shape[0], np.nan), np.full(m.shape[1], np.nan)
    if not spectrum.size or spectrum[0] <= TIED:
        return spectrum, *none
    tied = int((spectrum[0] - spectrum <= TIED).sum())
    left = vectors[:, :tied] if wide else s.T @ vectors[:, :tied] / np.sqrt(spectrum[:tied])
    if tied > 1:
        chosen = diversity if anchor is None else np.where(np.isnan(anchor), np.nanmean(anchor), anchor)
        weigh = left.T @ (np.sqrt(diversity) * (chosen - np.average(chosen, weights=diversity)))
        if np.linalg.norm(weigh) <= 1e-9 * np.linalg.norm(np.sqrt(diversity) * chosen):
            return spectrum, *none
        left = left @ (weigh / np.linalg.norm(weigh))[:, None]
    # From regions to activities by the mean over regions, which leaves the tie and the other side behind.
    regions = left[:, 0] / np.sqrt(diversity)
    activities = m.T @ regions / ubiquity / spectrum[0]
    return spectrum, regions, activities


def sums(m: sparse.csr_array) -> tuple[Floats, Floats]:
    """Sums of rows and of columns: diversity (regions,) and ubiquity (activities,) where m is presence."""
    return totals(m, 1), totals(m, 0)


def _remaining(s: sparse.csr_array, first: Floats) -> tuple[Floats, Floats]:
    """The second and third eigenvalue of S S', and all that tie with the second, with the vectors; largest first."""
    n = s.shape[0]
    if n < 2:
        return np.empty(0), np.empty((n, 0))
    if n > DENSE:
        try:
            return _lanczos(s, first)
        except (sparse.linalg.ArpackNoConvergence, _Tied):
            pass  # the dense solver takes longer, but any spectrum will do
    dense = s.toarray()
    gram = dense @ dense.T
    gram -= np.outer(first, first)
    roots, vectors = linalg.eigh(gram, check_finite=False, overwrite_a=True)
    roots, vectors = np.clip(roots[:0:-1], 0.0, None), vectors[:, :0:-1]  # without the one taken away, now the least
    kept = max(LEADING, int((roots[0] - roots <= TIED).sum()))
    return roots[:kept], vectors[:, :kept]


class _Tied(Exception):
    """Lanczos iteration from one start sees one vector of a tie."""


def _lanczos(s: sparse.csr_array, first: Floats) -> tuple[Floats, Floats]:
    from scipy.sparse.linalg import LinearOperator, eigsh

    back = sparse.csr_array(s.T)
    n = s.shape[0]
    gone, worth = first[:, None], np.ones(1)

    def remaining(x: Floats) -> Floats:
        x = x.ravel()
        return np.asarray(s @ (back @ x) - gone @ (worth * (gone.T @ x)))

    operator = LinearOperator((n, n), matvec=remaining, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(n)  # fixed: the same links give the same bytes
    root, vector = eigsh(operator, k=1, which="LA", v0=start - first * (first @ start))
    # The third is only there to say how far away it is: three digits tell that in a fraction of the steps.
    gone, worth = np.column_stack([first, vector]), np.append(1.0, root)
    third = eigsh(operator, k=1, which="LA", v0=start, ncv=12, tol=1e-3, return_eigenvectors=False)
    if third[0] > (1 - 2 * NEAR) * root[0]:
        third = eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)
        if root[0] - third[0] <= TIED:
            raise _Tied
    return np.clip(np.append(root, third), 0.0, None), vector


def _own_sign(x: Floats) -> float:
    """A sign that depends on nothing but the values: the longer tail points up."""
    return 1.0 if (standardised(x) ** 3).sum() >= 0 else -1.0


def _no_mixture() -> tuple[Fault, ...]:
    return on_sign(0.0, False)


def _econgeo(m: sparse.csr_array, anchor: Floats | None) -> Scores:
    from scipy.stats import spearmanr

    diversity, ubiquity = sums(m)
    to = (sparse.diags_array(1 / diversity) @ m).toarray()
    back = (sparse.diags_array(1 / ubiquity) @ m.T).toarray()
    regions, spectrum = _second_right(four_digits(to @ back))
    activities, _ = _second_right(four_digits(back @ to))
    notes = on_spectrum(spectrum)
    witness = reflected(m, 20)[0] if anchor is None else anchor
    correlation = leaning(regions, witness)
    notes += on_sign(correlation, anchor is not None)
    regions = regions * (np.sign(correlation) or 1.0)
    if anchor is None:
        against = leaning(activities, ubiquity) if activities.size < 3 else spearmanr(activities, ubiquity).statistic
        activities = activities * (-1.0 if against > 0 else 1.0)
    else:
        activities = activities * (np.sign(leaning(m @ activities / diversity, regions)) or 1.0)
    return Scores(regions, activities, spectrum, notes=notes)


def four_digits(x: Floats) -> Floats:
    """Round to four digits as R does: to the nearer of the two candidates as they are stored, ties to even."""
    scaled = x * 1e4
    low, high = np.floor(scaled) / 1e4, np.ceil(scaled) / 1e4
    below, above = x - low, high - x
    return np.where((below < above) | ((below == above) & (np.floor(scaled) % 2 == 0)), low, high)


def _second_right(walk: Floats) -> tuple[Floats, Floats]:
    """The second eigenvector of a walk that rounding has made asymmetric, scaled to sum to 1; its later eigenvalues."""
    if walk.shape[0] < 2:
        return np.full(walk.shape[0], np.nan), np.empty(0)
    roots, vectors = np.linalg.eig(walk)
    down = np.argsort(-np.abs(roots), kind="stable")
    vector = vectors[:, down[1]].real
    return np.asarray(vector / vector.sum()), np.asarray(roots[down[1 : LEADING + 1]].real)


def _genepy_side(w: sparse.csr_array, order: str) -> tuple[Floats, Floats, tuple[Fault, ...]]:
    n = w.shape[0]
    if n < 3:  # two eigenvectors of two regions say nothing that one number does not
        return np.full(n, np.nan), np.empty(0), on_spectrum(np.empty(0))
    roots, vectors = _two(w, order)
    square = vectors[:, :2] ** 2
    found = (square @ roots[:2]) ** 2 + 2 * square @ roots[:2] ** 2
    notes = on_spectrum(roots[1:] / np.abs(roots[0])) if roots[0] else on_spectrum(np.empty(0))
    return np.asarray(found), roots, notes


def _two(w: sparse.csr_array, order: str) -> tuple[Floats, Floats]:
    """Three leading eigenvalues and vectors of W W' without its diagonal; the third only tells how near it is."""
    n = w.shape[0]
    own = np.asarray(w.multiply(w).sum(axis=1)).ravel()
    if n > DENSE:
        from scipy.sparse.linalg import LinearOperator, eigsh

        back = sparse.csr_array(w.T)
        operator = LinearOperator((n, n), matvec=lambda x: w @ (back @ x.ravel()) - own * x.ravel(), dtype=np.float64)
        start = np.random.default_rng(0).standard_normal(n)
        roots, vectors = eigsh(operator, k=3, which="LA" if order == "largest" else "LM", v0=start)
    else:
        dense = w.toarray()
        gram = dense @ dense.T
        np.fill_diagonal(gram, 0.0)
        roots, vectors = linalg.eigh(gram, check_finite=False)
    down = np.argsort(-(roots if order == "largest" else np.abs(roots)), kind="stable")[:3]
    return np.asarray(roots[down]), np.asarray(vectors[:, down])
