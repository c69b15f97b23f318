"""Tables of industries: what is brought in, what is kept as bounds, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import xinzhi as xz
from xinzhi.core.errors import DataError, MethodError
from xinzhi.core.specs import Text

ASKED = {"industry": "industry", "period": "year", "region": "region", "measures": {"employment": "emp"}}


def table(**columns):
    rows = {
        "region": ["B", "B", "A", "A"],
        "industry": ["x", "x", "y", "x"],
        "year": [2001, 2003, 2001, 2002],
        "emp": [1.0, 2.0, 3.0, 4.0],
    }
    return pd.DataFrame({**rows, **columns})


def codes(caught):
    return {fault.code for fault in caught.value.faults}


def noted(made):
    return {fault.code for fault in made.notes}


def test_series_are_sorted_and_years_dense():
    made = xz.industries(table(), **ASKED, units={"employment": "persons"}, names={"x": {"en": "steel", "zh": "钢铁"}})
    assert made.values["region"].values.tolist() == ["A", "A", "B"]
    assert made.values["industry"].values.tolist() == ["x", "y", "x"]
    assert made.values["time"].values.tolist() == [2001, 2002, 2003]
    np.testing.assert_array_equal(made.of("employment"), [[np.nan, 4, np.nan], [3, np.nan, np.nan], [1, np.nan, 2]])
    assert made.values["unit"].values.tolist() == ["persons"]
    assert made.name("x").zh == "钢铁"
    assert made.name("y") == Text(en="y", zh="y")
    assert made.low is None
    assert made.high is None
    assert len(str(made).splitlines()) == 6


def test_a_region_need_not_be_named():
    rows = table().drop(columns="region").drop_duplicates(["industry", "year"])
    made = xz.industries(rows, industry="industry", period="year", measures=["emp"])
    assert set(made.values["region"].values.tolist()) == {"all"}
    assert made.measures == ("emp",)


def test_frames_of_any_kind_and_files_say_the_same(tmp_path):
    file = tmp_path / "industries.csv"
    table().to_csv(file, index=False)
    of = [xz.industries(one, **ASKED) for one in (table(), pl.from_pandas(table()), file)]
    for other in of[1:]:
        assert other.values.identical(of[0].values)
    assert of[0].record.inputs == of[1].record.inputs
    assert set(of[2].record.inputs) == {"industries.csv"}


def test_the_order_of_rows_does_not_matter():
    other = xz.industries(table().iloc[::-1], **ASKED)
    assert other.values.identical(xz.industries(table(), **ASKED).values)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("<5", 0, 5),
        ("<=5", 0, 5),
        ("20-49", 20, 49),
        ("20–49", 20, 49),
        ("1,000 to 2,499", 1000, 2499),
        ("20至49", 20, 49),
        ("１００～２４９", 100, 249),
        ("100000+", 100000, np.inf),
        ("≥ 50", 50, np.inf),
        ("不足10", 0, 10),
        ("D", 0, np.inf),
        ("(D)", 0, np.inf),
        ("*", 0, np.inf),
        ("b", 20, 99),
    ],
)
def test_what_is_withheld_lies_between_bounds_and_is_never_zero(text, low, high):
    made = xz.industries(table(emp=["1", "2", text, "4"]), **ASKED, flags={"a": (0, 19), "B": (20, 99)})
    assert np.isnan(made.of("employment").values[1, 0])
    found = [side.values[1, 0] for side in made.bounds("employment")]
    assert found == [low, high]
    assert "bounded-cells" in noted(made)
    told = made.to_frame().set_index(["region", "industry", "time"]).loc[("A", "y", 2001)]
    assert (told["low"], told["high"]) == (low, high)
    assert made.low.values[0, 1, 0] == made.high.values[0, 1, 0] == 4


def test_columns_of_bounds_stand_in_for_values_not_told():
    rows = table(emp=[1.0, 2.0, np.nan, np.nan], lo=[0, 0, 10, np.nan], hi=[9, 9, 20, np.nan])
    made = xz.industries(rows, **ASKED, low={"employment": "lo"}, high={"employment": "hi"})
    assert (made.low.values[1, 0, 0], made.high.values[1, 0, 0]) == (10, 20)
    assert np.isnan(made.low.values[0, 1, 0])
    assert made.low.values[2, 0, 0] == 1
    with pytest.raises(DataError) as caught:
        xz.industries(rows.assign(lo=5), **ASKED, low={"employment": "lo"}, high={"employment": "hi"})
    assert codes(caught) >= {"outside-bounds"}
    with pytest.raises(DataError) as caught:
        xz.industries(rows, **ASKED, low={"employment": "hi"}, high={"employment": "lo"})
    assert "crossed-bounds" in codes(caught)
    with pytest.raises(DataError) as caught:
        xz.industries(rows, **ASKED, low={"employment": "lo"})
    assert "half-bounds" in codes(caught)


def test_everything_wrong_is_said_at_once():
    rows = pd.DataFrame(
        {
            "region": ["A"] * 7,
            "industry": ["x", "x", "x", "x", None, "x", "x"],
            "year": ["2001", "1201", "9999", "soon", "2001", "2002", "2002"],
            "emp": ["-1", "2", "3", "4", "5", "many", "7"],
        }
    )
    with pytest.raises(DataError) as caught:
        xz.industries(rows, **ASKED)
    assert codes(caught) >= {"negative-value", "year-out-of-range", "no-year", "no-industry", "not-a-number"}
    assert all(fault.zh for fault in caught.value.faults)
    assert "1201, 9999" in caught.value.say()
    kept = rows.assign(emp=["1", "2", "3", "4", "5", "6", "7"]).iloc[:6]
    made = xz.industries(kept, **ASKED, unknown="drop")
    assert made.values["time"].values.tolist() == [2001, 2002]
    assert noted(made) >= {"year-out-of-range", "no-year", "no-industry"}


def test_the_future_cannot_have_been_observed_unless_it_is_said_so():
    rows = table(year=[2001, 2003, 2001, 2099])
    with pytest.raises(DataError, match="2099"):
        xz.industries(rows, **ASKED)
    made = xz.industries(rows, **ASKED, years=(2000, 2100))
    assert made.values.sizes["time"] == 99


def test_blanks_are_counted_and_stay_blank():
    rng = np.random.default_rng(1)
    full = pd.DataFrame(
        [(f"i{i}", 2000 + t, i + t + 1.0) for i in range(20) for t in range(10)], columns=["i", "t", "v"]
    )
    blank = rng.random(len(full)) < 0.4
    made = xz.industries(full.assign(v=full["v"].mask(blank)), industry="i", period="t", measures={"employment": "v"})
    (note,) = [note for note in made.notes if note.code == "blank-cells"]
    assert f"{int(blank.sum())} cells" in note.en
    assert int(np.isnan(made.values.values).sum()) == int(blank.sum())


def test_a_repeated_cell_is_refused_not_added_up():
    with pytest.raises(DataError, match="A × x × 2002"):
        xz.industries(pd.concat([table(), table().tail(1)]), **ASKED)


def test_codes_of_mixed_kinds_are_refused():
    with pytest.raises(DataError) as caught:
        xz.industries(table(industry=["0011", 11, "12", "13"]), **ASKED)
    assert codes(caught) == {"mixed-labels"}


def test_infinite_values_are_refused_and_value_added_may_be_negative():
    with pytest.raises(DataError) as caught:
        xz.industries(table(emp=[1, np.inf, 2, 3]), **ASKED)
    assert "infinite-value" in codes(caught)
    made = xz.industries(table(emp=[1, -5, 2, 3]), **{**ASKED, "measures": {"value_added": "emp"}})
    assert made.of("value_added").min() == -5


def test_what_is_not_there_is_named():
    with pytest.raises(DataError, match="'sales'"):
        xz.industries(table(), **{**ASKED, "measures": {"revenue": "sales"}})
    with pytest.raises(DataError, match="There are: employment"):
        xz.industries(table(), **ASKED).of("output")
    with pytest.raises(DataError, match="no measure is named"):
        xz.industries(table(), **{**ASKED, "measures": {}})
    with pytest.raises(MethodError, match="maybe"):
        xz.industries(table(), **ASKED, unknown="maybe")


def test_names_may_stand_in_a_column():
    made = xz.industries(table(label=["钢铁", "钢铁", "软件", ""]), **ASKED, names="label")
    assert {code: name.zh for code, name in made.names.items()} == {"x": "钢铁", "y": "软件"}


def test_the_census_file_comes_in_as_it_is(shared_data):
    made = xz.industries(
        shared_data / "us" / "bds2022_vcn3.csv",
        industry="vcnaics3",
        period="year",
        measures={"employment": "emp", "entries": "estabs_entry"},
    )
    assert made.values.shape == (86, 45, 2)
    assert float(made.of("employment").sel(time=1978)[made.values["industry"] == "113"].item()) == 103194
    assert noted(made) == {"blank-cells"}
