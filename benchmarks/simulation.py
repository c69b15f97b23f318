"""Firms simulated: the simple firm model beside the same rules in NumPy and in Mesa, and the whole living model.

`python -m benchmarks.simulation` runs each in a process of its own, some several times, and prints the best time,
firm-steps a second, the peak of memory and what of it was there before (libraries, compiled code), and the load.
"""

from __future__ import annotations

import importlib.util
import math
import multiprocessing
import os
import random
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.job import Job
from xinzhi.simulate.firm_model import firm_model
from xinzhi.simulate.story import grow
from xinzhi.simulate.world import found_world, model_start

CELLS, STEPS, QUARTERS = 512, 100, 100


def simple(firms: int, threads: int | None = None) -> Callable[[], Callable[[], object]]:
    return lambda: lambda: firm_model(firms, STEPS, threads=threads)


def whole(firms: int) -> Callable[[], Callable[[], object]]:
    """A world founded and grown for 25 years, in 31 regions."""

    def ready() -> Callable[[], object]:
        start = model_start()
        return lambda: grow(found_world(start, firms=firms), QUARTERS)

    return ready


def in_numpy(firms: int, steps: int = STEPS, seed: int = 0) -> Callable[[], Callable[[], object]]:
    """The rules of `firm_model` as whole arrays, with NumPy's own generator."""

    def run() -> tuple[float, float, float]:
        rng = np.random.default_rng(seed)
        a, s = rng.uniform(0.4, 1.6, firms), rng.lognormal(0, 0.5, firms)
        s /= s.mean()
        cell, age, gone = rng.integers(0, CELLS, firms), np.zeros(firms, np.int32), 0
        for _ in range(steps):
            mean = np.bincount(cell, s * a, CELLS) / np.bincount(cell, s, CELLS)
            order = np.argsort(cell, kind="stable")
            first = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=CELLS))])
            p = 1 - np.exp(-0.3 * s)
            new = a * (1 + np.where(rng.random(firms) < p, np.maximum(gains(rng, firms), 0), 0))
            copying = np.flatnonzero(rng.random(firms) < p)
            # a cell and its neighbours are one stretch of the order but for the ring's ends, where it is taken modulo
            low = first[cell[copying] - 1] - np.where(cell[copying] == 0, firms, 0)
            high = first[(cell[copying] + 1) % CELLS + 1] + np.where(cell[copying] == CELLS - 1, firms, 0)
            other = a[order[(low + (rng.random(copying.size) * (high - low)).astype(np.int64)) % firms]]
            new[copying] += 0.5 * np.maximum(other - new[copying], 0)
            a = new
            s *= np.maximum(0.05, 1 + 0.2 * (a / mean[cell] - 1) + 0.1 * rng.laplace(size=firms))
            age += 1
            out = np.flatnonzero(s < 0.05)
            a[out] = mean[cell[out]] * rng.uniform(0.8, 1.2, out.size)
            s[out], age[out] = 0.3, 0
            cell[out] = (cell[out] + rng.choice([-1, 0, 1], out.size, p=[0.05, 0.9, 0.05])) % CELLS
            s /= s.mean()
            gone += out.size
        return float(np.log(a).mean()), float(np.log(s).std()), gone / firms / steps

    return lambda: run


