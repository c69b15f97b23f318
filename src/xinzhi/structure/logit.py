"""A logit with a dummy for every group of several groupings, and errors clustered by one grouping or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import linalg
from scipy.special import expit

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats

Codes = npt.NDArray[np.intp]
Cluster = Literal["region", "activity", "both"]

_STEPS = 60
# Log odds beyond this are an outcome foretold: the likelihood has no top.
_CERTAIN = 30.0


@dataclass(frozen=True, eq=False)
class LogitFit:
    """Coefficients (k,) and average marginal effects (k,) with their covariances, of the observations ``used``.

    ``covariance`` and ``effects_covariance`` are clustered, (k, k). ``dropped`` are observations of groups whose
    outcome is always the same: their effect is infinite, they tell nothing of the slopes. ``loglikelihood`` is at the
    top, ``null`` with a constant alone.
    """

    coefficients: Floats
    covariance: Floats
    effects: Floats
    effects_covariance: Floats
    fitted: Floats
    used: npt.NDArray[np.bool_]
    loglikelihood: float
    null: float
    clusters: tuple[int, ...]
    mended: bool


def dummy_logit(
    x: Floats, happened: Floats, effects: Sequence[Codes], clusters: Sequence[Codes], names: Sequence[str] = ()
) -> LogitFit:
    """Logit of an outcome on x (n, k) with a dummy for every code of every effect, by Newton's steps.

    ``effects`` and ``clusters`` are whole numbers (n,), one array for each grouping. Groups without both outcomes are
    left out until none is left. Covariance: the sandwich of H⁻¹ and the summed scores of clusters, times G / (G - 1);
    of two groupings it is the one plus the other less that of their crossing (Cameron, Gelbach, Miller 2011, Journal
    of Business and Economic Statistics 29: 238). Average marginal effects are the means of p(1 - p)β with errors by
    the delta method, dummies included. Dummies bias slopes away from zero where groups are small (Neyman, Scott 1948);
    with hundreds of cells a group the bias is small. Raises ``MethodError`` where x tells the outcome for certain.
    """
    used = _mixed(happened, effects)
    if not used.any():
        raise MethodError(_all_the_same())
    x, y = x[used], np.asarray(happened, dtype=float)[used]
    groups = [np.unique(codes[used], return_inverse=True)[1] for codes in effects]
    design = _Dummies(x, groups)
    theta, null = design.top(y, names), _null(y)
    p = expit(design.odds(theta))
    information = design.information(p * (1 - p))
    inverse = linalg.inv(information)
    k = x.shape[1]
    curve = p * (1 - p)
    # How the mean marginal effect of each column turns on everything that was estimated.
    turn = np.outer(design.sums(curve * (1 - 2 * p)) / len(y), theta[:k])
    turn[:k] += np.eye(k) * curve.mean()
    rows = np.concatenate([inverse[:, :k], inverse @ turn], axis=1)
    influence = design.times(rows) * (y - p)[:, None]
    ids = [np.unique(codes[used], return_inverse=True)[1] for codes in clusters]
    covariance, mended = _clustered(influence, ids)
    return LogitFit(
        theta[:k],
        covariance[:k, :k],
        curve.mean() * theta[:k],
        covariance[k:, k:],
        p,
        used,
        _likelihood(design.odds(theta), y),
        null,
        tuple(int(one.max()) + 1 for one in ids),
        mended,
    )


def absorbed(x: Floats, effects: Sequence[Codes]) -> npt.NDArray[np.bool_]:
    """Which columns of x (n, k) the dummies of the effects, or earlier columns beside them, tell already."""
    design = _Dummies(x, [np.unique(codes, return_inverse=True)[1] for codes in effects])
    whole = design.information(np.ones(len(x)))
    k = x.shape[1]
    size = np.array([((column - column.mean()) ** 2).sum() for column in x.T])
    found = np.zeros(k, dtype=bool)
    kept = list(range(k, len(whole)))
    for at in range(k):
        rest = whole[at, at] - whole[at, kept] @ linalg.pinvh(whole[np.ix_(kept, kept)]) @ whole[kept, at]
        found[at] = not rest > 1e-8 * size[at]
        kept += [] if found[at] else [at]
    return found


class _Dummies:
    """Columns x beside dummies that are never laid out: what they are multiplied with is added up by group.

    The first effect has a dummy for every group (or there is one constant), later ones leave out their first group.
    """

    def __init__(self, x: Floats, groups: Sequence[Codes]) -> None:
        self.x = x
        first = groups[0] if groups else np.zeros(len(x), dtype=np.intp)
        self.groups = [first, *groups[1:]]
        self.sizes = [int(codes.max()) + 1 for codes in self.groups]
        self.skip = [0, *([1] * (len(self.groups) - 1))]

    def odds(self, theta: Floats) -> Floats:
        return np.asarray(self.times(theta[:, None])[:, 0])

    def times(self, columns: Floats) -> Floats:
        """The design times (parameters, columns)."""
        k = self.x.shape[1]
        found, start = self.x @ columns[:k], k
        for codes, size, skip in zip(self.groups, self.sizes, self.skip, strict=True):
            part = columns[start : start + size - skip]
            if skip:
                part = np.concatenate([np.zeros((1, columns.shape[1])), part])
            found += part[codes]
            start += size - skip
        return np.asarray(found)

    def sums(self, v: Floats) -> Floats:
        """The transposed design times (n,)."""
        parts: list[Floats] = [self.x.T @ v]
        for codes, size, skip in zip(self.groups, self.sizes, self.skip, strict=True):
            parts.append(np.bincount(codes, v, size)[skip:].astype(float))
        return np.concatenate(parts)

    def information(self, w: Floats) -> Floats:
        """X'WX, (parameters, parameters)."""
        k = self.x.shape[1]
        weighted = self.x * w[:, None]
        blocks: list[list[Floats]] = [[self.x.T @ weighted]]
        for codes, size, skip in zip(self.groups, self.sizes, self.skip, strict=True):
            blocks[0].append(np.stack([np.bincount(codes, weighted[:, j], size)[skip:] for j in range(k)]))
        for i, (codes, size, skip) in enumerate(zip(self.groups, self.sizes, self.skip, strict=True)):
            row = [blocks[0][i + 1].T]
            for other, length, omit in zip(self.groups, self.sizes, self.skip, strict=True):
                crossed = np.bincount(codes * length + other, w, size * length).astype(float).reshape(size, length)
                row.append(crossed[skip:, omit:])
            blocks.append(row)
        return np.asarray(np.block(blocks))

    def top(self, y: Floats, names: Sequence[str]) -> Floats:
        """The parameters that make the outcomes likeliest."""
        k = self.x.shape[1]
        theta = np.zeros(k + sum(self.sizes) - sum(self.skip))
        share = y.mean()
        theta[k : k + self.sizes[0]] = np.log(share / (1 - share))
        best = _likelihood(self.odds(theta), y)
        for _ in range(_STEPS):
            p = expit(self.odds(theta))
            information = self.information(p * (1 - p))
            try:
                step = linalg.solve(information, self.sums(y - p), assume_a="pos")
            except linalg.LinAlgError:
                raise MethodError(_separated(names)) from None
            length = 1.0
            while (now := _likelihood(self.odds(theta + length * step), y)) < best - 1e-12 and length > 1e-8:
                length /= 2
            theta = theta + length * step
            if abs(now - best) <= 1e-12 * (1 + abs(best)) and np.abs(length * step).max() < 1e-7:
                break
            best = now
            if np.abs(self.odds(theta)).max() > _CERTAIN:
                raise MethodError(_separated(names))
        return theta


