"""The index again and again: draws that share a step's choices share its work, and the last step takes them all.

Draws are gathered by their choices and cut into portions whose bounds depend on the draws alone, so that any number
of workers gives the same numbers. Within a portion each distinct table of normalised indicators and each set of
weights is made once; noise and indicators left out only change weights, and all weights are aggregated together.
Draws with random cells of their own, data errors or filled cells, have nothing to share: they go many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import Floats, Panel
from xinzhi.core.workers import Workers, hands_of
from xinzhi.measure.cells import Gathered, gathered
from xinzhi.measure.climb import bearer, shares_of, weigh
from xinzhi.measure.composite import normalise, prepare
from xinzhi.measure.draws import normalise_draws, weigh_draws
from xinzhi.measure.spec import IndexSpec
from xinzhi.measure.sweep import sweep
from xinzhi.study.vary.plan import Picks, Plan, Step

Rows = npt.NDArray[np.intp]

# Draws of one version: their spec, their rows, their weights (draw, 1 or time, node), and normalised indicators,
# (time, region, indicator) in common or (draw or 1, …) of their own.
Made = tuple[IndexSpec, Rows, Floats, Floats]

# A portion holds some 30 MB of scores of all nodes; more draws at once are not faster. Neither are more random cells.
_NUMBERS, _DRAWS, _CELLS = 4_000_000, 1024, 262_144


@dataclass(frozen=True)
class Replay:
    """A panel and a plan, ready to be replayed."""

    plan: Plan
    raws: dict[bool, Gathered]
    errors: tuple[Floats, Floats] | None
    seed: int
    # Tables and weights that portions have in common, by the picks behind them.
    _known: dict[Any, Floats] = field(default_factory=dict, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_known": {}}  # each process makes its own

    @classmethod
    def of(cls, panel: Panel, plan: Plan, seed: int) -> Replay:
        """Gather the cells that the plan's versions need. Raises ``MethodError`` naming what the panel lacks."""
        spec, said = plan.spec, plan.variations
        raws = {
            either: gathered(panel, spec.model_copy(update={"denominate": either}))
            for either in {spec.denominate, *said.denominate}
        }
        errors = said.error.sizes(panel, raws[spec.denominate], spec) if said.error else None
        return cls(plan, raws, errors, seed)

    def scores(self, points: Floats, *, workers: Workers = None) -> Floats:
        """The index under every draw, (draw, time, region); ``points`` are (draw, column).

        ``workers`` is a number of threads (as many as there are cores) or an ``Executor``, of a cluster for instance,
        and makes no difference to the numbers. Raises ``MethodError`` naming the combination that cannot be measured.
        """
        raw = self.raws[self.plan.spec.denominate]
        t, r = len(raw.times), len(raw.regions)
        picks = self.plan.picks(points, self.seed)
        out = np.empty((len(points), t, r))
        portions = list(self._portions(picks, t * r))
        tasks = [(points[rows], picks[rows]) for rows in portions]
        for rows, scores in zip(portions, _mapped(partial(_portion, self), tasks, workers), strict=True):
            out[rows] = scores
        return out

    def _portions(self, picks: Picks, cells: int) -> Iterator[Rows]:
        """The draws in the order of what they share, a portion at a time."""
        plan = self.plan
        keys = [picks[:, at] for at in (*self._versions("cells", "scale", "climb"), *self._seeded)]
        order = np.lexsort(keys[::-1]) if keys else np.arange(len(picks))
        size = max(1, min(_DRAWS, _NUMBERS // (cells * len(plan.spec.tree.nodes))))
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def _versions(self, *steps: Step) -> list[int]:
        """The factors of some steps that have versions to share, as positions."""
        return [at for at in self.plan.at_step(*steps) if at not in self._seeded]

    @cached_property
    def _seeded(self) -> list[int]:
        return [at for at, factor in enumerate(self.plan.factors) if factor.seeds]

    def measured(self, points: Floats, picks: Picks) -> Floats:
        """The scores of some draws, (draw, time, region)."""
        raw = self.raws[self.plan.spec.denominate]
        out = np.empty((len(points), len(raw.times), len(raw.regions)))
        loudness = self.plan.loudness(points)
        made = self._by_cells(picks) if self._seeded else self._by_version(picks)
        for spec, own, weights, normalised in made:
            with self._naming(picks[own[0]]):
                settled = self._settled(weights * loudness[own, None], weights, picks[own])
                out[own] = sweep(settled, normalised, spec, self.raws[spec.denominate])
        return out

    def _by_version(self, picks: Picks) -> Iterator[Made]:
        """Draws whose cells are the data as they came: one table for all that share the choices behind it."""
        for rows in _alike(picks, self._versions("cells", "scale")):
            with self._naming(picks[rows[0]]):
                cells, normalised = self._normalised(picks[rows[0]])
            yield from self._weighed(rows, picks, normalised, cells)

    def _by_cells(self, picks: Picks) -> Iterator[Made]:
        """Draws with random cells of their own: those that share all choices side by side."""
        for rows in _alike(picks, self._versions("cells", "scale", "climb")):
            spec = self.plan.version(picks[rows[0]])
            raw = self.raws[spec.denominate]
            size = max(1, _CELLS // raw.values.size)
            for own in np.split(rows, range(size, len(rows), size)):
                with self._naming(picks[own[0]]):
                    normalised = self._drawn(picks[own], spec, raw)
                    weights = weigh_draws(normalised, spec, raw)
                yield spec, own, np.broadcast_to(weights, (len(own), *weights.shape[1:])), normalised

    def _drawn(self, picks: Picks, spec: IndexSpec, raw: Gathered) -> Floats:
        """Normalised indicators under each draw's seeds, (draw, time, region, indicator); each seed's made once."""
        _, first, which = np.unique(picks[:, self._seeded], axis=0, return_index=True, return_inverse=True)
        values = raw.values[None]
        if self.errors is not None:
            seeds = [self._seed(picks[at], "error") for at in first]
            values = np.stack([_in_error(raw.values, *self.errors, seed) for seed in seeds])
        fills = [self._seed(picks[at], "fill") for at in first]
        made = normalise_draws(values, fills, spec, raw)
        return made[which.ravel()] if len(made) > 1 else made

    def _normalised(self, picks: Picks) -> tuple[Gathered, Floats]:
        """The cells as they came under one draw's choices, and normalised."""
        plan, spec = self.plan, self.plan.version(picks)
        raw = self.raws[spec.denominate]
        key = tuple(int(picks[at]) for at in plan.at_step("cells", "scale"))
        if key not in self._known:
            upstream = ("cells", *(int(picks[at]) for at in plan.at_step("cells")))
            if upstream not in self._known:
                self._known[upstream] = prepare(raw, spec).treated
            self._known[key] = normalise(self._known[upstream], spec, raw)
        return raw, self._known[key]

    def _weighed(self, rows: Rows, picks: Picks, normalised: Floats, raw: Gathered) -> Iterator[Made]:
        """The draws that one way of aggregating takes together, each with its set of weights."""
        gathered_up: dict[Any, tuple[IndexSpec, list[tuple[Rows, Floats]]]] = {}
        for own in _alike(picks[rows], self.plan.at_step("climb")):
            spec, own = self.plan.version(picks[rows[own[0]]]), rows[own]
            with self._naming(picks[own[0]]):
                weights = self._weights(picks[own[0]], spec, normalised, raw)
            first = spec.weighing(1)
            entering = repr((first.options, first.scope)) if first.options.get("in_score") else ""
            together = gathered_up.setdefault((repr(spec.aggregate), entering, len(weights)), (spec, []))
            together[1].append((own, weights))
        for spec, sets in gathered_up.values():
            weights = np.concatenate([np.broadcast_to(w, (len(own), *w.shape)) for own, w in sets])
            yield spec, np.concatenate([own for own, _ in sets]), weights, normalised

    def _weights(self, picks: Picks, spec: IndexSpec, normalised: Floats, raw: Gathered) -> Floats:
        """Weights of all nodes, (1 or time, node)."""
        key = ("weights", *(int(picks[at]) for at in self.plan.at_step("cells", "scale", "climb")))
        if key not in self._known:
            self._known[key] = np.atleast_2d(weigh(normalised, spec, raw))
        return self._known[key]

    def _settled(self, weights: Floats, quiet: Floats, picks: Picks) -> Floats:
        """Every draw's own weights, (draw, 1 or time, node), without what it leaves out; ``quiet``: without noise."""
        tree, place = self.plan.spec.tree, self.plan.place("leave_out")
        if place is not None:
            for pick in np.unique(picks[:, place]):
                if (node := self.plan.left_out[pick]) >= 0:
                    rows = np.flatnonzero(picks[:, place] == pick)
                    if (quiet[rows, :, node] < 1 - 1e-12).any(axis=1).all():  # siblings have the rest
                        weights[rows, :, node] = 0.0
                        continue
                    for row in rows:
                        weights[row, :, bearer(quiet[row], tree, node, len(tree.nodes) - 1)] = 0.0
        return shares_of(weights, tree)

    def _seed(self, picks: Picks, name: str) -> int:
        place = self.plan.place(name)
        return 0 if place is None else int(picks[place])

    @contextmanager
    def _naming(self, picks: Picks) -> Iterator[None]:
        """Say of a fault which combination of choices it was found in."""
        try:
            yield
        except MethodError as error:
            if said := self.plan.said(picks):
                raise MethodError(
                    replace(fault, en=f"with {said}: {fault.en}", zh=f"在 {said} 的组合下：{fault.zh}")
                    for fault in error.faults
                ) from None
            raise


def _portion(work: Replay, task: tuple[Floats, Picks]) -> Floats:
    return work.measured(*task)


def _mapped(function: Callable[[Any], Floats], tasks: list[Any], workers: Workers) -> Iterable[Floats]:
    if isinstance(workers, Executor):
        return workers.map(function, tasks)
    hands = hands_of(workers)
    if hands == 1 or len(tasks) == 1:
        return map(function, tasks)
    # Threads: the work is done in NumPy and compiled loops, which run side by side, and nothing has to be copied.
    return _threaded(function, tasks, hands)


def _threaded(function: Callable[[Any], Floats], tasks: list[Any], hands: int) -> Iterator[Floats]:
    with ThreadPoolExecutor(hands) as pool:
        yield from pool.map(function, tasks)


def _alike(picks: Picks, columns: list[int]) -> list[Rows]:
    """The draws with the same picks in some columns, group by group; all together where there is no column."""
    if not columns:
        return [np.arange(len(picks))]
    _, which = np.unique(picks[:, columns], axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    return np.split(order, np.cumsum(np.bincount(which.ravel()))[:-1])


def _in_error(values: Floats, share: Floats, sd: Floats, seed: int) -> Floats:
    """Values off by normal errors; what was not observed stays so."""
    noise = np.random.default_rng(seed).standard_normal(values.shape)
    return np.asarray(values + noise * (share * np.abs(values) + sd))
