/** Which regions are built alike: how far apart two regions lie over the indicators that both have. */

import { median } from "./findings";
import type { Report } from "./payload";

export interface Peer {
  region: number;
  /** The root of the mean squared difference of normalised values. */
  distance: number;
  /** Indicators that both have. */
  shared: number;
  /** The correlation of what sets each apart from the median region, indicator by indicator; nan for fewer than three. */
  shape: number;
}

export interface Likeness {
  /** Nearest first. */
  peers: Peer[];
  /** How many indicators the region itself has. */
  own: number;
  /** Regions that share fewer than half of those, which are not compared. */
  thin: number;
}

/** All regions by their distance from one in a year. */
export function likeness(r: Report, region: number, year: number): Likeness {
  const k = r.indicators;
  const own = Array.from({ length: k }, (_, at) => r.normalised.at(region, year, at));
  const mine = own.flatMap((value, at) => (Number.isFinite(value) ? [at] : []));
  const middle = mine.map((at) => median(r.regions.map((_, other) => r.normalised.at(other, year, at))));
  const peers: Peer[] = [];
  let thin = 0;
  for (let other = 0; other < r.regions.length; other++) {
    if (other === region) continue;
    let [squares, shared] = [0, 0];
    const pairs: [number, number][] = [];
    mine.forEach((at, i) => {
      const value = r.normalised.at(other, year, at);
      if (!Number.isFinite(value)) return;
      squares += (own[at] - value) ** 2;
      shared += 1;
      pairs.push([own[at] - middle[i], value - middle[i]]);
    });
    if (shared === 0 || 2 * shared < mine.length) {
      if (shared || hasAny(r, other, year)) thin += 1;
      continue;
    }
    peers.push({ region: other, distance: Math.sqrt(squares / shared), shared, shape: correlation(pairs) });
  }
  return { peers: peers.sort((a, b) => a.distance - b.distance || a.region - b.region), own: mine.length, thin };
}

const hasAny = (r: Report, region: number, year: number): boolean => {
  for (let at = 0; at < r.indicators; at++) if (Number.isFinite(r.normalised.at(region, year, at))) return true;
  return false;
};

/** Pearson's correlation of the pairs that are known on both sides; nan for fewer than three or where one side is constant. */
export function correlation(pairs: [number, number][]): number {
  const known = pairs.filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  const n = known.length;
  if (n < 3) return NaN;
  const [ma, mb] = [0, 1].map((side) => known.reduce((sum, pair) => sum + pair[side], 0) / n);
  let [ab, aa, bb] = [0, 0, 0];
  for (const [a, b] of known) {
    ab += (a - ma) * (b - mb);
    aa += (a - ma) ** 2;
    bb += (b - mb) ** 2;
  }
  // Cells have five digits: what is smaller beside its mean is rounding, not spread.
  const flat = (squares: number, mean: number) => squares <= n * (1e-5 * Math.abs(mean)) ** 2 || squares === 0;
  return flat(aa, ma) || flat(bb, mb) ? NaN : Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
}
