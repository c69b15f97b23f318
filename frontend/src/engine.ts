/**
 * The chart engine: two axes, the marks that a series draws for itself, and graphics around them, as SVG.
 *
 * A chart is a description (`Option`); `compose` turns it into a sheet and says which of its elements tell of which datum.
 */

import { drawn, layered, node, sheetOf, type Drawn, type Point, type Shape } from "./shapes";
import { FONT, widthOf } from "./lettering";

/** Which datum of a series is to be drawn. */
export interface Item {
  dataIndex: number;
}

/** Where values lie on the sheet; places of a category axis go by number. */
export interface Api {
  coord(point: (number | null)[]): Point;
}

interface Line {
  show?: boolean;
  /** An upright axis stands where the level one is zero, if it is anywhere. */
  onZero?: boolean;
  lineStyle?: { color: string };
}

interface Label {
  show?: boolean;
  color?: string;
  fontSize?: number;
  formatter?: (value: number) => string;
  /** Labels that would stand over one another go without. */
  hideOverlap?: boolean;
  /** The last label is shown though it has to push away the one before it, or is not shown at all. */
  showMaxLabel?: boolean;
  /** How the first and the last label stand on their places. */
  alignMinLabel?: "left";
  alignMaxLabel?: "right";
  interval?: number | ((at: number) => boolean);
  margin?: number;
  width?: number;
  overflow?: "truncate" | "break";
}

interface AnyAxis {
  name?: string;
  nameLocation?: "middle";
  nameGap?: number;
  nameTextStyle?: { color?: string; fontSize?: number };
  inverse?: boolean;
  position?: "bottom";
  axisLine?: Line;
  axisTick?: Line & { interval?: number | ((at: number) => boolean) };
  axisLabel?: Label;
  splitLine?: Line;
}

/** Numbers from `min` to `max`, named at every `interval`. */
export interface ValueAxis extends AnyAxis {
  type: "value";
  min: number;
  max: number;
  interval: number;
}

/** Names, each in the middle of its band or, without a gap at the ends, at its point. */
export interface CategoryAxis extends AnyAxis {
  type: "category";
  data: string[];
  boundaryGap?: boolean;
}

export type Axis = ValueAxis | CategoryAxis;

export interface Series {
  type: "custom";
  renderItem: (item: Item, api: Api) => object;
  data: unknown[];
  /** Drawn with the axes unless it says "none". */
  coordinateSystem?: "none";
  silent?: boolean;
  z?: number;
}

export interface Option {
  graphic?: object[];
  grid?: { left: number; right: number; top: number; bottom: number; containLabel?: boolean };
  xAxis?: Axis;
  yAxis?: Axis;
  /** What is told of a datum of a series: a heading and lines, or nothing. */
  tooltip?: { lines: (index: number, series: number) => string[] };
  series: Series[];
}

/** A datum on the sheet. */
export interface Mark {
  series: number;
  index: number;
  on: Drawn;
}

export interface Scene {
  sheet: Drawn;
  marks: Mark[];
}

const GREY = "#8a8f94";
const [TICK, MARGIN, SERIES_Z] = [5, 8, 2];

/** Where on a line of pixels, from its beginning to its end, an axis puts its values. */
export function scaleOf(axis: Axis, from: number, to: number): (value: number) => number {
  const [start, end] = axis.inverse ? [to, from] : [from, to];
  if (axis.type === "value") return (value) => start + ((value - axis.min) / (axis.max - axis.min)) * (end - start);
  const n = axis.data.length;
  if (axis.boundaryGap !== false) return (at) => start + ((at + 0.5) / n) * (end - start);
  return (at) => start + (n > 1 ? at / (n - 1) : 0.5) * (end - start);
}

/** The values that an axis of numbers names: from its lower end by its interval, and its upper end. */
export function ticksOf({ min, max, interval }: { min: number; max: number; interval: number }): number[] {
  const within = Math.floor((max - min) / interval + 1e-9);
  const found = Array.from({ length: within + 1 }, (_, i) => Number((min + i * interval).toPrecision(12)));
  return max - found[within] > interval * 1e-6 ? [...found, max] : found;
}

interface Placed {
  /** What the axis calls it: a value, or the number of a name. */
  value: number;
  text: string;
  at: number;
  /** From where to where its label stands along the axis. */
  from: number;
  to: number;
}

