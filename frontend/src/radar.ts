/** Scores on spokes: one region against the median, each spoke from the lowest region to the best. */

import { FONT, widthOf, type Drawing } from "./charts";
import type { Theme } from "./colour";
import { key } from "./key";
import { cut } from "./labels";

export interface Spoke {
  name: string;
  own: number;
  low: number;
  middle: number;
  high: number;
  /** The own score as it is written. */
  written: string;
}

export interface Radar {
  spokes: Spoke[];
  marks: { own: string; median: string };
  tip: (spoke: number) => string[];
}

/** Fewer spokes make no shape, more of them no shape that anybody could read. */
export const [FEWEST, MOST] = [3, 10];

export function drawRadar({ spokes, marks, tip }: Radar, width: number, theme: Theme): Drawing {
  const signs = key([{ name: marks.own, shape: "dot", colour: theme.mark }, { name: marks.median, shape: "dash", colour: theme.muted }], width, theme);
  const n = spokes.length;
  const side = Math.min(150, width * 0.26);
  const radius = Math.max(60, Math.min(150, width / 2 - side));
  const [cx, cy] = [width / 2, signs.height + 40 + radius];
  const angle = (i: number) => (i / n) * 2 * Math.PI - Math.PI / 2;
  const at = (i: number, share: number): [number, number] => [cx + Math.cos(angle(i)) * radius * share, cy + Math.sin(angle(i)) * radius * share];
  const share = ({ low, high }: Spoke, value: number) => (high > low ? (value - low) / (high - low) : 0.5);
  const shapes: object[] = [...signs.graphic];
  for (const ring of [0.25, 0.5, 0.75, 1]) shapes.push({ type: "polygon", shape: { points: spokes.map((_, i) => at(i, ring)) }, style: { stroke: theme.rule, lineWidth: 1, fill: "none" } });
  spokes.forEach((_, i) => shapes.push({ type: "line", shape: { x1: cx, y1: cy, x2: at(i, 1)[0], y2: at(i, 1)[1] }, style: { stroke: theme.rule, lineWidth: 1 } }));
  const around = (of: (spoke: Spoke) => number) => spokes.map((spoke, i) => at(i, share(spoke, of(spoke))));
  const whole = spokes.every(({ own }) => Number.isFinite(own));
  shapes.push({ type: "polygon", shape: { points: around(({ middle }) => middle) }, style: { stroke: theme.muted, lineWidth: 1.5, lineDash: [4, 3], fill: "none" } });
  // A gap on one spoke leaves no area that would mean anything: then only the dots are drawn.
  if (whole) shapes.push({ type: "polygon", shape: { points: around(({ own }) => own) }, style: { fill: theme.mark, opacity: 0.18 } }, { type: "polygon", shape: { points: around(({ own }) => own) }, style: { stroke: theme.mark, lineWidth: 2, fill: "none" } });
  const spots = spokes.map((spoke, i) => {
    if (Number.isFinite(spoke.own)) {
      const [x, y] = at(i, share(spoke, spoke.own));
      shapes.push({ type: "circle", shape: { cx: x, cy: y, r: 4.5 }, style: { fill: theme.mark, stroke: theme.ground, lineWidth: 1.25 } });
    }
    const [x, y] = [cx + Math.cos(angle(i)) * (radius + 12), cy + Math.sin(angle(i)) * (radius + 12)];
    const lean = Math.cos(angle(i));
    const align = Math.abs(lean) < 0.2 ? "center" : lean > 0 ? "left" : "right";
    const room = align === "center" ? width * 0.6 : align === "left" ? width - x - 2 : x - 2;
    const name = cut(spoke.name, room);
    const down = align === "center" && Math.sin(angle(i)) < 0 ? -22 : align === "center" ? 8 : -7;
    const text = (label: string, dy: number, look: object) => shapes.push({ type: "text", style: { text: label, x, y: y + down + dy, textAlign: align, textVerticalAlign: "middle", ...look } });
    text(name, 0, { fill: theme.ink, font: `12px ${FONT}` });
    text(spoke.written, 15, { fill: theme.mark, font: `600 12px ${FONT}` });
    const wide = Math.max(widthOf(name, 12), widthOf(spoke.written, 12, 600));
    const left = align === "center" ? x - wide / 2 : align === "left" ? x : x - wide;
    return { x: left, y: y + down - 8, width: wide, height: 32 };
  });
  return { height: cy + radius + 44, sheet: { shapes, spots, tip } };
}
