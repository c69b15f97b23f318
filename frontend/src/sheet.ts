/** Charts without axes of the engine: shapes on a sheet, in the words of the engine's graphics, and what is told of places on it. */

import type { Box } from "./pointing";
import { drawn, sheetOf, type Drawn, type Shape } from "./shapes";

export type Spot = Box;

export interface Sheet {
  shapes: object[];
  /** Places that tell something or may be chosen; of those that overlap the last one counts. */
  spots: Spot[];
  tip: (spot: number) => string[];
}

/** The sheet with its shapes on it. */
export function onSheet({ shapes }: Sheet, width: number, height: number): Drawn {
  const sheet = sheetOf(width, height);
  for (const one of shapes as Shape[]) sheet.parts.push(drawn(one, sheet));
  return sheet;
}

/** The last of the spots that a point lies on; −1 for none. */
export function spotAt(spots: Spot[], x: number, y: number): number {
  for (let i = spots.length - 1; i >= 0; i--) {
    const one = spots[i];
    if (x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height) return i;
  }
  return -1;
}
