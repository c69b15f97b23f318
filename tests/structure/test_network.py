import numpy as np
import pandas as pd
import pytest

from tests.oracles import relatedness as slow
from tests.structure.test_relatedness import TABLE as HELD
from xinzhi.core.errors import MethodError
from xinzhi.structure.network import communities, nestedness, partition_modularity
from xinzhi.structure.relatedness import relatedness

BLOCKS = pd.DataFrame(
    np.kron(np.eye(3), np.ones((4, 5))), [f"r{at}" for at in range(12)], [f"a{at}" for at in range(15)]
)


def test_groups_that_are_there_are_found():
    found = communities(BLOCKS)
    nodes = found.nodes
    assert nodes["community"].nunique() == 3
    for _, own in nodes.groupby("community"):
        assert own["kind"].value_counts().to_dict() == {"activity": 5, "region": 4}
    assert found.modularity == pytest.approx(2 / 3)  # three equal blocks: 1 - 1/3
    assert "3 of 27 nodes" in repr(found)
    assert found.record.seed == 0


def test_groups_of_activities_in_a_relatedness():
    found = communities(relatedness(BLOCKS))
    assert found.nodes["kind"].unique().tolist() == ["activity"]
    assert found.nodes["community"].nunique() == 3
    w = relatedness(BLOCKS, diagonal="zero").to_table().to_numpy()
    assert found.modularity == pytest.approx(slow.newman(w, found.nodes["community"].tolist()))


def test_values_weigh_and_the_same_seed_finds_the_same():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.gamma(0.5, size=(8, 9)), [f"r{at}" for at in range(8)], [f"a{at}" for at in range(9)])
    found = communities(table, seed=4)
    codes = found.nodes["community"].to_numpy()
    assert found.modularity == pytest.approx(slow.barber(table.to_numpy().tolist(), codes[:8], codes[8:]))
    pd.testing.assert_frame_equal(found.nodes, communities(table, seed=4).nodes)
    assert partition_modularity(table, found.nodes.sample(frac=1, random_state=0)) == pytest.approx(found.modularity)
    finer = communities(table, resolution=3.0)
    assert finer.nodes["community"].nunique() > found.nodes["community"].nunique()


def test_nodes_without_links_belong_nowhere():
    found = communities(HELD)
    lone = found.nodes.set_index("label")["community"]
    assert lone["snow"] == 0
    assert (lone.drop("snow") > 0).all()
    assert "snow" in found.notes[0].en


def test_groups_that_cannot_be_found():
    with pytest.raises(MethodError, match="no links"):
        communities(HELD * 0)
    with pytest.raises(MethodError, match="above = 0"):
        communities(relatedness(HELD, "z-score"))
    with pytest.raises(MethodError, match="starts"):
        communities(HELD, starts=0)
    with pytest.raises(MethodError, match="region r0"):
        partition_modularity(HELD, communities(HELD).nodes.iloc[1:])


def test_a_staircase_is_fully_nested_and_blocks_are_not():
    stairs = pd.DataFrame(np.tri(5), list("abcde"), list("vwxyz"))
    assert nestedness(stairs).value == 1
    assert nestedness(BLOCKS).value == 0  # all equally diverse, so none nested
    assert "NODF" in repr(nestedness(stairs))


def test_nestedness_by_hand():
    found = nestedness(HELD)
    x = HELD.drop(columns="snow").to_numpy()
    (a, n), (b, m) = slow.nodf(x.tolist()), slow.nodf(x.T.tolist())
    assert found.regions == pytest.approx(a / n)
    assert found.activities == pytest.approx(b / m)
    assert found.value == pytest.approx((a + b) / (n + m))
    assert nestedness(HELD, weigh="sides").value == pytest.approx((a / n + b / m) / 2)
    assert "snow" in found.notes[0].en
    assert found.to_frame().columns.tolist() == ["value", "regions", "activities"]
    alone = nestedness(HELD.iloc[:1])
    assert np.isnan(alone.regions)
    assert alone.value == 0
    with pytest.raises(MethodError, match="who has what"):
        nestedness(HELD * 3)


def test_partitions_that_do_not_fit():
    with pytest.raises(MethodError, match="missing: kind, label, community"):
        partition_modularity(BLOCKS, pd.DataFrame({"group": [1]}))
    with pytest.raises(MethodError, match="there are no links"):
        partition_modularity(BLOCKS * 0, communities(BLOCKS).nodes)
    with pytest.raises(MethodError, match="weigh is one of: pairs, sides"):
        nestedness(BLOCKS, weigh="mean")
