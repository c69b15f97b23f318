"""Run an earlier run again from its record, and say whether every byte came out the same."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xinzhi.core.errors import Fault, Language
from xinzhi.core.results import digest
from xinzhi.study.measuring import Tell
from xinzhi.study.outputs import RECORD, OutputError, Pages, make, read_record, versions
from xinzhi.study.places import STUDY_FILE
from xinzhi.study.reading import Study, study_of
from xinzhi.study.running import run


@dataclass(frozen=True)
class Repeated:
    """What came of repeating a run: the outputs that agree bit for bit, those that do not, and versions that differ."""

    record: Path
    equal: tuple[str, ...]
    different: tuple[str, ...]
    versions: dict[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        """Whether every output agrees bit for bit."""
        return not self.different

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain data."""
        return {
            "ok": self.same,
            "record": str(self.record),
            "equal": list(self.equal),
            "different": list(self.different),
            "versions": {name: {"then": then, "now": now} for name, (then, now) in self.versions.items()},
        }

    def say(self, language: Language = "en") -> str:
        """The outcome in a few lines."""
        zh = language == "zh"
        total = len(self.equal) + len(self.different)
        if self.same:
            return (
                f"已复现：{total} 个结果文件逐比特一致。"
                if zh
                else f"Repeated: all {total} result files agree bit for bit."
            )
        names = ("、" if zh else ", ").join(self.different)
        lines = [
            f"未能复现：{total} 个结果文件中有 {len(self.different)} 个不同：{names}。"
            if zh
            else f"Not repeated: {len(self.different)} of {total} result files differ: {names}."
        ]
        for name, (then, now) in self.versions.items():
            lines.append(f"  {name}：当时 {then}，现在 {now}" if zh else f"  {name}: {then} then, {now} now")
        return "\n".join(lines)


def repeat(path: Path, *, pages: Pages | None = None, tell: Tell = lambda stage: None) -> Repeated:
    """Repeat the run whose folder or ``record.json`` is given; nothing is written.

    The study is taken from the record, the data from the study folder after their digests were compared. Raises
    ``OutputError`` where an input is gone or has changed.
    """
    record = read_record(path)
    file = path / RECORD if path.is_dir() else path
    # STUDY/runs/0001/record.json
    folder = file.resolve().parent.parent.parent
    study = study_then(record, folder)
    _refuse_changed({name: then for name, then in record["inputs"].items() if name != study.file}, folder)
    result = run(study, tell=tell)
    tell("compare")
    with tempfile.TemporaryDirectory(prefix="xinzhi-") as shop:
        now = make(result, Path(shop) / "run", pages=pages)
    then: dict[str, str] = record["outputs"]
    names = sorted(then.keys() | now.keys())
    mine = {"xinzhi": result.record.version} | versions()
    theirs = {"xinzhi": record.get("version", "?")} | record.get("versions", {})
    return Repeated(
        file,
        tuple(name for name in names if then.get(name) == now.get(name)),
        tuple(name for name in names if then.get(name) != now.get(name)),
        {name: (theirs.get(name, "?"), is_now) for name, is_now in mine.items() if theirs.get(name) != is_now},
    )


def study_then(record: Mapping[str, Any], folder: Path) -> Study:
    """The study as its file stood when it was run: the text is in the record, under the name that it had."""
    text = record["settings"]["study"]
    named = (name for name, then in record["inputs"].items() if then == digest(text))
    return study_of(text, folder, next(named, STUDY_FILE))


def _refuse_changed(inputs: Mapping[str, str], folder: Path) -> None:
    faults = []
    for name, then in inputs.items():
        file = folder / name
        if not file.is_file():
            faults.append(
                Fault(
                    "input-gone",
                    "this file went into the run and is gone. Put it back.",
                    "此文件曾用于该次运行，现已不存在。请恢复该文件。",
                    file=name,
                )
            )
        elif digest(file) != then:
            faults.append(
                Fault(
                    "input-changed",
                    "this file has changed since the run, so the run cannot be repeated. Bring back the file as it "
                    "was, or run the study anew.",
                    "此文件自该次运行后已改动，无法复现。请恢复原文件，或重新运行该研究。",
                    file=name,
                )
            )
    if faults:
        raise OutputError(faults)
