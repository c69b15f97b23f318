"""The transparent rule: a list of thresholds, read from the top, that puts each industry on a rung.

1. **Declining** (衰退): it shrinks by ``shrink`` a year or more, does not outgrow its region and stands ``fallen`` or
   more below its peak.
2. **Future** (未来): small, and more than half of what is known of three signs is met: intense in technology, lively
   in entry, young. Entry alone does not do.
3. **Strategic emerging** (战略性新兴): not yet large, rises fast, and intense in technology. Where technology is not
   known, lively in entry (if entry is known), and that only in the share ``untold`` of scenarios. Age does not count
   against it: old codes hold new industries.
4. **Leading** (主导): sizeable, rises, and meets the ``quorum`` of the classical criteria known (income elasticity,
   productivity growth, linkages either way, location quotient); if none is known, in the share ``untold`` of scenarios.
   A large one leads while it rises fast.
5. **Pillar** (支柱): large.
6. **Mature** (传统、成熟): everything else.

An industry rises when it grows, outgrows its region (``outgrow``; ``fast``) and does so steadily (where that can be
told), and is no more than ``fallen`` below its peak: to recover from a slump is not to emerge.

A mature or declining industry that is sizeable and has upgraded its base is back on, a pillar where it is large and
leading otherwise: upgraded traditional industries carry new quality productive forces.
"""

from __future__ import annotations

import hashlib

import numpy as np
import xarray as xr

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.data.industries import Industries
from xinzhi.structure.ladder import _rule_kernels as kernel
from xinzhi.structure.ladder.criteria import Arguments, Evidence, gather, labels
from xinzhi.structure.ladder.rungs import RUNG, RUNGS, SERIES, TIME, Ladder, LadderSpec

SCENARIOS = 64  # positions of the thresholds in their bands, one bit of a word each
DRAWS = 16  # of cells between bounds

# The criterion that stands in each row of the kernel.
_ROWS = {
    kernel.SIZE: "relative-size",
    kernel.GROWTH: "growth",
    kernel.EXCESS: "excess-growth",
    kernel.STEADINESS: "steadiness",
    kernel.PEAK: "below-peak",
    kernel.TECHNOLOGY: "technology",
    kernel.ENTRY: "liveliness",
    kernel.AGE: "age",
    kernel.ELASTICITY: "elasticity",
    kernel.PRODUCTIVITY: "productivity-growth",
    kernel.BACK: "backward",
    kernel.FORTH: "forward",
    kernel.QUOTIENT: "advantage",
    kernel.UPGRADED: "upgraded",
}


def rule(industries: Industries, spec: LadderSpec, given: Arguments) -> Ladder:
    """The placement alone: see ``ruled``."""
    return ruled(industries, spec, given)[0]


def ruled(industries: Industries, spec: LadderSpec, given: Arguments) -> tuple[Ladder, Evidence]:
    """Place industries by thresholds that anyone can check by hand.

    Thresholds lie within their bands in 64 ways (a fixed Latin hypercube, so that the same data give the same
    answer), cells between bounds anywhere between them in 16, evenly and independently; a probability is the share of
    these in which an industry stands on the rung. A cell without an upper bound counts as not observed. Returns the
    evidence too, of cells between bounds at their middle.
    """
    notes = list(industries.notes)
    middle, drawn = between(industries)
    evidence = gather(industries, spec, given, middle)
    if drawn:
        told = [gather(industries, spec, given, cells) for cells in drawn]
        probability = np.mean([_placed(one, spec) for one in told], axis=0)
    else:
        probability = _placed(evidence, spec)
    notes += [*_unbounded(industries), *evidence.notes, *_unplaced(probability, industries)]
    labelled = evidence.labelled(industries)
    coords = {**labels(industries), RUNG: np.array(RUNGS, dtype=object)}
    placed = xr.DataArray(probability, coords, (SERIES, TIME, RUNG), name="probability")
    record = Record("ladder", spec.model_dump(), _digests(industries, given))
    return Ladder(placed, labelled, spec, "rule", industries.names, tuple(notes), record), evidence


def between(industries: Industries) -> tuple[Floats | None, list[Floats]]:
    """Values with cells between bounds at their middle, and drawn evenly between them; none where none is bounded."""
    if industries.low is None or industries.high is None:
        return None, []
    values, low, high = (side.values for side in (industries.values, industries.low, industries.high))
    bounded = np.isnan(values) & np.isfinite(low) & np.isfinite(high)
    if not bounded.any():
        return None, []
    rng = np.random.default_rng(0)
    width = high[bounded] - low[bounded]
    shares = [np.full(width.shape, 0.5), *rng.random((DRAWS, width.size))]
    filled = []
    for share in shares:
        cells = values.copy()
        cells[bounded] = low[bounded] + share * width
        filled.append(cells)
    return filled[0], filled[1:]


