"""Markov chains of the states that regions pass through, plain or given the state of their neighbours.

A state is one class of scores (1 the lowest); a chain is estimated from every region's moves from one year to the
next, all regions and years together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.results import Record, digest
from xinzhi.core.specs import Text
from xinzhi.dynamics import chains
from xinzhi.dynamics._scores import Scores
from xinzhi.dynamics.courses import courses, labelled
from xinzhi.dynamics.homogeneity import Homogeneity, homogeneity
from xinzhi.dynamics.lags import neighbour_means, neighbour_weights
from xinzhi.dynamics.states import NO_STATE, Cut, States, assign, cut_points

FROM, TO, STATE, CLASS, LAG = "from", "to", "state", "closed_class", "lag"
LagCut: TypeAlias = Cut | Literal["states"]


def markov(scores: xr.DataArray, states: int = 4, *, cut: Cut = "pooled") -> MarkovChain:
    """Estimate how regions move between states from one year to the next.

    ``scores`` are region × time. ``cut`` is ``"pooled"`` (quantiles over all years), ``"annual"`` (quantiles of each
    year: states are then places, and mobility is relative) or the rising cut points themselves, in which case
    ``states`` is one more than their number. A score that equals a cut belongs to the state below it. A step with an
    unobserved end is left out and listed. Raises ``MethodError`` for fewer than two years or regions, and where ties
    make cut points coincide. Anderson, Goodman 1957; Quah 1993.
    """
    laid, notices = courses(scores, least_regions=2, least_times=2)
    method, cuts = cut_points(laid.x, states, cut, laid.times)
    k = cuts.shape[-1] + 1
    held = assign(laid.x, cuts)
    record = Record("markov", {"states": k, "cut": method.name, "cuts": cuts.tolist()}, {"scores": laid.digest})
    return _chain(laid, held, cuts, method.name, notices, record)


def spatial_markov(
    scores: xr.DataArray,
    weights: Any,
    states: int = 4,
    *,
    lags: int | None = None,
    cut: Cut = "pooled",
    lag_cut: LagCut = "pooled",
) -> SpatialMarkov:
    """Estimate how regions move, given the state their neighbours were in when the move began.

    ``weights`` is region × region with rows that sum to one: a ``DataArray`` or ``DataFrame`` (matched by label), or
    a ``scipy.sparse`` or plain matrix in the order of the scores' regions. The neighbours' state is that of their
    weighted mean, in ``lags`` classes (as many as ``states`` unless said): ``lag_cut`` ``"pooled"`` or ``"annual"``
    cuts these means at their own quantiles, as giddy does, ``"states"`` at the cut points of the scores, as much of
    the Chinese literature does; or the cut points are given. A mean with an unobserved neighbour is unobserved.
    Raises ``MethodError`` for weights that do not fit the regions or do not sum to one, regions without neighbours
    included. Rey 2001, Geographical Analysis 33(3): 195.
    """
    chain = markov(scores, states, cut=cut)
    laid, _ = courses(scores, least_regions=2, least_times=2)
    matrix = neighbour_weights(weights, laid.regions)
    means = neighbour_means(laid.x, matrix)
    if isinstance(lag_cut, str) and lag_cut == "states":
        name, cuts = "states", np.asarray(chain.cuts.values)
    else:
        method, cuts = cut_points(means, lags or chain.k, lag_cut, laid.times)
        name = method.name
    m = cuts.shape[-1] + 1
    if lags is not None and lags != m:
        raise MethodError(
            Fault(
                "lags-do-not-fit",
                f'{lags} lag states were asked for, lag_cut="{name}" gives {m}. Leave out lags.',
                f"指定了 {lags} 个邻域状态，而按 lag_cut“{name}”得到 {m} 个。请去掉 lags。",
            )
        )
    given = assign(means, cuts)
    counts = chains.count_transitions(_array(chain.states), chain.k, given, m)
    settings = chain.record.settings | {"lags": m, "lag_cut": name, "lag_cuts": cuts.tolist()}
    inputs = chain.record.inputs | {"weights": digest(matrix.toarray().tobytes())}
    return SpatialMarkov(
        chain=chain,
        counts=xr.DataArray(
            counts, dims=(LAG, FROM, TO), coords=_axes(LAG, m) | _axes(FROM, chain.k) | _axes(TO, chain.k)
        ),
        lag_states=labelled(np.where(given == NO_STATE, 0, given + 1), laid, "lag_state"),
        lag_cuts=_cuts_array(cuts, laid),
        lag_cut=name,
        record=Record("spatial_markov", settings, inputs),
    )


class _Counted:
    """Moves that were counted, from × to (behind lag), and the chances that they make."""

    counts: xr.DataArray

    @cached_property
    def transitions(self) -> xr.DataArray:
        """Transition probabilities, like ``counts``; ``nan`` in the row of a state never left: not observed."""
        return self.counts.copy(data=chains.probabilities(self.counts.values)).rename("probability")

    @cached_property
    def errors(self) -> xr.DataArray:
        """Standard errors of the transition probabilities, like ``counts``."""
        return self.counts.copy(data=chains.standard_errors(self.counts.values)).rename("standard_error")

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: (lag,) from, to, count, probability, standard error."""
        parts = (self.counts.rename("count"), self.transitions, self.errors)
        return xr.merge(parts, join="exact").to_dataframe().reset_index()


