"""Whether a region's science, technology and industry grow into one another: what one leads to beside what is there.

A region's profile in one stage is carried through a concordance into the next and held against its profile there. Any
two regions fit to some degree, because all have much of what is large everywhere; so every fit stands beside the one
that chance gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure.concordance import Concordance, carried
from xinzhi.structure.crossed import Bools, Crossed, named, needs_links, noted, one_of, settled, totals
from xinzhi.structure.fits import Fit, fit_nulls, fits, portions, shares_of
from xinzhi.structure.links import Links, Names, Period, Unknown

Profile = Literal["share", "specialisation"]

ROUNDING = 1e-12  # fits this near are the same, whatever rounding made of them
_FEWEST = 4  # regions, below which nothing can be said of chance


@dataclass(frozen=True, eq=False)
class Fusion:
    """How far the stages of each region fit one another, and what chance makes of it.

    ``regions`` has, by period, region and pair of stages, the ``fit`` (0 to 1), the mean fit ``by_chance``, ``z``,
    ``p`` (that chance fits at least as well, one-sided), ``q`` (p after Benjamini and Hochberg over the regions of the
    pair) and ``carried``, the share of the region's source total that the concordance knew. ``fields`` has the same by
    field of the later stage: the rank correlation over regions of what is carried there and what is there, both as
    location quotients. ``overall`` has the mean fit of all regions. ``totals`` has each region's total by stage, from
    which levels for coupling coordination can be made; ``profiles`` holds, by pair, what is carried and what is there
    as shares of the region (period, region, field). Regions that have nothing in a stage are left out and named in
    ``notices``; a field that is the same everywhere has no correlation.
    """

    stages: tuple[str, ...]
    method: str
    profile: Profile
    null: str
    regions: pd.DataFrame
    fields: pd.DataFrame
    overall: pd.DataFrame
    totals: pd.DataFrame
    profiles: Mapping[tuple[str, str], xr.Dataset]
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Rows: period, region, from, to, fit, by_chance, z, p, q, carried."""
        return self.regions.copy()

    def gaps(self) -> pd.DataFrame:
        """Rows: from, to, period, region, field, carried, actual (shares of the region), difference (actual - carried).

        Below 0, there is less of the field than what stands before it leads to. Regions without a fit are left out.
        """
        frames = []
        for (first, then), profiles in self.profiles.items():
            frame = profiles.to_dataframe().reset_index().dropna(subset=["carried"])
            frames.append(frame.assign(difference=frame["actual"] - frame["carried"], **{"from": first, "to": then}))
        columns = ["from", "to", "period", "region", "field", "carried", "actual", "difference"]
        return pd.concat(frames, ignore_index=True)[columns]

    def __repr__(self) -> str:
        last = self.overall[self.overall["period"] == self.overall["period"].iloc[-1]]
        lines = [
            f"Fusion: {' → '.join(self.stages)}, {self.regions['region'].nunique()} regions, "
            f"{self.overall['period'].nunique()} periods; {self.method} of {self.profile}s beside {self.null}"
        ]
        lines += [
            f"  {row['period']} {row['from']} → {row['to']}: fit {row['fit']:.3f}, by chance {row['by_chance']:.3f} "
            f"(z {row['z']:.1f}, p {row['p']:.3g}); {row['above']} of {row['regions']} regions above chance"
            for row in last.to_dict("records")
        ]
        return "\n".join([*lines, f"  notices: {len(self.notices)}"])


