/** Names beside circles, as many as find room: the first in line first. */

import { cut, FONT, widthOf } from "./lettering";
import type { Theme } from "./colour";

export interface Spot {
  name: string;
  x: number;
  y: number;
  r: number;
}

interface Room {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const HIGH = 7;
const GAP = 4;

/** Names of at most `most` spots within a room, none over another; right of the circle where that fits. */
export function beside(spots: Spot[], room: Room, most: number, theme: Theme, size = 12): object[] {
  const taken: Room[] = [];
  const graphic: object[] = [];
  for (const { name, x, y, r } of spots) {
    if (graphic.length >= most) break;
    const wide = widthOf(name, size);
    const tries: [number, number][] = [
      [x + r + GAP, y],
      [x - r - GAP - wide, y],
      [x - wide / 2, y - r - GAP - HIGH],
      [x - wide / 2, y + r + GAP + HIGH],
    ];
    const found = tries.map(([from, at]) => ({ left: from, right: from + wide, top: at - HIGH, bottom: at + HIGH })).find((box) => within(box, room) && taken.every((other) => !over(box, other)));
    if (!found) continue;
    taken.push(found);
    const style = { text: name, x: found.left, y: found.top + HIGH, textVerticalAlign: "middle", fill: theme.ink, stroke: theme.ground, lineWidth: 3, font: `${size}px ${FONT}` };
    graphic.push({ type: "text", silent: true, style, z: 100 });
  }
  return graphic;
}

const within = (box: Room, room: Room): boolean => box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom;
const over = (a: Room, b: Room): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

export { cut };