@dataclass(frozen=True)
class Transitions(_Counted):
    """Counted moves between states, from × to, and what they imply if they went on for ever.

    ``initial`` (state) is the distribution that shares and averages start from: that of the last year observed.
    States that no region was ever in are no part of what is implied, and one that was entered but never left ends it:
    giddy takes both for absorbing states. ``errors`` are those of independent moves: one region's moves and those of
    neighbours are not, so they are a lower bound.
    """

    counts: xr.DataArray
    initial: xr.DataArray

    @property
    def k(self) -> int:
        """Number of states."""
        return int(self.counts.sizes[FROM])

    @cached_property
    def closed(self) -> tuple[tuple[int, ...], ...]:
        """The closed classes: sets of states that a region, once in, never leaves. One set means one long run."""
        classes = chains.closed_classes(self._p)
        return tuple(tuple(map(int, self._visited[classes == first])) for first in np.unique(classes[classes >= 0]))

    @cached_property
    def ergodic(self) -> xr.DataArray:
        """Each closed class's stationary distribution, closed_class × state.

        With one class that is the ergodic distribution. With several the long run depends on the start: see
        ``closed`` and ``long_run``.
        """
        pi, begins = chains.class_distributions(self._p)
        labels = [",".join(map(str, states)) for states in self.closed]
        coords = {CLASS: np.array(labels, dtype=object), STATE: self._visited}
        return xr.DataArray(pi[begins], dims=(CLASS, STATE), coords=coords, name="ergodic")

    @cached_property
    def long_run(self) -> xr.DataArray:
        """Where the regions as they stood in the last year end up on average, (state,); one answer for any chain."""
        return self._along_state(chains.long_run(self._p, self._start), "long_run")

    @cached_property
    def first_passage(self) -> xr.DataArray:
        """Mean years (steps) until a state is first entered, from × to; on the diagonal until return.

        Infinite where it may never be.
        """
        coords = {FROM: self._visited, TO: self._visited}
        return xr.DataArray(chains.first_passage(self._p), dims=(FROM, TO), coords=coords, name="first_passage")

    @cached_property
    def sojourn(self) -> xr.DataArray:
        """Mean years (steps) spent in a state before leaving it, (state,); infinite for one that is never left."""
        return self._along_state(chains.sojourn(self._p), "sojourn")

    @cached_property
    def prais(self) -> xr.DataArray:
        """The chance of leaving each state within a step, 1 - p_ii, (state,). Prais 1955."""
        return self._along_state(1 - np.diagonal(self._p), "prais")

    @property
    def half_life(self) -> float:
        """Years (steps) until half the distance to the long run is gone; infinite with several closed classes."""
        return float(chains.half_life(self._p))

    @cached_property
    def mobility(self) -> pd.Series:
        """Mobility indices by name, see ``chains.mobility_indices``; Bartholomew's are of the last year's regions."""
        found = chains.mobility_indices(self._p, self._start)
        return pd.Series({name: float(of) for name, of in vars(found).items()}, name="mobility")

    @cached_property
    def _visited(self) -> npt.NDArray[np.int64]:
        counts = self.counts.values
        seen = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
        return np.asarray(self.counts[FROM].values[seen])

    @cached_property
    def _p(self) -> Floats:
        """Probabilities among the visited states. Raises ``MethodError`` where one was entered and never left."""
        counts = self.counts.sel({FROM: self._visited, TO: self._visited}).values
        stuck = self._visited[counts.sum(axis=1) == 0]
        if len(stuck) or len(self._visited) < 2:
            listed = ", ".join(map(str, stuck)) or "-"
            raise MethodError(
                Fault(
                    "no-long-run",
                    f"no long run can be worked out: of {len(self._visited)} visited states these were entered and "
                    f"never observed a year later: {listed}. Ask for fewer states.",
                    f"无法推算长期分布：共出现 {len(self._visited)} 个状态，其中只有转入而无后续观测的状态：{listed}。"
                    "请减少状态数。",
                )
            )
        return chains.probabilities(counts)

    @property
    def _start(self) -> Floats:
        share = self.initial.sel({STATE: self._visited}).values
        return np.asarray(share / share.sum())

    def _along_state(self, values: Floats, name: str) -> xr.DataArray:
        return xr.DataArray(values, dims=(STATE,), coords={STATE: self._visited}, name=name)


