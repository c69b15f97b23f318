"""What the records of a topic tell: how new their combinations of codes are, how alike, and who takes part."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, t

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.structure.links import SHOWN
from xinzhi.structure.onsets import growth
from xinzhi.structure.proportions import wilson

Measured = dict[str, tuple[Floats, Floats, Floats]]


def within(
    frame: pd.DataFrame, columns: tuple[str, ...], topics: tuple[str, ...], last: int, what: str, what_zh: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """Rows of known topics up to the last year, each once; what is left out is said. Raises ``MethodError``."""
    needed = (*columns, "topic") if len(topics) > 1 else columns
    lacking = [column for column in needed if column not in frame.columns]
    if lacking:
        raise MethodError(
            Fault(
                "missing-columns",
                f"`{what}` needs the columns {', '.join(needed)}; not there: {', '.join(lacking)}.",
                f"{what_zh}表须有列 {'、'.join(needed)}；缺少：{'、'.join(lacking)}。",
            )
        )
    kept = (
        frame.assign(topic=topics[0])
        if "topic" not in frame.columns
        else frame.assign(topic=frame["topic"].astype(str))
    )
    known, whole = kept["topic"].isin(topics), kept[list(columns)].notna().all(axis=1)
    faults = []
    for code, bad, en, zh in (
        ("unknown-topics", ~known, "belong to topics that are not counted", "所属主题不在计数表中"),
        ("empty-cells", known & ~whole, "lack a cell", "有空单元格"),
    ):
        if bad.any():
            shown = ", ".join(dict.fromkeys(kept.loc[bad, "topic"].head(SHOWN)))
            faults.append(
                Fault(
                    code,
                    f"{int(bad.sum())} rows of `{what}` {en} and are left out ({shown}).",
                    f"{what_zh}表中有 {int(bad.sum())} 行{zh}，未计入（{shown}）。",
                    severity="warning",
                )
            )
    kept = kept[known & whole]
    return kept.loc[kept["year"].astype(int) <= last, [*columns, "topic"]].astype({"year": int}), faults


def of_codes(codes: pd.DataFrame, topics: tuple[str, ...], before: int, level: float) -> Measured:
    """Measures of rows topic, record, year, code; those after the year ``before`` are of the window."""
    codes = codes.drop_duplicates(["topic", "record", "code"])
    recent = codes[codes["year"] > before]
    return {
        "new-combinations": _new(codes, topics, before, level),
        "coherence": _alike(recent, topics, level),
        "diversity": _diverse(recent, topics, level),
    }


def _new(codes: pd.DataFrame, topics: tuple[str, ...], before: int, level: float) -> tuple[Floats, Floats, Floats]:
    """Share of records with a pair of codes that no record of the topic of an earlier year had."""
    numbered = codes.assign(code=pd.factorize(codes["code"], sort=True)[0])
    pairs = numbered.merge(numbered[["topic", "record", "code"]], on=["topic", "record"], suffixes=("", "_other"))
    pairs = pairs[pairs["code"] < pairs["code_other"]]
    pairs["first"] = pairs.groupby(["topic", "code", "code_other"])["year"].transform("min")
    pairs = pairs[pairs["year"] > before]
    records = (pairs["first"] == pairs["year"]).groupby([pairs["topic"], pairs["record"]]).any()
    told = records.groupby("topic").agg(["sum", "count"]).reindex(topics, fill_value=0)
    found, among = told["sum"].to_numpy(dtype=float), told["count"].to_numpy(dtype=float)
    low, high = wilson(found, among, level=level)
    return np.where(among > 0, found / np.where(among > 0, among, 1), np.nan), low, high


def _alike(recent: pd.DataFrame, topics: tuple[str, ...], level: float) -> tuple[Floats, Floats, Floats]:
    """Mean cosine of the codes of two records, with the spread of a U-statistic (Hoeffding 1948)."""
    parts = recent.assign(part=1 / np.sqrt(recent.groupby(["topic", "record"])["code"].transform("size")))
    total = parts.groupby(["topic", "code"])["part"].transform("sum")
    to_all = (parts["part"] * total).groupby([parts["topic"], parts["record"]]).sum()
    told = to_all.groupby("topic").agg(["mean", "std", "count"]).reindex(topics)
    n = told["count"].fillna(0).to_numpy(dtype=float)
    others = np.where(n > 1, n - 1, np.nan)
    middle = (told["mean"].to_numpy(dtype=float) - 1) / others
    half = t.ppf((1 + level) / 2, np.nan_to_num(others, nan=1.0)) * 2 * told["std"].to_numpy() / others / np.sqrt(n)
    return middle, np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _diverse(recent: pd.DataFrame, topics: tuple[str, ...], level: float) -> tuple[Floats, Floats, Floats]:
    """Exponential of Shannon's entropy of the codes; the spread counts records, not mentions, as independent."""
    counts = recent.groupby(["topic", "code"]).size()
    p = counts / counts.groupby("topic").transform("sum")
    entropy = -(p * np.log(p)).groupby("topic").sum().reindex(topics).to_numpy(dtype=float)
    squares = (p * np.log(p) ** 2).groupby("topic").sum().reindex(topics).to_numpy(dtype=float)
    records = recent.groupby("topic")["record"].nunique().reindex(topics).to_numpy(dtype=float)
    half = norm.ppf((1 + level) / 2) * np.sqrt(np.maximum(squares - entropy**2, 0) / records)
    return np.exp(entropy), np.exp(np.maximum(entropy - half, 0.0)), np.exp(entropy + half)


