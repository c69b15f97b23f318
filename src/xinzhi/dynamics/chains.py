"""What a transition matrix implies: closed classes, the long run, first passage, mobility.

Plain array functions. Matrices are (..., k, k), from the row's state to the column's; leading axes (draws, lags,
periods) are independent. Rows of a probability matrix must sum to one: what to do with a state that was never left is
settled by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from xinzhi.core.labels import Floats
from xinzhi.dynamics.states import States

Bools = npt.NDArray[np.bool_]


def count_transitions(states: States, k: int, given: States | None = None, m: int = 1) -> Floats:
    """Count the moves from each year to the next, (..., m, k, k), by the class that held when the move began.

    ``states`` is (..., time, region), 0 to k - 1; ``given`` likewise, 0 to m - 1 (all 0 without it). A step with a
    negative state or class at either end is not counted.
    """
    lead = states.shape[:-2]
    start, end = states[..., :-1, :].reshape(*lead, -1), states[..., 1:, :].reshape(*lead, -1)
    held = np.zeros_like(start) if given is None else given[..., :-1, :].reshape(*lead, -1)
    seen = (start >= 0) & (end >= 0) & (held >= 0)
    draw = np.arange(int(np.prod(lead, dtype=int))).reshape(*lead, 1)
    cell = ((draw * m + held) * k + start) * k + end
    counts = np.bincount(cell[seen], minlength=draw.size * m * k * k)
    return counts.astype(float).reshape(*lead, m, k, k)


def probabilities(counts: Floats) -> Floats:
    """Each row over its sum: the maximum likelihood estimate; ``nan`` in the row of a state that was never left."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(total > 0, counts / np.where(total > 0, total, 1.0), np.nan))


def standard_errors(counts: Floats) -> Floats:
    """sqrt(p (1 - p) / n) with n the moves out of the row's state; Anderson, Goodman 1957, for independent moves."""
    p, total = probabilities(counts), counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.sqrt(p * (1 - p) / np.where(total > 0, total, np.nan)))


def closed_classes(p: Floats) -> States:
    """For every state the lowest state of its closed class, or -1 where the chain leaves it for good; (..., k)."""
    reach = _reachable(p)
    mutual = reach & np.swapaxes(reach, -1, -2)
    recurrent = (reach <= mutual).all(axis=-1)
    return np.where(recurrent, mutual.argmax(axis=-1), -1)


def class_distributions(p: Floats) -> tuple[Floats, Bools]:
    """The stationary distribution of the closed class that begins at each state, and whether one begins there.

    (..., k, k) with one row per state, all zero where no class begins, and (..., k). A chain with one closed class
    has one such row: its ergodic distribution.
    """
    k = p.shape[-1]
    classes = closed_classes(p)
    first = np.arange(k)
    begins = classes == first
    member = classes[..., None, :] == first[:, None]
    # For every class the chain that sends all other states to its first one has that class alone; and where there is
    # one closed class, pi (I - P + E) = 1 with E full of ones has one solution.
    onward = np.where(member[..., :, None], p[..., None, :, :], np.eye(k)[:, None, :])
    system = np.swapaxes(np.eye(k) - onward + 1.0, -1, -2)
    pi = np.linalg.solve(system, np.ones((*system.shape[:-1], 1)))[..., 0]
    return np.where(begins[..., None] & member, np.maximum(pi, 0.0), 0.0), begins


def long_run(p: Floats, initial: Floats) -> Floats:
    """Where a start from ``initial`` (..., k) leads on average in the end, (..., k), whatever the classes.

    The start's chance of ending in each closed class, times that class's stationary distribution.
    """
    k = p.shape[-1]
    classes = closed_classes(p)
    inside = classes >= 0
    own = (classes[..., :, None] == np.arange(k)) & inside[..., :, None]
    moving = np.where(inside[..., None], 0.0, p)
    absorbed = np.linalg.solve(np.eye(k) - moving, own.astype(float))
    pi, _ = class_distributions(p)
    return np.asarray((initial[..., None, :] @ absorbed @ pi)[..., 0, :])


