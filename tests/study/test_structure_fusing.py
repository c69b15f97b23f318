"""What one stage of a chain lends to another, in both directions, beside chance; lags, as a study tells them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.linked import CRAFTS, FIELDS, linked_study
from xinzhi.structure.across import across, support
from xinzhi.structure.bicm import configuration
from xinzhi.study.reading import read_study
from xinzhi.study.running import run
from xinzhi.study.structure_sheets import structure_sheets

LEAN = "forecast = false\ncomplexity = { draws = 0 }"


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run(read_study(linked_study(tmp_path_factory.mktemp("fused"), science=LEAN, craft=LEAN)))


@pytest.mark.parametrize("way", [("science", "craft"), ("craft", "science")])
def test_support_is_told_in_both_directions_beside_chance(result, way):
    first, then = (result.structure[name].presence for name in way)
    last = first.periods[-1]
    near = across(first, then, period=last)
    wanted = support(near, first, then, period=last)
    fused = result.structure.fusion
    rows = fused.supported[(fused.supported["from"] == way[0]) & (fused.supported["to"] == way[1])]
    pd.testing.assert_frame_equal(
        rows[["region", "field", "held", "support"]].reset_index(drop=True),
        wanted.to_frame().rename(columns={"activity": "field"}),
        check_dtype=False,
    )
    # Chance: the probabilities of links of the source in place of the links, cell by cell.
    likely = configuration(first.at(last)).expected()
    phi = np.nan_to_num(near.values)
    by_hand = pd.DataFrame(likely @ phi / phi.sum(axis=0), first.regions, then.activities)
    told = rows.pivot_table(index="region", columns="field", values="by_chance")
    np.testing.assert_allclose(told, by_hand.loc[told.index, told.columns])
    means = fused.support[(fused.support["from"] == way[0]) & (fused.support["to"] == way[1])].set_index("region")
    of_held = rows[rows["held"]].groupby("region")["support"].mean()
    assert means["held"].dropna().to_dict() == pytest.approx(of_held.to_dict())


def test_fields_have_their_names_and_the_workbook_shows_what_is_lacking(result):
    table = result.structure.fusion.supported
    sciences = table[table["to"] == "science"]
    assert set(sciences["field_zh"]) == {f"领域{field}" for field in FIELDS}
    assert set(table[table["to"] == "craft"]["field"]) == set(CRAFTS)
    sheets = {sheet.name: list(sheet.rows) for sheet in structure_sheets(result.structure)}
    lacking = table[~table["held"]].groupby(["from", "to", "region"]).size().clip(upper=10)
    assert len(sheets["fusion supported 跨空间密度"]) == lacking.sum()
    assert "fusion across 跨空间关联" not in sheets, "of so few regions no tie is beyond chance"
    fused = result.structure.fusion
    told = replace(result.structure, fusion=replace(fused, across=fused.across.assign(significant=True)))
    (ties,) = (sheet for sheet in structure_sheets(told) if sheet.name == "fusion across 跨空间关联")
    near = [row[[head for head, _ in ties.heads].index("Relatedness")] for row in ties.rows]
    assert near == sorted(fused.across["relatedness"], reverse=True)
