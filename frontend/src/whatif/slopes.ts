/** Two rankings side by side, each region a line from its place in the study to its place in the what-if. */

import { FONT, widthOf, type Drawing } from "../charts";
import type { Theme } from "../colour";
import { key } from "../key";
import { cut } from "../labels";
import { gained, type Move } from "./told";

const TALL = 19;
const HEAD = 26;

export interface Slopes {
  /** In the order of the new ranks. */
  shown: Move[];
  name: (region: number) => string;
  heads: [string, string];
  signs: { rises: string; falls: string; stays: string };
  /** Who the rest of the page looks at. */
  chosen: number;
  tip: (move: Move) => string[];
}

export function drawSlopes({ shown, name, heads, signs, chosen, tip }: Slopes, width: number, theme: Theme): Drawing {
  const marks = key([["rises", theme.accent], ["falls", theme.mark], ["stays", theme.muted]].map(([what, colour]) => ({ name: signs[what as keyof typeof signs], shape: "line" as const, colour })), width, theme);
  const before = [...shown].sort((a, b) => a.before - b.before || a.after - b.after || a.region - b.region);
  const place = new Map(before.map((move, at) => [move.region, at]));
  const label = (rank: number, region: number) => [String(rank), name(region)];
  const longest = Math.max(...shown.map((move) => widthOf(name(move.region), 12, 600)), ...heads.map((head) => widthOf(head, 12)));
  const number = Math.max(...shown.map((move) => widthOf(String(Math.max(move.before, move.after)), 12, 600)));
  const room = Math.min(width * 0.38, longest + number + 16);
  const [left, right] = [room, width - room];
  const top = marks.height + HEAD;
  const y = (at: number) => top + at * TALL + TALL / 2;
  const write = (text: string, x: number, at: number, look: object) => ({ type: "text", style: { text, x, y: at, textVerticalAlign: "middle", fill: theme.ink, font: `12px ${FONT}`, ...look } });
  const shapes: object[] = [...marks.graphic, write(heads[0], left, marks.height + 8, { textAlign: "right", fill: theme.muted }), write(heads[1], right, marks.height + 8, { fill: theme.muted })];
  const colour = (move: Move) => (gained(move) > 0 ? theme.accent : gained(move) < 0 ? theme.mark : theme.muted);
  // Those who stay lie below those who move, and who is looked at above all.
  const depth = (move: Move) => (move.region === chosen ? 1e6 : Math.abs(gained(move)));
  for (const move of [...shown].sort((a, b) => depth(a) - depth(b))) {
    const [from, to] = [y(place.get(move.region)!), y(shown.indexOf(move))];
    const far = Math.abs(gained(move));
    const style = { stroke: colour(move), lineWidth: move.region === chosen ? 3 : far ? 1.75 : 1.25, opacity: move.region === chosen || far ? 0.95 : 0.55 };
    shapes.push({ type: "line", shape: { x1: left + 8, y1: from, x2: right - 8, y2: to }, style });
    for (const [cx, cy] of [[left + 8, from], [right - 8, to]]) shapes.push({ type: "circle", shape: { cx, cy, r: 3 }, style: { fill: colour(move) } });
  }
  const side = (move: Move, rank: number, at: number, after: boolean) => {
    const font = `${move.region === chosen ? 600 : 400} 12px ${FONT}`;
    const [nth, who] = label(rank, move.region);
    const room_ = room - number - 14;
    shapes.push(write(nth, after ? right + 4 + number : left - 4, y(at), { textAlign: "right", font, fill: theme.muted }));
    shapes.push(write(cut(who, room_), after ? right + number + 12 : left - number - 12, y(at), { textAlign: after ? "left" : "right", font }));
  };
  before.forEach((move, at) => side(move, move.before, at, false));
  shown.forEach((move, at) => side(move, move.after, at, true));
  const spots = [
    ...before.map((_, at) => ({ x: 0, y: y(at) - TALL / 2, width: width / 2, height: TALL })),
    ...shown.map((_, at) => ({ x: width / 2, y: y(at) - TALL / 2, width: width / 2, height: TALL })),
  ];
  const atSpot = (spot: number) => (spot < before.length ? before[spot] : shown[spot - before.length]);
  return { height: top + shown.length * TALL + 6, sheet: { shapes, spots, tip: (spot) => tip(atSpot(spot)) } };
}

/** Whom a spot of the chart is about: the left half by the old order, the right half by the new. */
export function regionAt(shown: Move[], spot: number): number {
  const before = [...shown].sort((a, b) => a.before - b.before || a.after - b.after || a.region - b.region);
  return (spot < before.length ? before[spot] : shown[spot - before.length]).region;
}
