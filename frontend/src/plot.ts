/** Lines, bands and dots over an even axis, such as years or lags, with what is known at each place told on hovering. */

import type { Api, Item } from "./engine";
import { FONT, tooltip, widthOf, type Drawing } from "./charts";
import type { Theme } from "./colour";
import { key, type Mark } from "./key";
import { apart, ticks, type Scale } from "./layout";
import { cut } from "./lettering";

/** Places that are not known are gaps in a line. */
export interface Line {
  points: [number, number][];
  colour: string;
  wide?: number;
  dash?: boolean;
  /** The radius of a dot at every point; without a line where `wide` is 0. */
  dot?: number;
}

export interface Plot {
  /** Where there is something to tell on hovering. */
  places: number[];
  /** The ends of the upright axis; round ones around everything drawn where it is not given. */
  y?: Scale;
  /** The axis along which places run; one that ends with them where it is not given. */
  x?: { min: number; max: number; step: number };
  marks: Mark[];
  /** Names at the ends of lines, and how high those end; on a phone they stand above with the other marks. */
  ends?: (Mark & { at: number })[];
  xName?: string;
  yName?: string;
  /** Upright stretches behind everything. */
  spans?: { from: number; to: number; fill: string; name?: string }[];
  /** Level stretches behind everything, named at their right. */
  levels?: { from: number; to: number; fill: string; name: string }[];
  bands?: { points: [number, number, number][]; fill: string; opacity?: number }[];
  lines: Line[];
  xLabel: (value: number) => string;
  yLabel: (value: number) => string;
  tip: (place: number) => string[];
}

const RIGHT = 14;
const [NARROW, LINE] = [560, 15];

export function drawPlot(plot: Plot, width: number, theme: Theme, tall = 0.42): Drawing {
  const { places, lines, bands = [], spans = [], levels = [] } = plot;
  const beside = width < NARROW ? [] : (plot.ends ?? []).filter(({ at }) => Number.isFinite(at));
  const signs = key(beside.length ? plot.marks : [...(plot.ends ?? []), ...plot.marks], width, theme);
  const found = [...lines.flatMap(({ points }) => points.map(([, y]) => y)), ...bands.flatMap(({ points }) => points.flatMap(([, low, high]) => [low, high]))].filter(Number.isFinite);
  const y = plot.y ?? ticks(Math.min(...found, 0), Math.max(...found, 0));
  const x = plot.x ?? along(places, width);
  const right = beside.length ? Math.min(width * 0.3, Math.max(...beside.map(({ name }) => widthOf(name, 12)))) + 20 : RIGHT;
  // The end of the axis goes without a label that would stand close to the one before it.
  const crowded = (value: number) => value === x.max && (x.max - x.min) % x.step > 0 && (x.max - x.min) % x.step < 0.6 * x.step;
  const left = Math.max(...steps(y).map((value) => widthOf(plot.yLabel(value), 12))) + 12;
  const head = signs.height + (plot.yName ? 26 : 4);
  const foot = plot.xName ? 46 : 28;
  const height = head + foot + Math.round(Math.min(340, Math.max(200, width * tall)));
  const draw = (params: Item, api: Api) => {
    const at = (px: number, py: number) => api.coord([px, py]) as [number, number];
    const [top, bottom] = [at(x.min, y.max)[1], at(x.min, y.min)[1]];
    const [start, end] = [at(x.min, y.min)[0], at(x.max, y.min)[0]];
    if (params.dataIndex < places.length) {
      const [here] = at(places[params.dataIndex], y.min);
      const half = Math.max(4, (end - start) / Math.max(places.length - 1, 1) / 2);
      return { type: "group" as const, children: [{ type: "rect" as const, shape: { x: here - half, y: top, width: 2 * half, height: bottom - top }, style: { fill: "transparent" } }] };
    }
    const parts: object[] = [];
    const text = (name: string, px: number, py: number, align: string) => ({ type: "text", style: { text: name, x: px, y: py, textAlign: align, textVerticalAlign: "middle", fill: theme.muted, font: `11px ${FONT}`, stroke: theme.ground, lineWidth: 3 } });
    for (const { from, to, fill } of levels) {
      const [high, low] = [at(x.min, Math.min(to, y.max))[1], at(x.min, from)[1]];
      if (low > high) parts.push({ type: "rect", shape: { x: start, y: high, width: end - start, height: low - high }, style: { fill } });
    }
    for (const { from, to, fill } of spans) {
      const [begin, finish] = [Math.max(at(from, y.min)[0], start), Math.min(at(to, y.min)[0], end)];
      parts.push({ type: "rect", shape: { x: begin, y: top, width: Math.max(finish - begin, 2), height: bottom - top }, style: { fill } });
    }
    for (const { points: all, fill, opacity = 1 } of bands) {
      const points = all.filter((point) => point.every(Number.isFinite));
      const within = (value: number) => Math.min(Math.max(value, y.min), y.max);
      const outline = [...points.map(([px, low]) => at(px, within(low))), ...[...points].reverse().map(([px, , high]) => at(px, within(high)))];
      if (points.length > 1) parts.push({ type: "polygon", shape: { points: outline }, style: { fill, opacity } });
    }
    for (const value of steps(y)) {
      const [, down] = at(x.min, value);
      parts.push({ type: "line", shape: { x1: start, y1: down, x2: end, y2: down }, style: { stroke: value === 0 ? theme.muted : theme.rule, lineWidth: 1 } });
    }
    for (const line of lines) parts.push(...drawn(line, at, theme));
    for (const { from, to, name } of levels) {
      const [high, low] = [at(x.min, Math.min(to, y.max))[1], at(x.min, from)[1]];
      if (low - high >= 20) parts.push(text(name, start + 6, Math.max(high + 9, (high + low) / 2), "left"));
    }
    for (const { from, to, name } of spans) {
      if (!name) continue;
      const here = at((from + to) / 2, y.min)[0];
      const fits = here + 6 + widthOf(name, 11) < end;
      parts.push(text(name, here + (fits ? 6 : -6), top + 8, fits ? "left" : "right"));
    }
    return { type: "group" as const, silent: true, children: parts };
  };
  const names = endings(beside, (value) => height - foot - ((value - y.min) / (y.max - y.min)) * (height - foot - head), [head, height - foot], width - right, width, theme);
  const axis = { axisLine: { show: false, onZero: false }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { color: theme.muted, fontSize: 12 } };
  return {
    height,
    option: {
      graphic: [
        ...signs.graphic,
        ...names,
        ...(plot.yName ? [{ type: "text", silent: true, style: { text: plot.yName, x: 0, y: signs.height + 6, textVerticalAlign: "middle", fill: theme.muted, font: `12px ${FONT}` } }] : []),
      ] as never,
      grid: { left, right, top: head, bottom: foot },
      xAxis: {
        ...axis, type: "value", min: x.min, max: x.max, interval: x.step, name: plot.xName, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: theme.muted, fontSize: 12 },
        axisTick: { show: true, lineStyle: { color: theme.muted } }, axisLabel: { ...axis.axisLabel, formatter: (value: number) => (crowded(value) ? "" : plot.xLabel(value)), hideOverlap: true },
      },
      yAxis: { ...axis, type: "value", min: y.min, max: y.max, interval: y.step, axisLabel: { ...axis.axisLabel, formatter: plot.yLabel } },
      tooltip: tooltip(theme, (i) => (i < places.length ? plot.tip(i) : [])),
      series: [{ type: "custom", renderItem: draw as never, data: [...places.map((place) => [place, y.min]), [x.min, y.min]] }],
    } as Drawing["option"],
  };
}

