"""What no world can begin from, and what cannot be asked of one: said at once, in words."""

from dataclasses import replace

import numpy as np
import pytest

from xinzhi.core.errors import MethodError
from xinzhi.simulate.experiments import experiment
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.policy import Lever, Policy
from xinzhi.simulate.story import grow
from xinzhi.simulate.tables import start_from
from xinzhi.simulate.world import found_world, model_start

START = model_start()
REGIONS, INDUSTRIES = START.employment.shape
IDLE = Policy.none()


def codes(step):
    with pytest.raises(MethodError) as caught:
        step()
    assert all(fault.zh and fault.zh != fault.en for fault in caught.value.faults)
    return [fault.code for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("skilled", 5.0),
        ("digital", 1.01),
        ("research", 0.0),
        ("venture", 0.0),
        ("talent", 0.0),
        ("productivity", 0.0),
        ("land_slack", 1e300),
    ],
)
def test_a_start_that_means_nothing_is_refused(part, value):
    assert codes(lambda: replace(START, **{part: np.full(REGIONS, value)})) == ["start-value"]


@pytest.mark.parametrize("technology", [99, 1.5])
def test_industries_have_technologies_that_are_there(technology):
    assert codes(lambda: replace(START, technology_of=np.full(INDUSTRIES, technology))) == ["start-value"]


def test_all_that_is_wrong_with_a_start_is_said():
    wrong = {"skilled": np.full(REGIONS, 2.0), "productivity": np.zeros(REGIONS)}
    assert codes(lambda: replace(START, **wrong)) == ["start-value", "start-value"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"firms": 400.5}, "firms"),
        ({"firms": 10**12}, "firms"),
        ({"firms": "many"}, "firms"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**70}, "seed"),
    ],
)
def test_a_world_has_whole_numbers_of_firms(more, code):
    assert codes(lambda: found_world(START, **{"firms": 400} | more)) == [code]


@pytest.mark.parametrize("quarters", [0, -1, 1.5])
def test_a_world_lives_for_whole_quarters(quarters):
    world = found_world(START, firms=400)
    assert codes(lambda: grow(world, quarters)) == ["no-quarters"]


@pytest.mark.parametrize(
    ("policies", "more", "code"),
    [
        (IDLE, {}, "not-policies"),
        (["science"], {}, "not-policies"),
        ([IDLE], {"knobs": [{"lapse": 0.1}]}, "not-knobs"),
        ([IDLE], {"years": 1.5}, "not-whole"),
        ([IDLE], {"draws": "two"}, "not-whole"),
        ([IDLE], {"seed": -1}, "not-whole"),
    ],
)
def test_an_experiment_is_asked_for_in_kind(policies, more, code):
    asked = {"years": 1, "firms": 400, "draws": 2, "workers": 1} | more
    assert codes(lambda: experiment(START, policies, **asked)) == [code]


def test_a_lever_between_two_quarters_acts_in_none_and_costs_nothing():
    between = Policy(name="a", levers=(Lever(lever="ipr", budget=0.01, start=2022.3, stop=2022.4),))
    assert between.spending(2022, 2030) == 0
    assert codes(lambda: experiment(START, [between], years=2, firms=400, draws=2)) == ["outside-the-run"]


@pytest.mark.parametrize(("start", "stop", "quarters"), [(2022, 2023, 4), (2022.1, 2023, 3), (2022.2, 2022.9, 3)])
def test_what_is_planned_is_what_the_quarters_plan(start, stop, quarters):
    from xinzhi.simulate.policy import Programme

    policy = Policy(name="a", levers=(Lever(lever="ipr", budget=0.01, start=start, stop=stop),))
    planned = Programme.of(policy, found_world(START, Knobs(), firms=400), 8).money.sum() / 4
    assert policy.spending(2022, 2024) == pytest.approx(0.01 * quarters / 4)
    assert planned == pytest.approx(policy.spending(2022, 2024))


def test_numbers_that_drown_all_others_are_refused():
    import pandas as pd

    jobs = pd.DataFrame([[1.0, 2.0], [3.0, 1e308]], ["a", "b"], ["x", "y"])
    assert codes(lambda: start_from(jobs)) == ["table-value"]
    sound = jobs.clip(upper=4)
    assert codes(lambda: start_from(sound, venture={"a": 1e308, "b": 1e308})) == ["table-value"]