def _placed(evidence: Evidence, spec: LadderSpec) -> Floats:
    place = {name: row for row, name in enumerate(evidence.criteria)}
    at = np.array([place.get(_ROWS[row], -1) for row in range(kernel.ROWS)], dtype=np.int64)
    cuts, passed, untold = scenarios(spec)
    found: Floats = kernel.place(evidence.cells, at, evidence.placeable, cuts, passed, spec.quorum, untold, spec.hold)
    return found


def scenarios(spec: LadderSpec) -> tuple[Floats, kernel.Words, kernel.Words]:
    """Each threshold with half its band, which scenarios a rank within the band passes, and those of what is untold.

    Thresholds on the same quantity move together, so that "fast" never falls below "outgrows".
    """
    growth, band = spec.growth_band, spec.band
    rows = {
        kernel.SMALL: (spec.small, band * spec.small, "size"),
        kernel.SIZEABLE: (spec.sizeable, band * spec.sizeable, "size"),
        kernel.LARGE: (1.0, band, "size"),
        kernel.SHRINK: (spec.shrink, growth, "shrink"),
        kernel.OUTGROW: (spec.outgrow, growth, "growth"),
        kernel.FAST: (spec.fast, growth, "growth"),
        kernel.STEADY: (spec.steady, band * spec.steady, "steady"),
        kernel.FALLEN: (spec.fallen, band * spec.fallen, "fallen"),
        kernel.INTENSE: (spec.intense, band * spec.intense, "technology"),
        kernel.LIVELY: (spec.lively, band * spec.lively, "entry"),
        kernel.YOUNG: (-float(spec.young), band * spec.young, "age"),
        kernel.ELASTIC: (spec.elasticity, band * spec.elasticity, "elasticity"),
        kernel.PRODUCTIVE: (spec.productive, growth, "productivity"),
        kernel.BACKWARD: (spec.linkage, band * spec.linkage, "linkage"),
        kernel.FORWARD: (spec.linkage, band * spec.linkage, "linkage"),
        kernel.ADVANTAGE: (spec.advantage, band * spec.advantage, "advantage"),
    }
    names = [*dict.fromkeys(name for _, _, name in rows.values()), "untold-technology", "untold-criteria"]
    rng = np.random.default_rng(0)
    orders = {name: rng.permutation(SCENARIOS) for name in names}
    words = {name: _prefixes(order) for name, order in orders.items()}
    cuts = np.array([rows[row][:2] for row in range(kernel.CUTS)])
    passed = np.stack([words[rows[row][2]] for row in range(kernel.CUTS)])
    many = round(spec.untold * SCENARIOS)
    untold = np.array([words["untold-technology"][many], words["untold-criteria"][many]], dtype=np.uint64)
    return cuts, passed, untold


def _prefixes(order: np.ndarray) -> kernel.Words:
    """The first 0, 1, … 64 scenarios of an order as words."""
    bits = np.left_shift(np.uint64(1), order.astype(np.uint64))
    return np.concatenate([np.zeros(1, dtype=np.uint64), np.bitwise_or.accumulate(bits)])


def _unbounded(industries: Industries) -> list[Fault]:
    if industries.high is None:
        return []
    many = int(np.isinf(industries.high.values).sum())
    if not many:
        return []
    return [
        Fault(
            "no-upper-bound",
            f"{many} cells have no upper bound and count as not observed. Give bounds with `flags`, `low` and `high`.",
            f"有 {many} 格没有上限，按未观测处理。可用 flags、low、high 给出上下限。",
            severity="warning",
        )
    ]


def _unplaced(probability: Floats, industries: Industries) -> list[Fault]:
    """Series that stand nowhere in any year, with the first of them."""
    never = np.isnan(probability[..., 0]).all(axis=1)
    if not never.any():
        return []
    region, industry = (industries.values[name].values[never.argmax()] for name in ("region", "industry"))
    many = int(never.sum())
    return [
        Fault(
            "never-placed",
            f"{many} series could not be placed in any year (first: {region} × {industry}): their size or growth is "
            "not known over 6 years or more.",
            f"有 {many} 个序列在任何年份都无法判定（首个：{region} × {industry}）：缺少至少 6 年的规模或增长数据。",
            severity="warning",
        )
    ]


def _digests(industries: Industries, given: Arguments) -> dict[str, str]:
    found = dict(industries.record.inputs)
    for name in ("advantage", "relatedness", "backward", "forward", "technology"):
        if (cells := getattr(given, name)) is not None:
            found[name] = hashlib.sha256(np.ascontiguousarray(cells).data).hexdigest()
    return found
