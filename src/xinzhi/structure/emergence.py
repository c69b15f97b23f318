"""Emergence of topics: how fast they grow, how new, lasting, shared and uncertain they are, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import FaultyValue, Text
from xinzhi.structure.links import SHOWN
from xinzhi.structure.onsets import EDGE, Bends, bends, dispersion_interval, growth, step_up
from xinzhi.structure.proportions import wilson
from xinzhi.structure.topic_records import of_actors, of_codes, within
from xinzhi.structure.yearly import Gaps, Yearly, yearly

# The five attributes of Rotolo, Hicks and Martin; what is measured of who takes part stands for itself.
ATTRIBUTES = {
    "growth": Text(en="relatively fast growth", zh="相对快速增长"),
    "novelty": Text(en="radical novelty", zh="突破性新颖"),
    "coherence": Text(en="coherence", zh="持续与一致"),
    "impact": Text(en="prominent impact", zh="显著影响"),
    "community": Text(en="community", zh="研究共同体"),
    "uncertainty": Text(en="uncertainty and ambiguity", zh="不确定与模糊"),
}
# Every measure: its attribute, and what it says.
MEASURES = {
    "growth": ("growth", Text(en="growth a year", zh="年均增长率")),
    "relative-growth": ("growth", Text(en="growth a year relative to the whole", zh="相对整体的年均增长率")),
    "age": ("novelty", Text(en="years since first seen", zh="首次出现以来的年数")),
    "new-combinations": ("novelty", Text(en="records that join codes never joined before", zh="含首次组合的记录占比")),
    "persistence": ("coherence", Text(en="years at or above the threshold since first seen", zh="达到阈值的年份占比")),
    "run": ("coherence", Text(en="latest years in a row at or above the threshold", zh="最近连续达到阈值的年数")),
    "coherence": ("coherence", Text(en="likeness of two records' codes", zh="记录间代码相似度")),
    "share": ("impact", Text(en="share of the whole", zh="占整体比重")),
    "actors": ("community", Text(en="actors", zh="参与主体数")),
    "actor-growth": ("community", Text(en="growth of actors a year", zh="参与主体年均增长率")),
    "newcomers": ("community", Text(en="actors not seen before", zh="新进入主体占比")),
    "concentration": ("community", Text(en="concentration on actors (Herfindahl)", zh="主体集中度（赫芬达尔指数）")),
    "scatter": ("uncertainty", Text(en="scatter about the trend over Poisson's", zh="相对泊松的离散程度")),
    "diversity": ("uncertainty", Text(en="effective number of codes", zh="代码有效种数")),
}
FALSE_FINDINGS = 0.05


@dataclass(frozen=True, eq=False)
class Emergence:
    """What there is to say of the emergence of each topic.

    ``measures`` has a row a topic and measure: value, low, high, all of the last ``window`` years where nothing else
    is said; ``topics`` a row a topic: when it was first seen, its onset and how sure that is. ``in_set`` (topic, year)
    holds the years that may be the onset.
    """

    measures: pd.DataFrame
    topics: pd.DataFrame
    in_set: pd.DataFrame
    level: float
    notes: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: topic, attribute, measure, their Chinese names, value, low, high."""
        return self.measures.copy()

    def measure(self, name: str) -> pd.DataFrame:
        """One measure by topic: value, low, high. Raises ``MethodError`` where it was not taken."""
        found = self.measures[self.measures["measure"] == name].set_index("topic")[["value", "low", "high"]]
        if found.empty:
            known = ", ".join(dict.fromkeys(self.measures["measure"]))
            raise FaultyValue(
                "unknown-measure",
                f"'{name}' was not measured here; there are: {known}.",
                f"此处没有“{name}”；可用：{known}。",
            )
        return found

    def onsets(self, topic: str) -> list[int]:
        """The years that may be the onset of a topic, at the level asked for."""
        return [int(year) for year in self.in_set.columns[self.in_set.loc[topic].to_numpy(dtype=bool)]]

    def __repr__(self) -> str:
        dated = self.topics.dropna(subset=["onset"]).sort_values("onset_q")
        shown = "; ".join(
            f"{topic} {row.onset:.0f} ({row.onset_low:.0f} to {row.onset_high:.0f})"
            for topic, row in dated.head(3).iterrows()
        )
        fast = self.topics["growth_q"] <= FALSE_FINDINGS
        years = self.in_set.columns
        return "\n".join(
            [
                f"Emergence of {len(self.topics)} topics, {years[0]} to {years[-1]}",
                f"  onset dated: {len(dated)}{': ' + shown if shown else ''}",
                f"  growing {'faster than the whole' if self.record.settings['relative'] else ''} in the last "
                f"{self.record.settings['window']} years: {int(fast.sum())}".replace("growing  in", "growing in"),
                f"  false findings held at {FALSE_FINDINGS:.0%} over all topics (Benjamini–Hochberg); intervals "
                f"{100 * self.level:g} %",
            ]
        )


