"""Topics that emerge, as a study asks for it: their counts, onsets, growth curves and next years, in tables."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from xinzhi.core.errors import Fault, MethodError, XinzhiError
from xinzhi.core.specs import Text
from xinzhi.structure.curves import growth_curve
from xinzhi.structure.emergence import emergence
from xinzhi.structure.links import Links
from xinzhi.structure.yearly import Yearly, yearly
from xinzhi.study.places import at_its_line
from xinzhi.study.reading import Study
from xinzhi.study.records.giving import topics_of_records
from xinzhi.study.records.results import Tallied
from xinzhi.study.structure.results import Emerged
from xinzhi.study.structure.topic_spec import CurveSpec, EmergenceSpec
from xinzhi.study.structure.topics import records_of_file, topics_of_file

T = TypeVar("T")
_TABLES = ("measures", "topics", "curves", "forecasts", "counts")


@dataclass(frozen=True, eq=False)
class Topics:
    """Yearly counts of one block, its topics by name, its records, what is worth knowing, and digests of its files."""

    counts: Yearly
    names: pd.DataFrame
    records: Mapping[str, pd.DataFrame]
    notices: tuple[Fault, ...]
    inputs: Mapping[str, str]


def unknown_links(study: Study) -> Iterator[Fault]:
    """Links that a block of topics asks for and that are not there."""
    names = [one.name for one in study.spec.links]
    for at, spec in enumerate(study.spec.emergence, start=1):
        if spec.links is not None and spec.links not in names:
            near = difflib.get_close_matches(spec.links, names, n=3) or names[:5]
            fault = Fault(
                "unknown-links",
                f"no [[links]] are called '{spec.links}'. There are: {', '.join(near)}.",
                f"没有名为“{spec.links}”的 [[links]]。现有：{'、'.join(near)}。",
                column=f"emergence.{at}.links",
            )
            yield at_its_line(fault, study)


def counted(study: Study, raw: Mapping[str, Links], records: Mapping[str, Tallied]) -> dict[str, Topics]:
    """The counts of every block by its name, but of links and records that are not there.

    Raises ``MethodError`` or ``DataError`` with the faults of all.
    """
    return _each(
        study,
        lambda spec: _counted(study, spec, raw, records),
        skip=lambda spec: spec.links not in (None, *raw) or spec.records not in (None, *records),
    )


def emerged(study: Study, counts: Mapping[str, Topics]) -> Emerged:
    """Measure and date every topic of every block. Raises ``MethodError`` with the faults of all blocks."""
    made = _each(study, lambda spec: _block(spec, counts[spec.name]))
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in _TABLES}
    notices: list[Fault] = []
    wholes: dict[str, Text] = {}
    for spec in study.spec.emergence:
        tables, told = made[spec.name]
        names = counts[spec.name].names
        notices += [_of(spec, notice) for notice in (*counts[spec.name].notices, *told)]
        if spec.whole is not None:
            wholes[spec.name] = Text(en=str(names.loc[spec.whole, "name_en"]), zh=str(names.loc[spec.whole, "name_zh"]))
        for key, table in tables.items():
            parts[key].append(_with_names(table, spec, names))
    joined = {key: pd.concat(found, ignore_index=True) if found else pd.DataFrame() for key, found in parts.items()}
    return Emerged(
        study.spec.emergence,
        {name: (int(of.counts.years[0]), int(of.counts.years[-1])) for name, of in counts.items()},
        wholes,
        **joined,
        notices=tuple(dict.fromkeys(notices)),
    )


def _each(
    study: Study,
    step: Callable[[EmergenceSpec], T],
    *,
    skip: Callable[[EmergenceSpec], bool] = lambda spec: False,
) -> dict[str, T]:
    """A step for every block; the faults of all of them at their lines, those of a file as they stand."""
    made: dict[str, T] = {}
    faults: list[Fault] = []
    kind: type[XinzhiError] = MethodError
    for at, spec in enumerate(study.spec.emergence, start=1):
        if skip(spec):
            continue
        try:
            made[spec.name] = step(spec)
        except XinzhiError as error:
            kind = MethodError if isinstance(error, MethodError) else type(error)
            faults += [
                fault if fault.file else at_its_line(replace(fault, column=f"emergence.{at}"), study)
                for fault in error.faults
            ]
    if faults:
        raise kind(faults)
    return made


def _counted(study: Study, spec: EmergenceSpec, raw: Mapping[str, Links], records: Mapping[str, Tallied]) -> Topics:
    settle = partial(yearly, through=spec.through, gaps=spec.gaps)
    notices: tuple[Fault, ...] = ()
    inputs: dict[str, str] = {}
    if spec.records is not None:
        table, names = topics_of_records(records[spec.records])
        inputs |= records[spec.records].inputs
        counts = settle(table)
    elif spec.links is None:
        table, notices, inputs[str(spec.file)] = topics_of_file(study.folder, spec)
        labels = pd.Index(table.index.astype(str), name="topic")
        names = pd.DataFrame({"name_en": labels, "name_zh": labels}, index=labels)
        counts = settle(table)
    else:
        links = raw[spec.links]
        names = pd.DataFrame(
            {f"name_{language}": links.names("activity", language) for language in ("en", "zh")},
            index=pd.Index(links.activities.astype(str), name="topic"),
        )
        counts = settle(links)
    single: dict[str, pd.DataFrame] = {}
    for what, of in (("codes", spec.codes), ("actors", spec.actors)):
        if of is not None:
            own = [topic for topic in counts.topics if topic != spec.whole]
            single[what], inputs[of.file] = records_of_file(study.folder, of, topics=len(own))
    return Topics(counts, names, single, notices, inputs)


def _block(spec: EmergenceSpec, topics: Topics) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    data = topics.counts
    table = pd.DataFrame(data.counts, list(data.topics), list(data.years))
    whole = None
    if spec.whole is not None:
        if spec.whole not in table.index or len(table) < 2:
            near = difflib.get_close_matches(spec.whole, data.topics, n=3) or data.topics[:5]
            raise MethodError(
                Fault(
                    "unknown-topic",
                    f"`whole` is a topic beside others; '{spec.whole}' is none. There are: {', '.join(near)}.",
                    f"whole 须为若干主题之一；没有“{spec.whole}”。现有：{'、'.join(near)}。",
                )
            )
        whole, table = table.loc[spec.whole], table.drop(index=spec.whole)
    # Years that were left out have been settled by ``gaps`` already, and those after ``through`` are gone.
    found = emergence(
        table,
        whole=whole,
        codes=topics.records.get("codes"),
        actors=topics.records.get("actors"),
        window=spec.window,
        threshold=spec.threshold,
        since=spec.since,
        level=spec.level,
    )
    told = list(found.notes)
    tables = {"measures": found.to_frame(), "topics": found.topics.reset_index()}
    expected = pd.DataFrame(np.nan, table.index, table.columns)
    if spec.curve is not None:
        told += _curves(table, spec, spec.curve, tables, expected)
    may_be = found.in_set.reindex(columns=table.columns, fill_value=False)
    tables["counts"] = pd.DataFrame(
        {
            "topic": np.repeat(table.index.to_numpy(), table.shape[1]),
            "year": np.tile(table.columns.to_numpy(), table.shape[0]),
            "count": table.to_numpy().ravel(),
            "expected": expected.to_numpy().ravel(),
            "may_be_onset": may_be.to_numpy().ravel(),
        }
    )
    return tables, told


def _curves(
    table: pd.DataFrame, spec: EmergenceSpec, asked: CurveSpec, tables: dict[str, pd.DataFrame], expected: pd.DataFrame
) -> list[Fault]:
    """Add curves and forecasts of every topic to ``tables``, fill what they expect, say what is worth knowing."""
    told, curves, ahead = [], [], []
    how = asked.model_dump(exclude={"ahead"})
    for topic in table.index:
        try:
            fitted = growth_curve(table, topic=topic, since=spec.since, level=spec.level, **how)
        except MethodError as error:  # of a topic that is otherwise sound
            told += [_about(topic, replace(fault, severity="warning")) for fault in error.faults]
            continue
        told += [_about(topic, note) for note in fitted.notes]
        stages = {f"p_{stage}": float(chance) for stage, chance in fitted.stages["probability"].items()}
        curves.append(fitted.to_frame().assign(**stages, topic=topic))
        ahead.append(fitted.forecast(asked.ahead, seed=asked.seed).reset_index().assign(topic=topic))
        expected.loc[topic, fitted.fitted.index] = fitted.fitted["expected"]
    if curves:
        tables["curves"] = pd.concat(curves, ignore_index=True)
        tables["forecasts"] = pd.concat(ahead, ignore_index=True)
    return told


def _about(topic: str, notice: Fault) -> Fault:
    """A notice that says of which topic it speaks."""
    return replace(notice, en=f"{topic}: {notice.en}", zh=f"{topic}：{notice.zh}")


def _of(spec: EmergenceSpec, notice: Fault) -> Fault:
    if notice.file:
        return notice
    return replace(notice, en=f"{spec.called.en}: {notice.en}", zh=f"{spec.called.zh}：{notice.zh}")


def _with_names(table: pd.DataFrame, spec: EmergenceSpec, names: pd.DataFrame) -> pd.DataFrame:
    """A table with its block, topic and the topic's names before the rest."""
    topic = table["topic"].astype(str)
    first = {"block": spec.name, "topic": topic}
    first |= {name: topic.map(names[name]) for name in ("name_en", "name_zh")}
    return pd.DataFrame(first, index=table.index).join(table.drop(columns="topic"))
