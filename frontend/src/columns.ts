/** Columns over years, each of parts that stand on one another, with marks below them. */

import { FONT, widthOf, type Drawing } from "./charts";
import type { Theme } from "./colour";
import { key, type Mark } from "./key";
import { ticks } from "./layout";

export interface Columns {
  places: number[];
  /** By place, from the lowest up; gaps are left out. */
  parts: number[][];
  names: { name: string; colour: string }[];
  /** A mark below each place: true is a full dot, false a ring, null nothing. */
  below?: { name: string; marks: (boolean | null)[]; signs: [string, string] };
  yName: string;
  /** The upper end of the upright axis; a round one where it is not given. */
  most?: number;
  /** How tall the columns may stand; by the width where it is not given. */
  tall?: number;
  yLabel: (value: number) => string;
  tip: (place: number) => string[];
}

export function drawColumns({ places, parts, names, below, yName, most, tall: given, yLabel, tip }: Columns, width: number, theme: Theme): Drawing {
  const marks: Mark[] = names.map(({ name, colour }) => ({ name, shape: "bar" as const, colour })).reverse();
  const signs = key([...marks, ...(below ? [{ name: below.signs[0], shape: "dot" as const, colour: theme.ink }, { name: below.signs[1], shape: "ring" as const, colour: theme.ink }] : [])], width, theme);
  const sums = parts.map((stack) => stack.reduce((sum, part) => sum + (part > 0 ? part : 0), 0));
  const scale = ticks(0, most ?? Math.max(...sums, 0));
  const top = signs.height + 26;
  const tall = given ?? Math.round(Math.min(320, Math.max(200, width * 0.36)));
  const up = (value: number) => top + tall - (value / (most ?? scale.max)) * tall;
  const levels = Array.from({ length: Math.round((most ?? scale.max) / scale.step) + 1 }, (_, i) => i * scale.step);
  const left = Math.max(...levels.map((value) => widthOf(yLabel(value), 12))) + 10;
  const step = (width - left - 4) / places.length;
  const every = Math.ceil(44 / step);
  const write = (text: string, x: number, y: number, look: object) => ({ type: "text", style: { text, x, y, textVerticalAlign: "middle", fill: theme.muted, font: `12px ${FONT}`, ...look } });
  const shapes: object[] = [...signs.graphic, write(yName, 0, signs.height + 8, {})];
  for (const value of levels) {
    shapes.push({ type: "line", shape: { x1: left, y1: up(value), x2: width, y2: up(value) }, style: { stroke: value ? theme.rule : theme.muted, lineWidth: 1 } });
    shapes.push(write(yLabel(value), left - 8, up(value), { textAlign: "right" }));
  }
  const foot = top + tall + (below ? 18 : 0);
  const spots = places.map((place, i) => {
    const x = left + i * step;
    let sum = 0;
    parts[i].forEach((part, at) => {
      if (!(part > 0)) return;
      const from = sum;
      sum += part;
      shapes.push({ type: "rect", shape: { x, y: up(sum), width: Math.max(step - (step > 6 ? 1.5 : 0), 1), height: up(from) - up(sum) }, style: { fill: names[at].colour } });
    });
    const sign = below?.marks[i] ?? null;
    if (sign !== null) shapes.push({ type: "circle", shape: { cx: x + step / 2, cy: top + tall + 11, r: Math.min(3.5, step / 2.4) }, style: sign ? { fill: theme.ink } : { fill: theme.ground, stroke: theme.ink, lineWidth: 1.25 } });
    if ((places.length - 1 - i) % every === 0) shapes.push(write(String(place), x + step / 2, foot + 14, { textAlign: i === places.length - 1 && step < 30 ? "right" : "center", font: `11px ${FONT}` }));
    return { x, y: top, width: step, height: foot - top };
  });
  return { height: foot + 26, sheet: { shapes, spots, tip } };
}