/** Names beside the ends of lines, moved apart, each with a stroke from its line. */
function endings(marks: (Mark & { at: number })[], down: (value: number) => number, [top, bottom]: [number, number], from: number, width: number, theme: Theme): object[] {
  const placed = marks.map((mark) => ({ ...mark, end: down(mark.at), y: down(mark.at) })).sort((a, b) => a.y - b.y);
  apart(placed, LINE, top, bottom);
  return placed.flatMap(({ name, colour, shape, end, y }) => [
    { type: "line", silent: true, shape: { x1: from + 2, y1: end, x2: from + 13, y2: y }, style: { stroke: colour, lineWidth: 2, ...(shape === "dash" ? { lineDash: [4, 3] } : {}) } },
    { type: "text", silent: true, style: { text: cut(name, width - from - 18), x: from + 17, y, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}` } },
  ]);
}

/** An axis of whole numbers that ends with its places, and begins with them or just before. */
function along(places: number[], width: number): Scale {
  const [min, max] = [Math.floor(Math.min(...places)), Math.max(...places)];
  const room = Math.max(2, Math.floor(width / 60));
  const step = [1, 2, 5, 10, 20, 50, 100].find((one) => (max - min) / one <= room) ?? 200;
  return { min, max, step };
}

const steps = ({ min, max, step }: Scale): number[] =>
  Array.from({ length: Math.round((max - min) / step) + 1 }, (_, i) => Number((min + i * step).toPrecision(9)));

function drawn({ points, colour, wide = 2, dash, dot }: Line, at: (x: number, y: number) => [number, number], theme: Theme): object[] {
  const parts: object[] = [];
  let run: [number, number][] = [];
  const close = () => {
    if (wide && run.length > 1) parts.push({ type: "polyline", shape: { points: run }, style: { stroke: colour, fill: "none", lineWidth: wide, ...(dash ? { lineDash: [5, 4] } : {}) } });
    run = [];
  };
  for (const [x, y] of points) {
    if (Number.isFinite(y)) run.push(at(x, y));
    else close();
  }
  close();
  if (dot) {
    for (const [x, y] of points) {
      if (!Number.isFinite(y)) continue;
      const [cx, cy] = at(x, y);
      parts.push({ type: "circle", shape: { cx, cy, r: dot }, style: { fill: colour, stroke: theme.ground, lineWidth: 1 } });
    }
  }
  return parts;
}
