"""What can be scored at all, and what to say of the rest: empty rows and columns, parts that do not touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xinzhi.core.errors import Fault
from xinzhi.core.labels import Floats
from xinzhi.structure.links import Names, Period

Indices = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

# Eigenvalues this close are one eigenvalue, as far as rounding lets anyone tell; they lie between 0 and 1.
TIED = 1e-9
# Below this distance between the second and the third, relative to the second, small changes turn the vector.
NEAR = 0.05
# An anchor that explains less than this of the score is a weak witness for its sign.
WEAK = 0.2


@dataclass(frozen=True, eq=False)
class Core:
    """The largest connected part of the links, and what lies outside.

    ``rows`` and ``columns`` are the positions of what is in it, ``empty_rows`` and ``empty_columns`` of what has no
    link at all; ``parts`` counts the connected parts, ``outside`` the regions and activities in the smaller ones.
    """

    rows: Indices
    columns: Indices
    parts: int
    empty_rows: Indices
    empty_columns: Indices
    outside: tuple[int, int]


def core(links: sparse.csr_array) -> Core:
    """The largest connected part: the one with most regions, among equals with most links, then the first."""
    rows, columns = links.shape
    some_row = np.diff(links.indptr) > 0
    some_column = np.bincount(links.indices, minlength=columns) > 0
    if _hangs_together(links, some_row, some_column):
        whole = np.flatnonzero(some_row), np.flatnonzero(some_column)
        return Core(*whole, 1, np.flatnonzero(~some_row), np.flatnonzero(~some_column), (0, 0))
    labels = _labels(links)
    mine, theirs = labels[:rows], labels[rows:]
    found = np.unique(mine[some_row])
    if found.size > 1:
        regions = np.bincount(mine[some_row])
        stored = np.bincount(np.repeat(mine, np.diff(links.indptr)), minlength=regions.size)
        largest = max(found.tolist(), key=lambda part: (regions[part], stored[part], -part))
        keep_row, keep_column = some_row & (mine == largest), some_column & (theirs == largest)
    else:
        keep_row, keep_column = some_row, some_column
    return Core(
        np.flatnonzero(keep_row),
        np.flatnonzero(keep_column),
        int(found.size),
        np.flatnonzero(~some_row),
        np.flatnonzero(~some_column),
        (int((some_row & ~keep_row).sum()), int((some_column & ~keep_column).sum())),
    )


def _hangs_together(links: sparse.csr_array, some_row: Bools, some_column: Bools) -> bool:
    """Whether all is reached in a few steps from the region with most links, as it mostly is; False where unsure."""
    if not some_row.any():
        return False
    rows = np.zeros(links.shape[0], bool)
    rows[np.argmax(np.diff(links.indptr))] = True
    for _ in range(3):
        columns = links.T @ rows.astype(float) > 0
        rows = links @ columns.astype(float) > 0
        if (rows == some_row).all() and (columns == some_column).all():
            return True
    return False


def _labels(links: sparse.csr_array) -> Indices:
    """The connected part of every region and then of every activity."""
    from scipy.sparse.csgraph import connected_components

    rows, columns = links.shape
    # Regions point at activities; taken as undirected there is no need to store the way back.
    indptr = np.concatenate([links.indptr, np.full(columns, links.indptr[-1])])
    graph = sparse.csr_array((np.ones(links.nnz), links.indices + rows, indptr), shape=(rows + columns, rows + columns))
    return np.asarray(connected_components(graph, directed=False)[1])


def warning(code: str, en: str, zh: str) -> Fault:
    """A fault that does not stop the work."""
    return Fault(code, en, zh, severity="warning")


def left_out(part: Core) -> tuple[Fault, ...]:
    """Notes on what a measure was not given; the names are added by who knows them."""
    if part.parts < 2:
        return ()
    regions, activities = part.outside
    return (
        warning(
            "not-connected",
            f"the links fall into {part.parts} parts that share nothing, between which complexity cannot be compared. "
            f"The largest is scored; outside it: {regions} regions, {activities} activities. A lower threshold of "
            "presence or a coarser classification may join them.",
            f"联系网络分为互不相连的 {part.parts} 个部分，各部分之间的复杂度不可比。仅计算最大部分；"
            f"其外有 {regions} 个地区、{activities} 项活动。可降低存在阈值或采用更粗的分类，使各部分相连。",
        ),
    )


def on_spectrum(spectrum: Floats) -> tuple[Fault, ...]:
    """Notes on eigenvalues that leave the second vector, or its neighbourhood, undetermined."""
    if not spectrum.size or spectrum[0] <= TIED:
        return (
            warning(
                "no-second-structure",
                "nothing tells the regions apart: all hold the same activities, or there is only one. No complexity is "
                "given.",
                "各地区无从区分：所有地区的活动完全相同，或仅有一个地区。不给出复杂度。",
            ),
        )
    tied = int((spectrum[0] - spectrum <= TIED).sum())
    if tied > 1:
        return (
            warning(
                "tied-spectrum",
                f"{tied} structures are equally strong (eigenvalue {spectrum[0]:.6g}): any mixture of them is as good. "
                "The mixture closest to the anchor is given; read no detail into it.",
                f"有 {tied} 个结构同等重要（特征值 {spectrum[0]:.6g}），其任意组合均成立。"
                "此处给出与锚定变量最接近的组合，不宜解读细节。",
            ),
        )
    if spectrum.size > 1 and spectrum[0] - spectrum[1] < NEAR * spectrum[0]:
        return (
            warning(
                "near-tied-spectrum",
                f"the second and the third structure are almost equally strong (eigenvalues {spectrum[0]:.4g} and "
                f"{spectrum[1]:.4g}): small changes of the data can turn the scores. See the rank intervals of "
                "`.validity()`.",
                f"第二与第三结构强度几乎相同（特征值 {spectrum[0]:.4g} 与 {spectrum[1]:.4g}），数据的微小变动"
                "即可使得分改变方向。请查看 `.validity()` 给出的排名区间。",
            ),
        )
    return ()


def on_sign(correlation: float, given: bool) -> tuple[Fault, ...]:
    """Notes on a sign that the anchor settles weakly or not at all."""
    en, zh = ("the anchor given", "所给锚定变量") if given else ("diversity", "多样性")
    if abs(correlation) < 1e-9:
        return (
            warning(
                "sign-undetermined",
                f"{en} says nothing on which end of the scale is the complex one: the sign is arbitrary. Give an "
                "anchor such as income or research spending.",
                f"{zh}无法说明量表的哪一端更复杂，得分的正负号是任意的。请给出锚定变量，如人均收入或研发投入。",
            ),
        )
    if abs(correlation) < WEAK:
        return (
            warning(
                "weak-anchor",
                f"the sign rests on a correlation of {correlation:.2f} with {en}, which is weak. Compare with another "
                "anchor, such as income or research spending.",
                f"得分的正负号所依据的与{zh}的相关系数仅为 {correlation:.2f}，较弱。"
                "请与其他锚定变量（如人均收入、研发投入）比较。",
            ),
        )
    return ()


def empty(code: str, at: Sequence[Indices], labels: Names, periods: Sequence[Period]) -> tuple[Fault, ...]:
    """One note on what has no link, with the first by name; ``at`` says what that is in each period.

    Periods are named where some periods have links and others none.
    """
    gone = np.zeros((len(periods), len(labels)), dtype=bool)
    for row, places in zip(gone, at, strict=True):
        row[places] = True
    places = np.flatnonzero(gone.any(axis=0))
    if not places.size:
        return ()
    said = [(str(labels[i]), () if gone[:, i].all() else _runs(gone[:, i], periods)) for i in places[:3].tolist()]
    en = ", ".join(f"{label} ({', '.join(runs)})" if runs else label for label, runs in said)
    zh = "、".join(f"{label}（{'、'.join(runs)}）" if runs else label for label, runs in said)
    words = ("regions", "个地区") if code == "empty-regions" else ("activities", "项活动")
    always = bool(gone[:, places].all())
    when = ("", "") if always else (" in some periods", "在部分时期")
    more = places.size > len(said)
    return (
        warning(
            code,
            f"{places.size} {words[0]} have no link and no score{when[0]}: {en}{', …' if more else ''}.",
            f"{places.size} {words[1]}{when[1]}没有任何联系，不给出得分：{zh}{'等' if more else ''}。",
        ),
    )


def _runs(which: Bools, periods: Sequence[Period]) -> tuple[str, ...]:
    """The periods marked, those that follow one another as from–to."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], which, [False]]).astype(np.int8)))
    spans = [(periods[first], periods[last - 1]) for first, last in edges.reshape(-1, 2).tolist()]
    return tuple(f"{first}–{last}" if first != last else str(first) for first, last in spans)
