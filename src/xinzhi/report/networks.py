"""Where the activities of a space stand on the page: a network laid out so that steps between them show as distance."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from scipy.sparse import csgraph

from xinzhi.core.labels import Floats

Places = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

# More circles than this nobody tells apart on a page.
MOST_NODES = 1_000
# Beside the tree, as many ties again: the average activity then has four.
_TIES = 2
_ROUNDS = 60


def thinned(source: Places, target: Places, strength: Floats, tree: Bools, weight: Floats) -> Bools:
    """Which ties are drawn: the tree's, and beside it the strongest, twice as many in all as there are activities.

    Of more activities than ``MOST_NODES`` the ends of the tree go first, the smallest by ``weight`` (activity,) before
    others, so that what is left hangs together as before.
    """
    kept = _pruned(source[tree], target[tree], weight)
    drawn = kept[source] & kept[target]
    spare = max(_TIES * int(kept.sum()) - int((drawn & tree).sum()), 0)
    others = np.flatnonzero(drawn & ~tree)
    strongest = others[np.argsort(-strength[others], kind="stable")[:spare]]
    chosen: Bools = drawn & tree
    chosen[strongest] = True
    return chosen


def _pruned(source: Places, target: Places, weight: Floats) -> Bools:
    """The activities that are drawn: none without a tie of the tree, then the tree without its smallest ends."""
    near: list[set[int]] = [set() for _ in weight]
    for one, other in zip(source.tolist(), target.tolist(), strict=True):
        near[one].add(other)
        near[other].add(one)
    kept = np.array([len(others) > 0 for others in near])
    ends = [(float(weight[at]), at) for at, others in enumerate(near) if len(others) == 1]
    heapq.heapify(ends)
    left = int(kept.sum())
    while left > MOST_NODES and ends:
        _, at = heapq.heappop(ends)
        kept[at] = False
        left -= 1
        for other in near[at]:
            near[other].discard(at)
            if len(near[other]) == 1:
                heapq.heappush(ends, (float(weight[other]), other))
    return kept


def laid_out(size: int, source: Places, target: Places) -> Floats:
    """Positions (node, 2) within 0 and 1, the longer side across, by the steps from node to node.

    Stress majorisation from classical scaling: distances on the page are as near as can be to the number of steps, near
    ones counting more (weight 1 / steps²). Parts that no tie joins are set apart. Nothing is drawn at random.
    Gansner, Koren, North 2004, Graph Drawing 3383: 239.
    """
    if size < 3:
        return np.array([[at / max(size - 1, 1), 0.0] for at in range(size)]).reshape(size, 2)
    steps = _steps(size, source, target)
    places = _scaled(steps)
    # Nodes with the very same neighbours would stand on one another for good.
    turn = np.arange(size) * np.pi * (3 - np.sqrt(5))
    places = places + 0.05 * np.sqrt((np.arange(size) + 1) / size)[:, None] * np.column_stack(
        [np.cos(turn), np.sin(turn)]
    )
    return _framed(_majorised(places, steps))


def _steps(size: int, source: Places, target: Places) -> Floats:
    """Steps between nodes; between parts that do not touch, a little more than the longest way within one."""
    ties = sparse.csr_array((np.ones(len(source)), (source, target)), shape=(size, size))
    found = np.asarray(csgraph.shortest_path(ties, directed=False, unweighted=True))
    apart = ~np.isfinite(found)
    found[apart] = found[~apart].max() + 2
    return found


def _scaled(steps: Floats) -> Floats:
    """Classical scaling: the two main axes of the squared distances, centred on both sides. Torgerson 1952."""
    squared = -0.5 * steps**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    size = len(steps)
    values, vectors = linalg.eigh(centred, subset_by_index=(size - 2, size - 1))
    # An eigenvector has no sign of its own: what stands out most stands to the right, or on top.
    main = vectors[np.abs(vectors).argmax(axis=0), [0, 1]]
    return np.asarray(vectors * np.where(main < 0, -1.0, 1.0) * np.sqrt(np.maximum(values, 0)))[:, ::-1]


def _majorised(places: Floats, steps: Floats) -> Floats:
    size = len(steps)
    with np.errstate(divide="ignore"):
        weights = np.where(steps > 0, steps**-2.0, 0.0)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    solved = linalg.inv(laplacian + 1 / size) - 1 / size
    pull = weights * steps
    for _ in range(_ROUNDS):
        gap = np.hypot(*(places[:, None, axis] - places[None, :, axis] for axis in (0, 1)))
        ratio = np.divide(pull, gap, out=np.zeros_like(gap), where=gap > 1e-12)
        places = solved @ (ratio.sum(axis=1)[:, None] * places - ratio @ places)
    return places


def _framed(places: Floats) -> Floats:
    """Turned so that the longer side lies across, and brought within 0 and 1 without stretching."""
    centred = places - places.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    main = axes[[0, 1], np.abs(axes).argmax(axis=1)]
    turned = centred @ (axes * np.where(main < 0, -1.0, 1.0)[:, None]).T
    turned -= turned.min(axis=0)
    return np.asarray(turned / max(float(turned.max()), 1e-12))
