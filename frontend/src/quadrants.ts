/** Two measures of many things with their intervals, and where each is high. */

import { FONT, widthOf, type Drawing } from "./charts";
import { shade, type Theme } from "./colour";
import { beside, cut } from "./labels";
import { ticks } from "./layout";

export interface Quadrants {
  /** Value, low and high to the right and upwards; those that stand out are named first. */
  points: { name: string; x: [number, number, number]; y: [number, number, number]; chosen: boolean; faint: boolean }[];
  cuts: [number, number];
  xName: string;
  yName: string;
  label: (value: number) => string;
  tip: (point: number) => string[];
}

const MOST_NAMED = 24;

export function drawQuadrants({ points, cuts, xName, yName, label, tip }: Quadrants, width: number, theme: Theme): Drawing {
  const around = (of: "x" | "y", limit: number) => {
    const found = points.flatMap((one) => one[of]).concat(limit).filter(Number.isFinite);
    return ticks(Math.min(...found), Math.max(...found));
  };
  const [across, up] = [around("x", cuts[0]), around("y", cuts[1])];
  const steps = ({ min, max, step }: typeof up) => Array.from({ length: Math.round((max - min) / step) + 1 }, (_, i) => min + i * step);
  const height = Math.round(Math.min(500, Math.max(320, width * 0.55)));
  const left = Math.max(...steps(up).map((value) => widthOf(label(value), 12))) + 10;
  const room = { left, right: width - 14, top: 30, bottom: height - 46 };
  const x = (value: number) => room.left + ((value - across.min) / (across.max - across.min)) * (room.right - room.left);
  const y = (value: number) => room.bottom - ((value - up.min) / (up.max - up.min)) * (room.bottom - room.top);
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, more = {}) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1, ...more } });
  const write = (text: string, px: number, py: number, look: object) => ({ type: "text", style: { text, x: px, y: py, textVerticalAlign: "middle", fill: theme.muted, font: `12px ${FONT}`, ...look } });
  const pale = shade([theme.ground, theme.accent], 0.4);
  const known = points.map((one, at) => ({ ...one, at })).filter(({ x: [a], y: [b] }) => Number.isFinite(a) && Number.isFinite(b)).sort((a, b) => Number(a.chosen) - Number(b.chosen));
  const order = [...known].sort((a, b) => Number(b.chosen) - Number(a.chosen) || b.x[0] - a.x[0]);
  const wide = Math.max(1, Math.floor(width / 70));
  const named = steps(across).filter((_, i, all) => i % Math.ceil(all.length / wide) === 0);
  const shapes = [
    { type: "rect", shape: { x: x(cuts[0]), y: room.top, width: room.right - x(cuts[0]), height: y(cuts[1]) - room.top }, style: { fill: theme.accent, opacity: 0.08 } },
    ...steps(up).flatMap((value) => [line(room.left, y(value), room.right, y(value), theme.rule), write(label(value), room.left - 8, y(value), { textAlign: "right" })]),
    ...named.flatMap((value) => [line(x(value), room.top, x(value), room.bottom, theme.rule), write(label(value), x(value), room.bottom + 14, { textAlign: "center" })]),
    line(x(cuts[0]), room.top, x(cuts[0]), room.bottom, theme.ink, { lineDash: "4 3" }),
    line(room.left, y(cuts[1]), room.right, y(cuts[1]), theme.ink, { lineDash: "4 3" }),
    ...known.flatMap(({ x: [a, low, high], y: [b, from, to] }) => [
      ...(Number.isFinite(low + high) ? [line(x(low), y(b), x(high), y(b), pale, { lineWidth: 2 })] : []),
      ...(Number.isFinite(from + to) ? [line(x(a), y(from), x(a), y(to), pale, { lineWidth: 2 })] : []),
    ]),
    ...known.map(({ x: [a], y: [b], chosen, faint }) => {
      const colour = chosen ? theme.mark : theme.accent;
      return { type: "circle", shape: { cx: x(a), cy: y(b), r: chosen ? 6 : 4.5 }, style: faint ? { fill: theme.ground, stroke: colour, lineWidth: 1.75 } : { fill: colour, stroke: theme.ground, lineWidth: 1.25 } };
    }),
    ...beside(order.map(({ name, x: [a], y: [b] }) => ({ name: cut(name, 130), x: x(a), y: y(b), r: 5 })), { ...room, right: width }, MOST_NAMED, theme),
    write(yName, 0, 10, {}),
    write(xName, room.right, height - 10, { textAlign: "right" }),
  ];
  const spots = known.map(({ x: [a], y: [b] }) => ({ x: x(a) - 9, y: y(b) - 9, width: 18, height: 18 }));
  return { height, sheet: { shapes, spots, tip: (i) => tip(known[i].at) } };
}
