"""What a study file may say under [vary], and what it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

import xinzhi as xz
from tests.small import small_study
from tests.study.vary_example import data, spec, varied
from xinzhi.core.errors import MethodError, StudyError
from xinzhi.study.vary.choices import VarySpec
from xinzhi.study.vary.plan import Plan
from xinzhi.study.vary.varying import vary

BLOCK = """
[vary]
draws = 64
seed = 11
sampling = "latin-hypercube"
normalise = ["min-max", { method = "z-score", mean = 100, sd = 10 }]
weigh = ["given", "entropy", { method = "critic" }]
aggregate = { 2 = ["arithmetic", "mean-min"] }
noise = { level = 1, share = 0.25 }
zeros = ["skip", { zeros = "shift", eps = 0.01 }]
base_period = ["pooled", "year"]
error = { a = 0.05, b = { sd = 0.1 } }
leave_out = "one indicator"
"""
INDEX = 'normalise = { method = "min-max", to = [1, 100] }\n' + BLOCK


def test_a_study_says_what_varies(tmp_path):
    study = xz.read_study(small_study(tmp_path / "s", index=INDEX))
    doubt = xz.vary(study, xz.load(study))
    names = [factor.name for factor in doubt.plan.factors]
    assert names == [
        "error",
        "normalise",
        "base_period",
        "weigh",
        "zeros",
        "aggregate.2",
        "noise.1",
        "leave_out",
    ]
    assert doubt.design.independent == 64
    assert len(doubt.draws) == 64 + 8 * 32
    assert doubt.record.seed == 11
    assert doubt.record.inputs.keys() == {"panel", "study.toml", "data.csv"}
    again = xz.vary(study, xz.load(study), workers=1)
    assert again.record.to_json() == doubt.record.to_json()
    assert np.array_equal(again.draws, doubt.draws)
    more = xz.vary(study, xz.load(study), draws=10, seed=3, sampling="sobol", effects=False)
    assert len(more.draws) == 10
    assert more.record.settings["vary"]["draws"] == 10


def test_a_study_that_does_not_say_what_varies_is_told_how(tmp_path):
    study = xz.read_study(small_study(tmp_path / "s"))
    with pytest.raises(StudyError, match="does not say what varies"):
        xz.vary(study, xz.load(study))


def test_a_fault_in_the_block_is_found_where_it_stands(tmp_path):
    folder = small_study(tmp_path / "s", index="[vary]\nnormalise = ['min-max', 'z-scor']\nnoize = 1\n")
    with pytest.raises(StudyError) as caught:
        xz.read_study(folder)
    by_key = {fault.column: fault for fault in caught.value.faults}
    assert "Did you mean: noise" in by_key["vary.noize"].en
    assert any(key and key.startswith("vary.normalise") and "z-score" in by_key[key].en for key in by_key)


def test_a_version_keeps_what_it_leaves_unsaid():
    base = spec(
        normalise={"method": "min-max", "to": (1, 100), "scope": "year", "only": {"rd": "rank"}},
        weigh={"method": "given", "relative": True},
        aggregate={"method": "arithmetic", "least": 0.5},
        impute=[{"method": "group-mean", "by": "zone", "scope": "pooled"}],
        treat={"method": "winsorise", "skip": ["rd"]},
    )
    said = varied(
        normalise=["min-max", "z-score", {"method": "z-score", "scope": "pooled"}],
        weigh=["given", "equal"],
        aggregate={2: ["geometric", {"method": "arithmetic", "least": 0.1}]},
        impute=["group-mean", "group-median", []],
        treat=["winsorise", "none"],
    )
    plan = Plan.of(base, said)
    names = [factor.name for factor in plan.factors]
    assert names == ["impute", "treat", "normalise", "weigh", "aggregate.2"]
    first = plan.version([0, 0, 0, 0, 1])
    assert first.normalise == base.normalise
    assert first.weigh[0].options == {"relative": True}
    assert first.impute == base.impute
    assert first.aggregating(2).least == 0.1
    assert first.aggregating(3).least == 0.5
    second = plan.version([1, 1, 1, 1, 0])
    assert second.normalise.options == {}
    assert (second.normalise.scope, set(second.normalise.only)) == ("year", {"rd"})
    assert (second.impute[0].name, second.impute[0].by, second.impute[0].scope) == ("group-median", "zone", "pooled")
    assert (second.aggregating(2).name, second.aggregating(2).least) == ("geometric", 0.5)
    assert plan.version([2, 0, 2, 0, 0]).normalise.scope == "pooled"
    assert plan.version([2, 0, 2, 0, 0]).impute == ()
    assert plan.factors[2].versions == ("min-max", "z-score", "z-score (scope=pooled)")
    assert plan.factors[0].versions == ("group-mean", "group-median", "none")


def test_factors_have_names_in_both_languages():
    plan = Plan.of(spec(), varied(aggregate={2: ["arithmetic", "geometric"]}, leave_out="one indicator"))
    assert [factor.title.zh for factor in plan.factors] == ["合成方法（第 2 层）", "剔除指标"]
    assert plan.factors[0].title.en == "aggregation, level 2"
    assert plan.factors[1].versions == ("-", "rd", "staff", "patents", "energy", "waste", "trade")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"normalise": ["min-max"]}, "needs two versions or more"),
        ({"weigh": {1: ["equal", "equal"]}}, "needs two versions or more, all different"),
        ({"noise": [{"level": 1}, {"level": 1, "share": 0.5}]}, "names a level more than once"),
        ({"noise": {"share": 1.5}}, "less than 1"),
        ({"zeros": ["skip", {"zeros": "nothing"}]}, "option 'zeros' of method 'entropy'"),
        ({"aggregate": ["arithmetic", "geometrik"]}, "Did you mean: geometric"),
        ({"error": {}}, "at least 1 item"),
        ({"error": {"a": {"share": -1}}}, "greater than or equal to 0"),
        ({"draws": 1}, "greater than or equal to 2"),
        ({"leave_out": []}, None),
    ],
)
def test_what_cannot_be_said_is_refused(said, words):
    if words is None:
        assert VarySpec.model_validate(said).leave_out == ()
        return
    with pytest.raises(ValidationError, match=words):
        VarySpec.model_validate(said)


def test_combinations_beyond_counting_are_refused():
    stated = [{"rd": float(at)} for at in range(1, 1_200)]
    said = varied(stated=stated, leave_out="one indicator", base_period=["pooled", "year"], denominate=[True, False])
    more = varied(**(said.said() | {"aggregate": {level: ["arithmetic", "geometric"] for level in (2, 3, 4)}}))
    with pytest.raises(MethodError, match="combinations, more than"):
        vary(
            data(),
            spec(),
            varied(**(more.said() | {"treat": ["none", "winsorise", "log", "winsorise-then-log"]})),
            sampling="factorial",
        )


def test_vary_takes_a_study_or_a_panel():
    with pytest.raises(TypeError, match="study, data"):
        vary(data(), spec())  # type: ignore[call-overload]
