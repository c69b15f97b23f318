"""From a study to the worlds that it asks for: begun from its data, fitted to them, grown under its policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import Floats, Panel
from xinzhi.core.workers import Workers
from xinzhi.simulate.ensemble import Progress
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.world import Start
from xinzhi.study.measuring import Tell
from xinzhi.study.places import at_its_line
from xinzhi.study.simulation.asking import policies_of
from xinzhi.study.simulation.beginning import begun, record_of
from xinzhi.study.simulation.results import Simulated
from xinzhi.study.simulation.spec import NO_POLICY, CalibrateSpec, SimulateSpec
from xinzhi.study.structure.results import Structure

if TYPE_CHECKING:
    from xinzhi.simulate.facts import Facts
    from xinzhi.simulate.heldout import HeldOut
    from xinzhi.simulate.history import History
    from xinzhi.simulate.posterior import Posterior
    from xinzhi.study.reading import Study

T = TypeVar("T")
# Told the share of a stage that is done.
Share = Callable[[float], object]
# Firms of the worlds in which claims are tried, which are very many.
_CLAIM_FIRMS = 5_000
# Seconds that a quarter takes, and each firm in it, on a usual machine; and those below which it is done sooner here
# than processes have started.
_A_QUARTER, _A_FIRM, _LITTLE = 1.5e-3, 1e-7, 6.0
# Runs that are held against known facts.
_FACT_RUNS = 5


def simulated(
    study: Study,
    panel: Panel | None,
    structure: Structure | None,
    *,
    tell: Tell = lambda stage: None,
    progress: Share | None = None,
    workers: Workers = None,
    cache: Path | None = None,
) -> Simulated | None:
    """Grow the worlds that a study asks for; nothing of a study without ``[simulate]``.

    ``tell`` hears the stages (world, calibrate, simulate, claims, facts) as they begin, ``progress`` the share of
    a stage that is done. With ``cache``, a folder, runs stay there as they end, and those that are there already are
    not grown again. Raises ``StudyError``, ``MethodError`` or ``DataError``.
    """
    spec = study.spec.simulate
    if spec is None:
        return None
    tell("world")
    made = begun(study, spec, panel, structure)
    found = Simulated(spec, made)
    # What each of them imports takes a second to load.
    heard = _heard(progress)
    knobs: Knobs | Sequence[Knobs] = spec.knobs
    if spec.calibrate is not None:
        tell("calibrate")
        asked = _Asked(study, spec, panel, structure)
        posterior = _of(study, "simulate.calibrate", lambda: _posterior(asked, made.start, workers, cache, heard))
        knobs = _drawn(posterior, spec)
        found = replace(found, posterior=posterior)
        if spec.calibrate.held_out:
            try:
                found = replace(found, heldout=_heldout(asked, knobs))
            except MethodError as error:  # what was inferred stands without a score
                faults = [_placed(one, "simulate.calibrate.held_out", study) for one in error.faults]
                found = replace(found, unscored=tuple(replace(one, severity="warning") for one in faults))
    if spec.policies:
        tell("simulate")
        from xinzhi.simulate.experiments import experiment

        policies = policies_of(spec, made.start, made.regions, made.industries)
        found = replace(
            found,
            experiment=_of(
                study,
                "simulate.policies",
                lambda: experiment(
                    made.start,
                    policies,
                    knobs=knobs,
                    years=spec.years,
                    firms=spec.firms,
                    draws=spec.draws,
                    seed=spec.seed,
                    reference=None if spec.reference == NO_POLICY else spec.reference,
                    equal_spending=spec.equal_spending,
                    workers=_hands(workers, spec),
                    store=cache,
                    tell=heard,
                ),
            ),
        )
    if spec.claims:
        tell("claims")
        from xinzhi.simulate.claims import SHORTEST, claims

        found = replace(
            found,
            claims=_of(
                study,
                "simulate.claims",
                lambda: claims(
                    made.start,
                    knobs,
                    draws=max(spec.draws, 3),
                    firms=min(spec.firms, _CLAIM_FIRMS),
                    years=max(spec.years, SHORTEST),
                    seed=spec.seed,
                    workers=workers,
                    store=cache,
                    tell=heard,
                ),
            ),
        )
    if spec.facts:
        tell("facts")
        found = replace(found, facts=_of(study, "simulate", lambda: _facts(spec, made.start, knobs, heard)))
    return found


@dataclass(frozen=True, eq=False)
class _Asked:
    """A study that asks for knobs to be inferred, with what it was run on."""

    study: Study
    spec: SimulateSpec
    panel: Panel | None
    structure: Structure | None

    @property
    def calibrate(self) -> CalibrateSpec:
        assert self.spec.calibrate is not None
        return self.spec.calibrate

    def record(self, begins: int, since: int) -> tuple[Start, Floats]:
        """The world as it began in a year, and its industries since another; see ``record_of``."""
        return record_of(self.study, self.spec, self.panel, self.structure, begins, since)


def _posterior(
    of: _Asked, start: Start, workers: Workers, cache: Path | None, tell: Callable[[Progress], object] | None
) -> Posterior:
    """What the study's data, or known facts of firms, say of the knobs that are to be inferred."""
    from xinzhi.simulate.calibration import calibrate
    from xinzhi.simulate.moments import STYLISED, targets_from

    asked, spec = of.calibrate, of.spec
    goals, years = dict(STYLISED), asked.years
    if asked.since is not None:
        start, cells = of.record(asked.since, asked.since)
        shown = cells[: len(cells) - asked.held_out]
        goals, years = targets_from(shown), len(shown) - 1
    wanted = {name: goals[name] for name in asked.moments or goals if name in goals}
    if lacking := [name for name in asked.moments if name not in goals]:
        raise MethodError(
            Fault(
                "no-such-moment",
                f"these moments have no target here: {', '.join(lacking)}. There are: {', '.join(goals)}.",
                f"以下矩在此没有目标值：{'、'.join(lacking)}。现有：{'、'.join(goals)}。",
                column="simulate.calibrate.moments",
            )
        )
    return calibrate(
        start,
        wanted,
        knobs=asked.ranges,
        base=spec.knobs,
        years=years,
        firms=asked.firms,
        draws=asked.draws,
        seed=spec.seed,
        workers=workers,
        store=cache,
        tell=tell,
    )


