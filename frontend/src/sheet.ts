/** Charts that need no engine: shapes on a sheet, in the words of the engine's graphics, and what is told of places on it. */

import { svg } from "./dom";

export interface Spot {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Sheet {
  shapes: object[];
  /** Places that tell something or may be chosen; of those that overlap the last one counts. */
  spots: Spot[];
  tip: (spot: number) => string[];
}

interface Shape {
  type: string;
  shape?: Record<string, unknown>;
  style: Record<string, unknown>;
}

const LOOK: Record<string, string> = { fill: "fill", stroke: "stroke", lineWidth: "stroke-width", lineDash: "stroke-dasharray", opacity: "opacity" };
const SAME = ["x", "y", "width", "height", "x1", "y1", "x2", "y2", "cx", "cy", "r"];
const ANCHOR: Record<string, string> = { center: "middle", right: "end" };

/** The sheet as an SVG element. */
export function onSheet({ shapes }: Sheet, width: number, height: number): SVGSVGElement {
  return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, ...(shapes as Shape[]).map(drawn));
}

function drawn({ type, shape = {}, style }: Shape): SVGElement {
  if (type === "text") {
    const { text, x, y, font, fill, textAlign, textVerticalAlign, stroke, lineWidth, opacity } = style as Record<string, string | number>;
    // Where letters stand is told by their middle, which fonts put at a third of their size above the line.
    const size = Number(/(\d+(\.\d+)?)px/.exec(String(font))?.[1] ?? 12);
    const halo = stroke ? { stroke, "stroke-width": lineWidth, "paint-order": "stroke", "stroke-linejoin": "round" } : {};
    return svg("text", { x, y: Number(y) + (textVerticalAlign === "middle" ? size * 0.35 : size * 0.85), fill, opacity, style: `font:${font}`, "text-anchor": ANCHOR[textAlign] ?? "start", ...halo }, String(text));
  }
  const look: Record<string, unknown> = {};
  for (const [name, to] of Object.entries(LOOK)) if (style[name] !== undefined) look[to] = style[name];
  if (shape.points) look.points = (shape.points as [number, number][]).map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ");
  for (const name of SAME) if (shape[name] !== undefined) look[name === "r" && type === "rect" ? "rx" : name] = shape[name];
  return svg(type as "rect", { fill: "none", ...look });
}

/** The last of the spots that a point lies on; −1 for none. */
export function spotAt(spots: Spot[], x: number, y: number): number {
  for (let i = spots.length - 1; i >= 0; i--) {
    const one = spots[i];
    if (x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height) return i;
  }
  return -1;
}
