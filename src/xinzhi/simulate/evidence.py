"""What one run says for or against a claim: a few numbers that no yearly series holds, and the yearly series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xinzhi.core.specs import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xinzhi.simulate.history import History
    from xinzhi.simulate.world import Start

    Floats = NDArray[np.float64]

SOON = 20  # quarters in which a discovery counts as quick to its market
_MARKET = 1
_FEW = 5  # of whatever is compared, fewer say nothing


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that a run leaves for the claims: what to call it, in what unit, and how it is read off a run."""

    title: Text
    unit: Text
    read: Callable[[History, Start], float]


def evidence(history: History, start: Start) -> Floats:
    """The measures of a run, in the order of ``MEASURES``; ``nan`` where a run cannot tell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array([float(measure.read(history, start)) for measure in MEASURES.values()])


def trailing(start: Start) -> NDArray[np.bool_]:
    """The half of the regions, rounded down, that have the least basic research at the start."""
    order = np.argsort(start.research, kind="stable")
    chosen = np.zeros(len(start.regions), dtype=bool)
    chosen[order[: len(order) // 2]] = True
    return chosen


# --- Discoveries on their way to the market ----------------------------------------------------------------------


def _quick(history: History, first: float, last: float) -> float:
    """The share of discoveries born in this part of the run that reached their market within five years.

    Only discoveries that were followed for five years are asked, so nobody is censored and lapsing and giving up count
    as what they are: the cumulative incidence with competing risks, not the lag of the survivors.
    """
    found = history.ventures
    quarters = history.quarters - SOON
    asked = (found["born"] >= first * quarters) & (found["born"] < last * quarters)
    soon = (found["cause"] == _MARKET) & (found["ended"] - found["born"] <= SOON)
    return float(soon[asked].mean()) if asked.sum() >= _FEW else np.nan


def _trials_for_one(history: History) -> float:
    """Trials that were paid for, for each discovery that reached its market."""
    found = history.ventures
    won = (found["cause"] == _MARKET).sum()
    return float(found["funded_trials"].sum() / won) if won >= _FEW else np.nan


# --- Industries on the ladder ------------------------------------------------------------------------------------

_PLACES = np.arange(5.0)


def _aged(history: History) -> float:
    """Mean rung over the run, 0 (future) to 4 (traditional), of the industries that began as emerging or leading."""
    weight = history.rungs[0][:, 1:3].sum(axis=1)
    if weight.sum() <= 0:
        return np.nan
    return float((history.rungs.mean(axis=0) @ _PLACES * weight).sum() / weight.sum())


def _in_order(history: History) -> float:
    """Of the changes of an industry's main rung, the share that lead to the next rung, less one half."""
    there = history.rungs.sum(axis=2) > 0.5
    main = history.rungs.argmax(axis=2)
    step = np.diff(main, axis=0)[there[1:] & there[:-1]]
    step = step[step != 0]
    return float((step == 1).mean() - 0.5) if step.size >= _FEW else np.nan


def _restless_young(history: History) -> float:
    """How much wider the yearly growth of young industries spreads than that of old ones, in log points."""
    share, rungs = history.industry_share[::4], history.rungs[::4]
    growth = np.log(share[1:]) - np.log(share[:-1])
    seen = np.isfinite(growth)
    young = seen & (rungs[:-1, :, :2].sum(axis=2) > 0.5)
    old = seen & (rungs[:-1, :, 3:].sum(axis=2) > 0.5)
    if young.sum() < _FEW or old.sum() < _FEW:
        return np.nan
    return float(growth[young].std() - growth[old].std())


# --- Regions -----------------------------------------------------------------------------------------------------


def _regional(history: History, name: str) -> Floats:
    from xinzhi.simulate.history import REGIONAL

    return np.asarray(history.regional[:, :, list(REGIONAL).index(name)])


def _new_output(history: History) -> Floats:
    """New-quality output, (years, R)."""
    return _regional(history, "output") * _regional(history, "new_quality_share")


def _talent(history: History) -> Floats:
    """Talent, (years, R), up to a constant: per head times heads, as new-quality output has them."""
    heads = _new_output(history) / _regional(history, "new_quality_per_head")
    return _regional(history, "talent") * heads


def _heads(start: Start) -> Floats:
    people = start.employment.sum(axis=1)
    return np.asarray(people / people.sum())


def _share_of_trailing(values: Floats, start: Start) -> float:
    """What of the last five years' total the trailing regions have."""
    last = values[-5:].mean(axis=0)
    return float(last[trailing(start)].sum() / last.sum())


def _level_start(history: History, start: Start) -> float:
    """Trailing regions' share of employment in industries born since the start, less their share in those of the start.

    At the end of the run; zero where a new industry is spread over regions as the old ones are.
    """
    last, old = history.cells[-1], len(start.industries)
    here = last[trailing(start)].sum(axis=0)
    everywhere = last.sum(axis=0)
    if everywhere[old:].sum() <= 0:
        return np.nan
    return float(here[old:].sum() / everywhere[old:].sum() - here[:old].sum() / everywhere[:old].sum())


def _lead_pays(history: History, start: Start) -> float:
    """Rank correlation over regions: new-quality share in the fifth year, and growth of output from then on."""
    output = _regional(history, "output")
    return _rank_correlation(_regional(history, "new_quality_share")[4], output[-1] / output[4])


