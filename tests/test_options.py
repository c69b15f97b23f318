"""A wrong option of a public function is refused as a XinzhiError, in both languages, whatever the function."""

from __future__ import annotations

import inspect
import typing

import numpy as np
import pandas as pd
import pytest

import xinzhi as xz
from xinzhi.core.errors import Fault, MethodError, XinzhiError
from xinzhi.core.methods import FAMILIES
from xinzhi.core.specs import FaultyValue

WRONG = "no-such-word"
YEARS = range(2000, 2020)


def held() -> xz.Links:
    rng = np.random.default_rng(3)
    rows = [
        (f"R{r}", f"A{a}", period, float(rng.integers(1, 30)))
        for period in (2001, 2002, 2003)
        for r in range(8)
        for a in range(6)
        if rng.random() < 0.7
    ]
    return xz.links(pd.DataFrame(rows, columns=["region", "activity", "period", "value"]))


def counts() -> pd.Series:
    return pd.Series([round(100 / (1 + np.exp(-0.5 * (year - 2010)))) + 1 for year in YEARS], index=YEARS)


def employed() -> xz.Industries:
    rows = [("R", "A", 2000, 5.0), ("R", "A", 2001, 6.0)]
    table = pd.DataFrame(rows, columns=["region", "industry", "year", "employment"])
    return xz.industries(table, industry="industry", period="year", region="region", measures=["employment"])


def firms() -> xz.Industries:
    rows = [{"code": "a", "year": year, "firms": round(100 * 1.05 ** (year - 2000))} for year in YEARS]
    return xz.industries(pd.DataFrame(rows), industry="code", period="year", measures=["firms"])


def citations() -> pd.DataFrame:
    return pd.DataFrame({"citing": ["b", "c"], "cited": ["a", "a"]})


DATED = {"a": 2000, "b": 2001, "c": 2002}
# What each public function is called with before an option goes wrong; those that only read a study are left out.
CALLS: dict[str, typing.Callable[[], tuple[object, ...]]] = {
    "backtest": lambda: (held(),),
    "complexity": lambda: (held().only(periods=[2001]),),
    "density": lambda: (xz.presence(held()).only(periods=[2001]),),
    "disruption": lambda: (citations(), DATED),
    "drivers": lambda: (held(),),
    "emergence": lambda: (counts(),),
    "entries": lambda: (held(),),
    "forecast": lambda: (held(),),
    "growth_curve": lambda: (counts(),),
    "life_cycle": lambda: (firms(),),
    "linkages": lambda: (pd.DataFrame([[1.0]], ["a"], ["a"]), {"a": 2.0}),
    "links": lambda: (held().to_frame(),),
    "presence": lambda: (held(),),
    "relatedness": lambda: (xz.presence(held()).only(periods=[2001]),),
    "shift_share": lambda: (employed(),),
}
WITHOUT_WORDS = {
    "audit",
    "calibrate",
    "check",
    "concordance",
    "conversion",
    "crosswalk",
    "found_world",
    "grow",
    "growth_paths",
    "ladder",
    "lifetimes",
    "load",
    "model_start",
    "panel",
    "pipeline",
    "read_study",
    "run",
    "shakeouts",
    "standing",
    "start_from",
    "taxonomy",
    "time_on_rungs",
    "write",
}
# With words of their own, refused in tests of their own.
ELSEWHERE = {
    "evaluate_recogniser",
    "fusion",
    "industries",
    "recognise",
    "records",
    "train_recogniser",
    "transitions",
    "vary",
}


def words(name: str) -> list[str]:
    """The options that take one of a few words, or the name of a method."""
    found = []
    hints = typing.get_type_hints(getattr(xz, name))
    for option in inspect.signature(getattr(xz, name)).parameters:
        wanted = hints[option]
        either = typing.get_args(wanted) if typing.get_origin(wanted) is not typing.Literal else (wanted,)
        literal = any(typing.get_origin(one) is typing.Literal for one in either)
        if literal or (str in either and any("Callable" in str(one) for one in either)):
            found.append(option)
    return found


def test_every_public_function_is_looked_at():
    public = {name for name in xz._HOMES if inspect.isfunction(getattr(xz, name))}
    assert public == CALLS.keys() | WITHOUT_WORDS | ELSEWHERE


@pytest.mark.parametrize(("name", "option"), [(name, option) for name in CALLS for option in words(name)])
def test_a_word_that_is_not_known_is_refused_in_both_languages(name, option):
    with pytest.raises(XinzhiError) as caught:
        getattr(xz, name)(*CALLS[name](), **{option: WRONG})
    (fault, *_) = caught.value.faults
    assert WRONG in fault.en
    assert WRONG in fault.zh


@pytest.mark.parametrize("name", ["complexity", "density", "presence", "relatedness"])
def test_an_option_no_method_has_is_refused_in_both_languages(name):
    with pytest.raises(MethodError, match="has no option 'volume'") as caught:
        getattr(xz, name)(*CALLS[name](), volume=3)
    assert "没有选项“volume”" in caught.value.say("zh")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("presence", {"at_least": -1.0}),
        ("presence", {"method": "bicm", "alpha": 2.0}),
        ("growth_curve", {"level": 90}),
        ("growth_curve", {"draws": 0}),
        ("growth_curve", {"curves": ()}),
        ("emergence", {"window": 0}),
        ("emergence", {"level": 2.0}),
        ("disruption", {"window": 0}),
        ("disruption", {"least": -1}),
        ("entries", {"level": 2.0}),
        ("drivers", {"level": 2.0}),
        ("drivers", {"columns": (WRONG,)}),
        ("drivers", {"effects": (WRONG,)}),
        ("forecast", {"level": 2.0}),
        ("backtest", {"level": 2.0}),
        ("relatedness", {"nearest": 0}),
    ],
)
def test_a_number_out_of_bounds_is_refused_in_both_languages(name, wrong):
    with pytest.raises(XinzhiError) as caught:
        getattr(xz, name)(*CALLS[name](), **wrong)
    assert all(fault.en and fault.zh and fault.en != fault.zh for fault in caught.value.faults)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_method_nobody_knows_is_an_error_of_the_house_and_of_a_validator(family):
    with pytest.raises(MethodError) as caught:
        FAMILIES[family].find(WRONG)
    assert isinstance(caught.value, ValueError)
    assert WRONG in caught.value.say("zh")


def test_a_faulty_value_carries_its_fault_through_another_process():
    import pickle

    found = pickle.loads(pickle.dumps(FaultyValue("bad-option", "too much.", "过多。")))
    assert found.faults == (Fault("bad-option", "too much.", "过多。"),)
    assert (found.code, str(found), found.say("zh")) == ("bad-option", "too much.", "过多。")
