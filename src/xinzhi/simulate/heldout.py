"""Whether a world foresees what it was not shown: later years, and regions kept aside, beside two simple rivals.

Persistence says that what is will stay. The other rival is what is usually done: a logit of entry and growth on
relatedness density and the cell's own past, with effects of regions and industries. A model that cannot beat both
where it was not calibrated has told a story, not more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from xinzhi.core.errors import Fault, Language, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.simulate.foresight import Judged, judged, probabilities_of, share_errors
from xinzhi.simulate.moments import quotients

if TYPE_CHECKING:
    from xinzhi.simulate.world import Start

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

_FOLDS = 5
_SORTS = ["place", "outcome", "rival"]

OUTCOMES: dict[str, Text] = {
    "entry": Text(en="entry of industries into regions", zh="产业进入地区"),
    "growth": Text(en="gain of a region's share of an industry", zh="地区在产业中份额上升"),
    "cells": Text(en="shares of regions' industries", zh="地区产业份额"),
    "regions": Text(en="shares of regions", zh="地区份额"),
}
MEASURES: dict[str, Text] = {
    "auc": Text(en="AUC", zh="AUC"),
    "average_precision": Text(en="average precision", zh="平均精确率"),
    "log_score": Text(en="log score", zh="对数得分"),
    "rmse": Text(en="RMSE", zh="均方根误差"),
}
RIVALS: dict[str, Text] = {
    "persistence": Text(en="persistence", zh="惯性外推"),
    "relatedness": Text(en="relatedness logit", zh="关联密度 Logit"),
}
PLACES: dict[str, Text] = {
    "shown": Text(en="regions that were shown", zh="未留出地区"),
    "held": Text(en="regions kept aside", zh="留出地区"),
}


@dataclass(frozen=True, eq=False)
class HeldOut:
    """How well runs foretold ``years`` later years, beside persistence and a relatedness logit.

    ``scores`` has a row for each place, outcome, measure and rival; see ``to_frame``. ``by_year`` has the error of
    shares in each later year. ``learned_from`` says which years the rivals were learned from.
    """

    scores: pd.DataFrame
    by_year: pd.DataFrame
    years: int
    runs: int
    level: float
    learned_from: Text
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row a place, outcome, measure and rival.

        Columns: place, outcome, measure, cells, happened, model, model_low, model_high, rival, rival_value, lead,
        lead_low, lead_high, verdict. ``lead`` is positive where the model is better, for errors too; intervals of
        ``level`` draw regions anew. ``verdict``: ahead, behind, or level where the interval holds zero.
        """
        return self.scores.copy()

    def losses(self) -> pd.DataFrame:
        """The rows in which a rival is better, surely so or not, the worst for the model first by its verdict."""
        lost = self.scores[self.scores["lead"] < 0]
        return lost.sort_values("verdict", key=lambda verdict: verdict != "behind", kind="stable", ignore_index=True)

    def say(self, language: Language = "en") -> str:
        """Where the model wins, where it loses, and where nobody can tell, in words."""
        parts = []
        for verdict, words in _VERDICTS.items():
            rows = self.scores[self.scores["verdict"] == verdict]
            named = [self._named(group, language) for _, group in rows.groupby(_SORTS, sort=False)]
            if named:
                parts.append(words[language].format(("；" if language == "zh" else "; ").join(named)))
        if not parts:
            return "无可评分的结果。" if language == "zh" else "Nothing could be scored."
        return ("" if language == "zh" else " ").join(parts)

    def _named(self, rows: pd.DataFrame, language: Language) -> str:
        """Rows of one place, outcome and rival in words: what was measured, with the leads."""
        first, zh = rows.iloc[0], language == "zh"
        outcome, rival = OUTCOMES[first["outcome"]][language], RIVALS[first["rival"]][language]
        place = PLACES[first["place"]][language] if len(set(self.scores["place"])) > 1 else ""
        leads = zip(rows["measure"], rows["lead"], strict=True)
        measured = ("、" if zh else ", ").join(f"{MEASURES[name][language]} {lead:+.2g}" for name, lead in leads)
        if zh:
            return f"{place}{'的' if place else ''}{outcome}（对{rival}：{measured}）"
        return f"{outcome}{' in ' if place else ''}{place} (against {rival}: {measured})"

    def __repr__(self) -> str:
        counts = self.scores["verdict"].value_counts()
        lines = [f"HeldOut: {self.runs} runs, {self.years} years ahead; rivals learned from {self.learned_from.en}"]
        lines += [f"  {name}: {counts.get(name, 0)} of {len(self.scores)}" for name in _VERDICTS]
        lost = self.losses().head(1)
        worst = self._named(lost, "en") if len(lost) else "nothing"
        return "\n".join([*lines, f"  worst in: {worst}", f"  {len(self.notes)} notes"])


