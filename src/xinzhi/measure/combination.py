"""Several sets of weights made into one. Sets stand in rows: (sets, k), each summing to one."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from xinzhi.core.labels import Floats


def reconcile(sets: Floats) -> tuple[Floats, Floats]:
    """The game-theory compromise between sets of weights, and the share of each set in it.

    Each set, as a player, wants the combination to stay near itself, which gives the linear system
    sum_l a_l (w_k . w_l) = w_k . w_k for the shares a. Its plain solution can be negative; here the system is solved by
    non-negative least squares, which is the plain solution wherever that has no negative share. A set may drop out
    so: of two that depart from equal weights in one direction, the more even one does. Shares are then made to sum
    to one.
    """
    gram = sets @ sets.T
    shares, _ = nnls(gram, np.diag(gram))
    shares = shares / shares.sum()
    return shares @ sets, shares


def multiply(sets: Floats) -> Floats:
    """Products of weights, made to sum to one; all zero when every indicator has a zero somewhere."""
    product = sets.prod(-2)
    total = product.sum(-1, keepdims=True)
    return np.asarray(product / np.where(total == 0, 1.0, total))
