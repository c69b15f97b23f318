"""The simple firm model: innovate, imitate a neighbour in technology, grow by being better, leave and be replaced.

It is small enough to write down in five rules, so it is what programs that simulate firms are compared with.
"""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats
from xinzhi.core.results import Record
from xinzhi.core.workers import hands_of

if TYPE_CHECKING:
    import pandas as pd

REGIONS = 31
MOST_FIRMS, MOST_STEPS = 100_000_000, 1_000
_WORTH_A_THREAD = 25_000  # firms; handing over a step takes as long as three thousand of them
_START, _STEP = 0, 1  # what the dice are thrown for


def firm_model(firms: int, steps: int, *, seed: int = 0, threads: int | None = None) -> FirmRun:
    """Run the simple firm model: innovation, imitation of technological neighbours, replicator, exit and entry.

    Firms stand on a ring of 512 technology cells. In a step a firm of size s (mean 1) innovates with probability
    1 − exp(−.3 s), by a factor 1 + .15 (u₁ + u₂ − 1) if that is a gain; with the same probability it meets a firm of
    its own or a next cell and makes up half its lag; its size is multiplied by max(.05, 1 + .2 (a / mean a of the cell
    − 1) + .1 Laplace); below .05 it gives way to an entrant of size .3, productivity (.8 to 1.2) × the cell's mean and,
    one time in ten, a next cell. Means are weighted by size, as at the step's beginning.

    ``firms`` (1 to 100 million; about 55 bytes each) and ``steps`` (1 to 1,000). They begin with productivity
    even between .4 and 1.6 and log size about N(0, .5), in random cells and regions. More firms to a cell find more to
    imitate, so productivity grows faster in a larger world. ``threads`` is the most to use, all processors unless said;
    the run is the same, to the last bit, on any number. Raises ``MethodError`` for numbers outside these bounds.
    The probability of success and the imitation of what is near are those of Dosi, Fagiolo, Roventini 2010 (JEDC 34:
    1748), the replicator that of Silverberg, Dosi, Orsenigo 1988 (Economic Journal 98: 1032).
    """
    _refuse(firms, steps, seed, threads)
    from xinzhi.simulate import _firm_kernels as kernels

    parts = min(hands_of(threads), max(1, firms // _WORTH_A_THREAD), kernels.CELLS)
    ring = _found(firms, seed)
    exit_rate = np.empty(steps)
    with ThreadPoolExecutor(parts - 1) if parts > 1 else nullcontext() as pool:
        for step in range(steps):
            exit_rate[step] = _advance(ring, step, seed, parts, pool) / firms
    return _result(ring, steps, seed, exit_rate)


@dataclass(frozen=True)
class FirmRun:
    """Firms after a run of the simple model, by their number: a firm and those who took its place have one number.

    ``mean_log_productivity`` and ``sd_log_size`` are over firms at the end, ``exit_rate`` is by step (share of firms).
    ``productivity``, ``size`` (mean 1), ``cell`` (0 to 511), ``region`` (0 to 30) and ``age`` (steps) are by firm.
    """

    firms: int
    steps: int
    seed: int
    mean_log_productivity: float
    sd_log_size: float
    exit_rate: Floats
    productivity: npt.NDArray[np.float32]
    size: npt.NDArray[np.float32]
    cell: npt.NDArray[np.int16]
    region: npt.NDArray[np.int8]
    age: npt.NDArray[np.int32]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """One row per firm: region, cell, age, size, productivity."""
        import pandas as pd

        columns = ("region", "cell", "age", "size", "productivity")
        return pd.DataFrame({name: getattr(self, name) for name in columns}).rename_axis("firm").reset_index()

    def __repr__(self) -> str:
        late = self.exit_rate[-max(1, self.steps // 5) :]
        largest = np.sort(self.size)[-max(1, self.firms // 100) :].sum() / self.size.sum()
        return "\n".join(
            (
                f"Firm model: {self.firms:,} firms, {self.steps:,} steps, seed {self.seed}",
                f"  log productivity: mean {self.mean_log_productivity:.3f}",
                f"  log size: standard deviation {self.sd_log_size:.3f}",
                f"  exits: {self.exit_rate.mean():.4f} of firms a step, {late.mean():.4f} in the last {len(late)}",
                f"  age: mean {self.age.mean():.1f} steps, {(self.age >= self.steps).mean():.1%} here from the start",
                f"  the largest 1% of firms have {largest:.1%} of size",
            )
        )


@dataclass
class _Ring:
    """Firms in the order of their cells round the ring; ``start`` and ``count`` say where each cell's firms stand."""

    old: npt.NDArray[np.float32]
    new: npt.NDArray[np.float32]
    size: npt.NDArray[np.float32]
    firm: npt.NDArray[np.uint32]
    born: npt.NDArray[np.int32]
    region: npt.NDArray[np.int8]  # by firm number: nobody moves
    start: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    leftward: npt.NDArray[np.int64]
    rightward: npt.NDArray[np.int64]
    exits: npt.NDArray[np.int64]
    total: Floats
    scale: float


def _found(firms: int, seed: int) -> _Ring:
    from xinzhi.simulate import _firm_kernels as kernels
    from xinzhi.simulate._dice import key_of

    productivity, size = np.empty((2, firms), np.float32)
    cell, region = np.empty(firms, np.int16), np.empty(firms, np.int8)
    kernels.found(np.uint64(key_of(seed, 0, _START)), productivity, size, cell, region, REGIONS)
    order = np.argsort(cell, kind="stable").astype(np.uint32)
    count = np.bincount(cell, minlength=kernels.CELLS)
    scale = firms / float(size.sum(dtype=np.float64))
    leftward, rightward, exits = np.zeros((3, kernels.CELLS), np.int64)
    return _Ring(
        old=productivity[order],
        new=productivity,
        size=size[order],
        firm=order,
        born=np.zeros(firms, np.int32),
        region=region,
        start=np.concatenate([[0], np.cumsum(count)[:-1]]),
        count=count,
        leftward=leftward,
        rightward=rightward,
        exits=exits,
        total=np.zeros(kernels.CELLS),
        scale=scale,
    )


def _advance(ring: _Ring, step: int, seed: int, parts: int, pool: Executor | None) -> int:
    """One step, the cells shared among so many threads, this one among them; the number of exits."""
    from xinzhi.simulate import _firm_kernels as kernels
    from xinzhi.simulate._dice import key_of

    key = np.uint64(key_of(seed, step, _STEP))
    cuts = [kernels.CELLS * part // parts for part in range(parts + 1)]

    def work(part: int) -> None:
        kernels.advance(
            key, step, cuts[part], cuts[part + 1], ring.start, ring.count, ring.scale, ring.old, ring.new,
            ring.size, ring.firm, ring.born, ring.leftward, ring.rightward, ring.total, ring.exits,
        )  # fmt: skip

    others = [pool.submit(work, part) for part in range(1, parts)] if pool else []
    work(0)
    for other in others:
        other.result()
    ring.scale = kernels.settle(
        ring.start, ring.count, ring.leftward, ring.rightward, ring.total, ring.new, ring.size, ring.firm, ring.born
    )
    ring.old, ring.new = ring.new, ring.old
    return int(ring.exits.sum())


def _result(ring: _Ring, steps: int, seed: int, exit_rate: Floats) -> FirmRun:
    """The firms in the order of their numbers, in the arrays that the run no longer needs where it can be."""
    firms = ring.firm.size
    productivity, size = ring.new, np.empty_like(ring.size)
    productivity[ring.firm] = ring.old
    ring.size *= np.float32(ring.scale)
    size[ring.firm] = ring.size
    age = np.empty_like(ring.born)
    age[ring.firm] = steps - ring.born
    cell = np.empty(firms, np.int16)
    standing = np.roll(np.repeat(np.arange(len(ring.count), dtype=np.int16), ring.count), ring.start[0])
    cell[ring.firm] = standing
    settings: dict[str, Any] = {"firms": firms, "steps": steps}
    return FirmRun(
        firms=firms,
        steps=steps,
        seed=seed,
        mean_log_productivity=float(np.log(productivity, dtype=np.float64).mean()),
        sd_log_size=float(np.log(size, dtype=np.float64).std()),
        exit_rate=exit_rate,
        productivity=productivity,
        size=size,
        cell=cell,
        region=ring.region,
        age=age,
        record=Record("firm_model", settings, {}, seed),
    )


def _refuse(firms: int, steps: int, seed: int, threads: int | None) -> None:
    """Report every number that is out of bounds at once."""
    bounds = {"firms": (firms, 1, MOST_FIRMS), "steps": (steps, 1, MOST_STEPS), "seed": (seed, 0, 2**63 - 1)}
    if threads is not None:
        bounds["threads"] = (threads, 1, 512)
    faults = [
        Fault(
            "firm-model-number",
            f"{name} is {given!r}; the simple firm model needs a whole number from {least:,} to {most:,}.",
            f"{name} 为 {given!r}；简单企业模型要求 {least:,} 到 {most:,} 之间的整数。",
        )
        for name, (given, least, most) in bounds.items()
        if isinstance(given, bool) or not isinstance(given, int | np.integer) or not least <= given <= most
    ]
    if faults:
        raise MethodError(faults)