_VERDICTS: dict[str, Text] = {
    "behind": Text(en="The model loses in: {}.", zh="模型不及：{}。"),
    "ahead": Text(en="It wins in: {}.", zh="模型占优：{}。"),
    "level": Text(en="Not to be told apart in: {}.", zh="难分高下：{}。"),
}


def score_heldout(
    start: Start,
    later: Floats,
    runs: Floats,
    *,
    earlier: Floats | None = None,
    held: Sequence[str] = (),
    level: float = 0.9,
    draws: int = 1_000,
    seed: int = 0,
) -> HeldOut:
    """Score what runs said of later years against what came, beside persistence and a relatedness logit.

    ``later`` (Y, R, J) is employment seen after the start, year by year; ``runs`` (S, Y, R, J) the same of S runs, as
    ``History.cells`` has it for the industries of the start. ``earlier`` (E, R, J) ends with the start's own year; the
    rivals learn from its transitions over Y years, or as many as there are. Without it they learn from the very
    transition that is tested, each region from the others: more than the model was given. ``held`` are regions that
    calibration did not see; no rival learns from them either.

    *Entry* is a location quotient that rises to 1 or more, *growth* a rise of the region's share of the industry. The
    model's probability is the share of runs in which it happens, (k + ½)/(S + 1). Persistence is a logit on the cell's
    own quotient at the start (and unchanged shares); the relatedness logit adds density (Hidalgo et al. 2007, Science
    317: 482) by the start's relatedness of technologies, and effects of regions and industries, shrunk so that a
    region nobody has seen has none. Intervals draw regions anew ``draws`` times. Raises ``MethodError``.
    """
    regions, industries = start.employment.shape
    later, runs = np.asarray(later, dtype=float), np.asarray(runs, dtype=float)
    before = start.employment[None] if earlier is None else np.asarray(earlier, dtype=float)
    _check(start, before, later, runs, held)
    kept = np.isin(np.array(start.regions, dtype=object), list(held))
    lessons, tested, learned_from = _lessons(before, later)
    judging = [one for one in PLACES if (kept if one == "held" else ~kept).any()]
    now, then, forecast = before[-1], later[-1], runs[:, -1]
    notes: list[Fault] = []
    rows: list[dict[str, object]] = []
    for outcome in ("entry", "growth"):
        candidates, happened = _events(now, then, outcome)
        times = np.sum([_events(now, one, outcome)[1] for one in forecast], axis=0)
        said = {"model": (times + 0.5) / (len(runs) + 1)}
        said |= _rivals(start, lessons, outcome, kept, _folds(tested, len(now), seed), now)
        for place in judging:
            at = candidates & (kept if place == "held" else ~kept)[:, None]
            if not (happened[at].any() and (~happened[at]).any()):
                notes.append(_one_sided(outcome, place, int(at.sum()), int(happened[at].sum())))
                continue
            told = judged(happened[at], {who: p[at] for who, p in said.items()}, np.nonzero(at)[0], level, draws, seed)
            size = {"cells": int(at.sum()), "happened": int(happened[at].sum())}
            rows += _rows(place, outcome, size, told)
    errors = {"model": _shares(forecast).mean(axis=0) - _shares(then), "persistence": _shares(now) - _shares(then)}
    for place in judging:
        here = kept if place == "held" else ~kept
        for outcome in ("cells", "regions"):
            summed = errors if outcome == "cells" else {k: v.sum(axis=1, keepdims=True) for k, v in errors.items()}
            told = share_errors({who: error[here] for who, error in summed.items()}, level, draws, seed)
            size = {"cells": int(here.sum()) * (industries if outcome == "cells" else 1), "happened": -1}
            rows += _rows(place, outcome, size, told)
    if regions < 10:
        notes.append(_few_regions(regions))
    settings = {"held": list(held), "level": level, "draws": draws, "years": len(later), "runs": len(runs)}
    inputs = {name: digest(np.ascontiguousarray(value).tobytes()) for name, value in _named(before, later, runs)}
    record = Record("score_heldout", settings, inputs, seed)
    table, years = pd.DataFrame(rows), _by_year(start.first_year, now, later, runs)
    return HeldOut(table, years, len(later), len(runs), level, learned_from, tuple(notes), record)


