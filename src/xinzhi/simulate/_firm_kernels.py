"""A step of the simple firm model, as loops over cells of firms that stand in the order of their technologies.

The firms of a cell stand beside one another, cell after cell round the ring, so whom a firm can imitate is one stretch
of memory, and for a firm that goes to the next cell little more than the border has to move. Every cell sums its own
firms in their order, so the answer does not depend on who goes through which cells.
"""

# Arrays and numbers in, arrays out; the types are those of the compiled functions.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit

from xinzhi.simulate._arithmetic import exp, log
from xinzhi.simulate._dice import agent_of, uniform

CELLS = 512
INNOVATE, ONE, OTHER, IMITATE, WHOM, LUCK, SKILL, MOVE = range(8)
"""The numbers of a firm's draws in one step."""


@njit(cache=True, nogil=True, error_model="numpy")
def found(key, productivity, size, cell, region, regions):
    """Give every firm what it begins with: productivity even on (.4, 1.6), log size about N(0, .5), cell and region."""
    for i in range(size.size):
        me = agent_of(key, i)
        productivity[i] = 0.4 + 1.2 * uniform(me, 0)
        bell = -6.0  # twelve uniforms less six: sums are the same on every machine, cosines are not
        for draw in range(1, 13):
            bell += uniform(me, draw)
        size[i] = exp(0.5 * bell)
        cell[i] = int(uniform(me, 13) * CELLS)
        region[i] = int(uniform(me, 14) * regions)


@njit(cache=True, nogil=True, error_model="numpy")
def advance(key, step, low, high, start, count, scale, old, new, size, firm, born, leftward, rightward, total, exits):
    """Take the firms of cells ``low`` to ``high`` through one step; ``size`` times ``scale`` has mean 1.

    Writes ``new`` productivity, and per cell how many firms go each way, the sum of sizes and the number of exits.
    The firms that go left then stand first in their stretch, and those that go right last.
    """
    n = old.size
    peer = np.empty(count[low:high].max(), np.uint32)
    for cell in range(low, high):
        begin, end = start[cell], start[cell] + count[cell]
        here = slice(begin, min(end, n)), slice(0, max(0, end - n))  # the ring's end may fall inside a cell
        weighted, weight = 0.0, 0.0
        for part in here:
            more, further = _sums(old[part], size[part])
            weighted += more
            weight += further
        mean = weighted / weight
        near, nearby = start[cell - 1], count[cell - 1] + count[cell] + count[(cell + 1) % CELLS]
        for part in here:
            _meet(key, near, nearby, old, new[part], firm[part], peer)
            _improve_and_grow(key, mean, scale, old[part], new[part], size[part], firm[part])
        leftward[cell], rightward[cell], exits[cell] = _replace(key, step, begin, end, mean, new, size, firm, born)
        total[cell] = 0.0
        for part in here:
            total[cell] += _sum(size[part])


@njit(cache=True, nogil=True)
def _meet(key, near, nearby, old, met, firm, peer):
    """The productivity of whom each firm meets: one of the ``nearby`` firms from place ``near`` on, itself included."""
    n = old.size
    for i in range(firm.size):
        at = near + int(uniform(agent_of(key, firm[i]), WHOM) * nearby)
        peer[i] = at - n if at >= n else at
    for i in range(firm.size):
        met[i] = old[peer[i]]


@njit(cache=True, nogil=True, error_model="numpy")
def _improve_and_grow(key, mean, scale, old, new, size, firm):
    """Innovation, imitation of the firm met (its productivity is in ``new``) and the replicator.

    Every firm draws for everything and takes what it may: without a branch the processor takes eight firms at a time.
    """
    for i in range(firm.size):
        me = agent_of(key, firm[i])
        now = np.float64(size[i]) * scale
        a = np.float64(old[i])
        missed = exp(-0.3 * min(now, 1000.0))
        gain = max(0.15 * (uniform(me, ONE) + uniform(me, OTHER) - 1.0), 0.0)
        a += a * gain if uniform(me, INNOVATE) > missed else 0.0
        gap = max(0.5 * (np.float64(new[i]) - a), 0.0)
        a += gap if uniform(me, IMITATE) > missed else 0.0
        u = uniform(me, LUCK) - 0.5
        tail = -log(1.0 - 2.0 * abs(u))
        luck = tail if u > 0.0 else -tail
        size[i] = now * max(0.05, 1.0 + 0.2 * (a / mean - 1.0) + 0.1 * luck)
        new[i] = a


