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

/** An element of the sheet as it is to be: to put up anew, or to change another one into. */
export interface Drawn {
  tag: string;
  look: Record<string, string>;
  text?: string;
  parts: Drawn[];
  /** The element itself, once there is one. */
  on?: SVGElement;
}

export function node(tag: string, attributes: Record<string, unknown> = {}, parts: Drawn[] = [], text?: string): Drawn {
  const look: Record<string, string> = {};
  for (const name in attributes) if (attributes[name] !== undefined) look[name] = short(attributes[name]);
  return { tag, look, parts, text };
}

/** Put up an element and everything in it. */
export function raise(one: Drawn): SVGElement {
  const made = document.createElementNS(SVG, one.tag);
  for (const name in one.look) made.setAttribute(name, one.look[name]);
  if (one.text !== undefined) made.textContent = one.text;
  for (const part of one.parts) made.append(raise(part));
  return (one.on = made);
}

/** Change an element into another of its kind: what is the same in both is left as it is, so that little is laid out again. */
export function renew(before: Drawn, now: Drawn): SVGElement {
  const on = (now.on = before.on!);
  for (const name in now.look) if (before.look[name] !== now.look[name]) on.setAttribute(name, now.look[name]);
  for (const name in before.look) if (!(name in now.look)) on.removeAttribute(name);
  if (now.text !== undefined && now.text !== before.text) on.textContent = now.text;
  now.parts.forEach((part, i) => {
    const old = before.parts[i];
    if (!old) on.append(raise(part));
    else if (old.tag === part.tag && (old.text === undefined) === (part.text === undefined)) renew(old, part);
    else old.on!.replaceWith(raise(part));
  });
  for (const old of before.parts.slice(now.parts.length)) old.on!.remove();
  return on;
}

/** An empty sheet. */
export const sheetOf = (width: number, height: number): Drawn => node("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT });

/** Shapes in the order they are drawn in, the lowest first. */
export function layered<T extends { z?: number }>(shapes: T[], usual = 0): T[] {
  const z = (one: T) => one.z ?? usual;
  return shapes.some((one) => z(one) !== usual) ? [...shapes].sort((a, b) => z(a) - z(b)) : shapes;
}

/** A shape as an element of a sheet. */
export function drawn(one: Shape, sheet: Drawn): Drawn {
  const made = one.type === "group" ? node("g", {}, (one.children ?? []).map((child) => drawn(child, sheet))) : one.type === "text" ? lettered(one) : outlined(one, sheet);
  if (one.silent) made.look["pointer-events"] = "none";
  return made;
}

function outlined({ type, shape = {}, style = {} }: Shape, sheet: Drawn): Drawn {
  const { fill = "none" } = style;
  const made = node(type, { fill: typeof fill === "string" ? fill : gradient(fill, sheet) });
  for (const [name, to] of LOOK) if (style[name] !== undefined) made.look[to] = short(style[name]);
  if (shape.points) made.look.points = (shape.points as Point[]).map(([x, y]) => `${short(x)},${short(y)}`).join(" ");
  else if (type === "path") made.look.d = String(shape.pathData);
  else for (const name of SAME) if (shape[name] !== undefined) made.look[name === "r" && type === "rect" ? "rx" : name] = short(shape[name]);
  return made;
}

let gradients = 0;

function gradient({ colorStops }: Gradient, sheet: Drawn): string {
  const id = `gradient-${(gradients += 1)}`;
  sheet.parts.push(node("linearGradient", { id }, colorStops.map(({ offset, color }) => node("stop", { offset: offset.toFixed(4), "stop-color": color }))));
  return `url(#${id})`;
}

/** A text's size in pixels and how heavy it is, from its font. */
function sizeOf(font: string | undefined): { size: number; weight: number } {
  return { size: Number(/(\d+(\.\d+)?)px/.exec(font ?? "")?.[1] ?? 12), weight: Number(/^(\d{3}) /.exec(font ?? "")?.[1] ?? 400) };
}

function lettered({ style = {}, x: aboutX, y: aboutY, rotation, left, top }: Shape): Drawn {
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
  const turn = rotation === undefined ? undefined : `translate(${short(aboutX ?? 0)} ${short(aboutY ?? 0)}) rotate(${short((-rotation * 180) / Math.PI)})`;
  const look = { x, y: line(0), fill, opacity, "font-size": size, "font-weight": weight, "text-anchor": ANCHOR[textAlign], transform: turn, ...halo };
  if (lines.length < 2) return node("text", look, [], lines[0] ?? "");
  return node("text", look, lines.map((part, i) => node("tspan", { x, y: line(i) }, [], part)));
}
