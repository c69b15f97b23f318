"""The sheets of the results workbook on how far an index can be trusted: intervals, choices, claims, the audit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.errors import MethodError
from xinzhi.core.labels import TIME
from xinzhi.core.specs import Text
from xinzhi.study.audit.findings import PITFALLS, SEVERITIES, Finding
from xinzhi.study.audit.words import head
from xinzhi.study.running import Run
from xinzhi.study.sheets import REGION_HEADS, Head, Sheet, regions, without
from xinzhi.study.vary.claims import Verdict
from xinzhi.study.vary.following import Followed
from xinzhi.study.vary.results import Doubt

# Tables of findings longer than this are cut; `xz.run(study).audit` has them whole.
MOST_NUMBERS = 100
_TOP = (1, 5, 10)
_STANDING = {True: "holds 成立", False: "does not hold 不成立", None: "undefined 无法判断"}
_BOUNDS: dict[str, Head] = {
    "mean": ("mean", "均值"),
    "median": ("median", "中位数"),
    "low": ("low (90 %)", "下限（90%）"),
    "high": ("high (90 %)", "上限（90%）"),
}


def doubt_sheets(run: Run) -> list[Sheet]:
    """What varying, following, judging and auditing found; a sheet is there only where its part of the study is."""
    sheets = []
    if run.doubt is not None:
        sheets += [_intervals(run, run.doubt), *_choices(run.doubt)]
    if run.followed:
        sheets.append(_followed(run.followed))
    if run.verdicts:
        sheets += [_claims(run.verdicts), _breakers(run.verdicts)]
    return [*sheets, _audit(run), _proof(run)]


def _intervals(run: Run, doubt: Doubt) -> Sheet:
    table = doubt.intervals()
    names = np.repeat(np.array(regions(run), dtype=object), len(doubt.times), axis=0)
    columns = [TIME]
    heads = [*REGION_HEADS, ("Year", "年份")]
    for what, en, zh in (("rank", "Rank", "名次"), ("score", "Score", "得分")):
        columns += [what, *(f"{what}_{part}" for part in _BOUNDS)]
        heads += [(en, zh), *((f"{en}, {part}", f"{zh}{part_zh}") for part, part_zh in _BOUNDS.values())]
    for k in _TOP:
        if k < len(doubt.regions):
            columns.append(f"top_{k}")
            heads.append(
                (f"Share of versions in the first {k}", f"位居前 {k} 位的方案比例")
                if k > 1
                else ("Share of versions in first place", "位居首位的方案比例")
            )
            table[f"top_{k}"] = doubt.top(k).values.ravel()
    columns.append("share_scored")
    heads.append(("Share of versions with a score", "有得分的方案比例"))
    cells = table[columns].to_numpy(dtype=float).tolist()
    n = doubt.design.independent
    return Sheet(
        "intervals 排名区间",
        Text(
            en=f"Rank and score of the study as it stands, and their mean, median and 90 % interval over {n} versions "
            "of it with its choices varied. Scores are on the scale of each version.",
            zh=f"本研究的名次与得分，以及在 {n} 个变动各项选择的方案中的均值、中位数与 90% 区间。"
            "得分为各方案自身标尺上的数值。",
        ),
        heads,
        [[*who, *row] for who, row in zip(names.tolist(), cells, strict=True)],
    )


def _choices(doubt: Doubt) -> Iterator[Sheet]:
    name = "choices 选择的影响"
    about = Text(
        en="What each choice does to the ranking: its first-order and total effect on the mean rank shift, as shares "
        "of its variance, with 90 % intervals; none where every combination was taken.",
        zh="各项选择对排名的影响：对平均位次变动的一阶效应与总效应（占方差的比例）及 90% 区间；"
        "全因子设计的效应为精确值，无区间。",
    )
    try:
        effects = doubt.effects()
    except MethodError as refusal:
        # Draws made without effects have none to show; any other reason is worth a line.
        if [fault.code for fault in refusal.faults] != ["no-effects"]:
            yield without(name, about, refusal.faults)
        return
    table = effects.to_frame().sort_values("total", ascending=False, kind="stable")
    versions = {factor.name: "; ".join(map(str, factor.versions)) for factor in doubt.plan.factors}
    columns = ["first", "first_low", "first_high", "total", "total_low", "total_high"]
    rows = [
        [row["factor"], row["name_en"], row["name_zh"], versions[row["factor"]], *(row[of] for of in columns)]
        for row in table.to_dict("records")
    ]
    heads = [("Choice", "选择"), ("Name", "名称（英文）"), ("Chinese name", "名称"), ("Versions", "备选方案")]
    for en, zh in (("First-order effect", "一阶效应"), ("Total effect", "总效应")):
        heads += [(en, zh), (f"{en}, low (90 %)", f"{zh}下限（90%）"), (f"{en}, high (90 %)", f"{zh}上限（90%）")]
    yield Sheet(name, about, heads, rows)


def _followed(followed: Sequence[Followed]) -> Sheet:
    rows: list[list[Any]] = []
    for one in followed:
        table = one.intervals()
        years = table[TIME].tolist() if TIME in table else [None] * len(table)
        parts = table[["nominal", *_BOUNDS, "share_defined"]].to_numpy(dtype=float).tolist()
        rows += [[one.title.en, one.title.zh, year, *cells] for year, cells in zip(years, parts, strict=True)]
    return Sheet(
        "followed 统计量",
        Text(
            en="The statistics the study follows: their value as the study stands, and their mean, median and 90 % "
            "interval over the versions in which they are defined. A row without a year is over all years.",
            zh="本研究跟踪的统计量：按本研究设定的取值，以及在可计算的各方案中的均值、中位数与 90% 区间。"
            "未注明年份的行为全部年份合计。",
        ),
        [
            ("Statistic", "统计量（英文）"),
            ("In Chinese", "统计量"),
            ("Year", "年份"),
            ("As the study stands", "按本研究设定"),
            *((en.capitalize(), zh) for en, zh in _BOUNDS.values()),
            ("Share of versions in which it is defined", "可计算的方案比例"),
        ],
        rows,
    )


def _claims(verdicts: Sequence[Verdict]) -> Sheet:
    rows = [
        [
            number,
            verdict.title.en,
            verdict.title.zh,
            _STANDING[verdict.nominal],
            verdict.share,
            verdict.share_defined,
            verdict.nominal_margin,
            verdict.followed.title.en,
            verdict.followed.title.zh,
        ]
        for number, verdict in enumerate(verdicts, start=1)
    ]
    return Sheet(
        "claims 论断",
        Text(
            en="Each claim of the study: whether it holds as the study stands, and in what share of its versions.",
            zh="各项论断：按本研究设定是否成立，以及在多大比例的方案中成立。",
        ),
        [
            ("Claim", "序号"),
            ("What it says", "论断（英文）"),
            ("In Chinese", "论断"),
            ("As the study stands", "按本研究设定"),
            ("Share of versions in which it holds", "成立的方案比例"),
            ("Share of versions in which it is defined", "可计算的方案比例"),
            ("Margin as the study stands", "按本研究设定的余量"),
            ("Statistic", "统计量（英文）"),
            ("Statistic in Chinese", "统计量"),
        ],
        rows,
    )


def _breakers(verdicts: Sequence[Verdict]) -> Sheet:
    rows = [
        [
            number,
            verdict.title.en,
            verdict.title.zh,
            row["factor"],
            row["name_en"],
            row["name_zh"],
            str(row["version"]),
            row["draws"],
            row["share"],
            row["difference"],
            _STANDING[None if pd.isna(row["alone"]) else bool(row["alone"])],
        ]
        for number, verdict in enumerate(verdicts, start=1)
        for row in verdict.breakers.to_dict("records")
    ]
    return Sheet(
        "breakers 动摇论断",
        Text(
            en="Which version of which choice makes or breaks a claim: the share of versions with it in which the "
            "claim holds, and whether it holds when nothing else is changed.",
            zh="何种选择左右论断：在采用该方案的各组合中论断成立的比例，以及仅改动这一项时论断是否成立。",
        ),
        [
            ("Claim", "序号"),
            ("What it says", "论断（英文）"),
            ("In Chinese", "论断"),
            ("Choice", "选择"),
            ("Name", "名称（英文）"),
            ("Chinese name", "名称"),
            ("Version", "备选方案"),
            ("Versions of the study with it", "采用该方案的组合数"),
            ("Share in which the claim holds", "论断成立的比例"),
            ("Difference from all", "与总体比例之差"),
            ("With this one change", "仅改动此项"),
        ],
        rows,
    )


def _audit(run: Run) -> Sheet:
    rows = [
        [
            finding.pitfall,
            PITFALLS[finding.pitfall - 1].en,
            PITFALLS[finding.pitfall - 1].zh,
            "{0.en} {0.zh}".format(SEVERITIES[finding.severity]),
            *(text[tongue] for text in (finding.title, finding.said, finding.way_out) for tongue in ("en", "zh")),
        ]
        for finding in run.audit.findings
    ]
    return Sheet(
        "audit 审计",
        Text(
            en="The fifteen known pitfalls of composite indices: what was found in this study, how bad it is, and the "
            "way out.",
            zh="综合指数的十五个常见陷阱：本研究中的发现、严重程度与改进办法。",
        ),
        [
            ("Pitfall", "序号"),
            ("Its name", "陷阱（英文）"),
            ("In Chinese", "陷阱"),
            ("Severity", "严重程度"),
            ("Finding", "发现（英文）"),
            ("Finding in Chinese", "发现"),
            ("What was found", "说明（英文）"),
            ("What was found, in Chinese", "说明"),
            ("Way out", "改进办法（英文）"),
            ("Way out in Chinese", "改进办法"),
        ],
        rows,
    )


def _proof(run: Run) -> Sheet:
    rows = [row for finding in run.audit.findings if len(finding.numbers) for row in _table(finding)]
    heads = [("Pitfall", "序号"), ("Finding", "发现（英文）"), ("Finding in Chinese", "发现"), ("Numbers", "数据")]
    heads += [("", "")] * (max(map(len, rows), default=0) - len(heads))
    return Sheet(
        "proof 审计数据",
        Text(
            en=f"The numbers behind each finding of the audit, one table under the other; up to {MOST_NUMBERS} rows "
            "of each.",
            zh=f"审计各项发现所依据的数据，逐表排列；每表至多 {MOST_NUMBERS} 行。",
        ),
        heads,
        rows,
    )


def _table(finding: Finding) -> Iterator[list[Any]]:
    """A finding's numbers as rows: its heads beside its title, then the numbers, then how many more there are."""
    about = [finding.pitfall, finding.title.en, finding.title.zh]
    numbers = finding.numbers
    yield [*about, *("{0.en}\n{0.zh}".format(head(str(column))) for column in numbers.columns)]
    for row in numbers.head(MOST_NUMBERS).itertuples(index=False, name=None):
        yield [*about, *map(_plain, row)]
    if (more := len(numbers) - MOST_NUMBERS) > 0:
        yield [*about, f"… {more} more / 另有 {more} 行"]


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return "yes 是" if value else "no 否"
    return value if isinstance(value, (str, int, float, np.number)) else None if value is None else str(value)