def _clustered(influence: Floats, ids: Sequence[Codes]) -> tuple[Floats, bool]:
    """The covariance of clustered influences (n, columns), and whether it had to be made positive."""

    def one(codes: Codes) -> Floats:
        size = int(codes.max()) + 1
        sums = np.stack([np.bincount(codes, column, size) for column in influence.T])
        return np.asarray(sums @ sums.T * (size / max(size - 1, 1)))

    found = sum(map(one, ids), np.zeros((influence.shape[1], influence.shape[1])))
    if len(ids) == 2:
        both = np.unique(ids[0] * (int(ids[1].max()) + 1) + ids[1], return_inverse=True)[1]
        found = found - one(both)
        values, vectors = linalg.eigh(found)
        if values[0] < -1e-12 * max(values[-1], 0.0):
            return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T), True
    return found, False


def _mixed(happened: Floats, effects: Sequence[Codes]) -> npt.NDArray[np.bool_]:
    """Observations of groups with both outcomes; leaving some out can take both from others, so it is done again."""
    used = np.ones(len(happened), dtype=bool)
    while used.any():
        before = int(used.sum())
        for codes in effects:
            size = int(codes.max()) + 1
            cells = np.bincount(codes[used], minlength=size)
            yes = np.bincount(codes[used], happened[used], size)
            used &= ((yes > 0) & (yes < cells))[codes]
        if int(used.sum()) == before:
            break
    return used if 0 < happened[used].sum() < used.sum() else np.zeros(len(happened), dtype=bool)


def _likelihood(odds: Floats, y: Floats) -> float:
    return float((y * odds - np.logaddexp(0, odds)).sum())


def _null(y: Floats) -> float:
    share = y.mean()
    return float(len(y) * (share * np.log(share) + (1 - share) * np.log(1 - share)))


def _separated(names: Sequence[str]) -> Fault:
    told_en = f" ({', '.join(names)})" if names else ""
    told_zh = f"（{'、'.join(names)}）" if names else ""
    return Fault(
        "separated",
        f"the columns{told_en} with the effects tell some outcomes for certain, so the likelihood has no top. "
        "Leave out an effect or a column, or bring in more periods.",
        f"解释变量{told_zh}与固定效应可完全确定部分结果（完全分离），似然无极大值。请减少效应或变量，或增加时期。",
    )


def _all_the_same() -> Fault:
    return Fault(
        "nothing-to-learn",
        "in no group are there both outcomes: nothing is left once groups where it always or never happened are out. "
        "Use fewer effects, or periods further apart.",
        "剔除结果始终相同的组后无剩余观测，无法估计。请减少固定效应，或采用间隔更长的时期。",
    )