@dataclass(frozen=True)
class MarkovChain(Transitions):
    """A Markov chain with the states it was estimated from.

    ``states`` is region × time, 1 to k, 0 where unobserved; ``cuts`` are cut points, time or "all" × cut.
    """

    states: xr.DataArray
    cuts: xr.DataArray
    cut: str
    omitted: tuple[Fault, ...]
    record: Record

    def homogeneity(self, breaks: Sequence[int] = ()) -> Homogeneity:
        """Test that the chain stays the same over time.

        ``breaks`` are years that begin a new period (a move belongs to the period in which it ends); without them every
        single step is a period, which short panels seldom carry: see ``sparse`` of the answer.
        """
        years = self.states[TIME].values
        starts = np.asarray(sorted(breaks) if len(breaks) else years[1:])
        if stray := [str(year) for year in starts if year not in years[1:]]:
            raise MethodError(
                Fault(
                    "break-outside-years",
                    f"breaks must be among the years after the first; found {', '.join(stray)}.",
                    f"分期年份须为首年之后的年份；实际为 {'、'.join(stray)}。",
                )
            )
        period = np.searchsorted(starts, years[1:], side="right")
        held = _array(self.states)
        steps = np.stack([chains.count_transitions(held[at : at + 2], self.k)[0] for at in range(len(years) - 1)])
        labels = np.unique(period)
        counts = np.stack([steps[period == at].sum(axis=0) for at in labels])
        null = Text(en="transition probabilities are the same in all periods", zh="各时期的转移概率相同")
        return homogeneity(counts, null, "begins", [years[1:][period == at][0] for at in labels])

    def independence(self) -> Homogeneity:
        """Test that next year's state does not depend on this year's: order 0 against order 1."""
        null = Text(en="the next state does not depend on the present one", zh="下期状态与本期状态无关")
        return homogeneity(self.counts.values[:, None, :], null, FROM, self.counts[FROM].values)

    def order(self) -> Homogeneity:
        """Test that next year's state does not depend on last year's, given this year's: order 1 against order 2."""
        held = _array(self.states)
        # Moves between the later two of three years, by the state in the first.
        counts = chains.count_transitions(held[1:], self.k, held[:-1], self.k)
        null = Text(en="the chain is of first order, not of second", zh="马尔可夫链为一阶而非二阶")
        return homogeneity(counts, null, "before", self.counts[FROM].values)

    def __repr__(self) -> str:
        times, n = self.states[TIME].values, self.states.sizes[REGION]
        relative = " (places within the year: mobility is relative)" if self.cut == "annual" else ""
        stay = np.diagonal(self.transitions.values)
        lines = [
            f"Markov chain: {n} regions, {times[0]}-{times[-1]}, {int(self.counts.sum())} moves",
            f"  {self.k} states, cut {self.cut}{relative}",
            f"  chance to stay: {', '.join('not observed' if np.isnan(p) else f'{p:.3f}' for p in stay)}",
        ]
        try:
            ends = [", ".join(f"{share:.3f}" for share in of) for of in self.ergodic.values]
            several = f"{len(ends)} closed classes, the long run depends on the start: " if len(ends) > 1 else ""
            lines.append(f"  ergodic: {several}{' | '.join(ends)}")
            lines.append(f"  mobility (trace): {self.mobility['trace']:.3f}, half-life: {self.half_life:.1f} steps")
        except MethodError as error:
            lines.append(f"  {error.say()}")
        return "\n".join([*lines, f"  notes: {len(self.omitted)}"])


