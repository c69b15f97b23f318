"""Coupling coordination of the stages of a chain, against sums written out by hand."""

import math

import openpyxl
import pandas as pd
import pytest

from tests.linked import CRAFTS, REGIONS, YEARS, linked_study
from xinzhi.core.errors import MethodError
from xinzhi.dynamics.coordination import GRADES
from xinzhi.study.outputs import make
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.summary import as_data, in_words

LEAN = "forecast = false\ncomplexity = false\nrelatedness = false"


def ran(folder, asked, **given):
    return run(read_study(linked_study(folder, science=LEAN, craft=LEAN, more=f"coupling = {asked}", **given)))


@pytest.mark.parametrize("scale", ["min-max", "share"])
def test_degrees_are_those_of_the_totals(tmp_path, scale):
    found = ran(tmp_path, f'{{ scale = "{scale}" }}').structure
    table = found.tables["fusion-coupling"].set_index(["period", "region"])
    assert len(table) == 3 * len(REGIONS)
    levels = {}
    for stage in ("science", "craft"):
        space = found[stage]
        total = {
            (period, region): float(matrix.toarray()[at].sum())
            for period, matrix in zip(space.links.periods, space.links.values, strict=True)
            for at, region in enumerate(space.links.regions)
        }
        if scale == "share":
            whole = {period: sum(of for (when, _), of in total.items() if when == period) for period, _ in total}
            total = {key: of / whole[key[0]] for key, of in total.items()}
            levels[stage] = {key: of / max(total.values()) for key, of in total.items()}
        else:
            low, high = min(total.values()), max(total.values())
            levels[stage] = {key: (of - low) / (high - low) for key, of in total.items()}
    for key, row in table.iterrows():
        a, b = levels["science"][key], levels["craft"][key]
        c = 2 * math.sqrt(a * b) / (a + b) if a + b else 0.0
        d = math.sqrt(c * (a + b) / 2)
        assert row["coupling"] == pytest.approx(c, abs=1e-12)
        assert row["level"] == pytest.approx((a + b) / 2)
        assert row["coordination"] == pytest.approx(d, abs=1e-7)
        assert (row["grade"] - 1) / 10 - 1e-9 <= row["coordination"] <= row["grade"] / 10 + 1e-9
        assert row["grade_zh"] == GRADES[row["grade"] - 1].zh


def test_it_is_written_shown_and_said(tmp_path):
    result = ran(tmp_path / "study", "true")
    make(result, tmp_path / "made")
    kept = pd.read_parquet(tmp_path / "made" / "structure" / "fusion-coupling.parquet")
    pd.testing.assert_frame_equal(kept, result.structure.fusion.coupling, check_dtype=False)
    book = openpyxl.load_workbook(tmp_path / "made" / "results.xlsx", read_only=True)
    rows = list(book["fusion coupling 耦合协调"].iter_rows(values_only=True))
    assert len(rows) == 1 + len(kept)
    assert "Coupling coordination in 2005-2006 (min-max): mean of 12 regions" in in_words(result, tmp_path, "en")
    assert "R12 1.00（优质协调）" in in_words(result, tmp_path, "zh")
    assert len(as_data(result, tmp_path)["coupling"]) == len(kept)
    # The smallest total of each stage is its level 0 under min-max, which is said.
    assert "level-zero" in {notice.code for notice in result.structure.fusion.notices}


def test_without_being_asked_for_it_is_not_told(tmp_path):
    result = run(read_study(linked_study(tmp_path, science=LEAN, craft=LEAN)))
    assert "fusion-coupling" not in result.structure.tables
    assert "coupling" not in as_data(result, tmp_path)


def test_a_stage_that_is_the_same_everywhere_has_no_level(tmp_path):
    rows = [f"{r},{c},{year},5" for r in REGIONS for c in CRAFTS for year in YEARS]
    flat = "\n".join(["region,activity,year,value", *rows]) + "\n"
    with pytest.raises(MethodError) as refused:
        ran(tmp_path, "true", craft_csv=flat)
    fault = refused.value.faults[0]
    assert (fault.code, fault.file, fault.column) == ("no-spread", "study.toml", "fusion.coupling")
    assert fault.row