def of_actors(actors: pd.DataFrame, topics: tuple[str, ...], years: npt.NDArray[Any], level: float) -> Measured:
    """Measures of rows topic, year, actor, a row a record; ``years`` are those of the window."""
    recent = actors[actors["year"] >= years[0]]
    first = actors.groupby(["topic", "actor"])["year"].min()
    there = recent.groupby(["topic", "actor"]).size()
    number = there.groupby("topic").size().reindex(topics, fill_value=0).to_numpy(dtype=float)
    new = (first.reindex(there.index) >= years[0]).groupby("topic").sum().reindex(topics, fill_value=0)
    low, high = wilson(new.to_numpy(dtype=float), number, level=level)
    yearly = recent.groupby(["topic", "year"])["actor"].nunique().reset_index()
    yearly = (
        yearly.pivot_table(index="topic", columns="year", values="actor", fill_value=0)
        .reindex(index=list(topics), columns=years, fill_value=0)
        .to_numpy(dtype=float)
    )
    lines, _ = growth(yearly, np.zeros_like(yearly), np.ones(yearly.shape, dtype=bool))
    told = (yearly > 0).sum(axis=1) >= 2
    middle = np.where(told, lines.beta[:, -1], np.nan)
    half = t.ppf((1 + level) / 2, lines.freedom) * lines.error
    nothing = np.full(len(topics), np.nan)
    return {
        "actors": (number, nothing, nothing),  # counted, not estimated
        "actor-growth": (np.expm1(middle), np.expm1(middle - half), np.expm1(middle + half)),
        "newcomers": (np.where(number > 0, new.to_numpy() / np.maximum(number, 1), np.nan), low, high),
        "concentration": _concentrated(there, topics, level),
    }


def _concentrated(there: pd.Series, topics: tuple[str, ...], level: float) -> tuple[Floats, Floats, Floats]:
    """Sum of squared shares of the actors, its spread as of so many independent records."""
    total = there.groupby("topic").sum()
    p = there / there.groupby("topic").transform("sum")
    squares = (p**2).groupby("topic").sum().reindex(topics).to_numpy(dtype=float)
    cubes = (p**3).groupby("topic").sum().reindex(topics).to_numpy(dtype=float)
    spread = 2 * np.sqrt(np.maximum(cubes - squares**2, 0) / total.reindex(topics).to_numpy(dtype=float))
    half = norm.ppf((1 + level) / 2) * spread
    return squares, np.maximum(squares - half, 0.0), np.minimum(squares + half, 1.0)
