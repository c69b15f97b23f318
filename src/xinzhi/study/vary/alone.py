"""One change at a time: the study as it stands with a single choice made otherwise."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import Floats
from xinzhi.measure.spec import Choice, IndexSpec
from xinzhi.study.vary.plan import NOBODY, Factor, Plan
from xinzhi.study.vary.replay import Replay


@dataclass(frozen=True)
class Alone:
    """Every version that differs from the study in one choice.

    ``changes`` has a row per change (``factor``, ``version``) and ``scores`` (change, time, region) what the index
    becomes, ``nan`` where the change alone cannot be measured. ``own`` is the version that the study itself has of
    each factor; a factor of which it has none of those listed, or that says nothing to it, is not in ``own``.
    """

    changes: pd.DataFrame
    scores: Floats
    own: dict[str, str]


def alone(replay: Replay, nominal: Floats) -> Alone:
    """Measure every single change; ``nominal`` (time, region) is the study as it stands.

    Choices without versions to count (noise, errors, draws of filled cells) have no single change.
    """
    rows: list[dict[str, str]] = []
    parts: list[Floats] = [np.empty((0, *nominal.shape))]
    own: dict[str, str] = {}
    for factor in replay.plan.factors:
        if not factor.versions:
            continue
        kept = own_version(replay.plan, factor)
        if kept is not None:
            own[factor.name] = factor.versions[kept]
        changed = [at for at in range(len(factor.versions)) if at != kept]
        rows += [{"factor": factor.name, "version": factor.versions[at]} for at in changed]
        parts.append(_scores(replay, factor, changed, nominal.shape))
    return Alone(pd.DataFrame(rows, columns=["factor", "version"]), np.concatenate(parts), own)


def own_version(plan: Plan, factor: Factor) -> int | None:
    """Which of a factor's versions the study itself has; nothing where none or several are like it."""
    if factor.edit is None:
        return factor.versions.index(NOBODY) if NOBODY in factor.versions else None
    single = _single(plan, factor)
    told = _told(plan.spec)
    found = [at for at in range(len(factor.versions)) if _told(single.version([at])) == told]
    return found[0] if len(found) == 1 else None


def _single(plan: Plan, factor: Factor) -> Plan:
    """The plan in which this factor alone varies."""
    return Plan(plan.spec, plan.variations, (replace(factor, start=0),))


def _scores(replay: Replay, factor: Factor, changed: list[int], shape: tuple[int, ...]) -> Floats:
    only = replace(replay, plan=_single(replay.plan, factor), errors=None, _known={})
    points = ((np.array(changed, dtype=float) + 0.5) / len(factor.versions))[:, None]  # mid-way in each version's bin
    try:
        return only.scores(points, workers=1)
    except MethodError:
        # Some change cannot be measured alone; the others can.
        out = np.full((len(changed), *shape), np.nan)
        for at, point in enumerate(points):
            with suppress(MethodError):
                out[at] = only.scores(point[None], workers=1)[0]
        return out


def _told(spec: IndexSpec) -> list[Any]:
    """All that an index says, level by level and with the options left to their defaults, so that equals are equal."""
    height = spec.tree.height
    return [
        [(node.code, node.weight, node.direction) for node in spec.tree.nodes],
        spec.denominate,
        [_choice(step) for step in spec.impute],
        _choice(spec.treat),
        _choice(spec.normalise),
        [_choice(spec.weighing(level)) for level in range(1, height)],
        [_choice(spec.aggregating(level)) for level in range(2, height + 1)],
    ]


def _choice(choice: Choice) -> str:
    said = choice.model_dump(exclude={"level", "options", "method"}, mode="json", fallback=repr)
    options = choice.family.find(choice.method).options(**choice.options)
    return repr((choice.name, said, options.model_dump(mode="json", fallback=repr)))
