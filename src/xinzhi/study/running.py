"""From a study to its results."""

from __future__ import annotations

from dataclasses import dataclass

from xinzhi.core.results import Record
from xinzhi.study.measuring import Measured, Tell, measured
from xinzhi.study.reading import Study


@dataclass(frozen=True)
class Run(Measured):
    """A study that has been run: what came in, the index that came out, and the record that can repeat it."""


def run(study: Study, *, tell: Tell = lambda stage: None) -> Run:
    """Run a study: load, match, measure. Nothing is written; ``write`` does that.

    ``tell`` is called with the name of each stage as it begins.
    """
    made = measured(study, tell=tell)
    record = Record("run", made.record.settings, made.record.inputs)
    return Run(made.study, made.data, made.settled, made.index, record)
