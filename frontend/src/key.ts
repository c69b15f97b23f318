/** What the marks of a chart mean, drawn above it in the shapes they have in it. */

import { FONT, widthOf } from "./charts";
import type { Theme } from "./colour";

export interface Mark {
  name: string;
  shape: "bar" | "half" | "dot" | "ring" | "diamond" | "tick" | "wedge" | "line" | "dash";
  colour: string;
}

const LINE = 22;
const GAP = 18;
const SIGN = 16;

/** The marks side by side, in as many lines as they need at this width; silent graphics of the chart engine. */
export function key(marks: Mark[], width: number, theme: Theme): { height: number; graphic: object[] } {
  let [x, y] = [0, 0];
  const graphic = marks.flatMap((mark) => {
    const room = SIGN + 6 + widthOf(mark.name, 12);
    if (x > 0 && x + room > width) [x, y] = [0, y + LINE];
    const at = x;
    x += room + GAP;
    const text = {
      type: "text",
      style: { text: mark.name, x: at + SIGN + 6, y: y + 9, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}` },
    };
    return [sign(mark, at, y + 9), text].map((one) => ({ ...one, silent: true }));
  });
  return { height: marks.length ? y + LINE + 6 : 0, graphic };
}

function sign({ shape, colour }: Mark, x: number, y: number): object {
  if (shape === "bar") return { type: "rect", shape: { x, y: y - 5, width: SIGN, height: 10, r: 2 }, style: { fill: colour } };
  if (shape === "half") return { type: "rect", shape: { x, y: y - 3, width: SIGN, height: 6 }, style: { fill: colour } };
  if (shape === "dot") return { type: "circle", shape: { cx: x + SIGN / 2, cy: y, r: 4.5 }, style: { fill: colour } };
  if (shape === "ring") return { type: "circle", shape: { cx: x + SIGN / 2, cy: y, r: 4 }, style: { fill: "transparent", stroke: colour, lineWidth: 1.5 } };
  if (shape === "diamond") return { type: "polygon", shape: { points: diamond(x + SIGN / 2, y, 5.5) }, style: { fill: colour } };
  if (shape === "wedge") return { type: "polygon", shape: { points: [[x + SIGN / 2, y + 4], [x + SIGN / 2 - 4.5, y - 4], [x + SIGN / 2 + 4.5, y - 4]] }, style: { fill: colour } };
  if (shape === "tick") return { type: "rect", shape: { x: x + SIGN / 2 - 1, y: y - 6, width: 2, height: 12 }, style: { fill: colour } };
  const dash = shape === "dash" ? { lineDash: [4, 3] } : {};
  return { type: "line", shape: { x1: x, y1: y, x2: x + SIGN, y2: y }, style: { stroke: colour, lineWidth: shape === "dash" ? 1.5 : 2.25, ...dash } };
}

/** A square on its point. */
export const diamond = (x: number, y: number, r: number): [number, number][] => [[x, y - r], [x + r, y], [x, y + r], [x - r, y]];