def fusion(
    stages: Mapping[str, Links],
    by: Sequence[Concordance],
    *,
    fit: str | Callable[..., Any] = "cosine",
    profile: Profile = "share",
    null: str | Callable[..., Any] = "exchange",
    period: Period | None = None,
    draws: int = 999,
    seed: int = 0,
    unknown: Unknown = "stop",
) -> Fusion:
    """Tell how far each region's stages, such as science, technology and industry, fit one another.

    ``stages`` are links by name in the order of the chain, ``by`` the concordances between them, one fewer; stages
    further apart are held together through both. Regions and periods are those that all stages have (one with
    ``period``). ``fit`` is of the family ``fit``, ``null`` of ``fit-null``. ``profile`` says what is compared: shares
    of the region's total, or ``"specialisation"``, location quotients brought to a sum of one, in which what is large
    everywhere counts no more than what is small. ``unknown`` is what becomes of activities without an entry, as in
    ``carried``. Raises ``MethodError``.
    """
    one_of("profile", profile, Profile)
    names = _refuse_shape(stages, by, draws)
    method, _ = settled(fits, fit, {})
    chance, _ = settled(fit_nulls, null, {})
    used, notices = common(stages, period)
    periods, regions = used[names[0]].periods, used[names[0]].regions
    rng = np.random.default_rng(seed)
    tables: dict[str, list[pd.DataFrame]] = {"regions": [], "fields": [], "overall": []}
    profiles = {}
    for i, j in combinations(range(len(names)), 2):
        way = reduce(Concordance.then, by[i:j])
        moved = carried(used[names[i]], way, unknown=unknown)
        notices += [one for one in moved.links.notices if one not in used[names[i]].notices]
        notices += _unreached(used[names[j]], way, names[j])
        fields = np.array(sorted({*moved.links.activities, *used[names[j]].activities}), dtype=object)
        expected, actual = (_laid(one, fields) for one in (moved.links, used[names[j]]))
        kept = (expected.sum(axis=2) > 0) & (actual.sum(axis=2) > 0)
        for at, when in enumerate(periods):
            key = {"period": when, "from": names[i], "to": names[j]}
            there = kept[at]
            if there.sum() < _FEWEST:
                raise MethodError(_too_few(key, int(there.sum())))
            notices += _without_fit(key, regions, ~there)
            a, b = expected[at][there], actual[at][there]
            found, by_chance = _tested(a, b, method.function, chance.function, profile, rng, draws)
            rows = pd.DataFrame(key | {"region": regions[there]} | _beside(found, by_chance))
            rows["q"] = stats.false_discovery_control(rows["p"])
            rows["carried"] = moved.kept[at][there]
            tables["regions"].append(rows)
            tables["fields"].append(_by_field(a, b, fields, key, rng, draws))
            mean = _beside(found.mean(keepdims=True), by_chance.mean(axis=1, keepdims=True))
            above = int((rows["fit"] > rows["by_chance"] + ROUNDING).sum())
            tables["overall"].append(pd.DataFrame(key | mean | {"regions": len(rows), "above": above}))
        profiles[names[i], names[j]] = _profiles(expected, actual, kept, periods, regions, fields)
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    inputs = {name: digest("".join(Crossed.of(one, at).digest for at in periods)) for name, one in used.items()}
    inputs |= {f"concordance {at + 1}": digest(one.record.to_json()) for at, one in enumerate(by)}
    asked = {"fit": method.name, "profile": profile, "null": chance.name, "draws": draws, "unknown": unknown}
    return Fusion(
        names,
        method.name,
        profile,
        chance.name,
        joined["regions"],
        joined["fields"],
        joined["overall"],
        _totals(used),
        profiles,
        tuple(dict.fromkeys(notices)),
        Record("fusion", {"stages": list(names), "periods": list(periods)} | asked, inputs, seed=seed),
    )


def common(stages: Mapping[str, Links], period: Period | None = None) -> tuple[dict[str, Links], list[Fault]]:
    """The stages cut to the regions and periods that all of them have, and who is left out. Raises ``MethodError``."""
    parts = list(stages.values())
    for one in parts:
        needs_links(one)
    elsewhere = [set(one.regions) for one in parts[1:]]
    regions = [label for label in parts[0].regions if all(label in there for there in elsewhere)]
    periods = [at for at in parts[0].periods if all(at in one.periods for one in parts[1:])]
    if period is not None:
        periods = [period]
    if not regions or not periods:
        raise MethodError(_nothingcommon(stages, "regions" if not regions else "periods"))
    notices: list[Fault] = []
    for name, one in stages.items():
        alone = ~np.isin(one.regions, regions)
        notices += noted(
            "not-in-all-stages",
            one.regions,
            alone,
            f"left out, for not every stage has them: {{}} (of {name}).",
            f"因并非各环节都有而剔除：{{}}（{name}）。",
        )
    return {name: one.only(regions=regions, periods=periods) for name, one in stages.items()}, notices


