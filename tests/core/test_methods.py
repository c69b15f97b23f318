"""Methods are found by name, their options checked, and a function stands in for a name."""

from typing import Literal

import pytest

from xinzhi.core.methods import FAMILIES, Family
from xinzhi.core.specs import FaultyValue


@pytest.fixture
def greetings():
    family = Family("greeting-for-tests", "问候", "f(name, *, options) -> str")

    @family.add("hello", zh="你好", cite="anyone")
    def hello(name: str, *, times: int = 1, mood: Literal["calm", "loud"] = "calm") -> str:
        """Greet someone.

        More than once if asked.
        """
        return "hello " * times + name

    yield family
    del FAMILIES[family.name]


def test_a_method_tells_its_summary_and_options(greetings):
    method = greetings.find("hello")
    assert method.summary == "Greet someone."
    assert list(method.options.model_fields) == ["times", "mood"]
    assert method.accept({"times": 2}) == {"times": 2}


def test_a_near_name_is_offered_in_both_languages(greetings):
    with pytest.raises(FaultyValue) as caught:
        greetings.find("helo")
    assert "Did you mean: hello" in caught.value.en
    assert "是否指：hello" in caught.value.zh


def test_an_unknown_option_lists_the_known_ones(greetings):
    with pytest.raises(FaultyValue, match=r"no option 'volume'\. It has: times, mood"):
        greetings.find("hello").accept({"volume": 3})


def test_a_value_out_of_place_is_refused(greetings):
    with pytest.raises(FaultyValue, match="option 'mood'"):
        greetings.find("hello").accept({"mood": "sad"})


def test_an_option_that_is_needed_is_asked_for(greetings):
    @greetings.add("nod", zh="点头", cite="anyone")
    def nod(name: str, *, angle: float) -> str:
        """Nod to someone."""
        return name

    with pytest.raises(FaultyValue, match="'nod' needs the option 'angle'"):
        greetings.find("nod").accept({})


def test_a_function_is_a_method_too(greetings):
    def bow(name: str, *, depth: float = 0.5) -> str:
        """Bow to someone."""
        return name

    assert greetings.find(bow).accept({"depth": 1}) == {"depth": 1.0}


def test_a_name_is_taken_once(greetings):
    with pytest.raises(ValueError, match="two methods named hello"):
        greetings.add("hello", zh="你好", cite="anyone")(len)
