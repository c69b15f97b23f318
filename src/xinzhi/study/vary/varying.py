"""From a study, or a panel and a spec, to every version of its index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

import numpy as np

from xinzhi.core.errors import Fault, MethodError, StudyError
from xinzhi.core.labels import Panel
from xinzhi.core.results import Record
from xinzhi.core.workers import Workers
from xinzhi.data.loading import Data
from xinzhi.measure.composite import measure
from xinzhi.measure.spec import IndexSpec
from xinzhi.study.matching import settle
from xinzhi.study.measuring import inputs_of
from xinzhi.study.reading import Study
from xinzhi.study.vary.alone import alone
from xinzhi.study.vary.choices import Variations, VarySpec
from xinzhi.study.vary.design import Design, Sampling, arrange, factorial
from xinzhi.study.vary.plan import Plan
from xinzhi.study.vary.replay import Replay
from xinzhi.study.vary.results import Doubt

__all__ = ["design_of", "vary"]

# What a factorial may count up to; beyond it a sample says as much.
_MOST_COMBINATIONS = 1_000_000


@overload
def vary(
    study: Study,
    given: Data,
    variations: None = None,
    *,
    draws: int | None = None,
    seed: int | None = None,
    sampling: Sampling | None = None,
    effects: bool | None = None,
    workers: Workers = None,
) -> Doubt: ...


@overload
def vary(
    study: Panel,
    given: IndexSpec,
    variations: Variations,
    *,
    draws: int | None = None,
    seed: int | None = None,
    sampling: Sampling | None = None,
    effects: bool | None = None,
    workers: Workers = None,
) -> Doubt: ...


def vary(
    study: Study | Panel,
    given: Data | IndexSpec,
    variations: Variations | None = None,
    *,
    draws: int | None = None,
    seed: int | None = None,
    sampling: Sampling | None = None,
    effects: bool | None = None,
    workers: Workers = None,
) -> Doubt:
    """Replay an index with its choices varied: ``vary(study, data)``, or ``vary(panel, spec, variations)``.

    A study says what varies under ``[vary]``; ``draws``, ``seed``, ``sampling`` and ``effects`` overrule it. ``draws``
    independent versions give the intervals; with ``effects`` half as many again are made for every factor, from which
    first-order and total effects are estimated. ``sampling = "factorial"`` takes every combination once instead, and
    its effects are exact. The same seed gives the same numbers on any number of ``workers`` (threads, or an
    ``Executor``). Every draw sees the same errors, noise and donors as any other with the same points. Raises
    ``MethodError`` naming the combination of choices that cannot be measured. Saisana, Saltelli, Tarantola 2005,
    Journal of the Royal Statistical Society A 168(2): 307.
    """
    if isinstance(study, Study) and isinstance(given, Data):
        if study.spec.vary is None:
            raise StudyError(_no_block(study.file))
        panel, spec, inputs = given.panel, settle(study, given.panel).spec, inputs_of(study, given)
        said: VarySpec = study.spec.vary
    elif isinstance(given, IndexSpec) and not isinstance(study, Study) and variations is not None:
        panel, spec, inputs = study, given, {}
        said = variations if isinstance(variations, VarySpec) else VarySpec.model_validate(variations.said())
    else:
        raise TypeError("vary takes (study, data) or (panel, spec, variations)")
    chosen = {"draws": draws, "seed": seed, "sampling": sampling, "effects": effects}
    said = VarySpec.model_validate(said.said() | {name: value for name, value in chosen.items() if value is not None})
    return _replayed(panel, spec, said, inputs, workers)


def _replayed(panel: Panel, spec: IndexSpec, said: VarySpec, inputs: Mapping[str, str], workers: Workers) -> Doubt:
    nominal = measure(panel, spec, inputs=inputs)
    plan = Plan.of(spec, said)
    replay = Replay.of(panel, plan, said.seed)
    design = design_of(plan, said)
    scores = replay.scores(design.points, workers=workers)
    own = np.ascontiguousarray(nominal.stages.scores[:, :, -1])
    settings = {"index": nominal.record.settings, "vary": said.model_dump(mode="json", fallback=repr)}
    return Doubt(
        plan=plan,
        design=design,
        picks=plan.picks(design.points, said.seed),
        regions=nominal.regions,
        times=nominal.times,
        about_region=nominal.about_region,
        nominal=own,
        draws=scores,
        alone=alone(replay, own),
        record=Record("vary", settings, nominal.record.inputs, seed=said.seed),
    )


def design_of(plan: Plan, said: VarySpec) -> Design:
    """The points that a plan is replayed at. Raises ``MethodError`` where not every combination can be taken."""
    if said.sampling != "factorial":
        groups = [factor.columns for factor in plan.factors]
        return arrange(said.draws, groups, said.sampling, said.seed, effects=said.effects)
    if uncountable := [factor.name for factor in plan.factors if not factor.versions]:
        raise MethodError(
            Fault(
                "not-countable",
                f"a factorial takes every version once; these have no versions to count: {', '.join(uncountable)}. "
                'Use sampling = "sobol", or drop them.',
                f"全因子设计要求方案可数；以下各项没有可数的方案：{'、'.join(uncountable)}。"
                '请改用 sampling = "sobol"，或去掉这些项。',
            )
        )
    options = [len(factor.versions) for factor in plan.factors]
    if (n := int(np.prod(np.array(options, dtype=float)))) > _MOST_COMBINATIONS:
        raise MethodError(
            Fault(
                "too-many-combinations",
                f'there are {n} combinations, more than {_MOST_COMBINATIONS}. Use sampling = "sobol".',
                f'组合数为 {n}，超过 {_MOST_COMBINATIONS}。请改用 sampling = "sobol"。',
            )
        )
    return factorial(options)


def _no_block(file: str) -> Fault:
    return Fault(
        "no-vary",
        'the study does not say what varies. Add a block such as: [vary]  normalise = ["min-max", "z-score"]  '
        "noise = { share = 0.25 }.",
        '研究文件没有说明哪些选择变动。请添加，例如：[vary]  normalise = ["min-max", "z-score"]  '
        "noise = { share = 0.25 }。",
        file=file,
        column="vary",
    )
