"""What a simulation is worth, as the page shows it: facts, the paper's claims, what the data say of knobs, scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from xinzhi.core.specs import Text
from xinzhi.report.packing import number, rounded, text
from xinzhi.simulate.claims import Claims, Effect, Judged
from xinzhi.simulate.facts import Fact, Facts
from xinzhi.simulate.heldout import MEASURES as SCORES
from xinzhi.simulate.heldout import OUTCOMES as PREDICTED
from xinzhi.simulate.heldout import PLACES, RIVALS, HeldOut
from xinzhi.simulate.knobs import KNOBS
from xinzhi.simulate.moments import TITLES
from xinzhi.simulate.outcomes import OUTCOMES
from xinzhi.simulate.posterior import VERDICTS, Posterior

_BINS = 20
_UNITS = {
    "1": "",
    "per quarter": "每季度",
    "share": "比重",
    "log points": "对数点",
    "probability": "概率",
    "people": "人",
    "quality": "质量",
    "years": "年",
    "mean size": "平均规模",
    "0 to 1": "0 至 1",
    "share of failure": "失败概率的比重",
    "share of output": "占产出比重",
    "share of quarterly output": "占季度产出比重",
}


def unit(of: str) -> dict[str, str]:
    """A knob's unit in both languages; a plain number has none."""
    return {"en": "" if of == "1" else of, "zh": _UNITS.get(of, of)}


def facts(found: Facts | None) -> list[dict[str, Any]]:
    """Known facts of firms, ventures and industries beside what the model brought forth."""
    return [_fact(one) for one in found.facts] if found else []


def factual(found: Facts | None) -> dict[str, Any] | None:
    """The runs that were held against the facts."""
    return {"runs": found.runs, "level": found.level} if found else None


def _fact(one: Fact) -> dict[str, Any]:
    target = one.target
    return {
        "code": target.code,
        "name": text(target.name),
        "says": text(target.says),
        "unit": text(target.unit),
        "target": number(target.value),
        "targetLow": number(target.low),
        "targetHigh": number(target.high),
        **{name: number(getattr(one, name)) for name in ("got", "low", "high")},
        "targeted": one.targeted,
        "meets": None if one.meets is None else bool(one.meets),
        "source": target.source,
        "missing": text(one.missing) if one.missing else None,
        "note": text(target.note) if target.note else None,
    }


# --- Claims of the paper ----------------------------------------------------------------------------------------


def claims(found: Claims | None) -> list[dict[str, Any]]:
    """Every claim that was put to the model: what it says, how it was put, what came out and under which conditions."""
    return [_claim(one) for one in found.found] if found else []


def claimed(found: Claims | None) -> dict[str, Any] | None:
    """The runs that the claims were tried on."""
    return {name: getattr(found, name) for name in ("draws", "firms", "years", "worlds", "level")} if found else None


def _claim(one: Judged) -> dict[str, Any]:
    claim = one.claim
    known = OUTCOMES.get(claim.outcome)
    return {
        "id": " ".join(claim.ids),
        "title": text(claim.title),
        "says": text(claim.says),
        "put": text(claim.put),
        "why": text(claim.why),
        "kind": claim.kind,
        "series": claim.outcome,
        "measured": text(claim.measured),
        "scale": "ratio" if claim.logs or known is None else known.kind,
        "unit": text(claim.unit),
        "expected": claim.sign,
        # What was found is told as its own sign, not as for or against.
        "found": one.usual.found * claim.sign,
        **_interval(one.usual),
        "conditions": [
            {"name": text(effect.title), **_interval(effect), "holds": effect.found == 1} for effect in one.conditions
        ],
        "fails": text(one.fails) if one.fails else None,
        "verdict": one.verdict,
    }


def _interval(effect: Effect) -> dict[str, float | None]:
    return {name: number(getattr(effect, name)) for name in ("effect", "low", "high")}


# --- What the data say ------------------------------------------------------------------------------------------