def emergence(
    counts: Any,
    *,
    whole: Any = None,
    codes: pd.DataFrame | None = None,
    actors: pd.DataFrame | None = None,
    window: int = 5,
    threshold: float = 1.0,
    since: int | None = None,
    through: int | None = None,
    gaps: Gaps = "refuse",
    level: float = 0.9,
) -> Emergence:
    """Measure the emergence of every topic and date its onset.

    ``counts`` are topics × years as ``yearly`` takes them; ``whole`` the yearly counts of all records, of every topic
    or of none, against which growth is held; with several topics and no ``whole`` their sum is taken, and said.
    ``codes`` has a row a record and code: record, year, code and, with several topics, topic; ``actors`` a row a
    record and actor: year, actor, topic. Without them what rests on them is not measured. Rates and shares are of the
    last ``window`` years up to ``through``; a year counts as above ``threshold`` with that many records or more.

    Onset: the year from which the yearly rate of growth (relative to the whole where there is one) is higher, by a
    log-linear Poisson model with one bend; the interval holds all years whose likelihood is close enough to the best,
    allowing for scatter. A topic that was born within the years looked at and has grown ever since without a bend has
    its onset where it was first seen (``kind`` birth). With many topics some would be dated by chance: onsets and
    growth are told where the share of false ones is held at 5 % over all topics (q, Benjamini, Hochberg 1995, JRSS B
    57: 289). The attributes are those of Rotolo, Hicks, Martin 2015, Research Policy 44: 1827. A value that cannot be
    had is ``nan``. Raises ``MethodError``.
    """
    data = yearly(counts, through=through, gaps=gaps)
    if since is not None:
        data = Yearly(data.topics, data.years[data.years >= since], data.counts[:, data.years >= since])
    _refuse(data, window, level, threshold)
    offset, base, notes = _whole(data, whole)
    y, seen = np.nan_to_num(data.counts), ~np.isnan(data.counts)
    positive = np.where(seen, data.counts, 0) > 0
    born = positive & (np.cumsum(positive, axis=1) == 1)
    first = np.where(positive.any(axis=1), born.argmax(axis=1), -1)
    alive = seen & (np.arange(len(data.years)) >= np.where(first < 0, len(data.years), first)[:, None])
    alive &= np.isfinite(offset)
    finite = np.where(np.isfinite(offset), offset, 0.0)
    found = bends(y, finite, alive, level)
    topics, in_set = _dated(data, found, first, alive, y, finite)
    recent = slice(len(data.years) - window, len(data.years))
    rows = _of_counts(data, y, seen, first, alive, window, threshold, level)
    if base is not None:
        relative, p = growth(y[:, recent], finite[:, recent], (seen & np.isfinite(offset))[:, recent])
        rows["relative-growth"] = _rates(relative, _measured(y, seen, recent), level)
        rows["share"] = _shares(y[:, recent], base[:, recent], seen[:, recent], relative.scatter, level)
    else:
        _, p = growth(y[:, recent], finite[:, recent], seen[:, recent])
    p = np.where(_measured(y, seen, recent), p, np.nan)
    topics["growth_p"], topics["growth_q"] = p, step_up(p)
    last = int(data.years[-1])
    inputs = {"counts": data.digest}
    if codes is not None:
        kept, said = within(codes, ("record", "year", "code"), data.topics, last, "codes", "代码")
        rows |= of_codes(kept, data.topics, last - window, level)
        notes += said
        inputs["codes"] = digest(kept.to_csv(index=False))
    if actors is not None:
        kept, said = within(actors, ("year", "actor"), data.topics, last, "actors", "主体")
        rows |= of_actors(kept, data.topics, np.arange(last - window + 1, last + 1), level)
        notes += said
        inputs["actors"] = digest(kept.to_csv(index=False))
    notes += _said(data, found)
    settings = {
        "window": window,
        "threshold": threshold,
        "since": since,
        "through": through,
        "gaps": gaps,
        "level": level,
        "relative": base is not None,
    }
    return Emergence(
        _table(rows, data.topics), topics, in_set, level, tuple(notes), Record("emergence", settings, inputs)
    )


