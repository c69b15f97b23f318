"""The figures of a document, drawn by matplotlib with the bundled font as SVG; equal numbers give equal bytes.

Letters are drawn as outlines, so that a figure looks the same everywhere and needs no font. Colours are those of the
page in light.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xinzhi.core.labels import Floats
from xinzhi.report.documents.layout import extent
from xinzhi.report.documents.numbers import significant

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.font_manager import FontProperties

FONT = Path(__file__).parent / "fonts" / "sans.otf"

INK, MUTED, RULE, ACCENT, CONTEXT = "#1d2327", "#5d666e", "#dcdad3", "#1f5d78", "#c9c6bd"
PALE = "#9cc3cf"
RAMP = ("#eef2e6", "#c9dfc4", "#8fc4b4", "#529fa4", "#2b7590", "#1d4f73", "#172f52")
LINES = ("#1f5d78", "#b23a2b", "#3f8a4c", "#a8730f", "#7b4a97")
PARTS = (
    *("#23607c", "#6fb1b5", "#d9b552", "#b5533c", "#7d6aa5"),
    *("#93b06a", "#4d4f5c", "#cf8fa6", "#a58a63", "#3f8a76"),
)

_CM = 1 / 2.54
# Letters in points.
SIZE = 7.5
# The longest name beside a bar, in letters.
_WIDEST = 24.0
# Longer names than this do not stand four beside one another.
_BRIEF = 11.0
# matplotlib keeps its settings in one place for all threads.
_LOCK = threading.Lock()

Picture = tuple[bytes, float, float]
"""The SVG, its width and its height in cm."""


def bars(names: Sequence[str], pieces: Floats, labels: Sequence[str], key: Sequence[str], width: float) -> Picture:
    """Horizontal bars, first on top: ``pieces`` (row, part) may be of both signs; ``labels`` stand at their ends."""
    rows = len(names)
    with _LOCK:
        canvas, axes = _canvas(width, 0.42 * rows + (0.8 if key else 0.2) + 0.7)
        at = np.arange(rows)
        for sign in (1, -1):
            part = np.where(np.sign(pieces) == sign, pieces, 0.0)
            starts = np.cumsum(part, axis=1) - part
            for column in range(pieces.shape[1]):
                colour = PARTS[column % len(PARTS)] if pieces.shape[1] > 1 else ACCENT
                axes.barh(at, part[:, column], left=starts[:, column], height=0.7, color=colour, lw=0)
        ends = np.where(pieces > 0, pieces, 0.0).sum(axis=1)
        low, high = min(0.0, np.where(pieces < 0, pieces, 0.0).sum(axis=1).min()), max(ends.max(), 1e-12)
        for row, label in enumerate(labels):
            axes.text(ends[row] + 0.012 * (high - low), row, label, va="center", color=INK, **_text())
        axes.set_xlim(low, high + 0.13 * (high - low))
        axes.set_ylim(rows - 0.4, -0.6)
        _rows(axes, names)
        _numbers(axes, "x")
        if low < 0:
            axes.axvline(0, color=MUTED, lw=0.6)
        if key:
            _key(canvas, axes, [(name, PARTS[at % len(PARTS)]) for at, name in enumerate(key)])
        return _saved(canvas)


def lines(years: Sequence[int], scores: Floats, names: Sequence[str], picks: Sequence[int], width: float) -> Picture:
    """Lines of ``scores`` (row, year): the picked in colour and by name, the others in grey."""
    with _LOCK:
        canvas, axes = _canvas(width, width * 0.5)
        for row in scores:
            axes.plot(years, row, color=CONTEXT, lw=0.6, zorder=1)
        for at, row in enumerate(picks):
            axes.plot(years, scores[row], color=LINES[at % len(LINES)], lw=1.6, zorder=3, marker="o", ms=2)
        _named(axes, years, scores, names, picks)
        shown = years if len(years) <= 12 else years[:: -(-len(years) // 12)]
        axes.set_xticks(list(shown), [str(year) for year in shown], color=MUTED, **_text())
        axes.set_xlim(years[0] - 0.2, years[-1] + 0.2)
        _numbers(axes, "y")
        return _saved(canvas)


def tiles(
    places: Sequence[tuple[str, tuple[int, int], float | None]],
    labels: Sequence[str],
    ends: tuple[str, str],
    width: float,
) -> Picture:
    """Equal tiles at (row, column), coloured from the lowest score to the highest; a missing score is left white.

    ``labels`` are the scores as they are printed, ``ends`` what the ends of the scale are called.
    """
    with _LOCK:
        rows, columns = np.array([tile for _, tile, _ in places]).T
        wide, tall = np.ptp(columns) + 1, np.ptp(rows) + 1
        side = min(width / wide, 1.9)
        canvas, axes = _canvas(side * wide, side * tall + 0.9)
        values = np.array([np.nan if value is None else value for _, _, value in places], dtype=float)
        low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0.0, 1.0)
        for (name, (row, column), value), label in zip(places, labels, strict=True):
            x, y = column - columns.min(), row - rows.min()
            fill = "white" if value is None else _shade((value - low) / (high - low) if high > low else 0.5)
            ink = MUTED if value is None else _letters(fill)
            axes.add_patch(_tile(x, y, fill))
            size = _fitting(name, side * 0.88)
            # Letters smaller than these nobody reads: a longer name is cut.
            name = _cut(name, 72 * _CM * side * 0.92 / size)
            axes.text(x + 0.5, y + 0.38, name, ha="center", va="center", color=ink, **_text(size))
            axes.text(x + 0.5, y + 0.72, label, ha="center", va="center", color=ink, **_text(min(6.5, size)))
        axes.set_xlim(0, wide)
        axes.set_ylim(tall + 0.05, -0.9 / side)
        for step, colour in enumerate(RAMP):
            axes.add_patch(_tile(0.02 + step * 0.3, -0.62 / side, colour, 0.3, 0.25 / side))
        axes.text(0.02, -0.72 / side, ends[0], va="bottom", color=MUTED, **_text(6.5))
        axes.text(0.02 + 0.3 * len(RAMP), -0.72 / side, ends[1], va="bottom", ha="right", color=MUTED, **_text(6.5))
        axes.axis("off")
        return _saved(canvas)


def shapes(rings: Sequence[tuple[Sequence[Any], float | None]], ends: tuple[str, str], width: float) -> Picture:
    """The user's own boundaries, coloured by score: polygons as (rings, score), longitude and latitude."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    with _LOCK:
        points = np.concatenate([np.asarray(ring, dtype=float)[:, :2] for rings_of, _ in rings for ring in rings_of])
        (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
        aspect = np.cos(np.radians((south + north) / 2)) if max(abs(south), abs(north)) <= 90 else 1.0
        tall = min(width * (north - south) / max((east - west) * aspect, 1e-9), width * 1.1)
        canvas, axes = _canvas(width, tall + 0.9)
        values = np.array([np.nan if value is None else value for _, value in rings], dtype=float)
        low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0.0, 1.0)
        for rings_of, value in rings:
            fill = "white" if value is None else _shade((value - low) / (high - low) if high > low else 0.5)
            path = Outline.make_compound_path(*(Outline(np.asarray(ring)[:, :2], closed=True) for ring in rings_of))
            axes.add_patch(PathPatch(path, facecolor=fill, edgecolor=MUTED, lw=0.3))
        axes.set_xlim(west, east)
        axes.set_ylim(south, north)
        axes.set_aspect(1 / aspect)
        axes.axis("off")
        _key(canvas, axes, [(ends[0], RAMP[0]), (ends[1], RAMP[-1])])
        return _saved(canvas)