def _drawn(posterior: Posterior, spec: SimulateSpec) -> list[Knobs]:
    """Knobs drawn from what is believed of them, one set a draw."""
    base = spec.knobs.model_dump()
    rows = posterior.resample(spec.draws, seed=spec.seed)
    return [Knobs(**(base | dict(zip(posterior.names, map(float, row), strict=True)))) for row in rows]


def _heldout(of: _Asked, knobs: Knobs | Sequence[Knobs]) -> HeldOut:
    """Worlds of the inferred knobs grown from the last year that was shown, beside what came after it."""
    from xinzhi.simulate.heldout import score_heldout
    from xinzhi.simulate.story import grow
    from xinzhi.simulate.world import found_world

    asked, sets = of.calibrate, [knobs] if isinstance(knobs, Knobs) else list(knobs)
    assert asked.since is not None
    last = asked.since + len(of.record(asked.since, asked.since)[1]) - 1
    start, cells = of.record(last - asked.held_out, asked.since)
    known = len(start.industries)
    runs = [
        grow(found_world(start, one, firms=of.spec.firms, seed=of.spec.seed + at), 4 * asked.held_out).cells[
            ..., :known
        ]
        for at, one in enumerate(sets)
    ]
    earlier, later = cells[: -asked.held_out], cells[-asked.held_out :]
    return score_heldout(start, later, np.stack(runs), earlier=earlier, seed=of.spec.seed)


def _facts(
    spec: SimulateSpec, start: Start, knobs: Knobs | Sequence[Knobs], tell: Callable[[Progress], object] | None
) -> Facts:
    """Worlds without policy, long enough for industries to be born and shaken out, beside what is known."""
    from xinzhi.simulate.facts import LIFETIME, facts
    from xinzhi.simulate.story import grow
    from xinzhi.simulate.world import found_world

    sets = [knobs] if isinstance(knobs, Knobs) else list(knobs)
    several, quarters = min(spec.draws, _FACT_RUNS), 4 * max(spec.years, LIFETIME)

    def told() -> Iterator[History]:
        for at in range(several):
            if tell is not None:
                tell(Progress(at, several, None, 0))
            yield grow(found_world(start, sets[at % len(sets)], firms=spec.firms, seed=spec.seed + at), quarters)

    return facts(told())


def _hands(workers: Workers, spec: SimulateSpec) -> Workers:
    """Who grows the worlds: where nobody is named and there is little to do, this process."""
    quarters = 4 * spec.years * spec.draws * (len(spec.policies) + 1)
    little = quarters * (_A_QUARTER + _A_FIRM * spec.firms) < _LITTLE
    return 1 if workers is None and little else workers


def _heard(progress: Share | None) -> Callable[[Progress], object] | None:
    if progress is None:
        return None
    return lambda how_far: progress(how_far.done / max(how_far.total, 1))


def _of(study: Study, key: str, step: Callable[[], T]) -> T:
    """What a step makes; what stops it stands at the line of the key of the study file that asked for it."""
    try:
        return step()
    except MethodError as error:
        raise MethodError([_placed(one, key, study) for one in error.faults]) from None


def _placed(fault: Fault, key: str, study: Study) -> Fault:
    if fault.file:
        return fault
    own = fault.column if fault.column and fault.column.startswith("simulate.") else key
    return at_its_line(replace(fault, column=own), study)