def density(start: Start, present: Bools) -> Floats:
    """How much of what is related to an industry its region has, (R, J) in 0..1; the industry itself does not count."""
    related = start.relatedness[np.ix_(start.technology_of, start.technology_of)].astype(float)
    np.fill_diagonal(related, 0.0)
    total = related.sum(axis=0)
    return np.asarray(present @ related / np.where(total > 0, total, 1.0))


def _shares(cells: Floats) -> Floats:
    """Shares of the country's employment, over the last two axes."""
    return np.asarray(cells / cells.sum(axis=(-2, -1), keepdims=True))


def _events(now: Floats, then: Floats, outcome: str) -> tuple[Bools, Bools]:
    """Which cells are candidates and in which it happened, both (R, J)."""
    if outcome == "entry":
        before, after = quotients(now), quotients(then)
        return before < 1, (before < 1) & (after >= 1)
    mine = now / np.maximum(now.sum(axis=0), 1e-300)
    after = then / np.maximum(then.sum(axis=0), 1e-300)
    return now > 0, (now > 0) & (after > mine)


Lesson = tuple[Floats, Floats]


def _lessons(before: Floats, later: Floats) -> tuple[list[Lesson], bool, Text]:
    """Transitions to learn from, those of earlier years where there are any, and whether it is the tested one."""
    span = min(len(later), len(before) - 1)
    if span >= 1:
        found = [(before[at], before[at + span]) for at in range(len(before) - span)]
        plural = "s" if len(found) > 1 else ""
        en = f"{len(found)} earlier transition{plural} of {span} year{'s' if span > 1 else ''}"
        return found, False, Text(en=en, zh=f"此前 {len(found)} 次 {span} 年转换")
    return [(before[-1], later[-1])], True, Text(en="the tested years, in other regions", zh="被检验年份（其他地区）")


def _folds(tested: bool, regions: int, seed: int) -> Codes:
    """Into which fold each region is dealt: where rivals learn from what is tested, each from other folds."""
    dealt = np.arange(regions) % _FOLDS if tested else np.zeros(regions, dtype=np.intp)
    return np.asarray(np.random.default_rng(seed).permutation(dealt), dtype=np.intp)


def _rivals(
    start: Start, lessons: list[Lesson], outcome: str, kept: Bools, folds: Codes, now: Floats
) -> dict[str, Floats]:
    """Probabilities (R, J) of the rivals, learned from no region kept aside."""
    said = {name: np.empty(now.shape) for name in RIVALS}
    every, nothing = np.ones(now.shape, dtype=bool), np.zeros(now.shape, dtype=bool)
    for fold in range(folds.max() + 1):
        here = folds == fold
        teach = ~kept & ~here if folds.any() else ~kept
        parts = [_cells(start, first, *_events(first, last, outcome), teach) for first, last in lessons]
        test = _cells(start, now, every, nothing, here)
        for name, values in said.items():
            values[here] = probabilities_of(parts, test, now.shape, name == "persistence").reshape(-1, now.shape[1])
    return said


def _cells(start: Start, now: Floats, candidates: Bools, happened: Bools, rows: Bools) -> tuple[Floats, Floats, Bools]:
    """Of candidate cells in these regions: regressors (n, 2), codes of region and industry (n, 2), what happened."""
    at = candidates & rows[:, None]
    quotient = quotients(now)
    x = np.column_stack([np.log(quotient[at] + 0.01), density(start, quotient >= 1)[at]])
    return x, np.argwhere(at).astype(float), happened[at]


