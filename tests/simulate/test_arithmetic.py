"""exp and log of the simulation against the library's, and in what they promise beyond it."""

import math
import sys

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit

from xinzhi.simulate._arithmetic import exp, log

LAW = settings(deadline=None)  # the first example compiles


@njit
def exps(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = exp(x[i])
    return out


@njit(error_model="numpy")
def logs(x):
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = log(x[i])
    return out


@LAW
@given(st.floats(-700, 700))
@example(0.0)
@example(-0.3465735902799726)  # -log(2)/2, where the whole part changes
@example(700.0)
def test_exp_is_the_exponential(x):
    assert math.isclose(exp(x), math.exp(x), rel_tol=1e-13)


@LAW
@given(st.floats(sys.float_info.min, sys.float_info.max))
@example(1.0)
@example(math.sqrt(0.5))
@example(math.nextafter(1.0, 0.0))
def test_log_is_the_logarithm(x):
    assert math.isclose(log(x), math.log(x), rel_tol=1e-13, abs_tol=1e-18)


def test_eight_at_a_time_is_one_at_a_time():
    """A long array goes through the processor in groups and its last few alone: the answers are the same."""
    x = np.random.default_rng(3).uniform(-50, 50, 1003)
    assert (exps(x) == [exp(one) for one in x]).all()
    y = np.exp(x)
    assert (logs(y) == [log(one) for one in y]).all()


def test_exp_of_nothing_and_log_of_one_are_exact():
    assert exp(0.0) == 1.0
    assert log(1.0) == 0.0
