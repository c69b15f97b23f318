"""Scores of what was said beside what rivals said, with intervals over regions drawn anew; and the rivals' logit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg
from scipy.special import expit

from xinzhi.core.labels import Floats

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.intp]

# Numbers that one portion of draws holds at once: some 30 MB.
_ROOM = 4_000_000
# Prior deviation of an effect of a region or an industry, in log odds, and of a slope per deviation of its regressor.
_EFFECT, _SLOPE = 1.0, 5.0
_SURE = 1e-6


@dataclass(frozen=True)
class Judged:
    """One measure of the model and of one rival; ``lead`` is positive where the model is better."""

    measure: str
    rival: str
    model: tuple[float, float, float]
    other: float
    lead: tuple[float, float, float]

    @property
    def verdict(self) -> str:
        """``ahead``, ``behind``, or ``level`` where the interval holds zero."""
        return "ahead" if self.lead[1] > 0 else "behind" if self.lead[2] < 0 else "level"

    def row(self) -> dict[str, object]:
        """As columns of a table."""
        told: dict[str, object] = dict(zip(("model", "model_low", "model_high"), self.model, strict=True))
        told |= {"rival": self.rival, "rival_value": self.other}
        return told | dict(zip(("lead", "lead_low", "lead_high"), self.lead, strict=True)) | {"verdict": self.verdict}


def judged(
    happened: Bools, said: dict[str, Floats], regions: Codes, level: float, draws: int, seed: int
) -> list[Judged]:
    """AUC, average precision and mean log score of probabilities (n,), the model's first, beside each rival's.

    ``regions`` (n,) says to which region a cell belongs; draws of regions weigh the cells.
    """
    codes = np.unique(regions, return_inverse=True)[1]
    times = _drawn(int(codes.max()) + 1, draws, seed)
    found: dict[str, dict[str, Floats]] = {"auc": {}, "average_precision": {}, "log_score": {}}
    for who, p in said.items():
        found["auc"][who], found["average_precision"][who] = _ranked(happened, p, codes, times)
        right = np.log(np.where(happened, p, 1 - p).clip(_SURE, 1))
        found["log_score"][who] = times @ np.bincount(codes, right) / (times @ np.bincount(codes))
    return [one for measure, values in found.items() for one in _beside(measure, values, level, better=1)]


def share_errors(errors: dict[str, Floats], level: float, draws: int, seed: int) -> list[Judged]:
    """Root mean squared errors of shares (R, J), the model's first, beside each rival's."""
    times = _drawn(len(next(iter(errors.values()))), draws, seed)
    values = {who: np.sqrt(times @ (error**2).mean(axis=1) / times.sum(axis=1)) for who, error in errors.items()}
    return _beside("rmse", values, level, better=-1)


def _drawn(regions: int, draws: int, seed: int) -> Floats:
    """How often each region is drawn (1 + draws, R); the first row has each once."""
    drawn = np.random.default_rng(seed).multinomial(regions, np.full(regions, 1 / regions), size=draws)
    return np.vstack([np.ones(regions), drawn]).astype(float)


def _beside(measure: str, values: dict[str, Floats], level: float, better: int) -> list[Judged]:
    """The model's values (1 + draws,) beside each rival's; draws in which nothing could be scored count for nothing."""
    tail = (1 - level) / 2
    model = values["model"]

    def told(all_: Floats) -> tuple[float, float, float]:
        low, high = np.nanquantile(all_[1:], [tail, 1 - tail]) if len(all_) > 1 else (np.nan, np.nan)
        return float(all_[0]), float(low), float(high)

    return [
        Judged(measure, rival, told(model), float(other[0]), told(better * (model - other)))
        for rival, other in values.items()
        if rival != "model"
    ]


def _ranked(happened: Bools, p: Floats, codes: Codes, times: Floats) -> tuple[Floats, Floats]:
    """AUC and average precision (draws,) with cells weighed as their regions were drawn; ties count half, together.

    ``nan`` in draws where it happened everywhere or nowhere. Hanley, McNeil 1982, Radiology 143: 29.
    """
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0, True))
    starts = np.concatenate([[0], ends[:-1] + 1])
    areas, precisions = [], []
    for part in np.array_split(times, 1 + len(times) * len(p) // _ROOM):
        weight = part[:, codes[order]]
        yes = np.add.reduceat(weight * happened[order], starts, axis=1)
        no = np.add.reduceat(weight * ~happened[order], starts, axis=1)
        found, passed = np.cumsum(yes, axis=1), np.cumsum(no, axis=1)
        true, false = found[:, -1], passed[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            below = false[:, None] - passed + no / 2
            areas.append((yes * below).sum(axis=1) / (true * false))
            steps = np.where(yes > 0, yes * found / np.maximum(found + passed, 1e-300), 0.0)
            precisions.append(np.where(false > 0, steps.sum(axis=1) / true, np.nan))
    return np.concatenate(areas), np.concatenate(precisions)


Cells = tuple[Floats, Floats, Bools]


def probabilities_of(lessons: list[Cells], test: Cells, shape: tuple[int, int], plain: bool) -> Floats:
    """What a logit learned from some cells says of others (n,).

    Cells are regressors (n, 2), their own past and density; codes (n, 2) of region and industry of ``shape``; and what
    happened. ``plain`` keeps to the own past, else density and effects of regions and industries come in.
    """
    x = np.vstack([cells[0] for cells in lessons])
    codes = np.vstack([cells[1] for cells in lessons]).astype(int)
    happened = np.concatenate([cells[2] for cells in lessons])
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)

    def design(values: Floats, where: Codes) -> Floats:
        z = (values - centre) / scale
        if plain:
            return np.column_stack([np.ones(len(z)), z[:, 0], z[:, 0] ** 2])
        # A cell with no past at all differs in kind from one with little: the square bends the slope.
        dummies = np.zeros((len(z), sum(shape)))
        rows = np.arange(len(z))
        dummies[rows, where[:, 0]] = 1.0
        dummies[rows, shape[0] + where[:, 1]] = 1.0
        return np.column_stack([np.ones(len(z)), z[:, 0], z[:, 0] ** 2, z[:, 1], dummies])

    columns = design(x, codes)
    slopes = 3 if plain else 4
    penalty = np.full(columns.shape[1], 1 / _EFFECT**2)
    penalty[:slopes] = 1 / _SLOPE**2
    return np.asarray(expit(design(test[0], test[1].astype(int)) @ penalised_logit(columns, happened, penalty)))


def penalised_logit(x: Floats, happened: Bools, penalty: Floats, *, steps: int = 50) -> Floats:
    """Coefficients (k,) of a logit with normal priors: the top of Σ log p - ½ Σ penalty β².

    Newton's steps, halved where they overshoot. The top is unique where every penalty is above 0.
    """
    y = happened.astype(float)
    beta = np.zeros(x.shape[1])

    def height(at: Floats) -> float:
        odds = x @ at
        return float(y @ odds - np.logaddexp(0, odds).sum() - 0.5 * penalty @ at**2)

    now = height(beta)
    for _ in range(steps):
        p = expit(x @ beta)
        slope = x.T @ (y - p) - penalty * beta
        move = linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty), slope, assume_a="pos")
        while (new := height(beta + move)) < now and np.abs(move).max() > 1e-12:
            move = move / 2
        beta, now = beta + move, max(new, now)
        if np.abs(move).max() < 1e-9:
            break
    return np.asarray(beta)
