"""Who is next to whom: spatial weights that say how they were drawn, and how islands were joined to the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy import sparse

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.data.regions import GAZETTEERS, gazetteer
from xinzhi.dynamics.nearness import (
    Drawn,
    Tie,
    borders,
    distances,
    mutual_ties,
    neighbourhoods,
    other_regions,
    province_codes,
)

Islands = Literal["bridge", "nearest", "drop", "refuse"]
Names = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Spatial weights, region × region: row i holds what the others count for region i.

    ``strengths`` are the weights before rows are standardised. ``joined`` are the ties that were put in for islands,
    ``dropped`` the islands left out, ``notes`` what else a reader should know. No region is without a neighbour.
    """

    strengths: sparse.csr_array
    regions: Names
    kind: str
    standardised: bool
    joined: tuple[Tie, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[Fault, ...] = ()
    named: tuple[Names, Names] = field(repr=False, default=(np.empty(0, object), np.empty(0, object)))

    @cached_property
    def weights(self) -> sparse.csr_array:
        """The weights as used: each row over its sum where ``standardised``."""
        if not self.standardised:
            return self.strengths
        return sparse.csr_array(sparse.diags_array(1 / self.strengths.sum(axis=1)) @ self.strengths)

    @cached_property
    def rows_sum_to_one(self) -> bool:
        """Whether the lag of a constant is that constant."""
        return bool(np.allclose(self.weights.sum(axis=1), 1, rtol=0, atol=1e-12))

    @cached_property
    def eigenvalues(self) -> npt.NDArray[Any]:
        """Eigenvalues of ``weights``, ascending by real part; complex only where weights are not mutual.

        Mutual strengths over their row sums are similar to the symmetric D^-1/2 S D^-1/2 (Ord 1975): theirs are real.
        """
        dense = self.strengths.toarray()
        if np.allclose(dense, dense.T, rtol=1e-12, atol=0):
            scale = 1 / np.sqrt(dense.sum(axis=1)) if self.standardised else np.ones(len(dense))
            return np.asarray(np.linalg.eigvalsh(scale[:, None] * dense * scale))
        found = np.linalg.eigvals(self.weights.toarray())
        found = found[np.argsort(found.real, kind="stable")]
        return found if np.abs(found.imag).max() > 1e-12 else found.real

    @property
    def bounds(self) -> tuple[float, float]:
        """The open interval around 0 in which I - ρW can be inverted: between the inverses of the extreme real roots.

        Where no real root is negative the lower end is minus the upper one.
        """
        roots = self.eigenvalues
        real = roots.real[np.abs(roots.imag) < 1e-10]
        high = 1 / float(max(real.max(), np.abs(roots).max()))
        return (1 / float(real.min()) if real.min() < -1e-10 else -high), high

    def lag(self, values: xr.DataArray) -> xr.DataArray:
        """What the neighbours have: weights times ``values``, over region and any other dimensions."""
        own = self.aligned(values)
        return own.copy(data=lag(own.values, self.weights)).transpose(*values.dims)

    def only(self, regions: Iterable[object]) -> Neighbours:
        """The same among these regions only, rows standardised anew. Raises ``MethodError`` where one is left alone."""
        wanted = np.array(list(regions), dtype=object)
        at = self._places(wanted)
        part = self.strengths[at][:, at]
        kept = set(wanted)
        cut = replace(
            self,
            strengths=sparse.csr_array(part),
            regions=wanted,
            joined=tuple(tie for tie in self.joined if kept.issuperset(tie)),
            named=(self.named[0][at], self.named[1][at]),
        )
        if (alone := _alone(cut.strengths)).any():
            raise MethodError(_islands_left(cut, alone))
        return cut

    def aligned(self, values: xr.DataArray) -> xr.DataArray:
        """``values`` with the regions last and in the order of the weights.

        Raises ``MethodError`` where the two do not have the same regions, and with the places where a value is missing.
        """
        if REGION not in values.dims:
            raise MethodError(
                Fault("no-regions", "the values have no dimension 'region'.", "数据没有名为 region 的维度。")
            )
        own = np.array([str(label) for label in values[REGION].values], dtype=object)
        missing, stray = sorted(set(self.regions) - set(own)), sorted(set(own) - set(self.regions))
        if missing or stray or len(own) != len(self.regions):
            raise MethodError(other_regions(missing, stray))
        order = {label: at for at, label in enumerate(own)}
        ordered = values.transpose(..., REGION).isel({REGION: [order[label] for label in self.regions]})
        ordered = ordered.astype(float).assign_coords({REGION: self.regions})
        if (gaps := ~np.isfinite(ordered.values)).any():
            raise MethodError(_gaps(ordered, gaps, self.named))
        return ordered

    def to_frame(self) -> pd.DataFrame:
        """Tidy rows: region, neighbour, weight, strength, and whether the tie was put in for an island."""
        cells = self.weights.tocoo()
        ends = list(zip(self.regions[cells.row], self.regions[cells.col], strict=True))
        joined = {*self.joined, *((b, a) for a, b in self.joined)}
        return pd.DataFrame(
            {
                REGION: [a for a, _ in ends],
                "neighbour": [b for _, b in ends],
                "weight": cells.data,
                "strength": np.asarray(self.strengths[cells.row, cells.col]).ravel(),
                "joined": [tie in joined for tie in ends],
            }
        )

    def __repr__(self) -> str:
        counts = np.diff(self.strengths.indptr)
        parts = sparse.csgraph.connected_components(self.strengths, directed=False)[0]
        name = dict(zip(self.regions, self.named[0], strict=True))
        joined = ", ".join(f"{name[a]}–{name[b]}" for a, b in self.joined) or "none"
        return "\n".join(
            (
                f"Neighbours: {self.kind}, {'rows sum to 1' if self.standardised else 'not standardised'}",
                f"  {len(self.regions)} regions, {counts.min()} to {counts.max()} neighbours, mean {counts.mean():.2f}",
                f"  separate parts: {parts}",
                f"  ties put in for islands: {joined}",
                f"  islands left out: {', '.join(self.dropped) or 'none'}",
                *(f"  {note.en}" for note in self.notes),
            )
        )

    def _places(self, wanted: Names) -> npt.NDArray[np.intp]:
        order = {label: at for at, label in enumerate(self.regions)}
        if unknown := [str(label) for label in wanted if label not in order]:
            raise MethodError(other_regions([], unknown))
        return np.array([order[label] for label in wanted], dtype=np.intp)


def neighbours(
    places: xr.DataArray,
    method: str | Callable[..., Any] = "contiguity",
    *,
    islands: Islands = "bridge",
    standardise: bool = True,
    **options: Any,
) -> Neighbours:
    """Say for every region who its neighbours are, and how much each counts.

    ``places`` is any array over ``region``; positions are its coordinates ``lon`` and ``lat`` in degrees (or ``row``
    and ``col`` on a tile grid). Chinese provinces have their borders, and their capitals for positions, in the
    catalogue. A region without a neighbour is an island: ``bridge`` joins it over the strait the catalogue names
    (海南–广东, 台湾–福建), ``nearest`` to the nearest region, ``drop`` leaves it out, ``refuse`` stops; whatever was
    done stands in the result. Ties for islands are mutual and of strength 1. Raises ``MethodError``, ``FaultyValue``.
    """
    labels = np.array([str(label) for label in places[REGION].values], dtype=object)
    if len(set(labels)) < len(labels) or len(labels) < 2:
        raise MethodError(
            Fault(
                "regions-not-distinct",
                f"two or more different regions are needed; found {len(set(labels))} among {len(labels)}.",
                f"至少需要两个互不相同的地区；{len(labels)} 个标签中只有 {len(set(labels))} 个不同。",
            )
        )
    chosen = neighbourhoods.find(method)
    given = chosen.function(places, **chosen.accept(options))
    drawn = given if isinstance(given, Drawn) else Drawn(sparse.csr_array(given))
    strengths = _checked(drawn.strengths, labels)
    whole = Neighbours(strengths, labels, chosen.name, standardise, (), (), drawn.notes, _names(places, labels))
    return _settled(whole, places, islands)


def lag(x: Floats, w: sparse.csr_array) -> Floats:
    """Weights (regions, regions) times values (..., regions), over the leading axes at once."""
    flat = x.reshape(-1, x.shape[-1])
    return np.asarray((w @ flat.T).T).reshape(x.shape)


def _checked(strengths: sparse.csr_array, labels: Names) -> sparse.csr_array:
    w = sparse.csr_array(strengths).astype(np.float64)
    w.eliminate_zeros()
    w.sort_indices()
    if w.shape != (len(labels), len(labels)):
        flaw = f"is {w.shape[0]} × {w.shape[1]}", f"为 {w.shape[0]} × {w.shape[1]}"
    elif not np.isfinite(w.data).all() or (w.data < 0).any():
        flaw = "has missing, infinite or negative cells", "含缺失、无穷或负的元素"
    elif w.diagonal().any():
        flaw = "makes regions neighbours of themselves", "对角线元素不为零"
    else:
        return sparse.csr_array(w)
    n = len(labels)
    raise MethodError(
        Fault(
            "bad-matrix",
            f"the matrix of weights {flaw[0]}. It must be {n} × {n}, with 0 on the diagonal and nothing below 0.",
            f"权重矩阵{flaw[1]}。应为 {n} × {n} 的非负矩阵，且对角线为 0。",
        )
    )


def _settled(whole: Neighbours, places: xr.DataArray, islands: Islands) -> Neighbours:
    """Join, drop or refuse the regions that have no neighbour."""
    alone = _alone(whole.strengths)
    if not alone.any():
        return whole
    if islands == "refuse":
        raise MethodError(_islands_left(whole, alone))
    if islands == "drop":
        dropped: list[str] = []
        while alone.any() and not alone.all():  # where ties are one-sided, leaving one out can strand another
            dropped += [str(label) for label in whole.regions[alone]]
            keep = np.flatnonzero(~alone)
            whole = replace(
                whole,
                strengths=sparse.csr_array(whole.strengths[keep][:, keep]),
                regions=whole.regions[keep],
                named=(whole.named[0][keep], whole.named[1][keep]),
            )
            alone = _alone(whole.strengths)
        if alone.any():
            raise MethodError(_islands_left(whole, alone))
        return replace(whole, dropped=tuple(dropped))
    if (whole.strengths.data != 1).any():
        raise MethodError(_islands_left(whole, alone))  # a tie of strength 1 means nothing beside graded ones
    if islands == "bridge":
        found, notes = _bridges(whole, places, alone), whole.notes
    else:
        apart, told = distances(places)
        np.fill_diagonal(apart, np.inf)
        found = [(int(i), int(apart[i].argmin())) for i in np.flatnonzero(alone)]
        notes = tuple(dict.fromkeys((*whole.notes, *told)))
    joined = replace(
        whole,
        strengths=sparse.csr_array(whole.strengths.maximum(mutual_ties(found, len(whole.regions)))),
        joined=tuple((str(whole.regions[i]), str(whole.regions[j])) for i, j in found),
        notes=notes,
    )
    if (alone := _alone(joined.strengths)).any():
        raise MethodError(_islands_left(joined, alone))
    return joined


def _alone(strengths: sparse.csr_array) -> npt.NDArray[np.bool_]:
    return np.asarray(np.diff(strengths.indptr) == 0)


def _bridges(whole: Neighbours, places: xr.DataArray, alone: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    try:
        codes = province_codes(places)
    except MethodError:
        raise MethodError(_islands_left(whole, alone)) from None
    order = {code: at for at, code in enumerate(codes)}
    straits = [(order[a], order[b]) for a, b in borders("strait") if a in order and b in order]
    return [(b, a) if alone[b] else (a, b) for a, b in straits if alone[a] or alone[b]]


def _names(places: xr.DataArray, labels: Names) -> tuple[Names, Names]:
    """English and Chinese names: coordinates of the data, else those of the gazetteer that knows every code."""
    if {"name_en", "name_zh"} <= set(places.coords):
        en, zh = (np.array([str(x) for x in places[name].values], dtype=object) for name in ("name_en", "name_zh"))
        return en, zh
    for book in (gazetteer(name).regions for name in GAZETTEERS):
        if set(labels) <= book.keys():
            entries = [book[label] for label in labels]
            en, zh = (np.array([getattr(e, name) for e in entries], dtype=object) for name in ("name_en", "name_zh"))
            return en, zh
    return labels, labels


def _islands_left(whole: Neighbours, alone: npt.NDArray[np.bool_]) -> Fault:
    en, zh = (list(map(str, names[alone])) for names in whole.named)
    return Fault(
        "islands",
        f'no neighbour for: {", ".join(en)}. Choose how islands are joined: "bridge" over a strait in the catalogue, '
        '"nearest" (both for neighbours that all count 1), or "drop"; or draw the neighbours wider.',
        f"以下地区没有邻居：{'、'.join(zh)}。请选择孤岛的处理方式：按目录中的海峡连接（bridge）、连接最近地区（nearest，"
        "二者均限于 0–1 权重）或剔除（drop）；也可放宽邻居的定义。",
    )


def _gaps(values: xr.DataArray, gaps: npt.NDArray[np.bool_], named: tuple[Names, Names]) -> Fault:
    dims = values.dims[:-1]
    en, zh = [], []
    for at in np.argwhere(gaps)[:8]:
        where = [
            str(values[dim].values[i]) if dim in values.coords else str(i) for dim, i in zip(dims, at, strict=False)
        ]
        en.append(" ".join([str(named[0][at[-1]]), *where]))
        zh.append(" ".join([str(named[1][at[-1]]), *where]))
    n, more = int(gaps.sum()), (" …" if gaps.sum() > 8 else "")
    return Fault(
        "missing-values",
        f"what neighbours have can only be known where everybody has a value; missing: {n} ({', '.join(en)}{more}). "
        "Fill them first, or leave out those regions or years.",
        f"计算空间滞后要求数据完整；缺失 {n} 个（{'、'.join(zh)}{more}）。请先填补，或剔除相应地区或年份。",
    )
