"""Industries with life cycles planted in them: phases, shakeouts and rungs of known dates."""

import numpy as np
import xarray as xr

from xinzhi.core.results import Record
from xinzhi.data.industries import Industries


def made(measures, start=1978, region=None):
    """Industries of {measure: series × year}."""
    values = np.stack([np.asarray(each, dtype=float) for each in measures.values()], axis=-1)
    many = len(values)
    names = np.array(list(measures), dtype=object)
    coords = {
        "region": ("series", np.full(many, "all") if region is None else np.asarray(region, dtype=str)),
        "industry": ("series", np.array([f"i{at:03d}" for at in range(many)])),
        "time": np.arange(start, start + values.shape[1]),
        "measure": names,
        "unit": ("measure", np.array([""] * len(names), dtype=object)),
    }
    cells = xr.DataArray(values, coords, ("series", "time", "measure"), name="value")
    return Industries(cells, None, None, {}, (), Record("industries", {}, {}))


def wandering(rng, shape, spread, memory):
    """AR(1) noise."""
    out = rng.normal(size=shape) * spread
    for t in range(1, shape[-1]):
        out[..., t] = memory * out[..., t - 1] + np.sqrt(1 - memory**2) * out[..., t]
    return out


def grown(rates, start=1000.0):
    """Numbers from yearly rates (…, year), one year more than rates."""
    first = np.zeros((*rates.shape[:-1], 1))
    return start * np.exp(np.concatenate([first, np.cumsum(rates, axis=-1)], axis=-1))


def cycle(lengths=(15, 14, 15), rates=(0.08, 0.0, -0.05)):
    """Mean rates of spells of so many years."""
    return np.repeat(rates, lengths)