def _rows(place: str, outcome: str, size: dict[str, int], told: list[Judged]) -> list[dict[str, object]]:
    return [{"place": place, "outcome": outcome, "measure": one.measure} | size | one.row() for one in told]


def _by_year(first: int, now: Floats, later: Floats, runs: Floats) -> pd.DataFrame:
    """Root mean squared error of cells' shares by later year: year, model, persistence."""
    seen = _shares(later)
    model = np.sqrt(((_shares(runs).mean(axis=0) - seen) ** 2).mean(axis=(1, 2)))
    stays = np.sqrt(((_shares(now) - seen) ** 2).mean(axis=(1, 2)))
    return pd.DataFrame({"year": first + 1 + np.arange(len(later)), "model": model, "persistence": stays})


def _named(before: Floats, later: Floats, runs: Floats) -> list[tuple[str, Floats]]:
    return [("earlier", before), ("later", later), ("runs", runs)]


def _check(start: Start, before: Floats, later: Floats, runs: Floats, held: Sequence[str]) -> None:
    faults = []
    shape = start.employment.shape
    wanted = {"earlier": (before, 3), "later": (later, 3), "runs": (runs, 4)}
    for name, (values, dimensions) in wanted.items():
        if values.ndim != dimensions or values.shape[-2:] != shape or 0 in values.shape:
            faults.append(
                Fault(
                    "heldout-shape",
                    f"'{name}' has the shape {values.shape}; years of {shape[0]} regions and {shape[1]} industries, as "
                    f"in the start, are needed{' for every run' if dimensions == 4 else ''}.",
                    f"“{name}”的形状为 {values.shape}；须{'对每次运行' if dimensions == 4 else ''}逐年给出与起点一致的 "
                    f"{shape[0]} 个地区、{shape[1]} 个产业。",
                )
            )
        elif not (np.isfinite(values).all() and (values >= 0).all() and (values.sum(axis=(-2, -1)) > 0).all()):
            faults.append(
                Fault(
                    "heldout-value",
                    f"'{name}' has values that are missing or negative, or a year without anybody. Fill them, or leave "
                    "the industry or year out.",
                    f"“{name}”含缺失值、负值或全为零的年份。请填补，或剔除相应产业或年份。",
                )
            )
    if not faults and len(later) != runs.shape[1]:
        faults.append(
            Fault(
                "heldout-years",
                f"{len(later)} later years were seen, the runs have {runs.shape[1]}: give the same years of both.",
                f"实际观测为 {len(later)} 年，而运行结果为 {runs.shape[1]} 年：二者年份须一致。",
            )
        )
    if strangers := [name for name in held if name not in start.regions]:
        faults.append(
            Fault(
                "unknown-region",
                f"no region of the start is named {', '.join(strangers)}.",
                f"起点中没有名为 {'、'.join(strangers)} 的地区。",
            )
        )
    elif len(set(held)) >= len(start.regions) - 4:
        faults.append(
            Fault(
                "nothing-to-learn-from",
                f"{len(set(held))} of {len(start.regions)} regions are held out: at least five must be left to learn "
                "from.",
                f"{len(start.regions)} 个地区中留出了 {len(set(held))} 个：至少须保留五个地区用于学习。",
            )
        )
    if faults:
        raise MethodError(faults)


def _one_sided(outcome: str, place: str, cells: int, happened: int) -> Fault:
    what, where = OUTCOMES[outcome], PLACES[place]
    return Fault(
        "one-sided",
        f"{what.en} happened in {happened} of {cells} cells of {where.en}: nothing can be scored.",
        f"{where.zh}的 {cells} 个单元中有 {happened} 个发生{what.zh}：无法评分。",
        severity="warning",
    )


def _few_regions(count: int) -> Fault:
    return Fault(
        "few-regions",
        f"intervals draw {count} regions anew: with fewer than ten they are too narrow.",
        f"区间由 {count} 个地区重抽样得出：地区少于十个时区间偏窄。",
        severity="warning",
    )