@njit(cache=True, nogil=True)
def _replace(key, step, begin, end, mean, new, size, firm, born):
    """Put an entrant in the place of every firm below 0.05, and those who change cells at the stretch's ends."""
    n = new.size
    first, i, after, exits = begin, begin, end, 0
    while i < after:
        at = i if i < n else i - n
        if size[at] >= 0.05:
            i += 1
            continue
        exits += 1
        me = agent_of(key, firm[at])
        new[at] = mean * (0.8 + 0.4 * uniform(me, SKILL))
        size[at] = 0.3
        born[at] = step
        moves = uniform(me, MOVE)
        if moves < 0.05:
            _swap(at, first if first < n else first - n, new, size, firm, born)
            first += 1
            i += 1
        elif moves < 0.1:
            after -= 1
            _swap(at, after if after < n else after - n, new, size, firm, born)
        else:
            i += 1
    return first - begin, end - after, exits


@njit(cache=True, nogil=True)
def _swap(i, j, new, size, firm, born):
    new[i], new[j] = new[j], new[i]
    size[i], size[j] = size[j], size[i]
    firm[i], firm[j] = firm[j], firm[i]
    born[i], born[j] = born[j], born[i]


@njit(cache=True, nogil=True)
def settle(start, count, leftward, rightward, total, new, size, firm, born):
    """Take firms over the borders of the cells; the number that brings mean size back to 1.

    Before a border stand those that go right over it and behind it those that go left: as many as there are of both
    change places, and for the rest the border moves.
    """
    n = new.size
    everything = 0.0
    for cell in range(CELLS):
        right = (cell + 1) % CELLS
        over, back = rightward[cell], leftward[right]
        both = min(over, back)
        for k in range(both):
            at = start[right] + n
            _swap((at - over + k) % n, (at + back - both + k) % n, new, size, firm, born)
        everything += total[cell]
    for cell in range(CELLS):
        right = (cell + 1) % CELLS
        start[cell] = (start[cell] + leftward[cell] - rightward[cell - 1]) % n
        count[cell] += rightward[cell - 1] - rightward[cell] + leftward[right] - leftward[cell]
    return n / everything


@njit(cache=True, nogil=True)
def _sums(a, s):
    """Σ s a and Σ s, each in four sums that do not wait for one another."""
    a0, a1, a2, a3, s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    fours = s.size // 4 * 4
    for i in range(0, fours, 4):
        w, x, y, z = np.float64(s[i]), np.float64(s[i + 1]), np.float64(s[i + 2]), np.float64(s[i + 3])
        a0 += w * a[i]
        a1 += x * a[i + 1]
        a2 += y * a[i + 2]
        a3 += z * a[i + 3]
        s0 += w
        s1 += x
        s2 += y
        s3 += z
    for i in range(fours, s.size):
        a0 += np.float64(s[i]) * a[i]
        s0 += np.float64(s[i])
    return (a0 + a1) + (a2 + a3), (s0 + s1) + (s2 + s3)


@njit(cache=True, nogil=True)
def _sum(s):
    s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
    fours = s.size // 4 * 4
    for i in range(0, fours, 4):
        s0 += s[i]
        s1 += s[i + 1]
        s2 += s[i + 2]
        s3 += s[i + 3]
    for i in range(fours, s.size):
        s0 += s[i]
    return (s0 + s1) + (s2 + s3)
