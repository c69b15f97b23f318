"""Policies tried on the same worlds: who shares luck with whom, what each run leaves, and what they say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.results import Record
from xinzhi.simulate.effects import Difference, Experiment, Industries, Lags, unknown
from xinzhi.simulate.ensemble import Task, Tell, Workers, ensemble
from xinzhi.simulate.gathering import gathered
from xinzhi.simulate.history import REGIONAL, SERIES
from xinzhi.simulate.knobs import Knobs
from xinzhi.simulate.lags import BACKED, DISCOVERIES, counts
from xinzhi.simulate.policy import Lever, Policy, Shock
from xinzhi.simulate.run_files import start_digest
from xinzhi.simulate.story import grow
from xinzhi.simulate.world import Start, found_world

__all__ = ["Difference", "Experiment", "Industries", "Lags", "experiment"]

_MOST = 0.05  # of output a year that a lever may take
_MOST_YEARS = 200


def experiment(
    start: Start,
    policies: Sequence[Policy],
    *,
    knobs: Knobs | Sequence[Knobs] | None = None,
    years: int = 25,
    firms: int = 20_000,
    draws: int = 20,
    seed: int = 7,
    reference: str | None = None,
    equal_spending: bool = True,
    workers: Workers = None,
    store: Path | str | None = None,
    tell: Tell | None = None,
) -> Experiment:
    """Try policies on the same worlds with the same luck, and say what each changed and how sure that is.

    Each draw has a seed of its own and a set of ``knobs`` (of a posterior sample: dealt in turn after a shuffle), the
    same for every policy. What a policy changed is the difference within a draw to the ``reference`` (a policy by name;
    else the one that does nothing, which is added where there is none). With ``equal_spending`` the budgets of all
    policies with levers are scaled to plan what the dearest plans over the run. More draws, or more policies, take up
    the runs that are in ``store``. For ``workers``, ``store`` and ``tell`` see ``ensemble``.

    Raises ``MethodError`` with everything that cannot be: no or equally named policies, unknown names, dates outside
    the run, budgets above five per cent of output; and for runs that failed, once all others are done.
    """
    sets = [knobs or Knobs()] if isinstance(knobs, Knobs | None) else list(knobs)
    if faults := list(_strange(policies, sets, {"years": years, "draws": draws, "seed": seed})):
        raise MethodError(faults)
    tried, against = _compared(policies, reference)
    faults = [] if policies else [_NO_POLICY]
    faults += _unasked([policy.name for policy in tried], against, years, draws, sets)
    faults += [fault for policy in policies for fault in misplaced(policy, start, years)]
    if equal_spending and not faults:
        tried = _equally_dear(tried, start.first_year, start.first_year + years)
        faults += [fault for policy in tried for fault in _too_dear(policy)]
    if faults:
        raise MethodError(faults)
    found_world(start, sets[0], firms=firms)  # a start that cannot be is said once, not by every run
    rng = np.random.SeedSequence(seed)
    seeds = [int(one) for one in rng.generate_state(draws)]
    knobs_of = np.resize(np.random.default_rng(rng).permutation(len(sets)), draws)
    common: dict[str, Any] = {"start": start_digest(start), "years": years, "firms": firms}
    tasks = [
        _task(policy, start, sets[knobs_of[draw]], common | {"seed": seeds[draw]})
        for policy in tried
        for draw in range(draws)
    ]
    told = [one.model_dump(mode="json") for one in sets]
    settings = {
        "policies": [policy.model_dump(mode="json") | _acts(policy, start, years) for policy in tried],
        "reference": against,
        "equal_spending": equal_spending,
        "knobs": told[0] if len(told) == 1 else {name: [one[name] for one in told] for name in told[0]},
        "years": years,
        "firms": firms,
        "draws": draws,
    }
    with ensemble(partial(leave, start), tasks, workers=workers, store=store, tell=tell) as runs:
        inputs = {"start": common["start"], "runs": runs.digest}
        return Experiment(
            start_name=start.name,
            first_year=start.first_year,
            years=years,
            regions=start.regions,
            industries=start.industries,
            technologies=start.technologies,
            policies=tried,
            reference=against,
            series=tuple(SERIES),
            regional=tuple(REGIONAL),
            draws=draws,
            seeds=tuple(seeds),
            knobs_of=knobs_of,
            knob_sets=len(sets),
            record=Record("experiment", settings, inputs, seed=seed),
            **gathered(runs, start, tried, against, draws, knobs_of if len(sets) > 1 else np.arange(draws)),
        )


# --- Who is compared with whom, and at what cost ------------------------------------------------------------------


def _compared(policies: Sequence[Policy], reference: str | None) -> tuple[tuple[Policy, ...], str]:
    """The policies with the one that all are compared with, and its name."""
    if reference is not None:
        return tuple(policies), reference
    idle = next((policy for policy in policies if not policy.levers and not policy.shocks), None)
    if idle is not None:
        return tuple(policies), idle.name
    return (Policy.none(), *policies), Policy.none().name


def _equally_dear(policies: Sequence[Policy], first: float, last: float) -> tuple[Policy, ...]:
    dearest = max((policy.spending(first, last) for policy in policies), default=0.0)
    return tuple(policy.at_equal_spending(dearest, first, last) for policy in policies)


def _task(policy: Policy, start: Start, knobs: Knobs, about: dict[str, Any]) -> Task:
    """One run: what a policy does decides it, not what it is called."""
    usual = Knobs()
    own = {name: value for name, value in knobs if value != getattr(usual, name)}
    en = f"policy '{policy.name}', seed {about['seed']}"
    zh = f"政策“{policy.name}”，种子 {about['seed']}"
    if own:
        said = ", ".join(f"{name} = {value:.4g}" for name, value in own.items())
        en, zh = f"{en}, knobs {said}", f"{zh}，参数 {said}"
    acts = _acts(policy, start, about["years"])
    return Task(about | {"knobs": knobs.model_dump(mode="json"), "policy": acts}, en, zh)


def _acts(policy: Policy, start: Start, years: int) -> dict[str, Any]:
    """The levers and shocks of a policy as plain data, their dates within the run."""
    first, last = float(start.first_year), float(start.first_year + years)
    return {
        kind: [
            one.model_dump(mode="json") | {"start": max(one.start, first), "stop": min(one.stop, last)}
            for one in getattr(policy, kind)
        ]
        for kind in ("levers", "shocks")
    }


# --- What cannot be asked -----------------------------------------------------------------------------------------


_NO_POLICY = Fault(
    "no-policy",
    "there is no policy to try. Name at least one.",
    "没有可供试验的政策。请至少给出一项。",
)


def _strange(policies: Sequence[object], sets: Sequence[object], numbers: Mapping[str, object]) -> Iterator[Fault]:
    """Things of another kind than they must be, with which nothing can be looked at further."""
    for what, zh, kind, given in (("policies", "政策", Policy, policies), ("knobs", "参数组", Knobs, sets)):
        if other := next((one for one in given if not isinstance(one, kind)), None):
            yield Fault(
                f"not-{what}",
                f"`{what}` must be a list of {kind.__name__}; it holds {other!r}.",
                f"{what} 须为 {kind.__name__}（{zh}）的列表；其中有 {other!r}。",
            )
    for name, number in numbers.items():
        if not isinstance(number, (int, np.integer)) or (name == "seed" and number < 0):
            yield Fault(
                "not-whole",
                f"`{name}` is {number!r}; a whole number is needed, and a seed not below 0.",
                f"{name} 为 {number!r}；须为整数，且种子不得为负。",
            )


def _unasked(names: Sequence[str], reference: str, years: int, draws: int, sets: Sequence[Knobs]) -> Iterator[Fault]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault(
            "policy-twice",
            f"{names.count(name)} policies are called '{name}'. Give each a name of its own.",
            f"有 {names.count(name)} 项政策同名“{name}”。请分别命名。",
        )
    if reference not in names:
        yield unknown(("policy", "政策"), reference, names)
    if draws < 2:
        yield Fault(
            "too-few-draws",
            f"{draws} draws say nothing of chance. Give at least 2, better 20.",
            f"抽样 {draws} 次无法反映随机性。请至少抽样 2 次，最好 20 次。",
        )
    if not 1 <= years <= _MOST_YEARS:
        yield Fault(
            "years-outside",
            f"the run is to take {years} years; it can take 1 to {_MOST_YEARS}.",
            f"模拟年数为 {years}，可取 1 至 {_MOST_YEARS}。",
        )
    if not sets:
        yield Fault(
            "no-knobs",
            "the list of knobs is empty. Give at least one set, or none for the usual one.",
            "参数组列表为空。请至少给出一组，或不指定而采用默认值。",
        )


def misplaced(policy: Policy, start: Start, years: int) -> Iterator[Fault]:
    """What a policy names that the world does not have, and dates that lie outside the run altogether."""
    first, last = start.first_year, start.first_year + years
    acts: list[Lever | Shock] = [*policy.levers, *policy.shocks]
    for one in acts:
        name = one.lever if isinstance(one, Lever) else one.shock
        where = (f"policy '{policy.name}', '{name}': ", f"政策“{policy.name}”的“{name}”：")
        for what, wanted, known in (
            (("region", "地区"), one.regions, start.regions),
            (("industry", "产业"), one.industries, start.industries),
        ):
            yield from (unknown(what, label, known, where) for label in wanted if label not in known)
        if last > first and np.ceil(4 * max(one.start, first)) >= np.ceil(4 * min(one.stop, last)):
            yield Fault(
                "outside-the-run",
                f"{where[0]}it acts from {one.start:g} to {one.stop:g}, the run goes from {first} to {last}: in no "
                "quarter of it. Let them meet.",
                f"{where[1]}作用期为 {one.start:g} 至 {one.stop:g} 年，模拟期为 {first} 至 {last} 年，"
                "其间没有可作用的季度。",
            )


def _too_dear(policy: Policy) -> Iterator[Fault]:
    for lever in policy.levers:
        if lever.budget > _MOST:
            yield Fault(
                "too-dear",
                f"policy '{policy.name}' would need {100 * lever.budget:.1f} % of output a year for '{lever.lever}' to "
                f"spend as much as the dearest policy; the most is {100 * _MOST:g} %. Let it act for longer, lower the "
                "others, or set equal_spending = false.",
                f"为与花费最多的政策等额，政策“{policy.name}”的“{lever.lever}”每年需占产出的 "
                f"{100 * lever.budget:.1f}%，上限为 {100 * _MOST:g}%。请延长其作用期、降低其他政策的预算，"
                "或设 equal_spending = false。",
            )


# --- What a run leaves --------------------------------------------------------------------------------------------


def leave(start: Start, settings: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """One run, and of its history what an experiment needs, some 100 kB."""
    policy = Policy.model_validate({"name": "tried", **settings["policy"]})
    world = found_world(start, Knobs(**settings["knobs"]), firms=settings["firms"], seed=settings["seed"])
    history = grow(world, 4 * settings["years"], policy)
    spent = history.spending.reshape(settings["years"], 4, -1).mean(axis=1)
    return {
        "national": history.national,
        "regional": history.regional,
        "spent": spent,
        "born": history.born_quarter,
        "share": history.industry_share.astype(np.float32),
        "firms": history.industry_firms.astype(np.float32),
        "standing": history.rungs[-1],
        **_ends("lags", history.ventures, "cause", history.quarters, DISCOVERIES),
        **_ends("backed", history.backed, "outcome", history.quarters, BACKED),
    }


def _ends(
    name: str, rows: npt.NDArray[Any], cause: str, quarters: int, causes: Mapping[int, Any]
) -> dict[str, npt.NDArray[np.int64]]:
    """Who was at risk (quarter,) and who ended how (cause, quarter), and how many began, of all quarters of the run."""
    at_risk, exits, entered = counts(rows["born"], rows["ended"], rows[cause], quarters - 1, tuple(causes))
    room = max(0, quarters - len(at_risk))
    return {
        f"{name}_at_risk": np.pad(at_risk, (0, room))[:quarters],
        f"{name}_exits": np.pad(exits, ((0, 0), (0, room)))[:, :quarters],
        f"{name}_entered": np.array(entered),
    }
