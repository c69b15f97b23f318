"""Specs refuse what they do not know and say so in both languages."""

import pytest
from pydantic import ValidationError

from xinzhi.core.specs import Spec, Text, faults_of


class Pot(Spec):
    size: int
    lid: bool = False


def faults(**given):
    with pytest.raises(ValidationError) as caught:
        Pot(**given)
    return faults_of(caught.value, "study.toml")


def test_unknown_missing_and_bad_keys_are_all_named():
    found = {fault.column: fault.code for fault in faults(lidd=True, lid="perhaps")}
    assert found == {"size": "missing-key", "lid": "bad-value", "lidd": "unknown-key"}


def test_faults_carry_the_file():
    assert {fault.file for fault in faults()} == {"study.toml"}


@pytest.mark.parametrize("given", ["水", {"en": "水"}, {"zh": "水"}])
def test_one_language_serves_for_both(given):
    assert Text.of(given)["en"] == Text.of(given)["zh"] == "水"


def test_specs_are_frozen():
    with pytest.raises(ValidationError):
        Pot(size=1).size = 2