def posterior(found: Posterior | None) -> dict[str, Any] | None:
    """What the data say of the knobs that were inferred."""
    if found is None:
        return None
    table = found.to_frame().to_dict("records")
    return {
        "accepted": rounded(found.effective),
        "tried": found.draws,
        "method": {
            "en": "Likelihood-free inference from simulated moments",
            "zh": "基于模拟矩的无似然推断",
        },
        "knobs": [_inferred(found, at, row) for at, row in enumerate(table)],
        "moments": [
            {
                "name": text(_moment(str(row["moment"]))),
                "data": number(row["target"]),
                "got": number(row["predicted"]),
                "low": number(row["low"]),
                "high": number(row["high"]),
                "inside": bool(row["inside"]),
                "source": str(row["source"]),
            }
            for row in found.fit().to_dict("records")
        ],
        "together": [
            {"knobs": [text(_knob(name)) for name in pair.names], "known": rounded(pair.contraction)}
            for pair in found.pairs
        ],
    }


def _inferred(found: Posterior, at: int, row: dict[Any, Any]) -> dict[str, Any]:
    """One knob before and after the data; the bins are shares of the posterior, evenly over the prior."""
    low, high = float(row["prior_low"]), float(row["prior_high"])
    shares, _ = np.histogram(found.sample[:, at], bins=_BINS, range=(low, high), weights=found.weights)
    verdict = found.verdicts[at]
    return {
        "name": row["parameter"],
        "title": text(_knob(row["parameter"])),
        "unit": unit(str(row["unit"])),
        "priorLow": rounded(low),
        "priorHigh": rounded(high),
        "median": number(row["median"]),
        "low": number(row["low"]),
        "high": number(row["high"]),
        "narrowed": number(row["contraction"]),
        "identified": verdict == "identified",
        "verdict": text(VERDICTS[verdict]),
        "coverage": number(row["coverage"]),
        "bins": [rounded(float(share)) for share in shares],
    }


def _knob(name: str) -> Text:
    known = KNOBS.get(name)
    return Text(en=known.en, zh=known.zh) if known else Text(en=name, zh=name)


def _moment(name: str) -> Text:
    return TITLES.get(name) or Text(en=name, zh=name)


# --- What was held out ------------------------------------------------------------------------------------------

# Measures of which less is better.
_ERRORS = frozenset({"rmse"})
# What a score is of: later years of the regions that the model was fitted to, or regions that it never saw.
_HELD = {"shown": "years", "held": "regions"}


def heldout(found: HeldOut | None) -> list[dict[str, Any]]:
    """Scores of the model on what it was not shown, beside its rivals; one entry a place, outcome and measure."""
    if found is None:
        return []
    groups = found.to_frame().groupby(["place", "outcome", "measure"], sort=False)
    return [_scored(str(place), str(what), str(how), rows) for (place, what, how), rows in groups]


def _scored(place: str, outcome: str, measure: str, rows: pd.DataFrame) -> dict[str, Any]:
    first = rows.iloc[0]
    own = {"model": "world", "name": {"en": "this model", "zh": "本模型"}, "score": number(first["model"])}
    own |= {"low": number(first["model_low"]), "high": number(first["model_high"])}
    return {
        "what": _HELD[place],
        "title": {
            "en": f"{PREDICTED[outcome].en}, {PLACES[place].en}",
            "zh": f"{PREDICTED[outcome].zh}（{PLACES[place].zh}）",
        },
        "measure": text(SCORES[measure]),
        "better": -1 if measure in _ERRORS else 1,
        "cases": int(first["cells"]),
        "rows": [own | _NO_LEAD, *(_rival(row) for row in rows.to_dict("records"))],
    }


_NO_LEAD = {"lead": None, "leadLow": None, "leadHigh": None, "verdict": None}


def _rival(row: dict[Any, Any]) -> dict[str, Any]:
    """A rival's score, and by how much the model is better: below nothing where it is worse."""
    return {
        "model": row["rival"],
        "name": text(RIVALS[row["rival"]]),
        "score": number(row["rival_value"]),
        "low": None,
        "high": None,
        "lead": number(row["lead"]),
        "leadLow": number(row["lead_low"]),
        "leadHigh": number(row["lead_high"]),
        "verdict": row["verdict"],
    }