def spans(names: Sequence[str], cells: Floats, width: float) -> Picture:
    """Horizontal spans, first on top: ``cells`` (row, what) hold low, median, high and the value as it stands."""
    rows = len(names)
    with _LOCK:
        canvas, axes = _canvas(width, 0.38 * rows + 0.9)
        at = np.arange(rows)
        low, median, high, own = cells.T
        axes.hlines(at, low, high, color=PALE, lw=4.5)
        axes.vlines(median, at - 0.28, at + 0.28, color=ACCENT, lw=1.2)
        axes.plot(own, at, "o", color=LINES[1], ms=3.2)
        axes.set_ylim(rows - 0.4, -0.6)
        _rows(axes, names)
        _numbers(axes, "x")
        return _saved(canvas)


def cells(
    names: Sequence[str], years: Sequence[int], observed: Floats, filled: Floats, key: Sequence[str], width: float
) -> Picture:
    """A cell for each (row, year) that fills from below: the share observed, then that filled in."""
    rows, columns = observed.shape
    with _LOCK:
        canvas, axes = _canvas(width, 0.34 * rows + 1.5)
        x, y = np.meshgrid(np.arange(columns), np.arange(rows))
        whole = np.ones_like(observed)
        for share, base, look in (
            (observed, 0 * whole, {"facecolor": ACCENT, "lw": 0}),
            (filled, observed, {"facecolor": PALE, "lw": 0}),
            (whole, 0 * whole, {"facecolor": "none", "edgecolor": RULE, "lw": 0.4}),
        ):
            axes.add_collection(_boxes(x, y + 0.41 - 0.82 * (base + share), 0.82 * share, look))
        axes.set_xlim(-0.55, columns - 0.45)
        axes.set_ylim(rows - 0.4, -0.6)
        _rows(axes, names)
        step = -(-columns // 14)
        axes.set_xticks(range(0, columns, step), [str(years[at]) for at in range(0, columns, step)], **_text(6.5))
        axes.xaxis.tick_top()
        axes.tick_params(axis="x", length=0, colors=MUTED)
        _key(canvas, axes, list(zip(key, (ACCENT, PALE, "white"), strict=True)), below=True)
        return _saved(canvas)


def fans(
    times: Sequence[float],
    panels: Sequence[tuple[str, Floats]],
    names: Sequence[str],
    width: float,
    percents: Sequence[bool],
) -> Picture:
    """Fans through time, a panel each: ``panels`` hold a title and (row, time, low | median | high).

    The first row is what the others are held against, in grey; ``percents`` says whose numbers are shares.
    """
    colours = [MUTED, *LINES][: len(names)]
    with _LOCK:
        rows = -(-len(panels) // 2)
        canvas = _empty(width, 4.6 * rows + 0.9)
        grid = canvas.subplots(rows, 2, squeeze=False).ravel()
        for axes, (title, cells), share in zip(grid, panels, percents, strict=False):
            for row, colour in zip(cells, colours, strict=True):
                low, median, high = row.T
                axes.fill_between(times, low, high, color=colour, alpha=0.16, lw=0)
                axes.plot(times, median, color=colour, lw=1.3)
            axes.set_title(_cut(title), loc="left", color=INK, **_text())
            axes.set_xlim(times[0], times[-1])
            _bare(axes)
            _numbers(axes, "x", plain=True)
            axes.grid(visible=False, axis="x")
            _numbers(axes, "y", share=share)
        for axes in grid[len(panels) :]:
            axes.axis("off")
        _key(canvas, grid[0], list(zip(names, colours, strict=True)))
        return _saved(canvas)


# --- What they share --------------------------------------------------------------------------------------------


def _canvas(width: float, height: float) -> tuple[Canvas, Axes]:
    canvas = _empty(width, height)
    axes = canvas.add_subplot()
    _bare(axes)
    return canvas, axes


def _empty(width: float, height: float) -> Canvas:
    from matplotlib.figure import Figure as Canvas

    return Canvas(figsize=(width * _CM, height * _CM), layout="constrained")


def _bare(axes: Axes) -> None:
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _saved(canvas: Canvas) -> Picture:
    import matplotlib as mpl

    svg = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "xinzhi"}):
        canvas.savefig(svg, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    wide, tall = canvas.get_size_inches() / _CM
    return svg.getvalue(), float(wide), float(tall)


def _font(size: float) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(FONT), size=size)


