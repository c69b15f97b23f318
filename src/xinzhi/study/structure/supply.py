"""From a file of supply flows to links of sources and goods, one for each importer, and all that is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from xinzhi.core.errors import DataError, Fault, errors_in
from xinzhi.data.heads import HEADS, key
from xinzhi.data.regions import resolve
from xinzhi.data.tables import RawTable
from xinzhi.structure.classification import settle
from xinzhi.structure.columns import ACTIVITY_HEADS, VALUE_HEADS
from xinzhi.structure.links import ALL, SHOWN, Floats, Links, Names
from xinzhi.study.spec import About
from xinzhi.study.structure.dependency_spec import DependencySpec
from xinzhi.study.structure.labelling import Labelled, coded
from xinzhi.study.structure.rows import Column, Finder, Rows, rows_of_file, source_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Heads that tell what a column holds, without case, width and marks.
_HEADS = {
    "importer": _words("importer reporter importingcountry destination 进口方 进口国 进口经济体 进口地区 目的地"),
    "source": _words("source exporter partner supplier origin 来源 来源地 来源国 供应方 供应国 出口方 出口国 原产地"),
    "good": ACTIVITY_HEADS | _words("good goods 货物 零部件"),
    "year": HEADS["time"],
    "value": HEADS["value"] | VALUE_HEADS | _words("import imports importvalue tradevalue 进口额 贸易额 金额"),
    "domestic": _words("domestic domesticsupply domesticoutput 国内供给 本国供给 自给量 国内自给"),
    "consumption": _words("consumption apparentconsumption 表观消费 表观消费量 消费量"),
}
_NEEDED = ("importer", "source", "good", "value")
_WORDS = {
    "importer": ("importer", "进口方"),
    "source": ("source", "来源"),
    "good": ("good", "产品"),
    "year": ("year", "年份"),
    "value": ("values", "数值"),
    "domestic": ("amounts of domestic supply", "国内供给"),
    "consumption": ("amounts of consumption", "消费量"),
}
_CELL = ["importer", "good", "period"]


@dataclass(frozen=True, eq=False)
class Supply:
    """Links of every importer: its sources, itself among them, goods and periods. ``domestic``: its own supply is told.

    ``names`` holds name_en and name_zh of every region.
    """

    links: Mapping[str, Links]
    domestic: Mapping[str, bool]
    names: pd.DataFrame
    notices: tuple[Fault, ...]
    sha256: str


def supply_of_file(folder: Path, spec: DependencySpec, about: About, labels: Labelled | None, *, alone: bool) -> Supply:
    """Bring in one file of supply flows, for the importers the study tells of; ``alone`` with no other data in it.

    Raises ``DataError`` with all faults.
    """
    found = rows_of_file(folder, source_of(spec), _finder(spec))
    rows = found.table
    period = rows["year"] if "year" in rows else pd.Series(ALL, index=rows.index, dtype=object)
    rows = rows.assign(period=period)
    span = spec.years or about.years
    if span and "year" in rows:
        rows = rows[rows["year"].between(*span)]
        if rows.empty:
            raise DataError(_nothing_within(found.table["year"], span, spec.file))
    rows, names, faults = _with_codes(rows, spec, about)
    if errors_in(faults):
        raise DataError(faults)
    home, unknown = _homes(rows, names, spec, about, alone)
    if unknown:
        raise DataError([*faults, *unknown])
    rows = rows[rows["importer"].isin(home)]
    own, told = _own(rows, found, spec)
    faults += told
    if errors_in(faults):
        raise DataError(faults)
    empty = rows["value"].isna()
    if empty.any():
        faults.append(
            Fault(
                "no-value",
                f"rows without a value, left out: {int(empty.sum())}.",
                f"没有数值、已剔除的行：{int(empty.sum())} 行。",
                file=spec.file,
                severity="warning",
            )
        )
    flows = pd.concat([rows.loc[~empty, [*_CELL, "source", "value"]], own], ignore_index=True)
    if flows.empty:
        raise DataError(
            [*faults, Fault("no-data", "no row is left to bring in.", "没有可用的数据行。", file=spec.file)]
        )
    made = {code: _links(flows[flows["importer"] == code], flows, names, spec) for code in home}
    if labels is not None:
        told_once: dict[Fault, None] = {}
        for code, links in made.items():
            made[code] = coded(links, labels, spec.unknown)
            told_once |= dict.fromkeys(made[code].notices)
        faults += told_once
    domestic = set(flows.loc[flows["source"] == flows["importer"], "importer"])
    return Supply(made, {code: code in domestic for code in home}, names, tuple(faults), found.sha256)


def _finder(spec: DependencySpec) -> Finder:
    """What finds the columns of a table: as named, else by their heads."""
    asked = {role: head for role, head in spec.columns.model_dump().items() if head}

    def columns_in(table: RawTable) -> Sequence[Column]:
        found, faults = dict(asked), []
        for role, words in _HEADS.items():
            if role in found or (role == "consumption" and "domestic" in found):
                continue
            near = [head for head in table.heads if key(head) in words and head not in found.values()]
            if len(near) == 1:
                found[role] = near[0]
            elif near or role in _NEEDED:
                faults.append(_which(role, near, table, spec.file))
        if faults:
            raise DataError(faults)
        kinds = {"year": "year"} | dict.fromkeys(("value", "domestic", "consumption"), "amount")
        return [Column(role, head, kinds.get(role, "label"), *_WORDS[role]) for role, head in found.items()]  # type: ignore[arg-type]

    return columns_in


def _which(role: str, near: Sequence[str], table: RawTable, file: str) -> Fault:
    if near:
        en = f"several columns may hold the {role}: {', '.join(near)}."
        zh = f"可能表示 {role} 的列不止一个：{'、'.join(near)}。"
    else:
        heads = table.heads[:12]
        en = f"no column is known to hold the {role}. The table has: {', '.join(heads)}."
        zh = f"没有识别出表示 {role} 的列。表中有：{'、'.join(heads)}。"
    en += f' Name one, columns = {{ {role} = "…" }}.'
    zh += f"请指明，如 columns = {{ {role} = “…” }}。"
    return Fault(f"which-{role}", en, zh, file=file, sheet=table.sheet)


def _with_codes(
    rows: pd.DataFrame, spec: DependencySpec, about: About
) -> tuple[pd.DataFrame, pd.DataFrame, list[Fault]]:
    """Rows with the codes of importers and sources, the names of both by code, and what there is to say of them."""
    both = np.concatenate([rows["importer"].to_numpy(), rows["source"].to_numpy()])
    codes, texts = pd.factorize(both)
    value = np.tile(rows["value"].fillna(0.0).to_numpy(dtype=float), 2)
    many = np.bincount(codes, minlength=len(texts))
    amount: Floats = np.bincount(codes, value, len(texts)).astype(float)
    book = spec.regions or about.regions
    found = settle("region", [str(text) for text in texts], book, amount, many.astype(np.int64), spec.unknown)
    faults = [replace(fault, file=spec.file) for fault in found.faults]
    place = found.place[codes]
    importer, source = place[: len(rows)], place[len(rows) :]
    kept = (importer >= 0) & (source >= 0)
    labels = found.labels.astype(object)
    names = pd.DataFrame(
        {f"name_{language}": found.about.get(f"name_{language}", labels) for language in ("en", "zh")},
        index=pd.Index(labels),
    )
    if not kept.any() and not errors_in(faults):
        faults.append(Fault("no-data", "no row is left to bring in.", "没有可用的数据行。", file=spec.file))
    rows = rows[kept]
    return rows.assign(importer=labels[importer[kept]], source=labels[source[kept]]), names, faults


def _homes(
    rows: pd.DataFrame, names: pd.DataFrame, spec: DependencySpec, about: About, alone: bool
) -> tuple[list[str], list[Fault]]:
    """The importers to tell of, by code, and faults for names that say nobody.

    Without ``home`` these are the regions that the study keeps; sources stay, whoever they are. Where supply is
    ``alone`` in the study, who is kept or dropped must be there.
    """
    there = sorted(rows["importer"].unique())
    book = spec.regions or about.regions
    importers, everybody = _called(names, there), _called(names, list(names.index))

    def code(name: str, called: Mapping[str, str]) -> str | None:
        match = None if book == "own" else resolve([name], book)[name].code
        return match if match in called.values() else called.get(name)

    if spec.home:
        found = [code(name, importers) for name in spec.home]
        faults = [
            _nobody(name, "home", importers, spec.file) for name, one in zip(spec.home, found, strict=True) if not one
        ]
        return list(dict.fromkeys(one for one in found if one)), faults
    if spec.regions is not None:
        return there, []
    asked = {
        key: {name: code(name, everybody) for name in getattr(about, key)} for key in ("keep_regions", "drop_regions")
    }
    faults = [
        _nobody(name, key, everybody, spec.file)
        for key, of in asked.items()
        for name, one in of.items()
        if alone and one is None
    ]
    kept, dropped = (set(of.values()) for of in asked.values())
    left = [one for one in there if one not in dropped and (not kept or one in kept)]
    if not left and not faults:
        faults.append(
            Fault(
                "no-region-left",
                f"keep_regions and drop_regions leave no importer of {spec.file}. Keep at least one, or name `home`.",
                f"按 keep_regions 与 drop_regions 筛选后，{spec.file} 没有剩余的进口方。请至少保留一个，或写明 home。",
            )
        )
    return left, faults


def _called(names: pd.DataFrame, there: Sequence[str]) -> dict[str, str]:
    called: dict[str, str] = {}
    for column in ("name_en", "name_zh"):
        called |= {str(names.loc[code, column]): code for code in there}
    return called | {code: code for code in there}


def _nobody(name: str, key: str, known: Mapping[str, str], file: str) -> Fault:
    near = ", ".join(difflib.get_close_matches(name, known, n=3) or sorted(known)[:SHOWN])
    who, who_zh = ("importer", "进口方") if key == "home" else ("region", "地区")
    return Fault(
        "unknown-region",
        f"{key} names '{name}', and no {who} of {file} is called that. There are: {near}.",
        f"{key} 中的“{name}”不是 {file} 的{who_zh}。现有：{near}。",
        column="home" if key == "home" else f"study.{key}",
    )


def _own(rows: pd.DataFrame, found: Rows, spec: DependencySpec) -> tuple[pd.DataFrame, list[Fault]]:
    """What importers make for themselves as a column says, one row a cell; and what there is to say of it.

    Where there is such a column, rows in which a region supplies itself would say it twice.
    """
    role = next((one for one in ("domestic", "consumption") if one in rows), None)
    none = pd.DataFrame(columns=[*_CELL, "source", "value"])
    if role is None:
        return none, []
    cells = rows.groupby(_CELL, sort=False)[role].agg(["min", "max"])
    keys = pd.MultiIndex.from_frame(rows[_CELL])
    faults = []
    differing = cells.index[cells["max"] - cells["min"] > 1e-9 * cells["max"].abs()]
    for code, bad, en, zh in (
        (
            f"{role}-differs",
            np.asarray(keys.isin(differing)),
            f"rows of the same importer, good and year differ in `{role}`",
            f"同一进口方、产品与年份的 {role} 不一致的行",
        ),
        (
            f"{role}-twice",
            (rows["importer"] == rows["source"]).to_numpy() & (rows["value"].fillna(0) > 0).to_numpy(),
            f"rows in which a region supplies itself, which `{role}` says already",
            f"进口方与来源相同的行，其自身供给已由 {role} 说明",
        ),
    ):
        if bad.any():
            at = int(rows.index[bad][0])
            shown = ", ".join(str(rows.loc[at, one]) for one in _CELL)
            faults.append(
                Fault(
                    code,
                    f"{en}: {int(bad.sum())} (first: {shown}). Correct them, or delete the rows.",
                    f"{zh}：{int(bad.sum())} 行（首个：{shown}）。请更正或删除。",
                    file=spec.file,
                    sheet=found.sheets[at],
                    row=int(found.lines[at]),
                )
            )
    if faults:
        return none, faults
    amount = cells["max"]
    absent = amount.isna()
    if absent.any():
        faults.append(
            _of_cells(
                "domestic-absent",
                absent,
                f"cells of importer, good and year without `{role}`; all their supply counts as foreign",
                f"没有 {role} 的进口方、产品与年份，其供给全部按外部来源计",
                spec.file,
            )
        )
    if role == "consumption":
        foreign = rows.groupby(_CELL, sort=False)["value"].sum()
        amount = amount - foreign.reindex(amount.index)
        if (below := amount < 0).any():
            faults.append(
                _of_cells(
                    "imports-above-consumption",
                    below,
                    "cells in which imports are more than `consumption`, as where goods are re-exported; domestic "
                    "supply counts 0 there",
                    "进口大于消费（如存在转口），国内供给按 0 计",
                    spec.file,
                )
            )
        amount = amount.clip(lower=0)
    own = amount[~absent].rename("value").reset_index()
    return own.assign(source=own["importer"]), faults


def _of_cells(code: str, which: pd.Series[bool], en: str, zh: str, file: str) -> Fault:
    first = ", ".join(map(str, which.index[int(which.to_numpy().argmax())]))
    many = int(which.sum())
    return Fault(
        code, f"{en}: {many} (first: {first}).", f"{zh}：{many} 处（首个：{first}）。", file=file, severity="warning"
    )


def _links(mine: pd.DataFrame, flows: pd.DataFrame, names: pd.DataFrame, spec: DependencySpec) -> Links:
    """The flows to one importer as links of sources and goods, in all periods of the file."""
    periods = tuple(period.item() if isinstance(period, np.integer) else period for period in _sorted(flows["period"]))
    sources, goods = _sorted(mine["source"]), _sorted(mine["good"])
    at = [
        pd.Index(labels).get_indexer(pd.Index(mine[column]))
        for column, labels in (("period", periods), ("source", sources), ("good", goods))
    ]
    value = mine["value"].to_numpy(dtype=float)
    shape = len(sources), len(goods)
    values = tuple(
        sparse.coo_array((value[now], (at[1][now], at[2][now])), shape).tocsr()
        for now in (at[0] == t for t in range(len(periods)))
    )
    return Links(
        tuple(sparse.csr_array(matrix) for matrix in values),
        sources,
        goods,
        periods,
        {str(name): names[name].reindex(sources).to_numpy(dtype=object) for name in names},
        title=spec.called,
        unit=spec.unit,
        source=spec.file,
    )


def _sorted(column: pd.Series[Any]) -> Names:
    labels: npt.NDArray[np.object_] = np.empty(column.nunique(), dtype=object)
    labels[:] = sorted(column.unique())
    return labels


def _nothing_within(years: pd.Series[int], span: tuple[int, int], file: str) -> Fault:
    first, last = int(years.min()), int(years.max())
    return Fault(
        "no-year-left",
        f"no row is of the years {span[0]} to {span[1]}; the file has {first} to {last}.",
        f"没有 {span[0]} 至 {span[1]} 年的数据；文件年份为 {first} 至 {last}。",
        file=file,
    )
