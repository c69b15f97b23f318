"""The knobs of a world that its own data, or what is known of firms anywhere, leave open and how far."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import digest
from xinzhi.core.workers import Workers, hands_of, processes
from xinzhi.simulate.ensemble import Progress, Task, Tell, ensemble
from xinzhi.simulate.inference import Seeds, infer
from xinzhi.simulate.knobs import KNOBS, Knobs
from xinzhi.simulate.matching import Match, match
from xinzhi.simulate.moments import STYLISED, TITLES, moments, targets_from
from xinzhi.simulate.policy import Policy
from xinzhi.simulate.posterior import Posterior, Prior, Target
from xinzhi.simulate.world import Start

__all__ = ["Model", "calibrate", "match_moments"]

Ranges = Sequence[str] | Mapping[str, tuple[float, float]]
Goals = Mapping[str, Target | float] | Floats | None


def calibrate(
    start: Start,
    targets: Goals = None,
    *,
    knobs: Ranges,
    base: Knobs | None = None,
    policy: Policy | None = None,
    years: int = 15,
    firms: int = 5_000,
    draws: int = 400,
    seed: int = 0,
    workers: Workers = None,
    store: Path | str | None = None,
    tell: Tell | None = None,
    level: float = 0.9,
    summaries: str = "learned",
) -> Posterior:
    """Tell what is believed of the knobs once the moments are known, and which of them the moments tell at all.

    ``targets`` are values of moments by name (see ``moments.TITLES``), or employment by year, region and industry
    (Y, R, J) as ``start`` has them, whose moments are then the targets with ``years`` = Y - 1, or nothing: what is
    known of firms anywhere. ``knobs`` are names, each with its whole range, or narrower ranges by name; all others are
    those of ``base``. Runs take ``years`` under a ``policy``. ``workers``, ``store`` and ``tell`` are those of
    ``ensemble``: runs that are in ``store`` are not run again, whatever the targets. Raises ``MethodError``.
    """
    goals, years = _goals(start, targets, years)
    priors = _priors(knobs)
    with _hands(workers) as hands:
        fresh = max(20, draws // 8)
        model = Model(start, tuple(goals), tuple(p.name for p in priors), base, policy, years, firms, hands, store)
        model = replace(model, tell=_Progress(draws + fresh, tell))
        return infer(model, goals, priors, draws=draws, predictive=fresh, seed=seed, level=level, summaries=summaries)


def match_moments(
    start: Start,
    targets: Goals = None,
    *,
    knobs: Ranges,
    base: Knobs | None = None,
    policy: Policy | None = None,
    years: int = 15,
    firms: int = 5_000,
    draws: int = 1_200,
    repeats: int = 4,
    seed: int = 0,
    workers: Workers = None,
    store: Path | str | None = None,
    tell: Tell | None = None,
) -> Match:
    """Find the knobs whose runs come nearest to the moments: one answer with its errors, not a sample of answers.

    Everything is as in ``calibrate``; ``draws`` and ``repeats`` as in ``match``. Raises ``MethodError``.
    """
    goals, years = _goals(start, targets, years)
    priors = _priors(knobs)
    with _hands(workers) as hands:
        progress = _Progress(draws, tell)
        model = Model(start, tuple(goals), tuple(p.name for p in priors), base, policy, years, firms, hands, store)
        return match(replace(model, tell=progress), goals, priors, draws=draws, repeats=repeats, seed=seed)


@dataclass(frozen=True, eq=False)
class Model:
    """The world as a function from knobs and seeds to moments, as ``infer`` and ``match`` want it.

    ``moments`` names the columns of what it gives, ``knobs`` those of what it takes. Every run is a task of
    ``ensemble``; what is kept of it are all moments, so that other targets need no other runs.
    """

    start: Start
    moments: tuple[str, ...]
    knobs: tuple[str, ...]
    base: Knobs | None = None
    policy: Policy | None = None
    years: int = 15
    firms: int = 5_000
    workers: Workers = 1
    store: Path | str | None = None
    tell: Callable[[Progress], object] | None = None

    @property
    def digest(self) -> str:
        """What the runs depend on beside knobs and seed."""
        return digest(json.dumps(self._settings, sort_keys=True))

    def __call__(self, parameters: Floats, seeds: Seeds) -> Floats:
        """Moments (n, m) of runs with knobs (n, p) and seeds (n,)."""
        base = (self.base or Knobs()).model_dump()
        settings = self._settings
        tasks = [
            Task(settings | {"knobs": base | _set(self.knobs, row), "seed": int(seed)}, *_said(self.knobs, row))
            for row, seed in zip(parameters, seeds, strict=True)
        ]
        make = partial(run_once, self.start, self.policy)
        with ensemble(make, tasks, workers=self.workers, store=self.store, tell=self.tell) as runs:
            told = np.array([moment.tolist() for moment in runs.each("moments")])
        columns = [list(TITLES).index(name) for name in self.moments]
        return np.asarray(told.reshape(len(tasks), len(TITLES))[:, columns])

    @property
    def _settings(self) -> dict[str, Any]:
        policy = None if self.policy is None else self.policy.model_dump(mode="json")
        start = digest(
            "".join(f"{field.name}{_bytes(getattr(self.start, field.name))}" for field in fields(self.start))
        )
        return {"start": start, "policy": policy, "quarters": 4 * self.years, "firms": self.firms}


def run_once(start: Start, policy: Policy | None, settings: dict[str, Any]) -> dict[str, Floats]:
    """One run's moments, all of them, in the order of ``TITLES``."""
    from xinzhi.simulate.founding import found_world
    from xinzhi.simulate.story import grow

    world = found_world(start, Knobs(**settings["knobs"]), firms=settings["firms"], seed=settings["seed"])
    told = moments(grow(world, settings["quarters"], policy))
    return {"moments": np.array([told[name] for name in TITLES])}


