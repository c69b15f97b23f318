/** A ridge: the distribution of every year on a line of its own, the later ones in front, and their middle joined. */

import { FONT, widthOf, type Drawing } from "./charts";
import { shade, type Theme } from "./colour";
import { key, type Mark } from "./key";
import { cut } from "./labels";
import { ticks } from "./layout";

export interface Ridge {
  years: number[];
  /** Heights along the axis, year by year, at most 1. */
  curves: number[][];
  /** The first and last place of the curves. */
  ends: [number, number];
  medians: (number | null)[];
  quarters: [number | null, number | null][];
  marks: { density: string; median: string; quarters: string };
  axisName: string;
  tickLabel: (value: number) => string;
  tip: (year: number) => string[];
}

const [LEAST, MOST, ALL, OVERLAP, FOOT] = [20, 46, 460, 2.4, 44];

export function drawRidge({ years, curves, ends, medians, quarters, marks, axisName, tickLabel, tip }: Ridge, width: number, theme: Theme): Drawing {
  const colour = (i: number) => shade([shade([theme.ground, theme.accent], 0.38), theme.accent], years.length > 1 ? i / (years.length - 1) : 1);
  const named: Mark[] = [
    { name: marks.density, shape: "bar", colour: theme.accent },
    { name: marks.median, shape: "line", colour: theme.mark },
    { name: marks.quarters, shape: "half", colour: theme.ink },
  ];
  const signs = key(named, width, theme);
  const gap = Math.max(LEAST, Math.min(MOST, ALL / years.length));
  const left = Math.max(...years.map((year) => widthOf(String(year), 12))) + 12;
  const right = width - 12;
  const top = signs.height + gap * OVERLAP;
  const base = (i: number) => top + i * gap;
  const bottom = base(years.length - 1) + 8;
  const x = (value: number) => left + ((value - ends[0]) / (ends[1] - ends[0])) * (right - left);
  const shapes: object[] = [...signs.graphic];
  const { min, max, step } = ticks(...ends);
  const tickAt = Array.from({ length: Math.round((max - min) / step) + 1 }, (_, i) => Number((min + i * step).toPrecision(9))).filter((value) => value >= ends[0] && value <= ends[1]);
  for (const value of tickAt) {
    shapes.push({ type: "line", shape: { x1: x(value), y1: signs.height + 4, x2: x(value), y2: bottom }, style: { stroke: theme.rule, lineWidth: 1 } });
    shapes.push({ type: "text", style: { text: tickLabel(value), x: x(value), y: bottom + 12, textAlign: "center", textVerticalAlign: "middle", fill: theme.muted, font: `12px ${FONT}` } });
  }
  shapes.push({ type: "text", style: { text: cut(axisName, right - left), x: (left + right) / 2, y: bottom + 31, textAlign: "center", textVerticalAlign: "middle", fill: theme.muted, font: `12px ${FONT}` } });
  years.forEach((year, i) => {
    const curve = curves[i];
    const at = (k: number) => x(ends[0] + ((ends[1] - ends[0]) * k) / (curve.length - 1));
    const line = curve.map((height, k): [number, number] => [at(k), base(i) - height * gap * OVERLAP]);
    shapes.push({ type: "polygon", shape: { points: [[left, base(i)], ...line, [right, base(i)]] }, style: { fill: colour(i), opacity: 0.82 } });
    shapes.push({ type: "polyline", shape: { points: line }, style: { stroke: theme.ground, lineWidth: 1.25 } });
    shapes.push({ type: "text", style: { text: String(year), x: left - 8, y: base(i) - 5, textAlign: "right", textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}` } });
  });
  quarters.forEach(([low, high], i) => {
    if (low === null || high === null) return;
    shapes.push({ type: "rect", shape: { x: x(low), y: base(i) - 2, width: Math.max(x(high) - x(low), 1), height: 3 }, style: { fill: theme.ink, opacity: 0.75 } });
  });
  const middle = medians.flatMap((value, i): [number, number][] => (value === null ? [] : [[x(value), base(i) - 0.5]]));
  shapes.push({ type: "polyline", shape: { points: middle }, style: { stroke: theme.ground, lineWidth: 4 } }, { type: "polyline", shape: { points: middle }, style: { stroke: theme.mark, lineWidth: 2 } });
  for (const [cx, cy] of middle) shapes.push({ type: "circle", shape: { cx, cy, r: 3.2 }, style: { fill: theme.mark, stroke: theme.ground, lineWidth: 1 } });
  return {
    height: bottom + FOOT,
    sheet: { shapes, spots: years.map((_, i) => ({ x: 0, y: base(i) - gap + 4, width, height: gap })), tip },
  };
}
