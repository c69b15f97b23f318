"""The model's equations and outcomes as they are printed: all knobs and series are in them, and they can be set."""

import pytest

from xinzhi.report.formulas import mathml, tree
from xinzhi.simulate.claims import read_claims
from xinzhi.simulate.equations import EQUATIONS, EVENTS
from xinzhi.simulate.history import REGIONAL, SERIES
from xinzhi.simulate.knobs import KNOBS
from xinzhi.simulate.outcomes import OUTCOMES, REGIONAL_OUTCOMES


def test_every_knob_stands_in_an_equation_of_its_event():
    assert {knob for one in EQUATIONS for knob in one.knobs} == set(KNOBS)
    assert {one.event for one in EQUATIONS} == set(EVENTS)
    assert {knob.event for knob in KNOBS.values()} <= set(EVENTS)


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda one: one.title.en)
def test_an_equation_can_be_set_and_says_its_source(equation):
    assert tree(mathml(equation.latex))["k"] == "row"
    assert equation.cite
    assert all((equation.title.en, equation.title.zh, equation.says.en, equation.says.zh))


def test_equations_assume_the_claims_that_are_said_to_be_built_in():
    built_in = {claim for one in read_claims() if one.kind == "built-in" for claim in one.ids}
    assert {claim for one in EQUATIONS for claim in one.built_in} == built_in


def test_every_series_has_words_in_the_order_of_a_history():
    assert list(OUTCOMES) == list(SERIES)
    assert list(REGIONAL_OUTCOMES) == list(REGIONAL)
    for one in (*OUTCOMES.values(), *REGIONAL_OUTCOMES.values()):
        assert one.title.zh
        assert one.title.en