def _whole(data: Yearly, whole: Any) -> tuple[Floats, Floats | None, list[Fault]]:
    """Logarithm of the whole (topic, year), what it is, and what is to be said of it."""
    none = np.zeros_like(data.counts)
    if whole is None:
        if len(data.topics) == 1:
            note = Fault(
                "no-whole",
                "there is one topic and no `whole`: growth is that of the topic itself, and where all records grow "
                "anyway that is no sign of emergence. Give the yearly counts of all records, whole = ….",
                "仅有一个主题且未给出 whole：增长为主题自身增长，若全部记录本就在增长，则不能视为涌现。请用 whole = … "
                "给出全部记录的年度数量。",
                severity="warning",
            )
            return none, None, [note]
        base = np.nansum(data.counts, axis=0, keepdims=True)
        note = Fault(
            "whole-of-topics",
            "growth is relative to the sum of the topics given, since no `whole` is.",
            "未给出 whole，增长相对于所给主题之和计算。",
            severity="warning",
        )
        notes = [note]
    else:
        given = yearly(whole, through=int(data.years[-1]), gaps="unobserved")
        missing = [int(year) for year in data.years if year not in set(given.years.tolist())]
        unknown = [topic for topic in data.topics if topic not in given.topics] if len(given.topics) > 1 else []
        if missing or unknown:
            what = f"years {missing[:SHOWN]}" if missing else f"topics {unknown[:SHOWN]}"
            zh = f"年份 {missing[:SHOWN]}" if missing else f"主题 {unknown[:SHOWN]}"
            raise MethodError(
                Fault(
                    "whole-too-short",
                    f"`whole` must cover every year (and topic, where it has several); it lacks {what}.",
                    f"whole 须涵盖全部年份（若分主题，则涵盖全部主题）；缺少{zh}。",
                )
            )
        at = [given.topics.index(topic) for topic in data.topics] if len(given.topics) > 1 else [0]
        base = given.counts[at][:, np.searchsorted(given.years, data.years)]
        notes = []
        less = base < data.counts - 1e-9 * np.abs(data.counts)
        if less.any():
            raise MethodError(
                Fault(
                    "whole-too-small",
                    f"`whole` is smaller than the topic itself in {int(less.sum())} cells; count the topic too.",
                    f"whole 有 {int(less.sum())} 处小于主题自身；整体须包含该主题。",
                )
            )
    base = np.broadcast_to(base, data.counts.shape)
    with np.errstate(divide="ignore"):
        logs = np.log(np.where(base > 0, base, np.nan))
    middle = np.nanmean(logs) if np.isfinite(logs).any() else 0.0
    return logs - middle, base, notes


