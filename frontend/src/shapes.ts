/** Shapes on a sheet of SVG: what charts are made of. */

import { broken, cut, FONT, lawful, widthOf } from "./lettering";

export type Point = [number, number];

/** From left to right, at shares from 0 to 1. */
export interface Gradient {
  colorStops: { offset: number; color: string }[];
}

export interface Style {
  fill?: string | Gradient;
  stroke?: string;
  lineWidth?: number;
  lineDash?: number[] | string;
  lineCap?: string;
  opacity?: number;
  text?: string;
  x?: number;
  y?: number;
  textAlign?: string;
  textVerticalAlign?: string;
  font?: string;
  lineHeight?: number;
  /** How much room a text has, and what becomes of one that is wider. */
  width?: number;
  overflow?: "truncate" | "break";
}

export interface Shape {
  type: "group" | "rect" | "circle" | "line" | "polyline" | "polygon" | "path" | "text";
  shape?: Record<string, unknown>;
  style?: Style;
  children?: Shape[];
  /** Nothing happens where the pointer is over it. */
  silent?: boolean;
  /** What is higher covers what is lower; otherwise what comes later covers what came before. */
  z?: number;
  /** Where a text begins that turns about that place, and by how much against the clock. */
  x?: number;
  y?: number;
  rotation?: number;
  /** Where the corner of a text lies. */
  left?: number;
  top?: number;
}

const SVG = "http://www.w3.org/2000/svg";
const LOOK: [keyof Style, string][] = [["stroke", "stroke"], ["lineWidth", "stroke-width"], ["lineDash", "stroke-dasharray"], ["lineCap", "stroke-linecap"], ["opacity", "opacity"]];
const SAME = ["x", "y", "width", "height", "x1", "y1", "x2", "y2", "cx", "cy", "r"];
const ANCHOR: Record<string, string> = { center: "middle", right: "end" };

/** Two decimals are a hundredth of a pixel. */
export const short = (value: unknown): string => String(typeof value === "number" ? Math.round(value * 100) / 100 : value);

export function element(tag: string, attributes: Record<string, unknown> = {}): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const name in attributes) if (attributes[name] !== undefined) made.setAttribute(name, short(attributes[name]));
  return made;
}

/** An empty sheet. */
export const sheetOf = (width: number, height: number): SVGSVGElement => element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT }) as SVGSVGElement;

/** Shapes as elements, the lowest first. */
export function layered<T extends { z?: number }>(shapes: T[], usual = 0): T[] {
  const z = (one: T) => one.z ?? usual;
  return shapes.some((one) => z(one) !== usual) ? [...shapes].sort((a, b) => z(a) - z(b)) : shapes;
}

export function drawn(one: Shape, sheet: SVGSVGElement): SVGElement {
  const made = one.type === "group" ? group(one, sheet) : one.type === "text" ? lettered(one) : outlined(one, sheet);
  if (one.silent) made.setAttribute("pointer-events", "none");
  return made;
}

function group({ children = [] }: Shape, sheet: SVGSVGElement): SVGElement {
  const made = element("g");
  for (const child of children) made.append(drawn(child, sheet));
  return made;
}

function outlined({ type, shape = {}, style = {} }: Shape, sheet: SVGSVGElement): SVGElement {
  const made = element(type);
  const { fill = "none" } = style;
  made.setAttribute("fill", typeof fill === "string" ? fill : gradient(fill, sheet));
  for (const [name, to] of LOOK) if (style[name] !== undefined) made.setAttribute(to, short(style[name]));
  if (shape.points) made.setAttribute("points", (shape.points as Point[]).map(([x, y]) => `${short(x)},${short(y)}`).join(" "));
  else if (type === "path") made.setAttribute("d", String(shape.pathData));
  else for (const name of SAME) if (shape[name] !== undefined) made.setAttribute(name === "r" && type === "rect" ? "rx" : name, short(shape[name]));
  return made;
}

let gradients = 0;

function gradient({ colorStops }: Gradient, sheet: SVGSVGElement): string {
  const id = `gradient-${(gradients += 1)}`;
  const made = element("linearGradient", { id });
  for (const { offset, color } of colorStops) made.append(element("stop", { offset: offset.toFixed(4), "stop-color": color }));
  sheet.append(made);
  return `url(#${id})`;
}

/** A text's size in pixels and how heavy it is, from its font. */
function sizeOf(font: string | undefined): { size: number; weight: number } {
  return { size: Number(/(\d+(\.\d+)?)px/.exec(font ?? "")?.[1] ?? 12), weight: Number(/^(\d{3}) /.exec(font ?? "")?.[1] ?? 400) };
}

function lettered({ style = {}, x: aboutX, y: aboutY, rotation, left, top }: Shape): SVGElement {
  const { text = "", font, fill, textAlign = "left", textVerticalAlign, stroke, lineWidth, opacity, overflow, width } = style;
  const { size, weight } = sizeOf(font);
  const [x, y] = [style.x ?? left ?? 0, style.y ?? top ?? 0];
  const lines = lawful(text).split("\n").flatMap((line) => {
    if (!width || !overflow) return [line];
    return overflow === "truncate" ? [cut(line, width, size, weight)] : broken(line, width, (part) => widthOf(part, size, weight));
  });
  const leading = style.lineHeight ?? size * (lines.length > 1 ? 1.15 : 1);
  const above = textVerticalAlign === "middle" ? (lines.length * leading) / 2 : textVerticalAlign === "bottom" ? lines.length * leading : 0;
  // Where letters stand is told by their middle, which fonts put at a third of their size above the line.
  const line = (i: number) => y - above + (i + 0.5) * leading + size * 0.35;
  const halo = stroke ? { stroke, "stroke-width": lineWidth, "paint-order": "stroke", "stroke-linejoin": "round" } : {};
  const made = element("text", { x, y: line(0), fill, opacity, "font-size": size, "font-weight": weight, "text-anchor": ANCHOR[textAlign], ...halo });
  if (rotation !== undefined) made.setAttribute("transform", `translate(${short(aboutX ?? 0)} ${short(aboutY ?? 0)}) rotate(${short((-rotation * 180) / Math.PI)})`);
  if (lines.length < 2) made.textContent = lines[0] ?? "";
  else lines.forEach((part, i) => {
    const span = element("tspan", { x, y: line(i) });
    span.textContent = part;
    made.append(span);
  });
  return made;
}
