"""From the files of ``[[industries]]`` to industries by the study's codes of regions and industries."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import DataError, Fault
from xinzhi.core.specs import Text
from xinzhi.data.files import inside
from xinzhi.data.industries import SERIES, TIME, Industries, industries
from xinzhi.data.industry_lines import ALL_REGIONS
from xinzhi.data.sources import FIRST_YEAR
from xinzhi.structure.classification import settle
from xinzhi.structure.crossed import named
from xinzhi.study.ladder.spec import IndustriesSpec
from xinzhi.study.reading import Study
from xinzhi.study.records.giving import industries_of_records
from xinzhi.study.records.results import Tallied
from xinzhi.study.structure.labelling import Labelled, labels_of

READING = ("where", "sheet", "header", "encoding", "separator", "decimal")


@dataclass(frozen=True, eq=False)
class Came:
    """The industries of one block: every label a code, whatever it was called; names, groups, and digests of files.

    ``regions_as`` and ``industries_as`` say what code each label of the file stands for, so that other files can use
    the same words.
    """

    industries: Industries
    regions: Mapping[str, Text]
    regions_as: Mapping[str, str]
    labels: Labelled | None
    inputs: Mapping[str, str]

    def industry(self, label: str) -> str:
        """The code that a label of an industry stands for; the label itself where no file names industries."""
        if self.labels is None:
            return label
        at = int(self.labels.places([label])[0])
        return label if at < 0 else self.labels.codes[at]


def came(study: Study, spec: IndustriesSpec, records: Tallied | None, *, alone: bool) -> Came:
    """Bring in one block, of a file or counted of ``records``. Raises ``DataError`` with all that is wrong with it.

    ``alone`` says that no other data of the study have regions, so that one to keep must be here.
    """
    labels = labels_of(study.folder, spec.names) if spec.names else records.classes if records else None
    if records is not None:
        found = industries_of_records(records, spec)
        named = {labels.file: labels.sha256} if labels and spec.names else {}
        inputs = dict(records.inputs) | named
    else:
        found, inputs = _of_file(study, spec, labels)
    found, regions, regions_as = _regions(found, study, spec)
    found = _kept_regions(found, study, spec, regions_as, regions, alone=alone)
    found = _years(_industries(found, spec, labels), spec, study)
    record = replace(found.record, inputs=inputs)
    return Came(replace(found, record=record), regions, regions_as, labels, inputs)


def _of_file(study: Study, spec: IndustriesSpec, labels: Labelled | None) -> tuple[Industries, dict[str, str]]:
    """What the block's own file says, by its own labels, and digests of files."""
    path = inside(study.folder, spec.file)
    how = {key: getattr(spec, key) for key in READING}
    try:
        found = industries(
            path,
            industry=spec.industry,
            period=spec.period,
            region=spec.region,
            measures=spec.measures,
            low=spec.low,
            high=spec.high,
            flags=spec.flags,
            units=spec.units,
            years=_possible(spec),
            unknown=spec.unknown,
            **how,
        )
    except DataError as error:  # by the name the study gives the file
        raise DataError([_by_name(fault, path.name, spec.file) for fault in error.faults]) from None
    notes = [_by_name(fault, path.name, spec.file) for fault in found.notes]
    inputs = {spec.file: next(iter(found.record.inputs.values()))} | ({labels.file: labels.sha256} if labels else {})
    return replace(found, notes=tuple(notes)), inputs


def _possible(spec: IndustriesSpec) -> tuple[int, int]:
    """The years that rows may be about: those usual, and those the block asks for."""
    first, last = spec.years or (FIRST_YEAR, FIRST_YEAR)
    return min(first, FIRST_YEAR), max(last, datetime.date.today().year)


def _by_name(fault: Fault, was: str, name: str) -> Fault:
    return replace(fault, file=name) if fault.file in (None, was) else fault