def _tested(
    expected: Floats,
    actual: Floats,
    fit: Fit,
    null: Callable[..., Floats],
    profile: Profile,
    rng: np.random.Generator,
    draws: int,
) -> tuple[Floats, Floats]:
    """How well each region fits, (region,), and would by chance, (draw, region)."""
    weight = _field_weights(actual, profile)
    wanted = shares_of(expected * _field_weights(expected, profile))

    def fitted(profiles: Floats, amounts: Floats) -> Floats:
        return fit(profiles, shares_of(amounts * weight))

    return fitted(wanted, actual), null(wanted, actual, fitted, rng, draws)


def _field_weights(amounts: Floats, profile: Profile) -> Floats:
    """What a field's amounts count: all the same, or the less the more there is of it everywhere."""
    if profile == "share":
        return np.ones(amounts.shape[1])
    total = amounts.sum(axis=0)
    return np.asarray(np.divide(amounts.sum(), total, out=np.zeros_like(total), where=total > 0))


def _beside(found: Floats, by_chance: Floats) -> dict[str, Floats]:
    """What was found (thing,) beside draws of chance (draw, thing): mean, z, and how often chance does as well."""
    mean, spread = by_chance.mean(axis=0), by_chance.std(axis=0, ddof=1)
    # Profiles that are all alike leave nothing to vary but the rounding.
    z = np.divide(found - mean, spread, out=np.full(len(found), np.nan), where=spread > ROUNDING)
    reached = (by_chance >= found - ROUNDING).sum(axis=0)
    return {"fit": found, "by_chance": mean, "z": z, "p": (1 + reached) / (1 + len(by_chance))}


def _by_field(
    expected: Floats, actual: Floats, fields: Names, key: dict[str, Any], rng: np.random.Generator, draws: int
) -> pd.DataFrame:
    """Rank correlation over regions of location quotients, carried and actual, field by field beside permutations."""
    a, b = (_standard_ranks(shares_of(one) * _field_weights(one, "specialisation")) for one in (expected, actual))
    regions = len(a)
    found = (a * b).sum(axis=0)
    reached = np.zeros(len(fields))
    for span in portions(draws, a.size):
        many = span.stop - span.start
        dealt = rng.permuted(np.broadcast_to(np.arange(regions), (many, regions)), axis=1)
        reached += (np.einsum("rf,drf->df", a, b[dealt]) >= found - ROUNDING).sum(axis=0)
    known = ~np.isnan(found)
    p = np.where(known, (1 + reached) / (1 + draws), np.nan)
    q = np.full(len(p), np.nan)
    q[known] = stats.false_discovery_control(p[known]) if known.any() else np.nan
    # Dealt out at random, ranks correlate 0 with variance 1 / (regions - 1) exactly.
    columns = {
        "fit": found,
        "by_chance": np.where(known, 0.0, np.nan),
        "z": found * np.sqrt(regions - 1),
        "p": p,
        "q": q,
    }
    return pd.DataFrame(key | {"field": fields, "regions": (actual > 0).sum(axis=0)} | columns)


def _standard_ranks(values: Floats) -> Floats:
    """Ranks down each column, centred and of length one; nan for a column that is the same everywhere."""
    # Quotients that differ by rounding alone are ties.
    ranks = stats.rankdata(np.round(values, 12), axis=0)
    ranks -= ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    return np.asarray(ranks / np.where(length > 0, length, np.nan))


def _laid(links: Links, fields: Names) -> Floats:
    """The links as amounts (period, region, field)."""
    place = pd.Index(fields).get_indexer(pd.Index(links.activities))
    laid = np.zeros((len(links.periods), len(links.regions), len(fields)))
    for at, matrix in enumerate(links.values):
        laid[at][:, place] = matrix.toarray()
    return laid


