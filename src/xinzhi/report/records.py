"""Records as the page shows them: what was found in them, what they were recognised as, and how sure that is."""

from __future__ import annotations

from typing import Any

from xinzhi.report.packing import rounded, text
from xinzhi.study.records.results import Recorded, Tallied

# So many records of each class are on the page with what speaks for them.
EXAMPLES = 3


def recorded(found: Recorded) -> list[dict[str, Any]]:
    """Every block of records: counts by reason, classes with examples, and the evaluation."""
    return [_block(block) for block in found.blocks.values()]


def _block(block: Tallied) -> dict[str, Any]:
    return {
        "name": block.spec.name,
        "title": text(block.spec.called),
        "file": block.spec.file,
        "kind": text(block.kind),
        "rows": block.cleaning.rows,
        "removed": block.taken_out,
        "counted": rounded(block.placed),
        "by": list(block.sides),
        "blanks": [
            {"column": str(column), "share": rounded(share)} for column, share in block.cleaning.blanks.items() if share
        ],
        "found": [
            {
                "code": row["code"],
                "column": row["column"] if isinstance(row["column"], str) else None,
                "count": None if row["count"] != row["count"] else int(row["count"]),
                "text": {"en": row["said_en"], "zh": row["said_zh"]},
            }
            for row in block.report.to_dict("records")
            if row["said_en"]
        ],
        "recognised": _recognised(block) if block.recognised else None,
        "evaluation": _evaluation(block) if block.evaluation else None,
    }


def _recognised(block: Tallied) -> dict[str, Any]:
    found = block.recognised
    assert found is not None
    counts, classes = found.counts, found.taxonomy.classes
    place = {own.code: at for at, own in enumerate(classes)}
    rows = block.classed
    shown = rows[rows.groupby("class").cumcount() < EXAMPLES].groupby("class")
    examples = {
        str(code): [
            {"id": row["id"], "probability": rounded(row["probability"]), "because": row["because"]}
            for row in of.to_dict("records")
        ]
        for code, of in shown
    }
    some, none, unread = block.outcomes
    return {
        "taxonomy": found.taxonomy.code,
        "title": text(found.taxonomy.title),
        "way": text(found.way),
        "calibrated": found.calibrated,
        "threshold": found.threshold,
        "outcomes": {"classes": some, "none": none, "unread": unread},
        "classes": [
            {
                "code": own.code,
                "name": text(own.name),
                "parent": place[own.parent] if own.parent else -1,
                "records": int(counts[own.code]),
                "examples": examples.get(own.code, []),
            }
            for own in classes
        ],
    }


def _evaluation(block: Tallied) -> dict[str, Any]:
    found = block.evaluation
    assert found is not None

    def row(of: dict[Any, Any]) -> dict[str, Any]:
        triples = {
            key: [rounded(of[name]) for name in (key, f"{key}_low", f"{key}_high")]
            for key in ("precision", "recall", "f1")
        }
        counts = {key: rounded(of[key]) for key in ("labelled", "found", "right")}
        return {"code": of["class"], **counts, **triples}

    return {
        "way": text(found.way),
        "records": found.records,
        "folds": found.folds,
        "classes": [
            row(one) for one in found.classes.reset_index().to_dict("records") if one["labelled"] or one["found"]
        ],
        "averages": [row(one) for one in found.averages.reset_index().to_dict("records")],
        "calibration": [
            {
                "from": one["from"],
                "to": one["to"],
                "many": int(one["many"]),
                "said": rounded(one["said"]),
                "so": rounded(one["so"]),
            }
            for one in found.calibration.to_dict("records")
        ],
        "brier": rounded(found.brier),
        "ece": rounded(found.ece),
    }