def _regions(
    found: Industries, study: Study, spec: IndustriesSpec
) -> tuple[Industries, dict[str, Text], dict[str, str]]:
    """The study's codes for regions, their names, and what each label stands for."""
    labels, place = np.unique(found.values["region"].values.astype(str), return_inverse=True)
    if spec.region is None:
        return found, {ALL_REGIONS: Text(en="all", zh="全部")}, {ALL_REGIONS: ALL_REGIONS}
    book = study.spec.study.regions
    rows = np.bincount(place, minlength=len(labels))
    told = np.ones(len(labels))
    settled = settle("region", labels.tolist(), book, told, rows, spec.unknown)
    faults = [replace(fault, file=spec.file, column=spec.region) for fault in settled.faults]
    if errors := [fault for fault in faults if fault.severity == "error"]:
        raise DataError(errors)
    codes = np.array([*settled.labels, ""], dtype=str)[settled.place]
    made = _renamed(found, "region", codes[place], spec, tuple(faults))
    names = {
        str(code): Text(en=str(en), zh=str(zh))
        for code, en, zh in zip(
            settled.labels,
            settled.about.get("name_en", settled.labels),
            settled.about.get("name_zh", settled.labels),
            strict=True,
        )
    }
    return made, names, {label: str(code) for label, code in zip(labels, codes, strict=True) if code}


def _industries(found: Industries, spec: IndustriesSpec, labels: Labelled | None) -> Industries:
    """The codes of the file of names, where there is one, and the industries that the study keeps."""
    said = found.values["industry"].values.astype(str)
    notes = list[Fault]()
    codes = said
    if labels is not None:
        there, place = np.unique(said, return_inverse=True)
        at = labels.places(there.tolist())
        if (strange := at < 0).any():
            fault = _strange(there, strange, labels, spec)
            if spec.unknown == "stop":
                raise DataError(fault)
            notes.append(fault)
        codes = np.array([*labels.codes, ""], dtype=str)[at][place]
    known = set(codes.tolist()) - {""}

    def code(label: str) -> str:
        at = -1 if labels is None else int(labels.places([label])[0])
        return label if at < 0 or labels is None else labels.codes[at]

    faults = list[Fault]()
    for key in ("keep", "drop"):
        if absent := [label for label in getattr(spec, key) if code(label) not in known]:
            faults.append(_no_industry(key, absent, sorted(known), spec))
    if faults:
        raise DataError(faults)
    kept, dropped = ({code(label) for label in side} for side in (spec.keep, spec.drop))
    stays = np.array([bool(one) and (not kept or one in kept) and one not in dropped for one in codes.tolist()])
    made = _renamed(found, "industry", np.where(stays, codes, ""), spec, tuple(notes))
    if labels is None:
        return made
    names = zip(labels.codes, labels.name_en, labels.name_zh, strict=True)
    return replace(made, names={one: Text(en=en, zh=zh) for one, en, zh in names if one in known})


def _renamed(
    found: Industries, side: str, codes: np.ndarray, spec: IndustriesSpec, notes: tuple[Fault, ...]
) -> Industries:
    """Series under new codes of one side, in their order; those without one (an empty text) are left out.

    Raises ``DataError`` where two labels of the file are one code: their values cannot both stand.
    """
    stays = np.flatnonzero(codes != "")
    if not len(stays):
        raise DataError(
            Fault(
                "no-data",
                f"no {side} of the file is left.",
                f"文件中没有剩余的{'地区' if side == 'region' else '产业'}。",
                file=spec.file,
            )
        )
    labels = {name: found.values[name].values.astype(str)[stays] for name in ("region", "industry")}
    was = labels[side]
    labels[side] = codes[stays]
    pairs = pd.MultiIndex.from_arrays([labels["region"], labels["industry"]])
    twice = pairs.duplicated(keep=False)
    if twice.any():
        shown = ", ".join(
            dict.fromkeys(f"{one} = {code}" for one, code in zip(was[twice], labels[side][twice], strict=True))
        )
        raise DataError(
            Fault(
                "same-code",
                f"labels that stand for the same {side}: {shown}. Keep one, or add them up first.",
                f"以下名称对应同一{'地区' if side == 'region' else '产业'}：{shown}。请只保留其一，或先汇总。",
                file=spec.file,
            )
        )
    order = np.lexsort((labels["industry"], labels["region"]))

    def moved(cells: xr.DataArray) -> xr.DataArray:
        # Texts of fixed width, as the table came: xarray copies arrays of objects one by one.
        return cells.isel({SERIES: stays[order]}).assign_coords(
            {name: (SERIES, of[order]) for name, of in labels.items()}
        )

    low, high = (None if cells is None else moved(cells) for cells in (found.low, found.high))
    return replace(found, values=moved(found.values), low=low, high=high, notes=(*found.notes, *notes))


