"""Logistic regression with a ridge penalty, for many columns of which few are not zero in a row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy import linalg, optimize

from xinzhi.core.labels import Floats
from xinzhi.structure._ridge_kernels import missed
from xinzhi.structure.crossed import Csr

# As many rows as give the curvature well enough to steer by; the optimum does not depend on it.
_STEERING = 8_000
_PARTS = 4
# Fewer entries than this are gone through sooner than threads are woken.
_WORTH_THREADS = 1_000_000


@dataclass(frozen=True)
class Ridge:
    """A fitted logit: log odds = ``constant`` + columns @ ``weights``; ``steps`` is what the search took."""

    constant: float
    weights: Floats
    penalty: float
    steps: int

    def odds(self, columns: Csr) -> Floats:
        """Log odds of every row."""
        return np.asarray(columns @ self.weights + self.constant)


class Logit:
    """Columns and outcomes, ready to be fitted under one penalty after another.

    Minimises the sum over rows of log(1 + exp(η)) - yη, plus penalty / 2 × the sum of squared weights; the constant is
    not penalised. le Cessie, van Houwelingen 1992, Applied Statistics 41: 191.
    """

    def __init__(self, columns: Csr, happened: Floats) -> None:
        self._x = columns
        self._y = np.asarray(happened, dtype=float)
        share = float(np.clip(self._y.mean(), 1e-6, 1 - 1e-6))
        self._start = float(np.log(share / (1 - share)))
        self._curve = share * (1 - share)
        every = max(1, columns.shape[0] // _STEERING)
        some = columns[::every].toarray()
        self._gram = (some.T @ some) * (self._curve * columns.shape[0] / max(len(some), 1))

    def fit(self, penalty: float, near: Ridge | None = None, *, precise: float = 1e-10, steps: int = 300) -> Ridge:
        """The optimum under a penalty above 0, by L-BFGS from ``near`` it, in coordinates where curvature is even."""
        size = self._x.shape[1]
        root = linalg.cholesky(self._gram + penalty * np.eye(size), lower=True)
        scale = np.sqrt(self._y.size * self._curve)

        def loss(at: Floats) -> tuple[float, Floats]:
            weights = linalg.solve_triangular(root, at[1:], lower=True, trans="T")
            value, total, along = self._missed(weights, at[0] / scale)
            slope = linalg.solve_triangular(root, along + penalty * weights, lower=True)
            return value + penalty / 2 * float(weights @ weights), np.concatenate([[total / scale], slope])

        start = np.zeros(size + 1)
        start[0] = self._start * scale
        if near is not None:
            start[0], start[1:] = near.constant * scale, root.T @ near.weights
        options: Any = {"maxiter": steps, "maxcor": 20, "ftol": precise, "gtol": 1e-5 * np.sqrt(self._y.size)}
        found: Any = optimize.minimize(loss, start, jac=cast(Any, True), method="L-BFGS-B", options=options)
        weights = linalg.solve_triangular(root, found.x[1:], lower=True, trans="T")
        return Ridge(float(found.x[0] / scale), np.asarray(weights), penalty, int(found.nit))

    def _missed(self, weights: Floats, constant: float) -> tuple[float, float, Floats]:
        """Log loss and its slopes over all rows, by parts at a time; the parts are the same on every machine."""
        rows = self._x.indptr, self._x.indices, self._x.data
        ends = np.linspace(0, self._y.size, _PARTS + 1).astype(np.int64)

        def of(first: int, last: int) -> tuple[float, float, Floats]:
            part: tuple[float, float, Floats] = missed(*rows, self._y, weights, constant, first, last)
            return part

        if self._x.nnz < _WORTH_THREADS:
            found = list(map(of, ends[:-1], ends[1:]))
        else:
            with ThreadPoolExecutor(_PARTS) as pool:
                found = list(pool.map(of, ends[:-1], ends[1:]))
        loss, total, slope = (sum(part) for part in zip(*found, strict=True))
        return float(loss), float(total), np.asarray(slope)
