"""Simulations for the report's tests: a few small worlds of the model country, and what is said of them."""

from __future__ import annotations

from functools import cache

import numpy as np

from xinzhi.core.results import Record
from xinzhi.core.specs import Text
from xinzhi.simulate.claims import Claims, judged, read_claims
from xinzhi.simulate.experiments import experiment
from xinzhi.simulate.facts import facts
from xinzhi.simulate.heldout import score_heldout
from xinzhi.simulate.policy import Lever, Policy, Shock
from xinzhi.simulate.posterior import Posterior, Prior, Target
from xinzhi.simulate.story import grow
from xinzhi.simulate.tables import Beginning, Origin
from xinzhi.simulate.world import found_world, model_start
from xinzhi.study.simulation.beginning import Begun
from xinzhi.study.simulation.results import Simulated
from xinzhi.study.simulation.spec import SimulateSpec

YEARS, DRAWS, FIRMS = 6, 3, 1_000

CAPITAL = Policy(
    name="capital",
    title=Text(en="Capital", zh="资本"),
    levers=(
        Lever(lever="guidance_fund", budget=0.002, start=2023, stop=2025, regions=("Region 01", "Region 02")),
        Lever(lever="retrofit", budget=0.001, industries=("Industry 16",)),
    ),
)
BLOCKADE = Policy(
    name="blockade",
    title=Text(en="Blockade", zh="封锁"),
    shocks=(Shock(shock="blockade", size=0.8, start=2024, stop=2026),),
)


@cache
def worlds(*, others: int = 0) -> Simulated:
    """Policies on the model country; ``others`` more of them do nothing but have names."""
    start = model_start()
    more = [Policy(name=f"idle-{at}", title=Text(en=f"Idle {at}", zh=f"空白{at}")) for at in range(others)]
    tried = (*more, Policy.none(), CAPITAL, BLOCKADE)
    runs = experiment(start, tried, years=YEARS, firms=FIRMS, draws=DRAWS, reference="none", workers=1)
    asked = [
        {
            "name": one.name,
            "title": one.title.model_dump(),
            "levers": [lever.model_dump() for lever in one.levers],
            "shocks": [shock.model_dump() for shock in one.shocks],
        }
        for one in tried
        if one.name != "none"
    ]
    spec = SimulateSpec.model_validate(
        {"years": YEARS, "draws": DRAWS, "firms": FIRMS, "knobs": {"lapse": 0.05}, "policies": asked}
    )
    source = Text(en="fictional", zh="虚构")
    origins = (Origin("employment", Text(en="employment", zh="就业"), source, False),)
    begun = Begun(
        Beginning(start, origins, ()),
        {code: Text(en=code, zh=code.replace("Region ", "地区")) for code in start.regions},
        {code: Text(en=code, zh=code.replace("Industry ", "产业")) for code in start.industries},
        {},
        {},
        True,
    )
    return Simulated(
        spec, begun, experiment=runs, facts=_facts(), claims=_claims(), posterior=_posterior(), heldout=_heldout()
    )


def _facts():
    start = model_start()
    return facts(grow(found_world(start, firms=FIRMS, seed=seed), 8) for seed in (1, 2))


def _claims():
    """Two claims with effects made up: one shows throughout, one only under its last condition."""
    rng = np.random.default_rng(3)
    emergent = [one for one in read_claims() if one.kind == "emergent"][:2]
    near = [1.0 + 0.01 * rng.normal(size=6) for _ in range(9)]
    found = []
    for claim, usual in zip(emergent, (50.0, 0.0), strict=True):
        sizes = [usual] * len(claim.conditions) + [50.0]
        effects = [claim.sign * claim.least * size * draw for size, draw in zip(sizes, near, strict=False)]
        found.append(judged(claim, effects, np.arange(6)))
    return Claims(tuple(found), "model country", 25, FIRMS, 6, 12, 0.95, Record("claims", {}, {}))


def _posterior():
    """One knob that the data pin down and one that they do not."""
    rng = np.random.default_rng(4)
    sample = np.stack([0.05 + 0.002 * rng.normal(size=400), rng.uniform(0, 0.95, 400)], axis=1)
    return Posterior(
        priors=(Prior("lapse", 0.0, 0.2, "per quarter"), Prior("tolerance", 0.0, 0.95, "probability")),
        targets={"future_share": Target(0.02, 0.01, "a table")},
        sample=sample,
        weights=np.full(400, 1 / 400),
        predictive=rng.normal(0.02, 0.005, (50, 1)),
        sensitivity=np.array([[3.0, 0.1]]),
        coverage=np.array([0.9, np.nan]),
        draws=1000,
        threshold=0.1,
        level=0.9,
        notes=(),
        record=Record("infer", {}, {}),
    )


def _heldout():
    """Later years and runs that are the start with noise; three regions were kept aside."""
    start, rng = model_start(), np.random.default_rng(5)
    shape = start.employment.shape
    later = start.employment * rng.lognormal(0, 0.3, (2, *shape))
    runs = start.employment * rng.lognormal(0, 0.3, (4, 2, *shape))
    return score_heldout(start, later, runs, held=start.regions[:3], draws=40)
