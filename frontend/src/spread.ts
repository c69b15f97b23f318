/** How values lie: a histogram with the median and one value marked. */

import { FONT, widthOf, type Drawing } from "./charts";
import type { Theme } from "./colour";
import { extent, median } from "./findings";
import { key } from "./key";
import { ticks } from "./layout";

export interface Spread {
  values: number[];
  /** The value that is marked; nan for none. */
  own: number;
  marks: { own: string; median: string };
  label: (value: number) => string;
  tip: (from: number, to: number, count: number) => string[];
}

const TALL = 100;

/** Bins of equal round width over values, each with how many lie in it; the last holds its upper end. */
export function binned(values: number[]): { from: number; to: number; count: number }[] {
  const known = values.filter(Number.isFinite);
  if (!known.length) return [];
  const [low, high] = extent(known);
  const { min, max, step } = ticks(low, high);
  // Half of the step of an axis: about as many bins as the square root of the number of regions in a country.
  const wide = step / 2;
  const bins = Array.from({ length: Math.max(1, Math.round((max - min) / wide)) }, (_, i) => ({ from: min + i * wide, to: min + (i + 1) * wide, count: 0 }));
  for (const value of known) bins[Math.min(bins.length - 1, Math.max(0, Math.floor((value - min) / wide)))].count += 1;
  return bins;
}

export function drawSpread({ values, own, marks, label, tip }: Spread, width: number, theme: Theme): Drawing {
  const signs = key([...(Number.isFinite(own) ? [{ name: marks.own, shape: "tick" as const, colour: theme.mark }] : []), { name: marks.median, shape: "tick", colour: theme.ink }], width, theme);
  const bins = binned(values);
  if (!bins.length) return { height: 0, sheet: { shapes: [], spots: [], tip: () => [] } };
  const [min, max] = [bins[0].from, bins[bins.length - 1].to];
  const most = Math.max(...bins.map(({ count }) => count));
  const [left, right] = [8, width - 8];
  const x = (value: number) => left + ((value - min) / (max - min)) * (right - left);
  const top = signs.height + 4;
  const bottom = top + TALL;
  const shapes: object[] = [...signs.graphic];
  const spots = bins.map(({ from, to, count }) => {
    const tall = (count / most) * TALL;
    if (count) shapes.push({ type: "rect", shape: { x: x(from) + 0.75, y: bottom - tall, width: Math.max(x(to) - x(from) - 1.5, 1), height: tall }, style: { fill: theme.context } });
    return { x: x(from), y: top, width: x(to) - x(from), height: TALL };
  });
  shapes.push({ type: "line", shape: { x1: left, y1: bottom, x2: right, y2: bottom }, style: { stroke: theme.muted, lineWidth: 1 } });
  const line = (value: number, colour: string, wide: number) => shapes.push({ type: "rect", shape: { x: x(value) - wide / 2, y: top - 4, width: wide, height: TALL + 4 }, style: { fill: colour } });
  line(median(values), theme.ink, 2);
  if (Number.isFinite(own)) line(own, theme.mark, 3);
  const { step } = ticks(min, max);
  let taken = -Infinity;
  for (let value = min; value <= max + step / 1e6; value += step) {
    const words = label(Number(value.toPrecision(9)));
    const half = widthOf(words, 11) / 2;
    const at = Math.min(Math.max(x(value), half), width - half);
    if (at - half < taken + 6) continue;
    taken = at + half;
    shapes.push({ type: "text", style: { text: words, x: at, y: bottom + 12, textAlign: "center", textVerticalAlign: "middle", fill: theme.muted, font: `11px ${FONT}` } });
  }
  return { height: bottom + 24, sheet: { shapes, spots, tip: (at) => tip(bins[at].from, bins[at].to, bins[at].count) } };
}
