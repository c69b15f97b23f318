/** What came out against what was to come out: a row each, on its own scale, with the target or a given value in the middle. */

import { FONT, widthOf, type Drawing } from "./charts";
import { shade, type Theme } from "./colour";
import { key } from "./key";
import { cut } from "./lettering";

export interface Aim {
  name: string;
  /** What stands above the first of a group. */
  group?: string;
  /** Endless where only a side is wanted. */
  target: [number, number] | null;
  /** What stands in the middle, where that is not the middle of the target. */
  middle?: number;
  /** Value, low and high. */
  got: [number, number, number];
  /** Drawn as a ring of the other colour. */
  missed?: boolean;
  /** A dot that tells little. */
  faint?: boolean;
  written: string;
  /** A part of the row before it: its name stands back. */
  within?: boolean;
}

export interface Targets {
  aims: Aim[];
  marks: { met: string; missed?: string; faint?: string; interval: string; target?: string };
  /** What stands in the middle of all rows. */
  middle?: string;
  tip: (aim: number) => string[];
}

const [TALL, HEAD, NARROW] = [26, 30, 560];
// How wide a target without a width is drawn.
const POINT = 5;

/** Where on its row a value stands, from 0 to 1: the middle in the middle, and all that is drawn within. */
export function rowScale({ target, middle, got }: Pick<Aim, "target" | "middle" | "got">): (value: number) => number {
  const [low, high] = target ?? [NaN, NaN];
  const centre = middle ?? (low + high) / 2;
  const wide = Number.isFinite(high - low) && middle === undefined ? Math.max(high - low, Math.abs(centre) * 0.25) : 0;
  const reach = Math.max(wide, ...got.filter(Number.isFinite).map((value) => Math.abs(value - centre))) * 1.08 || 1;
  return (value) => Math.min(1, Math.max(0, 0.5 + (value - centre) / (2 * reach)));
}

export function drawTargets({ aims, marks, middle, tip }: Targets, width: number, theme: Theme): Drawing {
  const [pale, goal] = [shade([theme.ground, theme.accent], 0.34), shade([theme.ground, theme.ink], 0.16)];
  const signs = key(
    [
      { name: marks.met, shape: "dot", colour: theme.accent },
      ...(marks.missed && aims.some(({ missed }) => missed) ? [{ name: marks.missed, shape: "ring" as const, colour: theme.mark }] : []),
      ...(marks.faint && aims.some(({ faint }) => faint) ? [{ name: marks.faint, shape: "ring" as const, colour: theme.accent }] : []),
      { name: marks.interval, shape: "half", colour: pale },
      ...(marks.target && aims.some(({ target }) => target) ? [{ name: marks.target, shape: "bar" as const, colour: goal }] : []),
    ],
    width,
    theme,
  );
  // On a phone a name stands above its row, for there is no room beside it.
  const narrow = width < NARROW;
  const tall = narrow ? TALL + 18 : TALL;
  const names = narrow ? 4 : Math.min(width * 0.42, Math.max(...aims.map(({ name }) => widthOf(name, 12))) + 16);
  const values = Math.max(...aims.map(({ written }) => widthOf(written, 12, 600))) + 14;
  const [start, end] = [names, width - values - 4];
  const text = (label: string, x: number, y: number, look: object) => ({ type: "text", silent: true, style: { text: label, x, y, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}`, ...look } });
  const shapes: object[] = [...signs.graphic];
  if (middle) shapes.push(text(middle, (start + end) / 2, signs.height + 8, { fill: theme.muted, font: `11px ${FONT}`, textAlign: "center" }));
  let down = signs.height + (middle ? 18 : 0);
  const above = down;
  const spots = aims.map((aim) => {
    if (aim.group !== undefined) {
      shapes.push(text(cut(aim.group, width), 0, down + HEAD / 2 + 3, { fill: theme.muted, font: `600 12px ${FONT}` }));
      down += HEAD;
    }
    const y = down + tall - TALL / 2;
    const tone = aim.within ? { fill: theme.muted } : {};
    const scale = rowScale(aim);
    const x = (value: number) => start + scale(value) * (end - start);
    const [value, low, high] = aim.got;
    if (aim.target) {
      const [from, to] = aim.target;
      const wide = Math.max(x(to) - x(from), POINT);
      shapes.push({ type: "rect", silent: true, shape: { x: (x(from) + x(to) - wide) / 2, y: y - 10, width: wide, height: 20, r: 2 }, style: { fill: goal } });
    }
    shapes.push({ type: "line", silent: true, shape: { x1: start, y1: y, x2: end, y2: y }, style: { stroke: theme.rule, lineWidth: 1 } });
    if (Number.isFinite(low) && Number.isFinite(high)) shapes.push({ type: "rect", silent: true, shape: { x: x(low) - 3, y: y - 4, width: x(high) - x(low) + 6, height: 8, r: 3 }, style: { fill: pale } });
    if (Number.isFinite(value)) shapes.push({ type: "circle", silent: true, shape: { cx: x(value), cy: y, r: 4.75 }, style: aim.missed || aim.faint ? { fill: theme.ground, stroke: aim.missed ? theme.mark : theme.accent, lineWidth: 1.75 } : { fill: theme.accent, stroke: theme.ground, lineWidth: 1.25 } });
    shapes.push(narrow ? text(cut(aim.name, width - 4), aim.within ? 12 : 0, down + 11, { ...tone, stroke: theme.ground, lineWidth: 3 }) : text(cut(aim.name, names - 14), names - 12, y, { ...tone, textAlign: "right" }));
    shapes.push(text(aim.written, width - 2, y, { font: `600 12px ${FONT}`, textAlign: "right" }));
    const spot = { x: 0, y: down, width, height: tall };
    down += tall;
    return spot;
  });
  // Behind everything else.
  if (middle) shapes.unshift({ type: "line", silent: true, shape: { x1: (start + end) / 2, y1: above, x2: (start + end) / 2, y2: down }, style: { stroke: theme.muted, lineWidth: 1 } });
  return { height: down + 4, sheet: { shapes, spots, tip } };
}