def _profiles(
    expected: Floats, actual: Floats, there: Bools, periods: Sequence[Period], regions: Names, fields: Names
) -> xr.Dataset:
    found = {}
    for name, amounts in (("carried", expected), ("actual", actual)):
        shares = np.full(amounts.shape, np.nan)
        shares[there] = shares_of(amounts[there])
        found[name] = (("period", REGION, "field"), shares)
    return xr.Dataset(found, coords={"period": list(periods), REGION: regions, "field": fields})


def _totals(used: Mapping[str, Links]) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"period": at, "region": one.regions, "stage": name, "total": totals(matrix, 1)})
        for name, one in used.items()
        for at, matrix in zip(one.periods, one.values, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def _refuse_shape(stages: Any, by: Any, draws: int) -> tuple[str, ...]:
    """The names of the stages. Raises ``MethodError`` where what was given is no chain."""
    if not isinstance(stages, Mapping) or not isinstance(by, Sequence):
        raise MethodError(no_chain(stages, by))
    names = tuple(stages)
    if len(names) < 2 or len(by) != len(names) - 1:
        raise MethodError(
            Fault(
                "bad-chain",
                f"a chain has two stages or more, and one concordance fewer; found {len(names)} stages and {len(by)} "
                "concordances.",
                f"链条须有两个以上环节，对照表比环节少一张；实际为 {len(names)} 个环节、{len(by)} 张对照表。",
            )
        )
    if draws < 2:
        raise MethodError(
            Fault("bad-option", f"draws must be at least 2; found {draws}.", f"draws 至少为 2；实际为 {draws}。")
        )
    return names


def no_chain(stages: Any, by: Any) -> Fault:
    """What is wrong where stages are not named, or concordances are no list."""
    found = type(stages).__name__, type(by).__name__
    return Fault(
        "bad-chain",
        'stages are links by name, {"science": …, "technology": …}, and concordances a list; found '
        f"{found[0]} and {found[1]}.",
        "各环节须为按名称给出的关联数据（{“science”: …, “technology”: …}），对照表须为列表；实际为 "
        f"{found[0]} 与 {found[1]}。",
    )


def _unreached(links: Links, way: Concordance, name: str) -> list[Fault]:
    """A notice where a stage has activities that the concordance never leads to."""
    amount = np.sum([totals(matrix, 0) for matrix in links.values], axis=0)
    strange = ~np.isin(links.activities, way.targets) & (amount > 0)
    if not strange.any():
        return []
    en, zh = named(links.activities, strange)
    share = float(amount[strange].sum() / amount.sum())
    return [
        Fault(
            "unreached",
            f"nothing of {way.source} leads to {int(strange.sum())} activities of {name}, {share:.2%} of its total: "
            f"{en}. They count as there and not led to.",
            f"{way.source} 无法通向 {name} 的 {int(strange.sum())} 项活动（占其总量的 {share:.2%}）：{zh}。"
            "计算时视为有实际值而无传导值。",
            severity="warning",
        )
    ]


def _without_fit(key: dict[str, Any], regions: Names, empty: Bools) -> tuple[Fault, ...]:
    what = f"{key['from']} → {key['to']}, {key['period']}"
    return noted(
        "no-fit",
        regions,
        empty,
        f"{what}: nothing in one of the two stages, so no fit, in {{}}.",
        f"{what}：以下地区在某一环节没有数据，无法计算契合度：{{}}。",
    )


def _too_few(key: dict[str, Any], found: int) -> Fault:
    what = f"{key['from']} → {key['to']}, {key['period']}"
    return Fault(
        "too-few-regions",
        f"{what}: {found} regions have something in both stages; {_FEWEST} are needed to tell a fit from chance.",
        f"{what}：仅 {found} 个地区在两个环节都有数据；至少需要 {_FEWEST} 个才能与随机情形比较。",
    )


def _nothingcommon(stages: Mapping[str, Links], what: str) -> Fault:
    each = "; ".join(
        f"{name}: {', '.join(map(str, (one.regions if what == 'regions' else one.periods)[:3]))} …"
        for name, one in stages.items()
    )
    zh = "地区" if what == "regions" else "时期"
    return Fault(
        "nothing-in-common",
        f"the stages have no {what} in common ({each}). Write them in the same way.",
        f"各环节没有共同的{zh}（{each}）。请统一写法。",
    )