def _dated(
    data: Yearly, found: Bends, first: Any, alive: Any, y: Floats, offset: Floats
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a topic with its onset, and the set of years (topic, year) it is taken from."""
    years = data.years.astype(float)
    q = step_up(found.p)
    bent = q <= FALSE_FINDINGS
    # A birth can only be seen where some year before it was looked at and had nothing.
    fresh = (first > 0) & ~bent & (alive.sum(axis=1) >= EDGE + 1)
    _, p = growth(y, offset, alive)
    born_q = step_up(np.where(fresh, p, np.nan))
    birth = born_q <= FALSE_FINDINGS
    inside = found.inside & bent[:, None]
    inside[birth, first[birth]] = True
    dated = bent | birth
    low, high = inside.argmax(axis=1), len(years) - 1 - inside[:, ::-1].argmax(axis=1)
    onset = np.where(bent, years[np.maximum(found.years, 0)], years[np.maximum(first, 0)])
    topics = pd.DataFrame(
        {
            "counted": y.sum(axis=1),
            "first_seen": np.where(first >= 0, years[np.maximum(first, 0)], np.nan),
            "kind": np.select([bent, birth], ["bend", "birth"], "none"),
            "onset": np.where(dated, onset, np.nan),
            "onset_low": np.where(dated, years[low], np.nan),
            "onset_high": np.where(dated, years[high], np.nan),
            "onset_p": found.p,
            "onset_q": np.where(birth, born_q, q),
            "rate_before": np.where(bent, np.expm1(found.before), np.nan),
            "rate_after": np.where(bent, np.expm1(found.after), np.nan),
        },
        index=pd.Index(data.topics, name="topic"),
    )
    return topics, pd.DataFrame(inside, index=topics.index, columns=data.years)


def _of_counts(
    data: Yearly, y: Floats, seen: Any, first: Any, alive: Any, window: int, threshold: float, level: float
) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Measures that need nothing but the counts; value, low, high by topic."""
    recent = slice(len(data.years) - window, len(data.years))
    measured = _measured(y, seen, recent)
    own, _ = growth(y[:, recent], np.zeros_like(y[:, recent]), seen[:, recent])
    age = np.where(first >= 0, len(data.years) - first, np.nan).astype(float)
    above = alive & (y >= threshold)
    kept, among = above.sum(axis=1), alive.sum(axis=1)
    low, high = wilson(kept, among, level=level)
    # The run ends with the last year that was looked at; years not observed neither break nor lengthen it.
    backwards = (above | ~seen)[:, ::-1]
    unbroken = np.cumprod(backwards, axis=1).astype(bool)
    run = (unbroken & above[:, ::-1]).sum(axis=1).astype(float)
    thin, wide = dispersion_interval(own.factor, own.freedom, level)
    scatter = np.where(measured, own.factor, np.nan)
    return {
        "growth": _rates(own, measured, level),
        # A topic that was there from the first year on may be older than the counts.
        "age": (age, age, np.where(first == 0, np.inf, age)),
        "persistence": (np.where(among > 0, kept / np.maximum(among, 1), np.nan), low, high),
        "run": (run, run, run),
        "scatter": (scatter, np.where(measured, thin, np.nan), np.where(measured, wide, np.nan)),
    }


def _measured(y: Floats, seen: Any, recent: slice) -> Any:
    """Whether a rate can be had of the last years: three of them observed, something counted in two."""
    return (seen[:, recent].sum(axis=1) >= 3) & ((y[:, recent] > 0).sum(axis=1) >= 2)


def _rates(lines: Any, measured: Any, level: float) -> tuple[Floats, Floats, Floats]:
    half = t.ppf((1 + level) / 2, lines.freedom) * lines.error
    middle = np.where(measured, lines.beta[..., -1], np.nan)
    return np.expm1(middle), np.expm1(middle - half), np.expm1(middle + half)


def _shares(y: Floats, base: Floats, seen: Any, scatter: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Of all records of the window; scattered counts tell as much as fewer that are not."""
    own = np.where(seen, y, 0.0).sum(axis=1)
    among = np.where(seen, np.nan_to_num(base), 0.0).sum(axis=1)
    low, high = wilson(own / scatter, among / scatter, level=level)
    return np.where(among > 0, own / np.where(among > 0, among, 1), np.nan), low, high


def _table(rows: dict[str, tuple[Floats, Floats, Floats]], topics: tuple[str, ...]) -> pd.DataFrame:
    parts = []
    for name, (attribute, words) in MEASURES.items():
        if name in rows:
            value, low, high = rows[name]
            parts.append(
                pd.DataFrame(
                    {
                        "topic": topics,
                        "attribute": ATTRIBUTES[attribute].en,
                        "attribute_zh": ATTRIBUTES[attribute].zh,
                        "measure": name,
                        "measure_en": words.en,
                        "measure_zh": words.zh,
                        "value": value,
                        "low": low,
                        "high": high,
                    }
                )
            )
    table = pd.concat(parts, ignore_index=True)
    order = {topic: at for at, topic in enumerate(topics)}
    return table.sort_values("topic", key=lambda column: column.map(order), kind="stable", ignore_index=True)


def _said(data: Yearly, found: Bends) -> list[Fault]:
    notes = []
    untold = [topic for topic, p in zip(data.topics, found.p, strict=True) if np.isnan(p)]
    if untold:
        shown = ", ".join(untold[:SHOWN])
        notes.append(
            Fault(
                "too-few-years",
                f"{len(untold)} topics have too few years since they were first seen to look for an onset "
                f"({2 * EDGE + 1} are needed): {shown}.",
                f"{len(untold)} 个主题自首次出现以来年份过少，无法判断起点（至少需 {2 * EDGE + 1} 年）：{shown}。",
                severity="warning",
            )
        )
    tested = int((~np.isnan(found.p)).sum())
    if tested > 1:
        notes.append(
            Fault(
                "many-topics",
                f"{tested} topics were tested for an onset; of those dated {FALSE_FINDINGS:.0%} may be so by chance.",
                f"共对 {tested} 个主题检验起点；在判定有起点的主题中，约 {FALSE_FINDINGS:.0%} 可能出于偶然。",
                severity="warning",
            )
        )
    return notes


def _refuse(data: Yearly, window: int, level: float, threshold: float) -> None:
    faults = []
    if window < 3:
        faults.append(
            ("bad-window", f"window is 3 years or more; found {window}", f"window 须不少于 3 年；实际为 {window}")
        )
    if not 0 < level < 1:
        faults.append(
            ("bad-level", f"level is between 0 and 1; found {level}", f"level 须在 0 与 1 之间；实际为 {level}")
        )
    if threshold <= 0:
        faults.append(
            ("bad-threshold", f"threshold is above 0; found {threshold}", f"threshold 须大于 0；实际为 {threshold}")
        )
    if faults:
        code, en, zh = faults[0]
        raise FaultyValue(code, f"{en}.", f"{zh}。")
    if len(data.years) < max(window, 2 * EDGE + 1):
        raise MethodError(
            Fault(
                "too-few-years",
                f"emergence needs at least {max(window, 2 * EDGE + 1)} years; found {len(data.years)}. Add some.",
                f"度量涌现至少需要 {max(window, 2 * EDGE + 1)} 个年份；实际为 {len(data.years)} 个。请补充年份。",
            )
        )
    if not np.nansum(data.counts) > 0:
        raise MethodError(
            Fault(
                "all-zero",
                f"nothing was counted: all {data.counts.size} cells are 0 or not observed.",
                f"没有任何记录：{data.counts.size} 个单元全为 0 或缺失。",
            )
        )
