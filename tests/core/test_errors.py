"""Faults say where they are, in both languages, all at once."""

import json

from xinzhi.core.errors import DataError, Fault, errors_in

FAULT = Fault(
    "text-in-number", "found 'abc'; a number is needed.", "发现“abc”；此处应为数字。", "a.csv", "表1", 3, "GDP"
)


def test_a_fault_says_its_place_in_both_languages():
    assert FAULT.say("en") == "a.csv, sheet 表1, row 3, column 'GDP': found 'abc'; a number is needed."
    assert FAULT.say("zh") == "a.csv，工作表 表1，第 3 行，列“GDP”: 发现“abc”；此处应为数字。"


def test_a_fault_without_a_place_is_just_its_text():
    assert Fault("x", "no data.", "没有数据。").say() == "no data."


def test_an_error_carries_every_fault_and_counts_those_it_does_not_show():
    error = DataError(FAULT for _ in range(1000))
    assert len(error.faults) == 1000
    assert error.say(limit=20).splitlines()[-1] == "… and 980 more"
    assert error.say("zh", limit=20).splitlines()[-1] == "……另有 980 处"
    assert len(json.loads(error.to_json())) == 1000


def test_json_leaves_empty_fields_out():
    assert "sheet" not in Fault("x", "a", "b", file="f.csv").to_dict()


def test_warnings_do_not_stop_the_work():
    warning = Fault("x", "a", "b", severity="warning")
    assert errors_in([warning, FAULT]) == (FAULT,)
