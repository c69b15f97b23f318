"""From an index to the course of its scores: what every paper of such an index tells, without being asked.

One set of conventions, the same for every study. Densities: normal kernel, Silverman's rule of thumb, its mean over
the years as the bandwidth of all, one grid. Classes: quarters of all scores of all years together; where scores of two
years cannot be compared, quarters of each year, so that moves are changes of place. Inequality: unweighted, Theil's T
with 0 ln 0 = 0. Convergence: σ as the coefficient of variation; β of growth in logarithms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME
from xinzhi.dynamics.convergence import BetaConvergence, beta_convergence, sigma_convergence
from xinzhi.dynamics.decomposition import dagum, theil
from xinzhi.dynamics.density import Density, density
from xinzhi.dynamics.inequality import Inequality, inequality
from xinzhi.dynamics.markov import MarkovChain, markov
from xinzhi.dynamics.panels import SmallSample
from xinzhi.measure.result import Index
from xinzhi.study.dynamics.comparing import yearly
from xinzhi.study.dynamics.grouping import Grouping, grouping_of
from xinzhi.study.dynamics.results import CONVERGENCE, DISTRIBUTION, INEQUALITY, MOBILITY, Course, Dynamics

if TYPE_CHECKING:
    from xinzhi.study.reading import Study

CLASSES = 4
LEAST_REGIONS, LEAST_YEARS = 5, 3
# With fewer moves out of a class than this, one more or less shifts its row by more than five points.
FEW_MOVES = 20
# The jackknife is for few regions; with so many its errors are those of clusters, at a tenth of the time.
MANY_REGIONS = 100
# Numbers of so many digits are years and counts.
_SHORT = 4
# Grid points of densities, and of those whose bandwidth is too narrow for them.
_POINTS = (201, 1_001)

Found = TypeVar("Found")


def dynamics_of(study: Study, index: Index) -> Dynamics | None:
    """Tell the course of an index and of the elements right below it; nothing of an index of one year.

    Takes about 0.1 s for 31 regions and 20 years. What a part of it cannot be told of is said in the notices, in the
    words of the method that refused; of fewer than five regions or three years nothing is told.
    """
    if len(index.times) < 2:
        return None
    steps = tuple(yearly(index))
    regions = np.asarray(index.regions)
    en, zh = (np.asarray(index.about_region.get(name, regions)) for name in ("name_en", "name_zh"))
    if fault := _too_little(index):
        return Dynamics((), None, steps, regions, (en, zh), (fault,))
    grouping, passed = grouping_of(study, index)
    courses = tuple(_course(index, at, grouping, bool(steps)) for at in _told(index))
    return Dynamics(courses, grouping, steps, regions, (en, zh), passed)


def _too_little(index: Index) -> Fault | None:
    seen = ~np.isnan(index.top.values)
    years, regions = int(seen.any(axis=0).sum()), int(seen.any(axis=1).sum())
    if years >= LEAST_YEARS and regions >= LEAST_REGIONS:
        return None
    return Fault(
        "too-little-to-follow",
        f"the index has scores of {regions} regions in {years} years: how it is spread and moves is told from "
        f"{LEAST_REGIONS} regions and {LEAST_YEARS} years on.",
        f"指数有得分的地区为 {regions} 个、年份为 {years} 个；至少 {LEAST_REGIONS} 个地区、{LEAST_YEARS} 个年份"
        "才分析其分布动态。",
        severity="warning",
    )


def _told(index: Index) -> Iterator[int]:
    """The index, then the elements right below it, by their places among the elements."""
    top = len(index.tree.elements) - 1
    yield top
    code = index.tree.elements[top].code
    yield from (at for at, element in enumerate(index.tree.elements) if element.parent == code)


def _course(index: Index, at: int, grouping: Grouping | None, relative: bool) -> Course:
    element, top = index.tree.elements[at], at == len(index.tree.elements) - 1
    about = {name: (REGION, of) for name, of in index.about_region.items() if name in ("name_en", "name_zh")}
    scores = index.scores.isel(element=at).reset_coords(drop=True).assign_coords(about)
    asked = _Asked(scores.isel({TIME: np.flatnonzero(~np.isnan(scores.values).all(axis=0))}))
    chain = asked.ask(MOBILITY, lambda x: markov(x, CLASSES, cut="annual" if relative else "pooled"))
    if chain is not None:
        asked.say(MOBILITY, _few(chain))
    found = _apart(asked, relative, grouping.labels(index) if grouping else None, top)
    return Course(
        at=at,
        code=element.code,
        name=index.spec.title if top else element.label,
        times=asked.scores[TIME].values,
        scores=asked.scores.transpose(TIME, REGION).values,
        chain=chain,
        notices={part: tuple(dict.fromkeys(faults)) for part, faults in asked.said.items()},
        **found,
    )


def _apart(asked: _Asked, relative: bool, groups: dict[str, str] | None, top: bool) -> dict[str, Any]:
    """All that compares scores of one year with those of another."""
    if relative:
        for part in (DISTRIBUTION, INEQUALITY, CONVERGENCE):
            asked.say(part, [_NOT_COMPARABLE])
        return {"density": None, "inequality": {}, "dagum": None, "theil": None, "sigma": None, "betas": {}}
    return {
        "density": asked.ask(DISTRIBUTION, _density),
        "inequality": _indices(asked),
        "dagum": asked.ask(INEQUALITY, lambda x: dagum(x, groups)) if groups else None,
        "theil": asked.ask(INEQUALITY, lambda x: theil(x, groups, zeros="keep")) if groups else None,
        "sigma": asked.ask(CONVERGENCE, sigma_convergence),
        "betas": _betas(asked, top),
    }


class _Asked:
    """Scores that are asked one thing after another; what is refused or left out is said by part."""

    def __init__(self, scores: xr.DataArray) -> None:
        self.scores = scores
        self.said: dict[str, list[Fault]] = {}

    def say(self, part: str, faults: Iterable[Fault]) -> None:
        self.said.setdefault(part, []).extend(map(self._by_name, faults))

    def _by_name(self, fault: Fault) -> Fault:
        """A notice with regions by name where the method that wrote it knew their codes alone."""
        return replace(fault, en=self._spelled(fault.en, "name_en"), zh=self._spelled(fault.zh, "name_zh"))

    def _spelled(self, said: str, names: str) -> str:
        if names not in self.scores.coords:
            return said
        codes = map(str, self.scores[REGION].values)
        # A code that is a short number stays as it is, for what looks like it may be a year or a count.
        pairs = zip(codes, map(str, self.scores[names].values), strict=True)
        name_of = {code: name for code, name in pairs if not (code.isdecimal() and len(code) <= _SHORT)}
        return re.sub(r"\w+", lambda word: name_of.get(word[0], word[0]), said)

    def ask(self, part: str, method: Callable[[xr.DataArray], Found]) -> Found | None:
        try:
            found: Any = method(self.scores)
        except MethodError as error:
            self.say(part, error.faults)
            return None
        self.say(part, found.omitted)
        return found  # type: ignore[no-any-return]


def _density(scores: xr.DataArray) -> Density:
    coarse, fine = _POINTS
    try:
        return density(scores, shared=True, points=coarse)
    except MethodError as error:
        if error.faults[0].code != "grid-too-coarse":
            raise
    return density(scores, shared=True, points=fine)


def _indices(asked: _Asked) -> dict[str, Inequality]:
    """Each index of inequality that the scores allow, by name."""
    wanted: dict[str, dict[str, Any]] = {"gini": {}, "theil-t": {"zeros": "keep"}, "coefficient-of-variation": {}}
    found = {name: asked.ask(INEQUALITY, partial(inequality, method=name, **of)) for name, of in wanted.items()}
    return {name: of for name, of in found.items() if of is not None}


def _betas(asked: _Asked, top: bool) -> dict[str, BetaConvergence]:
    """β without and, of the index itself, with effects of region and year."""
    errors: SmallSample = "clusters" if asked.scores.sizes[REGION] >= MANY_REGIONS else "jackknife"
    wanted: dict[str, dict[str, Any]] = {"absolute": {"form": "cross-section"}} | ({"conditional": {}} if top else {})
    found = {
        kind: asked.ask(CONVERGENCE, partial(beta_convergence, small_sample=errors, **of))
        for kind, of in wanted.items()
    }
    return {kind: of for kind, of in found.items() if of is not None}


def _few(chain: MarkovChain) -> Iterator[Fault]:
    """A word on the classes that few moves were observed out of."""
    few = [(at + 1, int(n)) for at, n in enumerate(chain.counts.values.sum(axis=1)) if 0 < n < FEW_MOVES]
    if few:
        en = ", ".join(f"{n} out of class {at}" for at, n in few)
        zh = "、".join(f"第 {at} 类 {n} 次" for at, n in few)
        yield Fault(
            "few-moves",
            f"few moves were observed ({en}): a single region shifts such a row by more than {1 / FEW_MOVES:.0%}.",
            f"观测到的转移次数偏少（{zh}）：单个地区即可使该行概率变动 {1 / FEW_MOVES:.0%} 以上。",
            severity="warning",
        )


_NOT_COMPARABLE = Fault(
    "years-not-comparable",
    "scores of two years stand on different scales, so a course of them would be an artefact and is not told. Fix the "
    'scale over the years: scope = "pooled" or a base period.',
    '各年得分所用标尺不同，由此得到的动态变化并不真实，故不予给出。请统一各年标尺：scope = "pooled" 或固定基期。',
    severity="warning",
)