def _text(size: float = SIZE) -> dict[str, Any]:
    # A name may hold a dollar sign, which matplotlib would take for mathematics.
    return {"fontproperties": _font(size), "parse_math": False}


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_cut(name) for name in names], color=INK, **_text())
    axes.tick_params(axis="y", length=0)


def _numbers(axes: Axes, which: str, *, share: bool = False, plain: bool = False) -> None:
    """An axis of numbers with pale lines; shares in per cent, plain ones (years) without marks of thousands."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(6, integer=plain))

    def said(value: float, _: object) -> str:
        if plain:
            return f"{value:g}"
        return significant(float(f"{100 * value if share else value:.6g}"), 6) + ("%" if share else "")

    axis.set_major_formatter(FuncFormatter(said))
    for label in axis.get_ticklabels():
        label.set_fontproperties(_font(SIZE))
        label.set_color(MUTED)
    axes.grid(axis="x" if which == "x" else "y", color=RULE, lw=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x" if which == "x" else "y", length=0)


def _key(canvas: Canvas, axes: Axes, signs: Sequence[tuple[str, str]], below: bool = False) -> None:
    from matplotlib.patches import Patch

    longest = max(extent(name) for name, _ in signs)
    patches = [Patch(facecolor=colour, edgecolor=RULE, lw=0.5, label="_") for _, colour in signs]
    made = canvas.legend(
        patches,
        [_cut(name) for name, _ in signs],
        loc="outside lower left" if below else "outside upper left",
        ncols=min(len(signs), 4 if longest < _BRIEF else 2),
        frameon=False,
        prop=_font(SIZE),
        handlelength=1.2,
        borderaxespad=0.1,
    )
    for text in made.get_texts():
        text.set_parse_math(False)
        text.set_color(INK)


def _named(axes: Axes, years: Sequence[int], scores: Floats, names: Sequence[str], picks: Sequence[int]) -> None:
    """The names of the picked lines at their ends, kept apart."""
    ends = {row: scores[row][np.isfinite(scores[row])][-1] for row in picks if np.isfinite(scores[row]).any()}
    low, high = np.nanmin(scores), np.nanmax(scores)
    apart, taken = 0.055 * max(high - low, 1e-12), -np.inf
    for row, value in sorted(ends.items(), key=lambda one: one[1]):
        place = max(value, taken + apart)
        taken = place
        colour = LINES[list(picks).index(row) % len(LINES)]
        x = years[-1] + 0.015 * (years[-1] - years[0] or 1)
        axes.annotate(
            _cut(names[row], 12),
            (x, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            **_text(),
        )


def _boxes(x: Any, top: Any, tall: Any, look: dict[str, Any]) -> Any:
    """Boxes around columns x from their top down, all drawn at once."""
    from matplotlib.collections import PolyCollection

    left, right, bottom = x - 0.44, x + 0.44, top + tall
    sides = ((left, top), (right, top), (right, bottom), (left, bottom))
    corners = np.stack([np.stack(one, axis=-1) for one in sides], axis=-2).reshape(-1, 4, 2)
    return PolyCollection(list(corners), **look)


def _tile(x: float, y: float, fill: str, wide: float = 0.94, tall: float = 0.94) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), wide, tall, facecolor=fill, edgecolor=RULE, lw=0.5)


def _cut(name: str, most: float = _WIDEST) -> str:
    """A name that leaves room for what it labels: cut where it is longer than so many letters."""
    if extent(name) <= most:
        return name
    kept = ""
    for one in name:
        if extent(kept + one) > most - 1:
            break
        kept += one
    return kept + "…"


def _fitting(name: str, side: float) -> float:
    """Letters in points that a name of one line fits a tile with, ``side`` cm wide."""
    return float(np.clip(72 * _CM * side / max(extent(name), 1.0), 4.0, SIZE))


def _shade(share: float) -> str:
    """The ramp's colour at a share from 0 to 1."""
    at = min(1.0, max(0.0, share)) * (len(RAMP) - 1)
    start, end = (np.array([int(RAMP[step][i : i + 2], 16) for i in (1, 3, 5)]) for step in (int(at), int(np.ceil(at))))
    mixed = np.round(start + (end - start) * (at % 1)).astype(int)
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _letters(ground: str) -> str:
    """Dark or light letters, whichever contrast more with a ground (WCAG relative luminance)."""
    parts = np.array([int(ground[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light = float(linear @ [0.2126, 0.7152, 0.0722])
    return "#000000" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "#ffffff"
