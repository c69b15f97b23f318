"""Slow, obvious twin of the simple firm model and of its dice: one firm at a time, lists for cells, whole numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

CELLS, REGIONS = 512, 31
MASK = 2**64 - 1
GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mixed(z: int) -> int:
    """The finaliser of SplitMix64 on a whole number below 2^64."""
    z = ((z ^ (z >> 30)) * FIRST) & MASK
    z = ((z ^ (z >> 27)) * SECOND) & MASK
    return z ^ (z >> 31)


def key_of(seed: int, step: int, event: int) -> int:
    """The key of an event."""
    inner = mixed(((seed & MASK) + GOLDEN) & MASK) ^ ((step * GOLDEN) & MASK)
    return mixed((mixed(inner) + event * FIRST) & MASK)


def agent_of(key: int, agent: int) -> int:
    """The key of an agent in an event."""
    return mixed((key + agent * GOLDEN) & MASK)


def bits(agent: int, draw: int) -> int:
    """The 64 bits of a draw."""
    return mixed((agent + draw * GOLDEN) & MASK)


def uniform(agent: int, draw: int) -> float:
    """The middle of one of 2^52 equal parts of (0, 1)."""
    return ((bits(agent, draw) >> 12) + 0.5) / 2**52


@dataclass
class Firm:
    """One firm; its numbers are kept as the model keeps them, in single precision."""

    number: int
    a: np.float32
    s: np.float32
    born: int = 0


def firm_model(firms: int, steps: int, seed: int) -> tuple[dict[str, np.ndarray], list[float]]:
    """State by firm number after the run, and the exit rate of each step."""
    ring: list[list[Firm]] = [[] for _ in range(CELLS)]
    region = np.zeros(firms, int)
    start = key_of(seed, 0, 0)
    for number in range(firms):
        me = agent_of(start, number)
        bell = sum((uniform(me, draw) for draw in range(1, 13)), -6.0)
        firm = Firm(number, np.float32(0.4 + 1.2 * uniform(me, 0)), np.float32(math.exp(0.5 * bell)))
        ring[int(uniform(me, 13) * CELLS)].append(firm)
        region[number] = int(uniform(me, 14) * REGIONS)
    scale = firms / math.fsum(firm.s for cell in ring for firm in cell)
    exit_rate = []
    for step in range(steps):
        exits, ring = one_step(ring, step, key_of(seed, step, 1), scale)
        exit_rate.append(exits / firms)
        scale = firms / math.fsum(firm.s for cell in ring for firm in cell)
    state = {name: np.zeros(firms) for name in ("productivity", "size", "cell", "age")}
    for at, cell in enumerate(ring):
        for firm in cell:
            state["productivity"][firm.number] = firm.a
            state["size"][firm.number] = firm.s * np.float32(scale)
            state["cell"][firm.number] = at
            state["age"][firm.number] = steps - firm.born
    return state | {"region": region}, exit_rate


def one_step(ring: list[list[Firm]], step: int, key: int, scale: float) -> tuple[int, list[list[Firm]]]:
    """Everybody improves, grows and leaves by what the others were before; who changes cells comes to the near end."""
    before = [[firm.a for firm in cell] for cell in ring]
    stay: list[list[Firm]] = [[] for _ in ring]
    to_left: list[list[Firm]] = [[] for _ in ring]
    to_right: list[list[Firm]] = [[] for _ in ring]
    exits = 0
    for at, cell in enumerate(ring):
        if not cell:
            continue
        mean = math.fsum(float(f.s) * float(f.a) for f in cell) / math.fsum(float(f.s) for f in cell)
        peers = before[at - 1] + before[at] + before[(at + 1) % CELLS]
        for firm in cell:
            improve_and_grow(firm, agent_of(key, firm.number), mean, peers, scale)
        i, after = 0, len(cell)
        lefts = 0
        while i < after:
            firm = cell[i]
            if float(firm.s) >= 0.05:
                i += 1
                continue
            exits += 1
            me = agent_of(key, firm.number)
            firm.a, firm.s, firm.born = np.float32(mean * (0.8 + 0.4 * uniform(me, 6))), np.float32(0.3), step
            moves = uniform(me, 7)
            if moves < 0.05:  # the firms that go left are gathered at the front,
                cell[i], cell[lefts] = cell[lefts], cell[i]
                lefts += 1
                i += 1
            elif moves < 0.1:  # those that go right at the back, in whose place another firm comes up
                after -= 1
                cell[i], cell[after] = cell[after], cell[i]
            else:
                i += 1
        to_left[at], stay[at], to_right[at] = cell[:lefts], cell[lefts:after], cell[after:]
    for at in range(CELLS):  # the model changes these places one for one, which puts them in this order
        over, back = to_right[at - 1], to_left[at]
        both = min(len(over), len(back))
        to_right[at - 1] = over[both:] + over[:both]
        to_left[at] = back[len(back) - both :] + back[: len(back) - both]
    return exits, [to_right[at - 1] + stay[at] + to_left[(at + 1) % CELLS] for at in range(CELLS)]


def improve_and_grow(firm: Firm, me: int, mean: float, peers: list[np.float32], scale: float) -> None:
    """Rules 1 to 3 for one firm."""
    s, a = float(firm.s) * scale, float(firm.a)
    p = 1.0 - math.exp(-0.3 * s)
    if 1.0 - uniform(me, 0) < p:
        gain = 0.15 * (uniform(me, 1) + uniform(me, 2) - 1.0)
        if gain > 0.0:
            a *= 1.0 + gain
    if 1.0 - uniform(me, 3) < p:
        other = float(peers[int(uniform(me, 4) * len(peers))])
        if other > a:
            a += 0.5 * (other - a)
    u = uniform(me, 5)
    laplace = -math.log(2.0 * (1.0 - u)) if u > 0.5 else math.log(2.0 * u)
    firm.s = np.float32(s * max(0.05, 1.0 + 0.2 * (a / mean - 1.0) + 0.1 * laplace))
    firm.a = np.float32(a)