/** The labels that find room, by the rules of their axis. */
export function roomy(labels: Placed[], { hideOverlap, showMaxLabel }: Label): Placed[] {
  const over = (a: Placed | undefined, b: Placed | undefined) => !!a && !!b && a.from < b.to && b.from < a.to;
  const shown = [...labels];
  if (over(shown[0], shown[1])) shown.shift();
  if (showMaxLabel === false) shown.pop();
  else if (over(shown[shown.length - 2], shown[shown.length - 1])) shown.splice(showMaxLabel ? -2 : -1, 1);
  if (!hideOverlap) return shown;
  let last: Placed | undefined;
  return shown.filter((one) => (over(last, one) ? false : ((last = one), true)));
}

/** Every so many names, so that none stands over another. */
function every(names: string[], step: number, size: number): number {
  const widest = Math.max(0, ...names.map((name) => widthOf(name, size)));
  return step > 0 ? Math.floor((widest * 1.3) / step) + 1 : 1;
}

function named(axis: Axis, scale: (value: number) => number, level: boolean): Placed[] {
  const { fontSize: size = 12, formatter, interval, alignMinLabel, alignMaxLabel } = axis.axisLabel ?? {};
  const places = axis.type === "value" ? ticksOf(axis) : axis.data.map((_, at) => at);
  const written = (value: number) => (axis.type === "category" ? axis.data[value] : formatter ? formatter(value) : String(value));
  const step = axis.type === "category" && level && interval === undefined ? every(axis.data, Math.abs(scale(1) - scale(0)), size) : 1;
  const chosen = places.filter((at) => (typeof interval === "function" ? interval(at) : axis.type === "value" || at % step === 0));
  return chosen
    .map((value, i) => {
      const [at, text] = [scale(value), written(value)];
      const long = level ? widthOf(text, size) : size;
      const before = level && i === 0 && alignMinLabel ? 0 : level && i === chosen.length - 1 && alignMaxLabel ? long : long / 2;
      return { value, text, at, from: at - before, to: at - before + long };
    })
    .sort((a, b) => a.at - b.at);
}

/** Lines one pixel wide are sharp in the middle of a pixel. */
const crisp = (at: number): number => (Math.round(at * 2) % 2 ? Math.round(at * 2) / 2 : Math.round(at) - 0.5);

interface Room {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface Along {
  axis: Axis;
  other: Axis;
  room: Room;
  scale: (value: number) => number;
  across: (value: number) => number;
  level: boolean;
}

/** Lines across the room, the axis itself, its ticks, labels and name. */
function axisShapes({ axis, other, room, scale, across, level }: Along): { behind: Shape[]; front: Shape[] } {
  const { axisLine = {}, axisTick = {}, axisLabel = {}, splitLine = {} } = axis;
  const category = axis.type === "category";
  const size = axisLabel.fontSize ?? 12;
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string): Shape => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1 } });
  const behind: Shape[] = [];
  const front: Shape[] = [];
  if (splitLine.show ?? !category) {
    for (const value of category ? axis.data.keys() : ticksOf(axis)) {
      const at = crisp(scale(value));
      behind.push(level ? line(at, room.top, at, room.bottom, splitLine.lineStyle?.color ?? GREY) : line(room.left, at, room.right, at, splitLine.lineStyle?.color ?? GREY));
    }
  }
  const colour = axisLine.lineStyle?.color ?? GREY;
  const atZero = !level && axisLine.onZero !== false && other.type === "value" && other.min <= 0 && other.max >= 0;
  const stands = crisp(level ? room.bottom : atZero ? across(0) : room.left);
  if (axisLine.show ?? category) front.push(level ? line(room.left, stands, room.right, stands, colour) : line(stands, room.top, stands, room.bottom, colour));
  const labels = roomy(named(axis, scale, level), axisLabel);
  if (axisTick.show ?? category) {
    const { interval, lineStyle } = axisTick;
    const places = category ? axis.data.map((_, at) => at).filter((at) => (typeof interval === "function" ? interval(at) : true)) : ticksOf(axis);
    for (const value of places) {
      const at = crisp(scale(value));
      front.push(level ? line(at, stands, at, stands + TICK, lineStyle?.color ?? colour) : line(stands, at, stands - TICK, at, lineStyle?.color ?? colour));
    }
  }
  if (axisLabel.show !== false) {
    const { margin = MARGIN, width, overflow } = axisLabel;
    const font = `${size}px ${FONT}`;
    for (const { text, at, from, to } of labels) {
      const where: Shape["style"] = level
        ? { x: (from + to) / 2, y: room.bottom + margin, textAlign: "center" }
        : { x: room.left - margin, y: at, textAlign: "right", textVerticalAlign: "middle", width, overflow };
      front.push({ type: "text", style: { text, fill: axisLabel.color ?? GREY, font, ...where } });
    }
  }
  if (axis.name) {
    const { color = GREY, fontSize = 12 } = axis.nameTextStyle ?? {};
    const style = { text: axis.name, fill: color, font: `${fontSize}px ${FONT}`, textAlign: "center" };
    const gap = axis.nameGap ?? 15;
    front.push(
      level
        ? { type: "text", style: { ...style, x: (room.left + room.right) / 2, y: room.bottom + gap } }
        : { type: "text", x: room.left - gap, y: (room.top + room.bottom) / 2, rotation: Math.PI / 2, style: { ...style, textVerticalAlign: "bottom" } },
    );
  }
  return { behind, front };
}