def _kept_regions(
    found: Industries,
    study: Study,
    spec: IndustriesSpec,
    regions_as: Mapping[str, str],
    regions: Mapping[str, Text],
    *,
    alone: bool,
) -> Industries:
    """The regions that the study keeps; one without a column of regions stays whole."""
    about = study.spec.study
    if spec.region is None or not (about.keep_regions or about.drop_regions):
        return found
    called = {name: code for code, text in regions.items() for name in (text.en, text.zh, code)} | dict(regions_as)
    if alone and (strange := [one for one in (*about.keep_regions, *about.drop_regions) if one not in called]):
        raise DataError(
            Fault(
                "unknown-region",
                f"keep_regions and drop_regions name no region of {spec.file}: {', '.join(strange)}.",
                f"keep_regions 与 drop_regions 中以下地区不在 {spec.file} 中：{'、'.join(strange)}。",
                column="study.keep_regions",
            )
        )
    kept, dropped = ({called.get(one) for one in side} for side in (about.keep_regions, about.drop_regions))
    codes = found.values["region"].values.astype(str)
    stays = np.array([(not kept or code in kept) and code not in dropped for code in codes.tolist()])
    return _renamed(found, "region", np.where(stays, codes, ""), spec, ())


def _years(found: Industries, spec: IndustriesSpec, study: Study) -> Industries:
    """The years of the block, else of the study; what is seen in none of them is left out."""
    wanted = spec.years or study.spec.study.years
    if wanted is None:
        return found
    years = found.values[TIME].values
    inside_ = np.flatnonzero((years >= wanted[0]) & (years <= wanted[1]))
    if not len(inside_):
        raise DataError(
            Fault(
                "no-data",
                f"nothing lies within {wanted[0]} to {wanted[1]}; the file has {years[0]} to {years[-1]}.",
                f"{wanted[0]} 至 {wanted[1]} 年没有数据；文件的年份为 {years[0]} 至 {years[-1]}。",
                file=spec.file,
            )
        )

    def cut(cells: xr.DataArray | None) -> xr.DataArray | None:
        return None if cells is None else cells.isel({TIME: inside_, SERIES: seen})

    known = found.values if found.low is None else found.low
    seen = np.flatnonzero(np.isfinite(known.isel({TIME: inside_}).values).any(axis=(1, 2)))
    if not len(seen):
        raise DataError(Fault("no-data", "these years hold no value.", "所选年份没有任何数值。", file=spec.file))
    values = cut(found.values)
    assert values is not None
    return replace(found, values=values, low=cut(found.low), high=cut(found.high))


def _strange(there: np.ndarray, strange: np.ndarray, labels: Labelled, spec: IndustriesSpec) -> Fault:
    en, zh = named(there.astype(object), strange)
    way_en = (
        'They were left out (unknown = "drop").' if spec.unknown == "drop" else 'Add them, or set unknown = "drop".'
    )
    way_zh = "已剔除（unknown = “drop”）。" if spec.unknown == "drop" else "请补充，或设置 unknown = “drop” 予以剔除。"
    return Fault(
        "unknown-industry",
        f"{int(strange.sum())} of {len(strange)} industries are neither a code nor a name in {labels.file}: {en}. "
        f"{way_en}",
        f"{len(strange)} 个产业中有 {int(strange.sum())} 个既非 {labels.file} 中的代码也非名称：{zh}。{way_zh}",
        file=spec.file,
        column=spec.industry,
        severity="warning" if spec.unknown == "drop" else "error",
    )


def _no_industry(key: str, strange: Iterable[str], known: list[str], spec: IndustriesSpec) -> Fault:
    told = list(strange)
    return Fault(
        "unknown-industry",
        f"`{key}` names industries that are not in {spec.file}: {', '.join(told)}. "
        f"There are: {', '.join(known[:12])}{' …' if len(known) > 12 else ''}.",
        f"{key} 中的以下产业不在 {spec.file} 中：{'、'.join(told)}。"
        f"现有：{'、'.join(known[:12])}{'……' if len(known) > 12 else ''}。",
        column=key,
    )
