import subprocess
import sys
from typing import get_args

import pytest

from xinzhi.core.errors import StudyError
from xinzhi.core.methods import FAMILIES
from xinzhi.study.methods import described


def test_every_method_is_described_in_full():
    every = described()
    assert {one.family for one in every} == set(FAMILIES)
    assert len(every) == sum(len(family.members) for family in FAMILIES.values())
    for one in every:
        assert one.summary.endswith((".", ")")), one.name
        assert one.zh
        assert one.cite or one.name == "none"
        assert all(option.type for option in one.options)


@pytest.mark.parametrize("first", ["xinzhi.structure.spectra", "xinzhi.structure.ubiquity"])
def test_methods_stand_in_one_order_whatever_was_imported_first(first):
    said = f"import {first}; from xinzhi.study.methods import described; print(*[one.name for one in described()])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [one.name for one in described()]


def test_by_family_and_by_name():
    assert {one.family for one in described("weighting")} == {"weighting"}
    assert {one.name for one in described("entropy")} == {"entropy"}
    assert len(described("none")) > 1
    with pytest.raises(StudyError, match="entropy"):
        described("entropyy")


def test_choices_are_spelled_out():
    zeros = next(option for option in described("entropy")[0].options if option.name == "zeros")
    from xinzhi.measure.spec import weightings

    hint = weightings.find("entropy").options.model_fields["zeros"].annotation
    assert all(repr(choice) in zeros.type for choice in get_args(hint))
