/** Shares over time, lying on one another: one panel, or several side by side on the same axes. */

import { FONT, widthOf, type Drawing } from "./charts";
import type { Theme } from "./colour";
import { key, type Mark } from "./key";
import { ticks } from "./layout";
import { cut } from "./lettering";

export interface Panel {
  name?: string;
  /** By place, from the lowest up. */
  parts: number[][];
  /** What happened when: small marks above the areas. */
  events?: { at: number; name: string }[];
}

export interface Areas {
  places: number[];
  panels: Panel[];
  names: { name: string; colour: string }[];
  /** What the marks above the areas are. */
  event?: string;
  /** The upper end of the upright axis. */
  most: number;
  xName?: string;
  yName?: string;
  xLabel: (value: number) => string;
  yLabel: (value: number) => string;
  tip: (panel: number, place: number) => string[];
}

const [GAP, HEAD, FOOT, LEAST] = [26, 20, 24, 250];
const MOST_ACROSS = 3;

export function drawAreas({ places, panels, names, event, most, xName, yName, xLabel, yLabel, tip }: Areas, width: number, theme: Theme): Drawing {
  const marks: Mark[] = names.map(({ name, colour }) => ({ name, shape: "bar" as const, colour })).reverse();
  const happened = panels.some(({ events }) => events?.length);
  const signs = key([...marks, ...(event && happened ? [{ name: event, shape: "wedge" as const, colour: theme.ink }] : [])], width, theme);
  const scale = ticks(0, most);
  const levels = Array.from({ length: Math.round(most / scale.step) + 1 }, (_, i) => i * scale.step);
  const left = Math.max(...levels.map((value) => widthOf(yLabel(value), 11))) + 8;
  const across = Math.max(1, Math.min(panels.length, MOST_ACROSS, Math.floor((width + GAP) / LEAST)));
  const wide = (width - left - 4 - GAP * (across - 1)) / across;
  const tall = Math.round(across === 1 ? Math.min(300, Math.max(170, wide * 0.4)) : Math.max(120, wide * 0.55));
  const strip = happened ? 14 : 0;
  const named = panels.some(({ name }) => name);
  const high = (named ? HEAD : 0) + strip + tall + FOOT;
  const top = signs.height + (yName ? 22 : 0);
  const write = (text: string, x: number, y: number, look: object = {}) => ({ type: "text", silent: true, style: { text, x, y, textVerticalAlign: "middle", fill: theme.muted, font: `11px ${FONT}`, ...look } });
  const shapes: object[] = [...signs.graphic, ...(yName ? [write(yName, 0, signs.height + 6, { font: `12px ${FONT}` })] : [])];
  const spots: { x: number; y: number; width: number; height: number }[] = [];
  const [first, last] = [places[0], places[places.length - 1]];
  const share = (place: number) => (last > first ? (place - first) / (last - first) : 0.5);
  const axis = ticksWithin(first, last, Math.max(2, Math.floor(wide / 46)));
  panels.forEach(({ name, parts, events = [] }, i) => {
    const x0 = left + (i % across) * (wide + GAP);
    const y0 = top + Math.floor(i / across) * (high + 10) + (named ? HEAD : 0) + strip;
    const x = (place: number) => x0 + share(place) * wide;
    const y = (value: number) => y0 + tall - (value / most) * tall;
    if (name) shapes.push(write(cut(name, wide, 12, 600), x0, y0 - strip - HEAD / 2, { fill: theme.ink, font: `600 12px ${FONT}` }));
    let below = places.map(() => 0);
    names.forEach(({ colour }, part) => {
      const above = below.map((sum, at) => sum + (parts[at][part] || 0));
      const outline = [...places.map((place, at) => [x(place), y(below[at])]), ...places.map((place, at) => [x(place), y(above[at])]).reverse()];
      shapes.push({ type: "polygon", silent: true, shape: { points: outline }, style: { fill: colour, stroke: theme.ground, lineWidth: 0.75 } });
      below = above;
    });
    for (const value of levels) {
      shapes.push({ type: "line", silent: true, shape: { x1: x0, y1: y(value), x2: x0 + wide, y2: y(value) }, style: { stroke: value ? theme.ground : theme.muted, lineWidth: value ? 0.75 : 1, opacity: value ? 0.5 : 1 } });
      if (i % across === 0) shapes.push(write(yLabel(value), x0 - 6, y(value), { textAlign: "right" }));
    }
    for (const place of axis) shapes.push(write(xLabel(place), x(place), y0 + tall + 11, { textAlign: place === first ? "left" : place === last ? "right" : "center" }));
    for (const { at } of events) shapes.push({ type: "polygon", silent: true, shape: { points: [[x(at), y0 - 2], [x(at) - 3.5, y0 - 9], [x(at) + 3.5, y0 - 9]] }, style: { fill: theme.ink } });
    const step = wide / Math.max(places.length - 1, 1);
    for (const place of places) {
      const [from, to] = [Math.max(x0, x(place) - step / 2), Math.min(x0 + wide, x(place) + step / 2)];
      spots.push({ x: from, y: y0 - strip, width: to - from, height: tall + strip });
    }
  });
  const rows = Math.ceil(panels.length / across);
  const height = top + rows * (high + 10) + (xName ? 14 : 0);
  if (xName) shapes.push(write(xName, left + (width - left) / 2, height - 10, { textAlign: "center", font: `12px ${FONT}` }));
  return { height, sheet: { shapes, spots, tip: (i) => tip(Math.floor(i / places.length), i % places.length) } };
}

/** Round places of an axis that has its own ends, at most so many. */
function ticksWithin(first: number, last: number, room: number): number[] {
  const step = [1, 2, 5, 10, 20, 25, 50, 100].find((one) => (last - first) / one <= room) ?? 200;
  const found: number[] = [];
  for (let at = Math.ceil(first / step) * step; at <= last + 1e-9; at += step) found.push(at);
  return found;
}