@dataclass(frozen=True)
class SpatialMarkov(_Counted):
    """Transitions by the state of the neighbours, beside the plain chain.

    ``counts`` is lag × from × to; ``lag_states`` is region × time, 0 where unobserved.
    """

    chain: MarkovChain
    counts: xr.DataArray
    lag_states: xr.DataArray
    lag_cuts: xr.DataArray
    lag_cut: str
    record: Record

    def given(self, lag: int) -> Transitions:
        """The transitions of regions whose neighbours are in state ``lag``, with all that they imply."""
        return Transitions(self.counts.sel({LAG: lag}, drop=True), self.chain.initial)

    @property
    def omitted(self) -> tuple[Fault, ...]:
        """What was left out, and which states were never observed under which lag."""
        empty = [
            f"{lag}:{state}"
            for lag, row in zip(self.counts[LAG].values, self.counts.sum(TO).values, strict=True)
            for state in self.counts[FROM].values[row == 0]
        ]
        if not empty:
            return self.chain.omitted
        listed = ", ".join(empty)
        return (
            *self.chain.omitted,
            Fault(
                "no-moves-under-lag",
                f"no move was observed for these pairs of lag and state: {listed}.",
                f"以下“邻域状态:自身状态”组合没有观测到转移：{listed}。",
                severity="warning",
            ),
        )

    def test(self) -> Homogeneity:
        """Test that the neighbours' state makes no difference: Q and LR of Bickenbach, Bode 2003."""
        null = Text(
            en="transition probabilities are the same whatever the neighbours' state", zh="转移概率与邻域状态无关"
        )
        return homogeneity(self.counts.values, null, LAG, self.counts[LAG].values)

    def __repr__(self) -> str:
        moves = ", ".join(f"{int(of)}" for of in self.counts.sum((FROM, TO)).values)
        lines = [
            f"Spatial Markov chain: {self.counts.sizes[LAG]} lag states (cut {self.lag_cut}) × {self.chain.k} states",
            f"  moves by lag state: {moves}",
        ]
        try:
            lines.append(f"  {self.test()!r}")
        except MethodError as error:
            lines.append(f"  {error.say()}")
        return "\n".join([*lines, f"  notes: {len(self.omitted)}"])


def _chain(
    laid: Scores, held: States, cuts: Floats, cut: str, notices: tuple[Fault, ...], record: Record
) -> MarkovChain:
    k = cuts.shape[-1] + 1
    counts = chains.count_transitions(held, k)[0]
    if not counts.any():
        raise MethodError(
            Fault(
                "no-moves",
                "no region has a score in two years that follow one another.",
                "没有任何地区在相邻两年均有得分。",
            )
        )
    last = np.bincount(held[-1][held[-1] >= 0], minlength=k)
    return MarkovChain(
        counts=xr.DataArray(counts, dims=(FROM, TO), coords=_axes(FROM, k) | _axes(TO, k), name="count"),
        initial=xr.DataArray(last / last.sum(), dims=(STATE,), coords=_axes(STATE, k), name="initial"),
        states=labelled(held + 1, laid, "state"),
        cuts=_cuts_array(cuts, laid),
        cut=cut,
        omitted=(*notices, *_never_left(counts)),
        record=record,
    )


def _never_left(counts: Floats) -> tuple[Fault, ...]:
    empty = np.flatnonzero(counts.sum(axis=1) == 0) + 1
    if len(empty) == 0:
        return ()
    listed = ", ".join(map(str, empty))
    return (
        Fault(
            "state-never-left",
            f"no region was observed in state {listed} with a year to follow: these rows are not known.",
            f"状态 {listed} 没有可用于估计转移的后续观测，其转移概率未知。",
            severity="warning",
        ),
    )


def _cuts_array(cuts: Floats, laid: Scores) -> xr.DataArray:
    when = laid.times if len(cuts) > 1 else np.array(["all"], dtype=object)
    return xr.DataArray(cuts, dims=(TIME, "cut"), coords={TIME: when} | _axes("cut", cuts.shape[-1]), name="cut_point")


def _array(states: xr.DataArray) -> States:
    """Labelled states, 1 to k, as the counting functions take them: (time, region), 0 to k - 1."""
    return np.asarray(states.transpose(TIME, REGION).values) - 1


def _axes(dim: str, k: int) -> dict[str, npt.NDArray[np.int64]]:
    return {dim: np.arange(1, k + 1)}
