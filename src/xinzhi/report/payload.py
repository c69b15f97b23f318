"""The document that the report's page is drawn from: a run as plain JSON, small enough to live inside one file.

Its shape is the ``Payload`` interface of ``frontend/src/payload.ts``. Cells are packed: scores as 32-bit floats (seven
digits), ranks as 16-bit integers, the many normalised and original values as 24-bit floats (nearly five digits, where
the page prints four), origins and marks as runs. The results beside the report hold every number in full.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault
from xinzhi.core.labels import OBSERVED, ORIGINS, ORIGINS_ZH
from xinzhi.data.regions import gazetteer
from xinzhi.data.sources import Repair, Source
from xinzhi.measure.result import Index
from xinzhi.measure.treatment import BOTTOM, TOP, TRANSFORMED
from xinzhi.measure.tree import Indicator
from xinzhi.report.audit_tables import audited
from xinzhi.report.doubt import claims, followed, sureness
from xinzhi.report.dynamics import dynamics
from xinzhi.report.leaves import details
from xinzhi.report.packing import packed, packed_short, rounded, runs, text
from xinzhi.report.shapes import read_shapes
from xinzhi.report.steps import steps
from xinzhi.report.structure import regions_of, structured
from xinzhi.study.dynamics.comparing import additive, yearly
from xinzhi.study.running import AnyRun, Run

FORMAT = "xinzhi-report/1"
# Lists of repairs and notices can run to thousands; the page shows this many, the results folder has all.
LISTED = 500


def payload(run: AnyRun) -> dict[str, Any]:
    """Everything the page shows, as plain data without ``nan``. Raises ``StudyError`` for a map that cannot be read."""
    about, structure = run.study.spec.study, run.structure
    sources, repairs = (run.data.sources, run.data.repairs) if run.data else ((), ())
    simulation = run.simulation
    told = [fault for part in (structure, simulation) if part for fault in part.notices]
    notices = (*(run.data.faults if run.data else ()), *told)
    document: dict[str, Any] = {
        "format": FORMAT,
        "title": text(about.title),
        "note": text(about.note) if about.note else None,
        "fictional": about.fictional,
        "version": run.record.version,
        "cites": _cites(sources),
        "command": f"xinzhi run {run.study.folder.resolve().name}",
        "notices": [_notice(fault) for fault in notices[:LISTED]],
        "noticesInAll": len(notices),
        "sources": [*map(_source, sources), *(_file(*one) for one in _files(run).items())],
        "repairs": [_repair(repair) for repair in repairs[:LISTED]],
        "repairsInAll": len(repairs),
        "record": run.record.to_dict(),
    }
    document |= _indexed(run) if isinstance(run, Run) else _NO_INDEX
    inside = {region["code"] for region in document["regions"]}
    linked = regions_of(structure) if structure else {}
    others = [{"code": code, "name": text(name)} for code, name in linked.items() if code not in inside]
    return document | {
        "others": others,
        "structure": structured(structure) if structure else None,
        "simulation": _simulation(run),
    }


def _files(run: AnyRun) -> dict[str, str]:
    """The files beside the sources, by name, with their digests."""
    parts = [part.inputs for part in (run.structure, run.simulation) if part]
    known = {source.file for source in run.data.sources} if run.data else set()
    return {name: digest for part in parts for name, digest in part.items() if name not in known}


def _simulation(run: AnyRun) -> dict[str, Any] | None:
    if run.simulation is None:
        return None
    # What it is told with takes a second to load, which most runs need not wait for.
    from xinzhi.report.simulation import simulated

    codes = [str(code) for code in run.index.regions] if isinstance(run, Run) else []
    return simulated(run.simulation, run.study.spec.study.regions, codes)


# What a page holds of an index where there is none.
_NO_INDEX: dict[str, Any] = {
    "index": None,
    "years": [],
    "regions": [],
    "elsewhere": [],
    "nodes": [],
    "indicators": 0,
    "shares": [[]],
    "effective": [[]],
    "additive": [],
    "yearly": [],
    "origins": [],
    "coverage": {"observed": [], "filled": []},
    "steps": [],
    "treated": [],
    "lacking": 0,
    "omitted": [],
    "omittedInAll": 0,
    "dynamics": None,
    "sureness": None,
    "followed": [],
    "claims": [],
    "audit": [],
    "shapes": None,
    "cells": None,
}


def _indexed(run: Run) -> dict[str, Any]:
    index, about = run.index, run.study.spec.study
    omitted = (*run.settled.faults, *index.omitted)
    return {
        "index": text(index.spec.title),
        "years": [int(year) for year in index.times],
        "regions": _regions(index, about.regions),
        "elsewhere": _elsewhere(index, about.regions),
        "nodes": _nodes(run),
        "indicators": index.tree.n_indicators,
        "shares": _rows(index.stages.weights),
        "effective": _rows(index.effective().values),
        "additive": [additive(index, family.parent, family.children) for family in index.tree.families],
        "yearly": yearly(index),
        "origins": [{"en": en, "zh": zh} for en, zh in zip(ORIGINS, ORIGINS_ZH, strict=True)],
        "coverage": _coverage(index),
        "steps": [*steps(index.spec, index.tree)],
        "treated": [*_treated(index)],
        "lacking": len(run.settled.missing),
        "omitted": [_notice(fault) for fault in omitted[:LISTED]],
        "omittedInAll": len(omitted),
        "dynamics": dynamics(run.dynamics) if run.dynamics else None,
        "sureness": sureness(run.doubt) if run.doubt else None,
        "followed": followed(run.followed),
        "claims": claims(run.verdicts, run.doubt) if run.doubt else [],
        "audit": audited(run.audit, {node.code: node.label for node in index.tree.nodes}),
        "shapes": read_shapes(run.study, run.index),
        "cells": _cells(index),
    }


# --- Cells ----------------------------------------------------------------------------------------------------


def _cells(index: Index) -> dict[str, Any]:
    stages, k = index.stages, index.tree.n_indicators
    ranks = np.nan_to_num(index.ranks().values, nan=0.0)
    return {
        "scores": packed(stages.scores[:, :, k:].transpose(1, 0, 2), "<f4"),
        "ranks": packed(ranks, "<u2"),
        "normalised": packed_short(stages.normalised.transpose(1, 0, 2)),
        "values": packed_short(stages.imputed.transpose(1, 0, 2)),
        "origin": runs(stages.origin),
        # The page keeps marks as bytes: 255 is the -1 of a cell winsorised at the bottom.
        "marks": runs(stages.marks.astype(np.uint8)),
    }


def _rows(weights: npt.NDArray[np.float64]) -> list[list[float | None]]:
    return [[rounded(weight) for weight in row] for row in np.atleast_2d(weights)]


def _coverage(index: Index) -> dict[str, list[list[int]]]:
    """Regions with an observed and with a filled value, indicator × year."""
    seen = np.isfinite(index.stages.imputed)
    origin = index.stages.origin
    observed = (seen & (origin == OBSERVED)).sum(axis=1)
    filled = (seen & (origin > OBSERVED)).sum(axis=1)
    return {"observed": observed.T.tolist(), "filled": filled.T.tolist()}


# --- Labels ---------------------------------------------------------------------------------------------------


def _elsewhere(index: Index, kind: str) -> list[dict[str, Any]]:
    """The tiles of regions that the study leaves out: a map that lacked them would look like another country."""
    inside = set(map(str, index.regions))
    known = gazetteer(kind).regions
    if not any(known[code].tile for code in inside & known.keys()):
        return []
    return [
        {"label": {"en": entry.code if kind == "us-states" else entry.name_en, "zh": entry.name_zh}, "tile": entry.tile}
        for entry in known.values()
        if entry.tile and entry.code not in inside
    ]


def _regions(index: Index, kind: str) -> list[dict[str, Any]]:
    known = gazetteer(kind).regions
    codes = [str(code) for code in index.regions]
    en, zh = (map(str, index.about_region.get(name, codes)) for name in ("name_en", "name_zh"))
    out = []
    for code, name_en, name_zh in zip(codes, en, zh, strict=True):
        entry = known.get(code)
        # A state goes by its two letters; everything else is called by its name where there is room.
        label = {"en": code if kind == "us-states" else name_en, "zh": name_zh}
        tile = list(entry.tile) if entry and entry.tile else None
        out.append({"code": code, "name": {"en": name_en, "zh": name_zh}, "label": label, "tile": tile})
    return out


def _nodes(run: Run) -> list[dict[str, Any]]:
    tree = run.index.tree
    return [
        {
            "code": node.code,
            "name": text(node.label),
            "level": int(tree.levels[at]),
            "parent": int(tree.parents[at]),
            "direction": node.direction,
            **(details(run, at, node) if isinstance(node, Indicator) else {}),
        }
        for at, node in enumerate(tree.nodes)
    ]


# --- Method ---------------------------------------------------------------------------------------------------


def _treated(index: Index) -> Iterable[dict[str, Any]]:
    """Indicators with treated cells: how many, and the shape before and after where all years were treated at once."""
    marks, table = index.stages.marks, index.treatment
    before = table if len(table) == marks.shape[2] else None
    for at in np.flatnonzero((marks != 0).any(axis=(0, 1))):
        counts = {
            name: int((marks[:, :, at] == mark).sum())
            for name, mark in (("lowered", TOP), ("raised", BOTTOM), ("transformed", TRANSFORMED))
        }
        shape = {} if before is None else {name: _shape(before.iloc[at], name) for name in ("skew", "kurtosis")}
        yield {"indicator": int(at), **counts, "skew": shape.get("skew"), "kurtosis": shape.get("kurtosis")}


def _shape(row: Any, name: str) -> list[float | None] | None:
    if name not in row or not row.get("stage"):
        return None
    return [rounded(row[name]), rounded(row[f"{name}_{row['stage']}"])]


# --- Data -----------------------------------------------------------------------------------------------------


def _notice(fault: Fault) -> dict[str, Any]:
    place = {"en": fault.where("en"), "zh": fault.where("zh")}
    return {"code": fault.code, "place": place, "text": {"en": fault.en, "zh": fault.zh}}


def _cites(sources: Iterable[Source]) -> list[dict[str, str]]:
    return list({source.cite.en: text(source.cite) for source in sources if source.cite}.values())


def _source(source: Source) -> dict[str, Any]:
    return {
        "file": source.file,
        "sha256": source.sha256,
        "encoding": source.encoding or "",
        "layout": source.layout,
        "sheet": source.sheet or "",
        "rows": source.rows,
        "cite": text(source.cite) if source.cite else {"en": "", "zh": ""},
    }


def _file(name: str, digest: str) -> dict[str, Any]:
    """A file of links, of which no more is known than what it is."""
    cite = {"en": "", "zh": ""}
    return {"file": name, "sha256": digest, "encoding": "", "layout": "", "sheet": "", "rows": None, "cite": cite}


def _repair(repair: Repair) -> dict[str, Any]:
    why = {"en": repair.en, "zh": repair.zh}
    return {"was": repair.was, "now": repair.now, "why": why, "file": repair.file, "count": repair.count}