def _density(history: History, start: Start) -> float:
    """Elasticity of new-quality output per head to talent per head over regions, mean of the last five years.

    Regions count by their people: of a small one, few firms say little.
    """
    new = np.log(_regional(history, "new_quality_per_head")[-5:].mean(axis=0))
    talent = np.log(_regional(history, "talent")[-5:].mean(axis=0))
    return float(_slopes(new, _heads(start), talent)[0])


def _talent_before_labour(history: History, start: Start) -> float:
    """Growth of new-quality output over regions: its standardised slope on talent per head less that on people.

    Both as they were at the start; so is new-quality output per head, which is held equal (what is far ahead cannot
    grow as fast). Regions count by their people.
    """
    new, per_head = _new_output(history), _regional(history, "new_quality_per_head")
    growth = np.log(new[-5:].mean(axis=0)) - np.log(new[0])
    heads = _heads(start)
    known = (np.log(start.talent / heads), np.log(heads), np.log(per_head[0]))
    slopes = _slopes(growth, heads, *known, standard=True)
    return float(slopes[0] - slopes[1])


def _slopes(outcome: Floats, weight: Floats, *known: Floats, standard: bool = False) -> Floats:
    """Weighted least-squares slopes; ``nan`` where too few regions were seen."""
    seen = np.isfinite(outcome) & np.all(np.isfinite(known), axis=0)
    if seen.sum() < 2 * _FEW:
        return np.full(len(known), np.nan)
    root = np.sqrt(weight[seen])
    columns = [_standard(one[seen]) if standard else one[seen] for one in known]
    wanted = _standard(outcome[seen]) if standard else outcome[seen]
    design = np.column_stack([*columns, np.ones(seen.sum())]) * root[:, None]
    return np.asarray(np.linalg.lstsq(design, wanted * root, rcond=None)[0][: len(known)])


def _standard(values: Floats) -> Floats:
    return np.asarray((values - values.mean()) / max(float(values.std()), 1e-300))


def _rank_correlation(left: Floats, right: Floats) -> float:
    from scipy.stats import rankdata

    seen = np.isfinite(left) & np.isfinite(right)
    if seen.sum() < _FEW:
        return np.nan
    return float((_standard(rankdata(left[seen])) * _standard(rankdata(right[seen]))).mean())


# --- The country -------------------------------------------------------------------------------------------------


def _after_spending(history: History) -> float:
    """Output less what levers spent, mean of all quarters, against the first quarter."""
    output, spent = history.series("output"), history.series("spent")
    return float((output * (1.0 - spent)).mean() / output[0])


_PLAIN = Text(en="", zh="")
_LOG = Text(en="log points", zh="对数点")

MEASURES: dict[str, Measure] = {
    "market_in_5y": Measure(
        Text(en="discoveries on the market within five years", zh="五年内走向市场的发现占比"),
        _PLAIN,
        lambda history, _: _quick(history, 0.0, 1.0),
    ),
    "quicker_late": Measure(
        Text(
            en="the same, last third of the run less first third", zh="五年内走向市场的发现占比：后三分之一减前三分之一"
        ),
        _PLAIN,
        lambda history, _: _quick(history, 2 / 3, 1.0) - _quick(history, 0.0, 1 / 3),
    ),
    "trials_for_one": Measure(
        Text(en="market trials for one success", zh="每项成功所需市场试验次数"),
        Text(en="trials", zh="次"),
        lambda history, _: _trials_for_one(history),
    ),
    "aged": Measure(
        Text(en="mean rung of the industries that began as emerging or leading", zh="期初新兴与主导产业的平均梯级"),
        Text(en="rungs", zh="级"),
        lambda history, _: _aged(history),
    ),
    "in_order": Measure(
        Text(en="changes of rung that lead to the next one, less one half", zh="逐级递进占梯级变动之比减二分之一"),
        _PLAIN,
        lambda history, _: _in_order(history),
    ),
    "restless_young": Measure(
        Text(en="spread of growth, young industries less old ones", zh="增速离散程度：年轻产业减成熟产业"),
        _LOG,
        lambda history, _: _restless_young(history),
    ),
    "trailing_new": Measure(
        Text(en="trailing regions' share of new-quality output", zh="后发地区占新质产出比重"),
        _PLAIN,
        lambda history, start: _share_of_trailing(_new_output(history), start),
    ),
    "trailing_talent": Measure(
        Text(en="trailing regions' share of talent", zh="后发地区占人才比重"),
        _PLAIN,
        lambda history, start: _share_of_trailing(_talent(history), start),
    ),
    "level_start": Measure(
        Text(
            en="trailing regions' share of new industries less that of old ones", zh="后发地区占比：新生产业减原有产业"
        ),
        _PLAIN,
        _level_start,
    ),
    "lead_pays": Measure(
        Text(en="rank correlation of new-quality share and later growth", zh="新质产业比重与其后增长的秩相关"),
        _PLAIN,
        _lead_pays,
    ),
    "density": Measure(
        Text(en="elasticity of new-quality density to talent density", zh="新质密度对人才密度的弹性"),
        _PLAIN,
        _density,
    ),
    "talent_before_labour": Measure(
        Text(
            en="slope of new-quality growth on talent less that on labour", zh="新质产出增长的标准化系数：人才减劳动力"
        ),
        _PLAIN,
        _talent_before_labour,
    ),
    "after_spending": Measure(
        Text(en="output after what policy spends", zh="扣除政策支出后的产出"),
        Text(en="start = 1", zh="期初 = 1"),
        lambda history, _: _after_spending(history),
    ),
}
"""What a run leaves for the claims beside its yearly series."""