def gains(rng: np.random.Generator, firms: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return 0.15 * (rng.random(firms) + rng.random(firms) - 1)


def in_mesa(firms: int, steps: int = STEPS) -> Callable[[], Callable[[], object]]:
    """The same rules with an object for each firm, as Mesa has them."""

    def ready() -> Callable[[], object]:
        import mesa

        class Firm(mesa.Agent):  # type: ignore[misc]
            def __init__(self, model: Any) -> None:
                super().__init__(model)
                self.a, self.s = random.uniform(0.4, 1.6), random.lognormvariate(0, 0.5)
                self.cell, self.age = random.randrange(CELLS), 0
                self.new = self.a

            def improve(self) -> None:
                p = 1 - math.exp(-0.3 * self.s)
                self.new = self.a
                if random.random() < p:
                    self.new *= 1 + max(0.15 * (random.random() + random.random() - 1), 0)
                if random.random() < p:
                    left, own, right = (self.model.cells[(self.cell + k) % CELLS] for k in (-1, 0, 1))
                    at = random.randrange(len(left) + len(own) + len(right))
                    if at < len(left):
                        other = left[at]
                    elif at < len(left) + len(own):
                        other = own[at - len(left)]
                    else:
                        other = right[at - len(left) - len(own)]
                    self.new += 0.5 * max(other.a - self.new, 0)

            def compete(self) -> None:
                self.a = self.new
                mean = self.model.mean[self.cell]
                laplace = random.expovariate(1) - random.expovariate(1)
                self.s *= max(0.05, 1 + 0.2 * (self.a / mean - 1) + 0.1 * laplace)
                self.age += 1
                if self.s < 0.05:
                    self.a, self.s, self.age = mean * random.uniform(0.8, 1.2), 0.3, 0
                    if (moves := random.random()) < 0.1:
                        self.cell = (self.cell + (1 if moves < 0.05 else -1)) % CELLS
                    self.model.gone += 1

            def rescale(self) -> None:
                self.s *= self.model.scale

        class Firms(mesa.Model):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.gone = 0
                Firm.create_agents(self, firms)
                self.bring_to_mean_one()

            def step(self) -> None:
                self.cells: list[list[Firm]] = [[] for _ in range(CELLS)]
                for firm in self.agents:
                    self.cells[firm.cell].append(firm)
                self.mean = [
                    sum(firm.a * firm.s for firm in cell) / max(sum(firm.s for firm in cell), 1e-9)
                    for cell in self.cells
                ]
                self.agents.do("improve")
                self.agents.do("compete")
                self.bring_to_mean_one()

            def bring_to_mean_one(self) -> None:
                self.scale = firms / sum(firm.s for firm in self.agents)
                self.agents.do("rescale")

        def run() -> tuple[float, float, float]:
            random.seed(0)
            model = Firms()
            for _ in range(steps):
                model.step()
            a = [math.log(firm.a) for firm in model.agents]
            s = [math.log(firm.s) for firm in model.agents]
            return float(np.mean(a)), float(np.std(s)), model.gone / firms / steps

        return run

    return ready


JOBS = [
    Job("Firms: 20,000 x 100 steps, NumPy beside", simple(20_000), peer=in_numpy(20_000), needs="numpy"),
    Job("Firms: 100,000 x 100 steps, NumPy beside", simple(100_000), goal=0.3, peer=in_numpy(100_000), needs="numpy"),
    Job("Firms: 1,000,000 x 100 steps, NumPy beside", simple(1_000_000), peer=in_numpy(1_000_000), needs="numpy"),
    Job("Firms: 20,000 x 100 steps, Mesa beside", simple(20_000), peer=in_mesa(20_000), needs="mesa"),
    Job("World: 20,000 firms x 31 regions x 100 quarters", whole(20_000)),
    Job("World: 100,000 firms x 31 regions x 100 quarters", whole(100_000), goal=1.0),
    Job("World: 1,000,000 firms x 31 regions x 100 quarters", whole(1_000_000), goal=8.0),
]

# name: (what to run, firm-steps, how often, what it needs)
APART: dict[str, tuple[Callable[[], Callable[[], object]], int, int, str]] = {
    f"{of}, {firms:,} firms": (build(firms), firms * STEPS, repeats, needs)
    for of, build, repeats, needs in (
        ("simple model", simple, 7, "numba"),
        ("simple model, one thread", lambda firms: simple(firms, 1), 5, "numba"),
        ("simple model in NumPy", in_numpy, 2, "numpy"),
        ("whole model", whole, 3, "numba"),
    )
    for firms in (20_000, 100_000, 1_000_000)
} | {
    "simple model in Mesa, 20,000 firms": (in_mesa(20_000), 20_000 * STEPS, 2, "mesa"),
    "simple model in Mesa, 100,000 firms": (in_mesa(100_000), 100_000 * STEPS, 1, "mesa"),
    "simple model in Mesa, 1,000,000 firms, 5 steps": (in_mesa(1_000_000, 5), 5_000_000, 1, "mesa"),
}


def _measured(name: str, tell: multiprocessing.connection.Connection) -> None:
    build, firm_steps, repeats, _ = APART[name]
    small = {"simple": firm_model, "whole": lambda firms, steps: grow(found_world(model_start(), firms=firms), 2)}
    small[name.split(" ")[0]](60_000, 2)  # compiles, and loads what is loaded once
    work = build()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    runs, out = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        out = work()
        runs.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    facts = "" if not isinstance(out, tuple) else "  mean log a {:.3f}, sd log s {:.3f}, exits {:.4f}".format(*out)
    tell.send(
        f"{name:<48}{min(runs):>9.3f} s{firm_steps / min(runs) / 1e6:>9.1f} M/s{peak:>8.0f} MB ({before:.0f} before), "
        f"load {os.getloadavg()[0]:.1f}{facts}"
    )


def main(wanted: list[str]) -> int:
    fresh = multiprocessing.get_context("spawn")
    for name, (*_, needs) in APART.items():
        if wanted and not any(word in name for word in wanted):
            continue
        if importlib.util.find_spec(needs) is None:
            print(f"{name:<48}not run: {needs} is not installed (extra `peers`)")
            continue
        here, there = fresh.Pipe(duplex=False)
        process = fresh.Process(target=_measured, args=(name, there))
        process.start()
        there.close()
        try:
            print(here.recv(), flush=True)
        except EOFError:
            print(f"{name:<48}ended without a result")
        process.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
