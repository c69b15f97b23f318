"""How much of what leads to each industry is of one kind: how digital, or how green, the technology behind it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from xinzhi.core.errors import Fault, MethodError
from xinzhi.core.labels import REGION, Floats
from xinzhi.core.results import Record, digest
from xinzhi.structure.concordance import Concordance, carried
from xinzhi.structure.crossed import needs_links, noted
from xinzhi.structure.links import Links, Unknown


@dataclass(frozen=True, eq=False)
class Content:
    """The share of marked activities in what leads to each field, (period, region, field), nan where nothing does.

    ``total`` is all that leads there, in the unit of the links; ``of`` names the marked activities.
    """

    of: tuple[str, ...]
    share: xr.DataArray
    total: xr.DataArray
    notices: tuple[Fault, ...]
    record: Record

    def to_frame(self) -> pd.DataFrame:
        """Rows where something leads: period, region, field, total, share."""
        frame = xr.Dataset({"total": self.total, "share": self.share}).to_dataframe().reset_index()
        return frame[frame["share"].notna()].reset_index(drop=True)

    def by_region(self, weights: Links | None = None) -> pd.DataFrame:
        """Rows: period, region, share, over all fields; weighed by what leads there, or by ``weights``.

        With ``weights``, such as output or jobs by industry, it is what the region's own industries draw on: fields
        that nothing leads to are left out of the mean, and ``known`` is the share of the weight that is in it.
        """
        weight = self.total.values if weights is None else self._like(weights)
        known = np.where(~np.isnan(self.share.values), weight, 0.0)
        whole, part = known.sum(axis=2), (known * self.share.fillna(0.0).values).sum(axis=2)
        every = weight.sum(axis=2)
        periods, regions = self.share["period"].values, self.share[REGION].values
        return pd.DataFrame(
            {
                "period": np.repeat(periods, len(regions)),
                "region": np.tile(regions, len(periods)),
                "share": np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0).ravel(),
                "known": np.divide(whole, every, out=np.full(whole.shape, np.nan), where=every > 0).ravel(),
            }
        )

    def _like(self, weights: Links) -> Floats:
        """Weights in the order of the shares; what they do not have weighs nothing. Raises ``MethodError``."""
        laid = np.zeros(self.share.shape)
        rows = pd.Index(self.share[REGION].values).get_indexer(pd.Index(weights.regions))
        columns = pd.Index(self.share["field"].values).get_indexer(pd.Index(weights.activities))
        for at, period in enumerate(self.share["period"].values.tolist()):
            matrix = weights.at(period if len(weights.periods) > 1 else None).toarray()
            laid[at][np.ix_(rows[rows >= 0], columns[columns >= 0])] = matrix[np.ix_(rows >= 0, columns >= 0)]
        if not laid.any():
            raise MethodError(
                Fault(
                    "nothing-in-common",
                    "the weights have no region and field in common with the content. Write them in the same way.",
                    "权重与内容没有共同的地区和领域。请统一写法。",
                )
            )
        return laid

    def __repr__(self) -> str:
        each = self.by_region()
        last = each[each["period"] == each["period"].iloc[-1]].dropna()
        marked = ", ".join(self.of[:4]) + (" …" if len(self.of) > 4 else "")
        lines = [f"Content of {marked} in {self.share.sizes['field']} fields"]
        if len(last):
            top = last.iloc[int(last["share"].to_numpy().argmax())]
            lines.append(
                f"  {top['period']}: {last['share'].median():.1%} in the median region, most in {top['region']} "
                f"({top['share']:.1%})"
            )
        return "\n".join(lines)


def content(links: Links, by: Concordance, of: Iterable[str], *, unknown: Unknown = "stop") -> Content:
    """Tell how much of what leads to each field is of a marked kind, such as digital technology behind industries.

    ``links`` are activities of the concordance's source, ``of`` the marked ones among them. Marked and all are carried
    alike, and their ratio is taken by region and target field. It says what a region's technology is made of where it
    meets industry, not what its firms have put to use. Raises ``MethodError``.
    """
    needs_links(links)
    marked = tuple(dict.fromkeys([of] if isinstance(of, str) else map(str, of)))
    strange = [label for label in marked if label not in set(links.activities)]
    if strange or not marked:
        raise MethodError(_unknown_marks(strange, links))
    chosen = np.isin(links.activities, marked)
    whole = carried(links, by, unknown=unknown)
    way = by.sources[np.isin(by.sources, links.activities[chosen])]
    part = carried(links.only(activities=way), by)
    amounts = [np.stack([matrix.toarray() for matrix in one.links.values]) for one in (part, whole)]
    share = np.divide(amounts[0], amounts[1], out=np.full(amounts[1].shape, np.nan), where=amounts[1] > 0)
    coords = {"period": list(links.periods), REGION: links.regions, "field": whole.links.activities}
    dims = ("period", REGION, "field")
    return Content(
        marked,
        xr.DataArray(share, dims=dims, coords=coords, name="share"),
        xr.DataArray(amounts[1], dims=dims, coords=coords, name="total"),
        (
            *whole.links.notices,
            *noted(
                "nothing-leads",
                links.regions,
                np.asarray((amounts[1].sum(axis=2) == 0).all(axis=0)),
                "nothing at all leads anywhere in {}; it has no content.",
                "以下地区没有任何可传导的活动，不计算含量：{}。",
            ),
        ),
        Record(
            "content",
            {"of": list(marked), "unknown": unknown},
            {"links": digest(whole.links.record.to_json()), "concordance": digest(by.record.to_json())},
        ),
    )


def _unknown_marks(strange: list[str], links: Links) -> Fault:
    known = [str(label) for label in links.activities[:5]]
    if not strange:
        return Fault(
            "nothing-marked",
            f"name at least one activity in `of`. There are: {', '.join(known)} …",
            f"of 中至少要有一项活动。已有：{'、'.join(known)}……",
        )
    return Fault(
        "unknown-activity",
        f"the links have no activities {', '.join(strange[:5])}. They have {', '.join(known)} …",
        f"关联数据中没有以下活动：{'、'.join(strange[:5])}。已有：{'、'.join(known)}……",
    )
