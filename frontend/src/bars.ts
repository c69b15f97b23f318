/** Bars to both sides of nothing, in groups, each with its number at its end. */

import { FONT, widthOf, type Drawing } from "./charts";
import type { Theme } from "./colour";
import { key, type Mark } from "./key";
import { cut } from "./labels";

export interface Bar {
  name: string;
  value: number;
  /** The value as it is written. */
  written: string;
  /** What stands above the first bar of a group. */
  group?: string;
  /** The whole that the others are parts of: drawn in another colour and in bold letters. */
  whole?: boolean;
  /** What is no change of the thing itself: drawn pale. */
  apart?: boolean;
}

export interface Bars {
  bars: Bar[];
  marks?: { up: string; down: string; whole?: string; apart?: string };
  tip: (bar: number) => string[];
}

const [TALL, HEAD, NARROW] = [24, 30, 560];

export function drawBars({ bars, marks, tip }: Bars, width: number, theme: Theme): Drawing {
  const named: Mark[] = marks
    ? [
        { name: marks.up, shape: "bar", colour: theme.accent },
        { name: marks.down, shape: "bar", colour: theme.mark },
        ...(marks.whole ? [{ name: marks.whole, shape: "bar" as const, colour: theme.ink }] : []),
        ...(marks.apart && bars.some(({ apart }) => apart) ? [{ name: marks.apart, shape: "bar" as const, colour: theme.context }] : []),
      ]
    : [];
  const signs = key(named, width, theme);
  // On a phone a name stands above its bar, for there is no room beside it.
  const narrow = width < NARROW;
  const tall = narrow ? TALL + 14 : TALL;
  const names = narrow ? 0 : Math.min(width * 0.4, Math.max(...bars.map(({ name, whole }) => widthOf(name, 12, whole ? 600 : 400))) + 16);
  const written = Math.max(...bars.map((bar) => widthOf(bar.written, 12, bar.whole ? 600 : 400))) + 12;
  const [least, most] = [Math.min(0, ...bars.map(({ value }) => value)), Math.max(0, ...bars.map(({ value }) => value))];
  const [start, end] = [names + (least < 0 ? written : 2), width - (most > 0 ? written : 2)];
  const x = (value: number) => (most > least ? start + ((value - least) / (most - least)) * (end - start) : start);
  const shapes: object[] = named.length ? [...signs.graphic] : [];
  const text = (label: string, at: number, y: number, look: object) => ({ type: "text", style: { text: label, x: at, y, textVerticalAlign: "middle", fill: theme.ink, ...look } });
  const above = named.length ? signs.height : 4;
  let down = above;
  const spots = bars.map((bar) => {
    if (bar.group !== undefined) {
      shapes.push(text(bar.group, 0, down + HEAD / 2 + 3, { fill: theme.muted, font: `600 12px ${FONT}` }));
      down += HEAD;
    }
    const top = down;
    down += tall;
    const y = top + tall - TALL / 2;
    const weight = bar.whole ? 600 : 400;
    if (narrow) shapes.push(text(cut(bar.name, width - 4), 0, top + 9, { font: `${weight} 12px ${FONT}` }));
    else shapes.push(text(cut(bar.name, names - 14), names - 12, y, { font: `${weight} 12px ${FONT}`, textAlign: "right" }));
    const [from, to] = [Math.min(x(0), x(bar.value)), Math.max(x(0), x(bar.value))];
    const fill = bar.whole ? theme.ink : bar.apart ? theme.context : bar.value < 0 ? theme.mark : theme.accent;
    if (Number.isFinite(bar.value)) shapes.push({ type: "rect", shape: { x: from, y: y - 7, width: Math.max(to - from, 0.5), height: 14 }, style: { fill } });
    shapes.push(text(bar.written, bar.value < 0 ? from - 5 : to + 5, y, { font: `${weight} 12px ${FONT}`, textAlign: bar.value < 0 ? "right" : "left" }));
    return { x: 0, y: top, width, height: tall };
  });
  if (least < 0 && most > 0) shapes.push({ type: "line", shape: { x1: x(0), y1: above, x2: x(0), y2: down }, style: { stroke: theme.muted, lineWidth: 1 } });
  return { height: down + 6, sheet: { shapes, spots, tip } };
}