class _Progress:
    """Adds up the progress of one generation after another."""

    def __init__(self, total: int, tell: Tell | None) -> None:
        self._total, self._tell, self._before, self._kept = total, tell, 0, 0

    def __call__(self, now: Progress) -> None:
        if self._tell is not None:
            self._tell(Progress(self._before + now.done, self._total, None, self._kept + now.kept))
        if now.done == now.total:
            self._before, self._kept = self._before + now.total, self._kept + now.kept


def _hands(workers: Workers) -> AbstractContextManager[Workers]:
    """One pool for all generations, or what was given."""
    if isinstance(workers, Executor) or hands_of(workers) == 1:
        return nullcontext(workers)
    return processes(hands_of(workers))


def _set(names: Sequence[str], row: Floats) -> dict[str, float]:
    return {name: float(value) for name, value in zip(names, row, strict=True)}


def _said(names: Sequence[str], row: Floats) -> tuple[str, str]:
    en = ", ".join(f"{name} = {value:.4g}" for name, value in _set(names, row).items())
    zh = "，".join(f"{KNOBS[name].zh} = {value:.4g}" for name, value in _set(names, row).items())
    return f"run with {en}", f"{zh} 的运行"


def _bytes(value: Any) -> str:
    return digest(np.ascontiguousarray(value).tobytes()) if isinstance(value, np.ndarray) else repr(value)


def _goals(start: Start, targets: Goals, years: int) -> tuple[dict[str, Target], int]:
    """The targets, and over how many years. Raises ``MethodError`` for moments nobody knows."""
    if targets is None:
        return dict(STYLISED), years
    if not isinstance(targets, Mapping):
        cells = np.asarray(targets, dtype=float)
        if cells.ndim != 3 or cells.shape[1:] != start.employment.shape or len(cells) < 2:
            raise MethodError(
                Fault(
                    "cells-unlike-start",
                    f"employment by year has the shape {cells.shape}; at least two years of {len(start.regions)} "
                    f"regions and {len(start.industries)} industries, as in the start, are needed.",
                    f"分年就业的形状为 {cells.shape}；须与起点一致，含 {len(start.regions)} 个地区、"
                    f"{len(start.industries)} 个产业，且至少两年。",
                )
            )
        return targets_from(cells), len(cells) - 1
    unknown = [name for name in targets if name not in TITLES]
    if unknown:
        raise MethodError(
            Fault(
                "unknown-moment",
                f"no moment is named {', '.join(unknown)}. There are: {', '.join(TITLES)}.",
                f"没有名为 {'、'.join(unknown)} 的矩。可用：{'、'.join(TITLES)}。",
            )
        )
    return {name: goal if isinstance(goal, Target) else Target(float(goal)) for name, goal in targets.items()}, years


def _priors(knobs: Ranges) -> tuple[Prior, ...]:
    """Uniform over each knob's range, or over a narrower one. Raises ``MethodError`` naming every knob at fault."""
    given = dict(knobs) if isinstance(knobs, Mapping) else dict.fromkeys(knobs)
    faults, priors = [], []
    for name, narrower in given.items():
        knob = KNOBS.get(name)
        if knob is None:
            faults.append(
                Fault(
                    "unknown-knob",
                    f"no knob is named '{name}'. There are: {', '.join(KNOBS)}.",
                    f"没有名为“{name}”的参数。可用：{'、'.join(KNOBS)}。",
                )
            )
            continue
        low, high = narrower or (knob.low, knob.high)
        if not knob.low <= low < high <= knob.high:
            faults.append(
                Fault(
                    "range-outside",
                    f"knob '{name}': {low:g} to {high:g} must be a range within {knob.low:g} to {knob.high:g}.",
                    f"参数“{name}”：{low:g} 至 {high:g} 须为 {knob.low:g} 至 {knob.high:g} 之内的范围。",
                )
            )
        priors.append(Prior(name, float(low), float(high), knob.unit, knob.zh))
    if faults:
        raise MethodError(faults)
    return tuple(priors)
