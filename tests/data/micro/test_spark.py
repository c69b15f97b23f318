"""The same expressions on Spark, in local mode, give what DuckDB gives. Needs pyspark (extra `spark`) and Java."""

from __future__ import annotations

import shutil

import ibis
import numpy as np
import pandas as pd
import pytest

import xinzhi as xz

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")
pytestmark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not on this machine"),
    pytest.mark.filterwarnings("ignore"),  # pyspark warns of pandas 3
]
ROLES = {"unit": "id", "region": "r", "activity": "c", "date": "d", "first": "f", "last": "l", "value": "v"}
CROSSWALK = pd.DataFrame({"o": ["A0", "A0", "B0"], "n": list("PQQ"), "s": [0.3, 0.7, 1]}), "o", "n", "s"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same Parquet file in DuckDB and in Spark."""
    rng = np.random.default_rng(5)
    n = 300

    def several(labels, most):
        return ["|".join(rng.choice(labels, rng.integers(0, most))) for _ in range(n)]

    days = ["2012-07-23", "2011", "13/05/10", "05/10/17", "1201-01-01", "9999-12-31", "2015Q2", "201509", "x", ""]
    frame = pd.DataFrame(
        {
            "id": rng.integers(0, 100, n).astype(str),
            "r": several(["a", "b", " c "], 3),
            "c": several(["A01", "A02", "B01"], 4),
            "d": rng.choice(days, n),
            "f": rng.integers(2000, 2010, n),
            "l": rng.choice([2005, 2012, 9999, np.nan], n),
            "v": rng.choice(["1", "2.5", "1,200", "<5", "D", "abc", "", "-3", "10-19"], n),
        }
    )
    path = str(tmp_path_factory.mktemp("spark") / "records.parquet")
    frame.to_parquet(path)
    builder = pyspark.sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "1").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    how = {**ROLES, "split": "|", "digits": 2, "dates": "day-first", "years": (1900, 2024)}
    yield xz.records(path, **how), xz.records(ibis.pyspark.connect(session).read_parquet(path), **how)
    session.stop()


@pytest.mark.parametrize(
    ("measure", "how"),
    [
        (["records", "units", "value"], {"fractional": True}),
        ("units", {"fractional": "mentions", "period": "quarter"}),
        ("value", {"concordance": CROSSWALK}),
        (["entries", "exits", "stock"], {}),
    ],
    ids=["fractions", "mentions", "concordance", "stock"],
)
def test_one_expression_counts_the_same_on_both(both, measure, how):
    here, there = (records.count(measure, **how) for records in both)
    assert there.table.get_backend().name == "pyspark"
    assert len(here._found)
    pd.testing.assert_frame_equal(here._found, there._found, check_dtype=False, rtol=1e-9, atol=0)


def test_what_is_wrong_is_told_the_same_on_both(both):
    here, there = (records.check() for records in both)
    kinds = ["kind", "column", "count"]
    pd.testing.assert_frame_equal(here.table[kinds], there.table[kinds])
    pd.testing.assert_series_equal(here.blanks, there.blanks)
    assert there.table["row"].isna().all()


def test_duplicates_by_completeness_are_the_same_on_both(both):
    here, there = (records.deduplicated("id", keep="complete") for records in both)
    assert here.counts.to_dict() == there.counts.to_dict()
    with pytest.raises(xz.MethodError, match="no order"):
        both[1].deduplicated("id")