/** The room between the axes, made smaller by their labels where it is meant to hold them too. */
function roomOf({ grid, xAxis, yAxis }: Option, width: number, height: number): Room {
  const { left, right, top, bottom, containLabel } = grid ?? { left: 0, right: 0, top: 0, bottom: 0 };
  const room = { left, right: width - right, top, bottom: height - bottom };
  if (!containLabel || !xAxis || !yAxis) return room;
  room.bottom -= (xAxis.axisLabel?.fontSize ?? 12) + (xAxis.axisLabel?.margin ?? MARGIN);
  const { fontSize = 12, margin = MARGIN } = yAxis.axisLabel ?? {};
  room.left += Math.max(0, ...named(yAxis, scaleOf(yAxis, room.bottom, room.top), false).map(({ text }) => widthOf(text, fontSize))) + margin;
  return room;
}

/** The chart as a sheet of its size, and the elements of it that tell something. */
export function compose(option: Option, width: number, height: number): Scene {
  const sheet = sheetOf(width, height);
  const { xAxis, yAxis, graphic = [], series } = option;
  const layers: { z: number; put: () => void }[] = [];
  const marks: Mark[] = [];
  const background = (shapes: Shape[]) => sheet.parts.push(node("g", { "pointer-events": "none" }, shapes.map((one) => drawn(one, sheet))));
  let api: Api = { coord: ([x, y]) => [x ?? NaN, y ?? NaN] };
  if (xAxis && yAxis) {
    const room = roomOf(option, width, height);
    const [x, y] = [scaleOf(xAxis, room.left, room.right), scaleOf(yAxis, room.bottom, room.top)];
    api = { coord: ([a, b]) => [x(a ?? NaN), y(b ?? NaN)] };
    const level = axisShapes({ axis: xAxis, other: yAxis, room, scale: x, across: y, level: true });
    const upright = axisShapes({ axis: yAxis, other: xAxis, room, scale: y, across: x, level: false });
    layers.push({ z: -1, put: () => background([...level.behind, ...upright.behind]) });
    layers.push({ z: 0, put: () => background([...level.front, ...upright.front]) });
  }
  for (const one of graphic as Shape[]) layers.push({ z: one.z ?? 0, put: () => sheet.parts.push(drawn(one, sheet)) });
  series.forEach((one, at) => {
    const put = () => {
      const held = node("g", one.silent ? { "pointer-events": "none" } : {});
      for (let index = 0; index < one.data.length; index++) {
        const shape = one.renderItem({ dataIndex: index }, api) as Shape;
        if (shape.type === "group" && !shape.children?.length) continue;
        const on = drawn(shape, sheet);
        held.parts.push(on);
        if (!one.silent && !shape.silent) marks.push({ series: at, index, on });
      }
      sheet.parts.push(held);
    };
    layers.push({ z: one.z ?? SERIES_Z, put });
  });
  for (const { put } of layered(layers)) put();
  return { sheet, marks };
}

