"""Xinzhi (新质), a workbench for new quality productive forces: from a study file to a defended index.

Everything public is loaded when it is first asked for, so that ``import xinzhi`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from xinzhi.core.errors import DataError, Fault, MethodError, StudyError, XinzhiError
    from xinzhi.core.labels import Panel, panel
    from xinzhi.core.results import Record
    from xinzhi.data.industries import Industries, industries
    from xinzhi.data.micro.counts import Counts
    from xinzhi.data.micro.records import Records, records
    from xinzhi.data.micro.vintages import Crosswalk, crosswalk
    from xinzhi.data.recognise.evaluation import Evaluation, evaluate_recogniser
    from xinzhi.data.recognise.recognised import Recognised
    from xinzhi.data.recognise.recogniser import Recogniser, train_recogniser
    from xinzhi.data.recognise.recognising import EvidencePrior, recognise
    from xinzhi.data.taxonomies import Class, Taxonomy, taxonomies, taxonomy
    from xinzhi.measure.composite import measure
    from xinzhi.measure.result import Index
    from xinzhi.measure.spec import IndexSpec
    from xinzhi.measure.tree import Element, Indicator
    from xinzhi.simulate.calibration import calibrate
    from xinzhi.simulate.effects import Experiment
    from xinzhi.simulate.experiments import experiment as simulate
    from xinzhi.simulate.knobs import Knobs
    from xinzhi.simulate.policy import Lever, Policy, Shock
    from xinzhi.simulate.posterior import Posterior
    from xinzhi.simulate.story import grow
    from xinzhi.simulate.tables import start_from
    from xinzhi.simulate.world import Start, World, found_world, model_start
    from xinzhi.structure.complexity import Complexity, complexity
    from xinzhi.structure.conversion.conversion import Conversion, conversion
    from xinzhi.structure.conversion.shift_share import ShiftShare, shift_share
    from xinzhi.structure.correspondences import concordance
    from xinzhi.structure.curves import GrowthCurve, growth_curve
    from xinzhi.structure.density import density
    from xinzhi.structure.disruption import Disruption, disruption
    from xinzhi.structure.drivers import drivers
    from xinzhi.structure.emergence import Emergence, emergence
    from xinzhi.structure.entry import entries
    from xinzhi.structure.forecast import backtest, forecast
    from xinzhi.structure.fusion import fusion
    from xinzhi.structure.ladder import ladder
    from xinzhi.structure.ladder.carriers import Standing, standing
    from xinzhi.structure.ladder.linkages import Linkages, linkages
    from xinzhi.structure.ladder.moves import Transitions
    from xinzhi.structure.ladder.pipeline import Pipeline, pipeline
    from xinzhi.structure.ladder.rungs import Ladder, LadderSpec
    from xinzhi.structure.ladder.transitions import transitions
    from xinzhi.structure.lifecycle.growth import GrowthPaths, growth_paths
    from xinzhi.structure.lifecycle.phases import LifeCycle, life_cycle
    from xinzhi.structure.lifecycle.shakeouts import Shakeouts, shakeouts
    from xinzhi.structure.lifecycle.survival import Lifetimes, RungSpells, lifetimes, time_on_rungs
    from xinzhi.structure.links import Links
    from xinzhi.structure.presence import presence
    from xinzhi.structure.records import links
    from xinzhi.structure.relatedness import relatedness
    from xinzhi.study.audit import audit
    from xinzhi.study.checking import check
    from xinzhi.study.measuring import load
    from xinzhi.study.outputs import write
    from xinzhi.study.reading import Study, read_study
    from xinzhi.study.running import Run, StructureRun, run
    from xinzhi.study.simulation.results import Simulated
    from xinzhi.study.spec import StudySpec
    from xinzhi.study.structure.results import Fused, Space, Structure
    from xinzhi.study.vary.choices import Variations, VarySpec
    from xinzhi.study.vary.claims import Claim, Verdict
    from xinzhi.study.vary.following import Followed
    from xinzhi.study.vary.results import Doubt
    from xinzhi.study.vary.statistics import Follow
    from xinzhi.study.vary.varying import vary

# Where each public name lives. `measure` and `simulate` are not among them: the rooms of these names can be called.
_HOMES = {
    "Claim": "study.vary.claims",
    "Class": "data.taxonomies",
    "Complexity": "structure.complexity",
    "Conversion": "structure.conversion.conversion",
    "Counts": "data.micro.counts",
    "Crosswalk": "data.micro.vintages",
    "DataError": "core.errors",
    "Disruption": "structure.disruption",
    "Doubt": "study.vary.results",
    "Element": "measure.tree",
    "Emergence": "structure.emergence",
    "Evaluation": "data.recognise.evaluation",
    "EvidencePrior": "data.recognise.recognising",
    "Experiment": "simulate.effects",
    "Fault": "core.errors",
    "Follow": "study.vary.statistics",
    "Followed": "study.vary.following",
    "Fused": "study.structure.results",
    "GrowthCurve": "structure.curves",
    "GrowthPaths": "structure.lifecycle.growth",
    "Index": "measure.result",
    "IndexSpec": "measure.spec",
    "Indicator": "measure.tree",
    "Industries": "data.industries",
    "Knobs": "simulate.knobs",
    "Ladder": "structure.ladder.rungs",
    "LadderSpec": "structure.ladder.rungs",
    "Lever": "simulate.policy",
    "LifeCycle": "structure.lifecycle.phases",
    "Lifetimes": "structure.lifecycle.survival",
    "Linkages": "structure.ladder.linkages",
    "Links": "structure.links",
    "MethodError": "core.errors",
    "Panel": "core.labels",
    "Pipeline": "structure.ladder.pipeline",
    "Policy": "simulate.policy",
    "Posterior": "simulate.posterior",
    "Recognised": "data.recognise.recognised",
    "Recogniser": "data.recognise.recogniser",
    "Record": "core.results",
    "Records": "data.micro.records",
    "Run": "study.running",
    "RungSpells": "structure.lifecycle.survival",
    "Shakeouts": "structure.lifecycle.shakeouts",
    "ShiftShare": "structure.conversion.shift_share",
    "Shock": "simulate.policy",
    "Simulated": "study.simulation.results",
    "Space": "study.structure.results",
    "Standing": "structure.ladder.carriers",
    "Start": "simulate.world",
    "Structure": "study.structure.results",
    "StructureRun": "study.running",
    "Study": "study.reading",
    "StudyError": "core.errors",
    "StudySpec": "study.spec",
    "Taxonomy": "data.taxonomies",
    "Transitions": "structure.ladder.moves",
    "Variations": "study.vary.choices",
    "VarySpec": "study.vary.choices",
    "Verdict": "study.vary.claims",
    "World": "simulate.world",
    "XinzhiError": "core.errors",
    "audit": "study.audit",
    "backtest": "structure.forecast",
    "calibrate": "simulate.calibration",
    "check": "study.checking",
    "complexity": "structure.complexity",
    "concordance": "structure.correspondences",
    "conversion": "structure.conversion.conversion",
    "crosswalk": "data.micro.vintages",
    "density": "structure.density",
    "disruption": "structure.disruption",
    "drivers": "structure.drivers",
    "emergence": "structure.emergence",
    "entries": "structure.entry",
    "evaluate_recogniser": "data.recognise.evaluation",
    "forecast": "structure.forecast",
    "found_world": "simulate.world",
    "fusion": "structure.fusion",
    "grow": "simulate.story",
    "growth_curve": "structure.curves",
    "growth_paths": "structure.lifecycle.growth",
    "industries": "data.industries",
    "ladder": "structure.ladder",
    "life_cycle": "structure.lifecycle.phases",
    "lifetimes": "structure.lifecycle.survival",
    "linkages": "structure.ladder.linkages",
    "links": "structure.records",
    "load": "study.measuring",
    "model_start": "simulate.world",
    "panel": "core.labels",
    "pipeline": "structure.ladder.pipeline",
    "presence": "structure.presence",
    "read_study": "study.reading",
    "recognise": "data.recognise.recognising",
    "records": "data.micro.records",
    "relatedness": "structure.relatedness",
    "run": "study.running",
    "shakeouts": "structure.lifecycle.shakeouts",
    "shift_share": "structure.conversion.shift_share",
    "standing": "structure.ladder.carriers",
    "start_from": "simulate.tables",
    "taxonomies": "data.taxonomies",
    "taxonomy": "data.taxonomies",
    "time_on_rungs": "structure.lifecycle.survival",
    "train_recogniser": "data.recognise.recogniser",
    "transitions": "structure.ladder.transitions",
    "vary": "study.vary.varying",
    "write": "study.outputs",
}
_ROOMS = ("core", "data", "measure", "report", "simulate", "structure", "study")

__all__ = [
    "Claim",
    "Class",
    "Complexity",
    "Conversion",
    "Counts",
    "Crosswalk",
    "DataError",
    "Disruption",
    "Doubt",
    "Element",
    "Emergence",
    "Evaluation",
    "EvidencePrior",
    "Experiment",
    "Fault",
    "Follow",
    "Followed",
    "Fused",
    "GrowthCurve",
    "GrowthPaths",
    "Index",
    "IndexSpec",
    "Indicator",
    "Industries",
    "Knobs",
    "Ladder",
    "LadderSpec",
    "Lever",
    "LifeCycle",
    "Lifetimes",
    "Linkages",
    "Links",
    "MethodError",
    "Panel",
    "Pipeline",
    "Policy",
    "Posterior",
    "Recognised",
    "Recogniser",
    "Record",
    "Records",
    "Run",
    "RungSpells",
    "Shakeouts",
    "ShiftShare",
    "Shock",
    "Simulated",
    "Space",
    "Standing",
    "Start",
    "Structure",
    "StructureRun",
    "Study",
    "StudyError",
    "StudySpec",
    "Taxonomy",
    "Transitions",
    "Variations",
    "VarySpec",
    "Verdict",
    "World",
    "XinzhiError",
    "__version__",
    "audit",
    "backtest",
    "calibrate",
    "check",
    "complexity",
    "concordance",
    "conversion",
    "crosswalk",
    "density",
    "disruption",
    "drivers",
    "emergence",
    "entries",
    "evaluate_recogniser",
    "forecast",
    "found_world",
    "fusion",
    "grow",
    "growth_curve",
    "growth_paths",
    "industries",
    "ladder",
    "life_cycle",
    "lifetimes",
    "linkages",
    "links",
    "load",
    "measure",
    "model_start",
    "panel",
    "pipeline",
    "presence",
    "read_study",
    "recognise",
    "records",
    "relatedness",
    "run",
    "shakeouts",
    "shift_share",
    "simulate",
    "standing",
    "start_from",
    "taxonomies",
    "taxonomy",
    "time_on_rungs",
    "train_recogniser",
    "transitions",
    "vary",
    "write",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f"xinzhi.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _ROOMS:
        return importlib.import_module(f"xinzhi.{name}")
    raise AttributeError(f"module 'xinzhi' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})
