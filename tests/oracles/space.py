"""Slow, obvious twins of spatial statistics: loops, whole enumerations and explicit transformations."""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy import optimize


def moran(x: np.ndarray, w: np.ndarray) -> float:
    """Moran's I by two loops."""
    n, mean = len(x), sum(x) / len(x)
    shared = sum(w[i, j] * (x[i] - mean) * (x[j] - mean) for i in range(n) for j in range(n))
    return n / w.sum() * shared / sum((value - mean) ** 2 for value in x)


def moran_over_all_orders(x: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Mean and variance of Moran's I over every order of the values there is."""
    found = [moran(np.array(order), w) for order in itertools.permutations(x)]
    return float(np.mean(found)), float(np.var(found))


def local_moran(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Anselin's local I, the variance divided by n."""
    n, mean = len(x), x.mean()
    variance = sum((value - mean) ** 2 for value in x) / n
    return np.array([(x[i] - mean) * sum(w[i, j] * (x[j] - mean) for j in range(n)) / variance for i in range(n)])


def conditional_p(x: np.ndarray, w: np.ndarray, i: int) -> tuple[float, float]:
    """Upper and lower tail of the local I of region i over every order of the others."""
    others = [value for j, value in enumerate(x) if j != i]
    own = local_moran(x, w)[i]
    orders = itertools.permutations(others)
    found = [local_moran(np.array([*order[:i], x[i], *order[i:]]), w)[i] for order in orders]
    return float(np.mean(np.array(found) >= own - 1e-12)), float(np.mean(np.array(found) <= own + 1e-12))


def adjusted(p: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's step-up, from the largest p down."""
    order, out, least = np.argsort(p)[::-1], np.empty(len(p)), 1.0
    for place, at in enumerate(order):
        least = min(least, p[at] * len(p) / (len(p) - place))
        out[at] = least
    return out


def great_circle(a: tuple[float, float], b: tuple[float, float], radius: float) -> float:
    """Distance by the angle between two directions in space."""
    u, v = (
        np.array(
            [
                math.cos(math.radians(lat)) * math.cos(math.radians(lon)),
                math.cos(math.radians(lat)) * math.sin(math.radians(lon)),
                math.sin(math.radians(lat)),
            ]
        )
        for lon, lat in (a, b)
    )
    return radius * math.atan2(float(np.linalg.norm(np.cross(u, v))), float(u @ v))


def ellipse(w: np.ndarray, at: np.ndarray) -> tuple[float, float, float]:
    """Deviations along the rotated axes, and the rotation, by Lefever's tangent formula: (along y', x', degrees)."""
    x, y = (at - (w[:, None] * at).sum(axis=0) / w.sum()).T
    a = (w * x**2).sum() - (w * y**2).sum()
    c = 2 * (w * x * y).sum()
    theta = math.atan2(a + math.hypot(a, c), c)
    across = math.sqrt((w * (x * math.cos(theta) - y * math.sin(theta)) ** 2).sum() / w.sum())
    along = math.sqrt((w * (x * math.sin(theta) + y * math.cos(theta)) ** 2).sum() / w.sum())
    return along, across, math.degrees(theta) % 180


def helmert(n: int) -> np.ndarray:
    """n × (n - 1) orthonormal contrasts."""
    out = np.zeros((n, n - 1))
    for j in range(1, n):
        out[:j, j - 1], out[j, j - 1] = 1, -j
        out[:, j - 1] /= math.sqrt(j * (j + 1))
    return out


def lee_yu(y: np.ndarray, z: np.ndarray, w: np.ndarray, effects: str) -> tuple[np.ndarray, float]:
    """(ρ, δ, σ²) and the likelihood of data transformed explicitly; y (times, regions), z (times, regions, columns)."""
    over_time, over_regions = helmert(len(y)), helmert(len(w))
    a = over_time.T @ y if effects in ("region", "both") else y
    b = np.einsum("ts,tnk->snk", over_time, z) if effects in ("region", "both") else z
    if effects in ("time", "both"):
        a, b, w = (
            a @ over_regions,
            np.einsum("nm,snk->smk", over_regions, b),
            over_regions.T @ w @ over_regions,
        )
    return _search(a, b, w)


def with_dummies(y: np.ndarray, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, float]:
    """The same of untransformed data, with a dummy for every region and time."""
    t, n = y.shape
    regions = np.broadcast_to(np.eye(n), (t, n, n))
    times = np.broadcast_to(np.eye(t)[:, None, 1:], (t, n, t - 1))
    found, height = _search(y, np.concatenate([z, regions, times], axis=-1), w)
    return found[[*range(1 + z.shape[-1]), -1]], height


def _search(y: np.ndarray, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, float]:
    flat, size = z.reshape(-1, z.shape[-1]), y.size

    def fitted(rho: float) -> tuple[np.ndarray, float]:
        left = (y - rho * y @ w.T).ravel()
        delta = np.linalg.lstsq(flat, left, rcond=None)[0]
        return delta, float(((left - flat @ delta) ** 2).sum() / size)

    def height(rho: float) -> float:
        jacobian = len(y) * np.linalg.slogdet(np.eye(len(w)) - rho * w)[1]
        return jacobian - size / 2 * (math.log(2 * math.pi * fitted(rho)[1]) + 1)

    rho = optimize.minimize_scalar(
        lambda p: -height(p), bounds=(-0.99, 0.99), method="bounded", options={"xatol": 1e-12}
    )
    delta, variance = fitted(rho.x)
    return np.array([rho.x, *delta, variance]), height(rho.x)


def impacts(rho: float, b: float, theta: float, w: np.ndarray) -> tuple[float, float, float]:
    """Direct, indirect and total effect from the whole matrix of effects."""
    matrix = np.linalg.inv(np.eye(len(w)) - rho * w) @ (b * np.eye(len(w)) + theta * w)
    direct, total = np.trace(matrix) / len(w), matrix.sum() / len(w)
    return direct, total - direct, total
