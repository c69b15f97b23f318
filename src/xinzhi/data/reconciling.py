"""One unit for every indicator, one value for every region, year and indicator; what disagrees is said."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from xinzhi.core.errors import Fault, Severity
from xinzhi.core.labels import Floats
from xinzhi.data import units
from xinzhi.data.numbers import Ints
from xinzhi.data.records import MOST_FAULTS, Bools, Cells, Findings, Vocabulary
from xinzhi.data.sources import IndicatorSpec, Repair, Source

# Numbers that keep their size (within a factor of three, in the median) while their label says otherwise by a factor
# of ten or more: then it is the label that is wrong.
CONTINUES, JUMPS = np.log10(3), 1.0
_OVERRULE_EN = 'Correct the file, or say which unit holds: measured_in = {{ "{}" = "…" }}.'
_OVERRULE_ZH = '请改正文件，或用 measured_in = {{ "{}" = "…" }} 说明以何者为准。'


@dataclass
class Reconciling:
    """The records of all sources, to be brought to agree."""

    records: Cells
    words: Vocabulary
    sources: Sequence[Source]
    found: Findings
    uncounted: int = 0

    # ---- units

    def told_units(self, number: int, told: dict[str, str]) -> None:
        """Overrule the unit labels of one source where the study says what an indicator is measured in."""
        records, units_now = self.records, self.records.unit.copy()
        for code, unit in told.items():
            if code not in (known := self.words.indicators.texts):
                self._unknown_indicator(code, known, self.sources[number].file, "measured_in")
                continue
            mine = (records.source == number) & (records.indicator == known.index(code))
            wanted = int(self.words.units.codes([unit])[0])
            for was in np.unique(records.unit[mine & (records.unit != wanted)]):
                lines = np.flatnonzero(mine & (records.unit == was))
                if label := self.words.units.texts[was]:
                    self._repair(
                        "unit-as-told", "unit as the study says", "按研究文件说明的计量单位", label, unit, lines
                    )
                units_now[lines] = wanted
        self.records = replace(records, unit=units_now)

    def settle_units(self, wanted: Sequence[IndicatorSpec]) -> dict[str, str]:
        """Bring every indicator to one unit, the one asked for or the one most of it is in; the units by indicator."""
        known = self.words.indicators.texts
        target = {spec.code: spec.unit for spec in wanted if spec.unit is not None}
        for spec in wanted:
            if spec.code not in known:
                self._unknown_indicator(spec.code, known, None, "indicator")
        records, size = self.records, max(len(self.words.units.texts), 1)
        counted = np.bincount(records.indicator * size + records.unit)
        pairs = np.flatnonzero(counted)
        settled: dict[str, str] = {}
        value = records.value.copy()
        for at in np.unique(pairs // size):
            mine = {int(pair % size): int(counted[pair]) for pair in pairs[pairs // size == at]}
            code = known[at]
            settled[code] = self._one_unit(int(at), code, mine, target.get(code), value)
        self.records = replace(records, value=value)
        return settled

    def _one_unit(self, indicator: int, code: str, found: dict[int, int], target: str | None, value: Floats) -> str:
        labels = self.words.units.texts
        named = {unit: count for unit, count in found.items() if labels[unit]}
        if not named:
            return target or ""
        usual = labels[max(named, key=lambda unit: named[unit])]
        if len(named) < len(found):
            self._some_unnamed(indicator, code, usual)
        aim = target or usual
        strange = []
        for unit in named:
            factor = 1.0 if units.same(labels[unit], aim) else units.conversion(labels[unit], aim)
            if factor is None:
                strange.append(unit)
                continue
            if factor == 1.0:
                continue
            lines = self._lines(indicator, unit)
            others = self._lines(indicator, *(other for other in named if units.same(labels[other], usual)))
            moved = self._moved(others, lines) if labels[unit] != usual else None
            if moved is not None and abs(moved) < CONTINUES and abs(moved + np.log10(factor)) >= JUMPS:
                self._doubtful(code, labels[unit], usual, lines, moved)
                continue
            value[lines] *= factor
            self._repair(
                "unit-converted",
                f"{code} converted (× {factor:g})",
                f"{code} 换算计量单位（× {factor:g}）",
                labels[unit],
                aim,
                lines,
            )
        if strange:
            self._at_odds(indicator, code, strange, usual, target)
        return aim

    def _lines(self, indicator: int, *of: int) -> Ints:
        return np.flatnonzero((self.records.indicator == indicator) & np.isin(self.records.unit, of))

    def _moved(self, before: Ints, after: Ints) -> float | None:
        """How far the numbers move between two units in powers of ten, the median over regions they share."""

        def size(lines: Ints) -> dict[int, float]:
            values = np.abs(self.records.value[lines])
            good = lines[np.isfinite(values) & (values > 0)]
            regions, back = np.unique(self.records.region[good], return_inverse=True)
            logs = np.log10(np.abs(self.records.value[good]))
            return {int(region): float(np.median(logs[back == at])) for at, region in enumerate(regions)}

        one, two = size(before), size(after)
        shared = one.keys() & two.keys()
        return float(np.median([two[region] - one[region] for region in shared])) if shared else None

    def _at_odds(self, indicator: int, code: str, strange: list[int], usual: str, target: str | None) -> None:
        labels = self.words.units.texts
        for unit in strange:
            lines = self._lines(indicator, unit)
            if target is not None and labels[unit] == usual:
                self._fault(
                    "unit-unknown",
                    lines,
                    f"indicator '{code}' is in {usual}, which cannot be converted to {target}.",
                    f"指标“{code}”的计量单位为{usual}，无法换算为{target}。",
                )
                continue
            rest = self._lines(indicator, *(other for other in range(len(labels)) if labels[other] == usual))
            moved = self._moved(rest, lines)
            goes_on = moved is not None and abs(moved) < CONTINUES
            hint_en = " The numbers continue across the change, so the label is probably wrong." if goes_on else ""
            hint_zh = "数值前后连续，计量单位很可能标错。" if goes_on else ""
            self._fault(
                "unit-conflict",
                lines,
                f"indicator '{code}' is in {labels[unit]} in {self._years(lines)} but in {usual} in "
                f"{self._years(rest)}, and one cannot be converted to the other.{hint_en} {_OVERRULE_EN.format(code)}",
                f"指标“{code}”在 {self._years(lines)} 年的计量单位为{labels[unit]}，"
                f"在 {self._years(rest)} 年为{usual}，二者不能换算。{hint_zh}{_OVERRULE_ZH.format(code)}",
            )

    def _doubtful(self, code: str, label: str, usual: str, lines: Ints, moved: float) -> None:
        self._fault(
            "unit-doubtful",
            lines,
            f"indicator '{code}' is labelled {label} in {self._years(lines)}, elsewhere {usual}, but its numbers keep "
            f"their size (median ratio {10**moved:.3g}), so the label is probably wrong. {_OVERRULE_EN.format(code)}",
            f"指标“{code}”在 {self._years(lines)} 年标为{label}，其余标为{usual}，"
            f"但数值量级未变（中位数之比 {10**moved:.3g}），计量单位很可能标错。{_OVERRULE_ZH.format(code)}",
        )

    def _some_unnamed(self, indicator: int, code: str, usual: str) -> None:
        lines = self._lines(indicator, *(at for at, label in enumerate(self.words.units.texts) if not label))
        others = (self.records.indicator == indicator) & self.records.signed
        if others.any():
            self._fault(
                "percent-mixed",
                lines,
                f"indicator '{code}' has percent signs in some cells and none in {len(lines)} others. "
                "Write all of them alike.",
                f"指标“{code}”部分数值带百分号，另有 {len(lines)} 个不带。请统一写法。",
            )
            return
        self._fault(
            "unit-not-given",
            lines,
            f"indicator '{code}' has no unit in {len(lines)} rows; taken to be {usual} as in the others.",
            f"指标“{code}”有 {len(lines)} 行未注明计量单位，按其余各行视为{usual}。",
            severity="warning",
        )

    def _unknown_indicator(self, code: str, known: Sequence[str], file: str | None, key: str) -> None:
        near = difflib.get_close_matches(code, known, n=3, cutoff=0.4) or list(known[:8])
        self.found.faults.append(
            Fault(
                "unknown-indicator",
                f"`{key}` names an indicator '{code}' that the data do not have. They have: {', '.join(near)}.",
                f"{key} 所指的指标“{code}”在数据中不存在。数据中有：{'、'.join(near)}。",
                file=file,
            )
        )

    # ---- duplicates

    def settle_duplicates(self) -> Bools:
        """Which records stand in the panel: one per cell. Rows that agree are merged, rows that do not are faults."""
        records = self.records
        keep = np.ones(len(records), dtype=bool)
        times = records.time - records.time.min()
        key = (records.region * (times.max() + 1) + times) * (records.indicator.max() + 1) + records.indicator
        if key.max() < 4 * len(key) and np.bincount(key).max() == 1:  # the usual case, without sorting
            return keep
        order = np.argsort(key, kind="stable")
        again = key[order][1:] == key[order][:-1]
        if not again.any():
            return keep
        starts = np.flatnonzero(np.diff(np.concatenate([[False], again, [False]]).astype(np.int8)) == 1)
        ends = np.flatnonzero(np.diff(np.concatenate([[False], again, [False]]).astype(np.int8)) == -1) + 1
        merged: dict[tuple[int, str], list[int]] = {}
        for start, end in zip(starts, ends, strict=True):
            lines = order[start:end]
            observed = lines[~np.isnan(records.value[lines])]
            first = int(observed[0]) if len(observed) else int(lines[0])
            keep[lines] = False
            keep[first] = True
            different = [int(line) for line in observed if records.value[line] != records.value[first]]
            if different:
                self._conflict(first, different)
            else:
                rest = [int(line) for line in lines if line != first]
                for line in rest:
                    merged.setdefault((int(records.source[line]), self._column(line)), []).append(line)
        for rows in merged.values():
            self._repair(
                "duplicate-merged",
                "rows that say the same of one cell merged into one",
                "同一单元的重复行内容一致，合并为一",
                "",
                "",
                np.array(rows),
            )
        if self.uncounted:
            self._fault(
                "more-faults",
                order[starts[-1:]],
                f"and {self.uncounted} more cells with different values.",
                f"另有 {self.uncounted} 个单元的值互相矛盾。",
            )
        return keep

    def _conflict(self, first: int, others: list[int]) -> None:
        if len(self.found.faults) >= MOST_FAULTS:
            self.uncounted += 1
            return
        records = self.records
        region = self.words.given.texts[records.given[first]] or self.words.regions.texts[records.region[first]]
        code, year = self.words.indicators.texts[records.indicator[first]], int(records.time[first])
        unused = self.sources[int(records.source[first])].ignored[:5]
        shown = [(f"{records.value[line]:.15g}", line) for line in (first, *others[:4])]
        told_en = ", ".join(f"{value} ({self._place(line, 'en')})" for value, line in shown)
        told_zh = "、".join(f"{value}（{self._place(line, 'zh')}）" for value, line in shown)
        hint_en = f" Columns not used, by which `where` can choose rows: {', '.join(unused)}." if unused else ""
        hint_zh = f"未用到的列（可用 where 据以筛选行）：{'、'.join(unused)}。" if unused else ""
        self._fault(
            "duplicate-conflict",
            np.array(others[:1]),
            f"{region}, {year}, '{code}' has different values: {told_en}. Keep one of them.{hint_en}",
            f"{region}、{year} 年、“{code}”有不同的值：{told_zh}。请只保留一个。{hint_zh}",
        )

    def _place(self, line: int, language: str) -> str:
        file, row = self.sources[self.records.source[line]].file, self.records.row[line]
        return f"{file} row {row}" if language == "en" else f"{file} 第 {row} 行"

    # ---- saying so

    def _years(self, lines: Ints) -> str:
        return spans(np.unique(self.records.time[lines]))

    def _column(self, line: int) -> str:
        return self.words.columns.texts[int(self.records.column[line])]

    def _repair(self, reason: str, en: str, zh: str, was: str, now: str, lines: Ints) -> None:
        for number in np.unique(self.records.source[lines]):
            source, mine = self.sources[number], lines[self.records.source[lines] == number]
            rows = tuple(int(row) for row in self.records.row[mine[:5]])
            self.found.repairs.append(
                Repair(reason, en, zh, was, now, source.file, self._column(int(mine[0])), len(mine), rows, source.sheet)
            )

    def _fault(self, code: str, lines: Ints, en: str, zh: str, severity: Severity = "error") -> None:
        first = int(lines[0])
        source = self.sources[int(self.records.source[first])]
        column = source.columns.get("unit") if code.startswith("unit-") else None
        place = source.file, source.sheet, int(self.records.row[first]), column or self._column(first)
        self.found.faults.append(Fault(code, en, zh, *place, severity))


def spans(years: Sequence[int] | Ints) -> str:
    """Years as few words: 2016–2019, 2021."""
    runs: list[list[int]] = []
    for year in map(int, years):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
