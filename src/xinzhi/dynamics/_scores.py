"""Scores as the methods see them, time × region, and the way from a refused cell back to its region and year."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, TIME, Floats
from xinzhi.core.results import digest

# A coordinate along region, labels by region, or a labelled array of them.
Grouping: TypeAlias = str | Mapping[str, str] | xr.DataArray
Bools: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """Scores laid out (time, region), with what is needed to name a cell."""

    x: Floats
    regions: npt.NDArray[Any]
    times: npt.NDArray[Any]
    coords: dict[str, npt.NDArray[Any]]

    @classmethod
    def of(cls, scores: xr.DataArray) -> Scores:
        """Lay out region × time. Raises ``MethodError`` for other dimensions, repeated labels or infinite scores."""
        if set(scores.dims) != {REGION, TIME} or not scores.size:
            raise MethodError(
                Fault(
                    "not-region-by-time",
                    f"scores must be region × time and hold something; found {_sizes(scores)}. "
                    "Select one element or indicator first.",
                    f"得分须为地区×时间的数组且不得为空；实际为 {_sizes(scores)}。请先选定一个元素或指标。",
                )
            )
        for dim, zh in ((REGION, "地区"), (TIME, "时间")):
            labels = scores.get_index(dim)
            if labels.has_duplicates:
                twice = names(labels[labels.duplicated()].unique())
                raise MethodError(
                    Fault("label-twice", f"{dim}: {twice[0]} occurs more than once.", f"{zh}标签重复：{twice[1]}。")
                )
        x = np.ascontiguousarray(scores.transpose(TIME, REGION).values, dtype=float)
        about = {str(name): of.values for name, of in scores.coords.items() if of.dims == (REGION,) and name != REGION}
        laid = cls(x, scores.get_index(REGION).to_numpy(), scores.get_index(TIME).to_numpy(), about)
        if not laid.seen.any():
            raise MethodError(Fault("no-scores", "there is no score at all.", "没有任何得分。"))
        if np.isinf(x).any():
            raise laid.refusal("infinite", "scores must be finite.", "得分须为有限数值。", np.isinf(x))
        return laid

    @property
    def seen(self) -> Bools:
        """Where there is a score."""
        return ~np.isnan(self.x)

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers and their labels."""
        return digest(self.x.tobytes() + repr((self.regions.tolist(), self.times.tolist())).encode())

    def refusal(self, code: str, en: str, zh: str, where: Bools) -> MethodError:
        """An error that ends in the regions and years concerned; ``where`` is (time, region)."""
        en_places, zh_places = self.places(where)
        return MethodError(Fault(code, f"{en} Found at {en_places}.", f"{zh}见于 {zh_places}。"))

    def places(self, where: Bools, most: int = 5) -> tuple[str, str]:
        """Region-years in English and Chinese words, the first few regions."""
        found = np.flatnonzero(where.any(axis=0))
        rest = len(found) - most
        years = [runs(where[:, at], self.times) for at in found[:most]]
        en, zh = (self.coords.get(name, self.regions)[found[:most]] for name in ("name_en", "name_zh"))
        spelled_en = "; ".join(f"{name} ({of})" for name, of in zip(en, years, strict=True))
        spelled_zh = "；".join(f"{name}（{of}）" for name, of in zip(zh, years, strict=True))
        if rest > 0:
            return f"{spelled_en}; and {rest} more", f"{spelled_zh}；另有 {rest} 个地区"
        return spelled_en, spelled_zh

    def counted(self, w: Floats | None) -> Bools:
        """Where there is a score that carries weight."""
        return self.seen if w is None else self.seen & (w > 0)

    def missing(self, w: Floats | None = None) -> list[Fault]:
        """Notices of the regions that have no score in a year, or no weight, if there are any."""
        found = (
            ("no-score", "without a score", "无得分", ~self.seen),
            ("no-weight", "with a weight of zero", "权重为零", self.seen & ~self.counted(w)),
        )
        faults = []
        for code, en, zh, where in found:
            if where.any():
                places = self.places(where)
                faults.append(
                    Fault(
                        code,
                        f"regions {en} are left out of that year: {places[0]}.",
                        f"{zh}的地区未纳入当年计算：{places[1]}。",
                        severity="warning",
                    )
                )
        return faults

    def groups(self, grouping: Grouping) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.object_]]:
        """Each region's group as a position, and the groups in the order they first come.

        Raises ``MethodError`` for an unknown coordinate and for regions without a group, naming them.
        """
        if isinstance(grouping, str):
            labels = self._coordinate(grouping)
        elif isinstance(grouping, xr.DataArray):
            if grouping.dims != (REGION,):
                raise MethodError(
                    Fault(
                        "not-by-region",
                        f"groups must have the one dimension region; found {_sizes(grouping)}.",
                        f"分组须只有地区一个维度；实际为 {_sizes(grouping)}。",
                    )
                )
            labels = self._from_mapping(dict(zip(grouping[REGION].values, grouping.values, strict=True)))
        else:
            labels = self._from_mapping(grouping)
        labels = labels.astype(object)
        without = pd.isna(labels) | (labels == "")
        if without.any():
            en, zh = names(self.regions[without])
            raise MethodError(
                Fault(
                    "no-group",
                    f"{without.sum()} of {without.size} regions belong to no group ({en}). "
                    "Give them one, or leave them out of the scores: parts must add up to the whole.",
                    f"{without.size} 个地区中有 {without.sum()} 个未分组（{zh}）。"
                    "请补全分组，或将其从得分中剔除：各部分之和须等于总体。",
                )
            )
        known = {label: at for at, label in enumerate(dict.fromkeys(labels))}
        return np.array([known[label] for label in labels], dtype=np.intp), np.array(list(known), dtype=object)

    def spelled(self, codes: npt.NDArray[np.intp], labels: npt.NDArray[np.object_]) -> dict[str, str]:
        """The group of every region, as a record keeps it."""
        return {str(region): str(labels[at]) for region, at in zip(self.regions, codes, strict=True)}

    def weights(self, weights: xr.DataArray | None) -> Floats | None:
        """Weights in the layout of the scores, from region or region × time; ``None`` stays.

        Raises ``MethodError`` where a region with a score has no weight, or one that is negative or infinite.
        """
        if weights is None:
            return None
        if set(weights.dims) not in ({REGION}, {REGION, TIME}):
            raise MethodError(
                Fault(
                    "not-region-by-time",
                    f"weights must be by region, or region × time; found {_sizes(weights)}.",
                    f"权重须按地区或地区×时间给出；实际为 {_sizes(weights)}。",
                )
            )
        wanted = {dim: labels for dim, labels in ((REGION, self.regions), (TIME, self.times)) if dim in weights.dims}
        w = weights.reindex(wanted).transpose(..., REGION).values.astype(float)
        w = np.ascontiguousarray(np.broadcast_to(w, self.x.shape))
        bad = self.seen & ~((w >= 0) & (w < np.inf))
        if bad.any():
            raise self.refusal(
                "bad-weight",
                "every region with a score needs a weight that is neither missing nor negative nor infinite.",
                "有得分的地区均须有权重，且不得缺失、为负或无穷大。",
                bad,
            )
        if (idle := (np.where(self.seen, w, 0.0) == 0).all(axis=1)).any():
            raise self.refusal(
                "no-weight",
                "every year needs a region with a score and a weight above zero.",
                "每个年份至少须有一个有得分且权重大于零的地区。",
                np.broadcast_to(idle[:, None], self.x.shape),
            )
        return w

    def _coordinate(self, name: str) -> npt.NDArray[Any]:
        if name in self.coords:
            return self.coords[name]
        known = difflib.get_close_matches(name, self.coords) or list(self.coords) or ["none"]
        raise MethodError(
            Fault(
                "unknown-group",
                f"regions have no coordinate '{name}'. They have: {', '.join(known)}.",
                f"地区没有名为“{name}”的分组坐标。现有：{'、'.join(known)}。",
                column=name,
            )
        )

    def _from_mapping(self, labels: Mapping[Any, Any]) -> npt.NDArray[Any]:
        return np.array([labels.get(region) for region in self.regions], dtype=object)


def runs(where: Bools, times: npt.NDArray[Any] | Sequence[Any]) -> str:
    """The times at which something holds, neighbours joined: ``2011-2013, 2016``."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], where.astype(np.int8), [0]])))
    spans = zip(edges[::2], edges[1::2] - 1, strict=True)
    return ", ".join(str(times[a]) if a == b else f"{times[a]}-{times[b]}" for a, b in spans)


def names(labels: Iterable[Any], most: int = 5) -> tuple[str, str]:
    """The first few labels as an English and a Chinese list, the rest counted."""
    every = [str(label) for label in labels]
    en, zh = ", ".join(every[:most]), "、".join(every[:most])
    rest = len(every) - most
    return (f"{en} and {rest} more", f"{zh}等 {len(every)} 个") if rest > 0 else (en, zh)


def _sizes(array: xr.DataArray) -> str:
    return " × ".join(f"{dim} ({size})" for dim, size in array.sizes.items()) or "0"
