"""Random numbers that depend on what they are for, not on who asked first.

A draw is a hash of (seed, step, event, agent, number of the draw), so the same seed gives the same run on any number of
threads, and two policies that share a seed share the luck of every firm that both of them have (common random
numbers). The mixing is the finaliser of SplitMix64 (Steele, Lea, Flood 2014), a bijection of 64 bits.
"""

# Arrays and numbers in, numbers out; the types are those of the compiled functions.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

from __future__ import annotations

import math

import numpy as np
from numba import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)
_UNIT = 2.0**-52


@njit(cache=True, inline="always")
def mixed(z):
    """The 64 bits of ``z`` stirred: every bit of the answer depends on every bit of the question."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@njit(cache=True)
def key_of(seed, step, event):
    """The key of one event in one step of one run."""
    return mixed(mixed(mixed(np.uint64(seed) + _GOLDEN) ^ (np.uint64(step) * _GOLDEN)) + np.uint64(event) * _FIRST)


@njit(cache=True, inline="always")
def agent_of(key, agent):
    """The key of one agent in one event."""
    return mixed(key + np.uint64(agent) * _GOLDEN)


@njit(cache=True, inline="always")
def uniform(agent, draw):
    """The draw with this number of one agent, uniform on the open interval (0, 1)."""
    return (float(mixed(agent + np.uint64(draw) * _GOLDEN) >> _S12) + 0.5) * _UNIT


@njit(cache=True)
def poisson(agent, draw, mean):
    """A count with this mean: by inversion below 30, by the rounded normal above. Uses two draws."""
    if mean <= 0.0:
        return 0
    u = uniform(agent, draw)
    if mean > 30.0:
        normal = math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * uniform(agent, draw + 1))
        return max(0, math.floor(mean + math.sqrt(mean) * normal + 0.5))
    term = math.exp(-mean)
    total, count = term, 0
    while u > total and count < 200:
        count += 1
        term *= mean / count
        total += term
    return count


@njit(cache=True, inline="always")
def beta33(agent, draw):
    """A draw of Beta(3, 3): the middle one of five uniforms. Uses five draws."""
    a, b = uniform(agent, draw), uniform(agent, draw + 1)
    c, d, e = uniform(agent, draw + 2), uniform(agent, draw + 3), uniform(agent, draw + 4)
    low, high = (
        max(min(a, b), min(c, d)),
        min(max(a, b), max(c, d)),
    )  # the smallest and the largest of four cannot be it
    return max(min(low, high), min(max(low, high), e))


@njit(cache=True)
def uniforms(key, agents, draws):
    """The first draws of these agents in one event, (draws, agents)."""
    out = np.empty((draws, agents.size))
    for i in range(agents.size):
        me = agent_of(key, agents[i])
        for d in range(draws):
            out[d, i] = uniform(me, d)
    return out


@njit(cache=True)
def poissons(key, means):
    """One count for each mean (rows, columns), as the agents of one event in order."""
    out = np.zeros(means.shape, np.int64)
    for i in range(means.shape[0]):
        for j in range(means.shape[1]):
            out[i, j] = poisson(agent_of(key, i * means.shape[1] + j), 0, means[i, j])
    return out
