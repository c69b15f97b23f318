/** Shares of siblings: always whole together, whichever of them is moved. */

import { children, sharesIn } from "../findings";
import type { Report } from "../payload";
import { WHOLE, type Choices } from "./choices";

/** Numbers scaled to add up to the whole in whole parts; what rounding leaves goes where it was most. */
export function settled(masses: number[], whole = WHOLE): number[] {
  const sum = masses.reduce((a, b) => a + b, 0);
  const exact = masses.map((mass) => (sum > 0 ? (mass / sum) * whole : whole / masses.length));
  const out = exact.map(Math.floor);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b] - out[b] - (exact[a] - out[a]) || a - b);
  const rest = whole - out.reduce((a, b) => a + b, 0);
  for (let i = 0; i < rest; i++) out[order[i % order.length]] += 1;
  return out;
}

export const equal = (n: number): number[] => settled(Array<number>(n).fill(1));

/**
 * One share set to `to`, those that are not locked following in proportion.
 *
 * Nothing moves further than the others can give: where all others are locked, nothing moves.
 */
export function moved(shares: number[], at: number, to: number, locked: boolean[]): number[] {
  const free = shares.flatMap((_, i) => (i !== at && !locked[i] ? [i] : []));
  if (!free.length) return shares;
  const room = WHOLE - shares.reduce((sum, share, i) => (i !== at && locked[i] ? sum + share : sum), 0);
  const own = Math.min(room, Math.max(0, Math.round(to)));
  const others = settled(free.map((i) => shares[i]), room - own);
  const out = [...shares];
  out[at] = own;
  free.forEach((i, place) => (out[i] = others[place]));
  return out;
}

/** Shares of all nodes within their parents: the study's in a year, with those of changed families in their place. */
export function sharesUnder(r: Report, choices: Choices, year = 0): number[] {
  const out = [...sharesIn(r, year)];
  for (const [parent, shares] of choices.weights) children(r, parent).forEach((child, i) => (out[child] = shares[i] / WHOLE));
  return out;
}