def first_passage(p: Floats) -> Floats:
    """Mean number of steps until the column's state is first entered from the row's, (..., k, k).

    The diagonal is the mean time of return. Infinite where the state may never be entered: that is an answer, not a
    gap. Kemeny, Snell 1976, ch. 4.
    """
    k = p.shape[-1]
    own = np.eye(k, dtype=bool)
    # Axes are target, from, to: one system per target, which the walk cannot pass through.
    struck = np.where(own[:, None, :], 0.0, p[..., None, :, :])
    reach = _reachable(np.where(own[:, :, None], own[:, None, :], p[..., None, :, :]))
    hits = np.asarray(np.diagonal(reach, axis1=-3, axis2=-1)).swapaxes(-1, -2)
    sure: Bools = np.asarray(~(reach & ~hits[..., None, :]).any(axis=-1))
    back: Bools = np.asarray(~((p > 0) & ~sure).any(axis=-1))
    sure = np.where(own, back[..., None], sure)
    system = np.eye(k) - np.where(sure[..., None], struck, 0.0)
    steps = np.linalg.solve(system, np.ones((*system.shape[:-1], 1)))[..., 0]
    return np.asarray(np.swapaxes(np.where(sure, steps, np.inf), -1, -2))


def sojourn(p: Floats) -> Floats:
    """Mean number of steps spent in a state before it is left, 1 / (1 - p_ii), (..., k); infinite where it never is."""
    leave = 1 - np.diagonal(p, axis1=-2, axis2=-1)
    return np.asarray(np.where(leave > 0, 1 / np.where(leave > 0, leave, 1.0), np.inf))


def half_life(p: Floats) -> Floats:
    """Steps until half the distance to the long run is gone, ln 2 / -ln |second eigenvalue|; infinite if it never is.

    Shorrocks 1978, Econometrica 46(5): 1013.
    """
    second = _second_eigenvalue(p)
    lasting = second > 1 - 1e-12
    pace = -np.log(np.where((second > 1e-12) & ~lasting, second, 0.5))
    return np.asarray(np.where(lasting, np.inf, np.where(second > 1e-12, np.log(2) / pace, 0.0)))


@dataclass(frozen=True)
class MobilityIndices:
    """Indices of how freely a chain moves, each (...); 0 is a chain at rest."""

    trace: Floats
    determinant: Floats
    eigenvalue: Floats
    bartholomew_exit: Floats
    bartholomew_distance: Floats


def mobility_indices(p: Floats, initial: Floats) -> MobilityIndices:
    """Indices of mobility of a transition matrix; ``initial`` (..., k) weighs the two of Bartholomew.

    trace (k - tr P) / (k - 1) of Shorrocks 1978 (the inverse harmonic mean of sojourn times, after Prais 1955),
    determinant 1 - |det P| (Shorrocks 1978), eigenvalue 1 - |second eigenvalue| (Sommers, Conlisk 1979),
    exit k (1 - sum of initial p_ii) / (k - 1) and distance, the mean of |i - j| over k - 1 (Bartholomew 1973), in the
    forms of Formby, Smith, Zheng 2004, Journal of Econometrics 120(1): 181.
    """
    k = p.shape[-1]
    stay = np.diagonal(p, axis1=-2, axis2=-1)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    return MobilityIndices(
        trace=(k - stay.sum(axis=-1)) / (k - 1),
        determinant=1 - np.abs(np.linalg.det(p)),
        eigenvalue=1 - _second_eigenvalue(p),
        bartholomew_exit=(k - k * (initial * stay).sum(axis=-1)) / (k - 1),
        bartholomew_distance=(initial[..., :, None] * p * apart).sum(axis=(-2, -1)) / (k - 1),
    )


def _second_eigenvalue(p: Floats) -> Floats:
    return np.asarray(np.sort(np.abs(np.linalg.eigvals(p)), axis=-1)[..., -2])


def _reachable(p: Floats) -> Bools:
    """Which states can be reached from which in any number of steps, none included."""
    k = p.shape[-1]
    reach: Bools = np.asarray((p > 0) | np.eye(k, dtype=bool))
    for _ in range(max(k - 1, 1).bit_length()):
        reach = np.asarray(reach @ reach)
    return reach
