from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from xinzhi.core.errors import DataError
from xinzhi.data.frames import load_frame, panel_from_frame

ROWS = {
    "省份": ["北京", "北京", "上海"],
    "年份": [2018, 2019, 2019],
    "gdp": [1.0, 2.0, None],
    "rd": ["1,000", "2", "—"],
}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"])
def test_any_frame_becomes_the_same_panel(make):
    panel = panel_from_frame(make(ROWS), regions="china-provinces")
    assert list(panel.region.values) == ["110000", "310000"]
    assert float(panel.sel(region="110000", time=2018, indicator="rd")) == 1000
    assert np.isnan(panel.sel(region="310000", time=2018)).all()
    assert panel.dims == ("region", "time", "indicator")


def test_a_named_index_is_data():
    frame = pd.DataFrame(ROWS).set_index(["省份", "年份"])
    assert panel_from_frame(frame, regions="china-provinces").sizes["time"] == 2


def test_years_of_a_wide_frame_may_be_numbers():
    frame = pd.DataFrame({"省份": ["北京"], 2018: [1.0], 2019: [2.0]})
    panel = panel_from_frame(frame, regions="china-provinces", indicator_code="gdp")
    assert list(panel.time.values) == [2018, 2019]


def test_years_as_floats_are_listed():
    frame = pd.DataFrame({"省份": ["北京", "上海"], "年份": [2018.0, 2019.0], "gdp": [1, 2]})
    data = load_frame(frame, regions="china-provinces")
    assert [(r.reason, r.was, r.now) for r in data.repairs] == [
        ("year-as-decimal", "2018.0", "2018"),
        ("year-as-decimal", "2019.0", "2019"),
    ]


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["北京", "上海"])])
def test_categories_of_polars(kind):
    frame = pl.DataFrame(ROWS).with_columns(pl.col("省份").cast(kind))
    assert list(panel_from_frame(frame, regions="china-provinces").region.values) == ["110000", "310000"]


def test_a_pandas_column_of_texts_and_numbers_is_read_as_text():
    frame = pd.DataFrame(ROWS | {"gdp": [1, "2,000", None]})
    panel = panel_from_frame(frame, regions="china-provinces")
    assert float(panel.sel(region="110000", time=2019, indicator="gdp")) == 2000


def test_periods_are_years():
    frame = pd.DataFrame(ROWS | {"年份": pd.PeriodIndex(["2018", "2019", "2019"], freq="Y")})
    assert list(panel_from_frame(frame, regions="china-provinces").time.values) == [2018, 2019]


def test_a_record_batch():
    assert panel_from_frame(pa.RecordBatch.from_pydict(ROWS), regions="china-provinces").sizes["time"] == 2


def test_two_columns_of_one_name_are_a_fault():
    frame = pd.DataFrame(ROWS)
    with pytest.raises(DataError, match="gdp"):
        panel_from_frame(pd.concat([frame, frame[["gdp"]]], axis=1), regions="china-provinces")


def test_names_as_they_stand():
    frame = pd.DataFrame({"park": ["East", "West"], "year": [2019, 2019], "jobs": [1, 2]})
    panel = panel_from_frame(frame)
    assert list(panel.region.values) == ["East", "West"]
    assert list(panel["name_zh"].values) == ["East", "West"]


@pytest.mark.parametrize("frame", [5, [1, 2], "text", np.ones(3)])
def test_what_is_no_frame(frame):
    with pytest.raises(DataError):
        panel_from_frame(frame)


def test_an_empty_frame_and_an_unknown_key():
    with pytest.raises(DataError):
        panel_from_frame(pd.DataFrame({"a": []}))
    with pytest.raises(DataError) as caught:
        panel_from_frame(pd.DataFrame(ROWS), reegion="省份")
    assert caught.value.faults[0].code == "unknown-key"


def test_equal_frames_have_equal_digests():
    first, again = (load_frame(pd.DataFrame(ROWS), regions="china-provinces") for _ in range(2))
    assert first.sources[0].sha256 == again.sources[0].sha256
