/** What the numbers say: pure functions of the report, no page and no chart. */

import type { Report } from "./payload";

const told = new WeakMap<Report, Map<string, unknown>>();

/** What a report says of itself is worked out once: a page asks for the same again and again. Nobody may change what comes back. */
export function once<T>(r: Report, what: string, make: () => T): T {
  let all = told.get(r);
  if (!all) told.set(r, (all = new Map()));
  if (!all.has(what)) all.set(what, make());
  return all.get(what) as T;
}

export const top = (r: Report): number => r.elements - 1;
export const elementNode = (r: Report, element: number): number => r.indicators + element;
export const comparable = (r: Report): boolean => r.yearly.length === 0;

/** The elements right under an element, then the indicators right under it, as nodes. */
export function children(r: Report, node: number): number[] {
  return r.nodes.flatMap((other, at) => (other.parent === node ? [at] : []));
}

/** Elements as a reader walks the tree: the index, then each branch in turn. */
export function outline(r: Report): number[] {
  const walk = (node: number): number[] =>
    node < r.indicators ? [] : [node - r.indicators, ...children(r, node).flatMap(walk)];
  return walk(elementNode(r, top(r)));
}

export function sharesIn(r: Report, year: number): number[] {
  return r.shares[Math.min(year, r.shares.length - 1)];
}

export function effectiveIn(r: Report, year: number): number[] {
  return r.effective[Math.min(year, r.effective.length - 1)];
}

/** The score of a node: an element's, or an indicator's normalised value. */
export function scoreOf(r: Report, region: number, year: number, node: number): number {
  return node < r.indicators
    ? r.normalised.at(region, year, node)
    : r.scores.at(region, year, node - r.indicators);
}

export interface Place {
  region: number;
  rank: number;
  score: number;
}

/** Regions with a score, best first. */
export const ranking = (r: Report, year: number, element: number): Place[] => once(r, `ranking ${year} ${element}`, () => ranked(r, year, element));

function ranked(r: Report, year: number, element: number): Place[] {
  const places: Place[] = [];
  for (let region = 0; region < r.regions.length; region++) {
    const rank = r.ranks.at(region, year, element);
    if (rank) places.push({ region, rank, score: r.scores.at(region, year, element) });
  }
  return places.sort((a, b) => a.rank - b.rank || b.score - a.score || a.region - b.region);
}

/** The years in which an element has any score. */
export const scoredYears = (r: Report, element: number): number[] =>
  once(r, `scored ${element}`, () => r.years.flatMap((_, year) => (r.regions.some((_, region) => r.ranks.at(region, year, element)) ? [year] : [])));

export function unscored(r: Report, year: number, element: number): number[] {
  return r.regions.flatMap((_, region) => (r.ranks.at(region, year, element) ? [] : [region]));
}

export function extent(values: Iterable<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

export const median = (values: number[]): number => middle(Float64Array.from(values.filter(Number.isFinite)).sort());

function middle(sorted: Float64Array): number {
  if (!sorted.length) return NaN;
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The ends of the normalised values of all indicators. */
export const normalisedEnds = (r: Report): [number, number] => once(r, "normalised", () => extent(r.normalised.data));

/** An indicator's normalised values in a year, from the lowest up. */
const ascending = (r: Report, year: number, indicator: number): Float64Array =>
  once(r, `ascending ${year} ${indicator}`, () => Float64Array.from(r.regions.map((_, region) => r.normalised.at(region, year, indicator)).filter(Number.isFinite)).sort());

/** How many of ascending values are larger. */
function above(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const half = (from + to) >> 1;
    if (sorted[half] > value) to = half;
    else from = half + 1;
  }
  return sorted.length - from;
}

/** How far apart scores of an element lie over all years; what its digits are chosen by. */
export function spread(r: Report, element: number): [number, number] {
  const found: number[] = [];
  for (let i = element; i < r.scores.data.length; i += r.elements) found.push(r.scores.data[i]);
  return extent(found);
}

export interface Part {
  node: number;
  share: number;
  part: number;
}

/** What each child adds to an additive element's score; weights of missing children go to the present ones. */
export function parts(r: Report, region: number, year: number, element: number): Part[] {
  const shares = sharesIn(r, year);
  const present = children(r, elementNode(r, element)).flatMap((node) => {
    const score = scoreOf(r, region, year, node);
    return Number.isFinite(score) ? [{ node, score }] : [];
  });
  const whole = present.reduce((sum, { node }) => sum + shares[node], 0);
  return present.map(({ node, score }) => ({ node, share: shares[node] / whole, part: (score * shares[node]) / whole }));
}

/** What each indicator adds to the index, or nothing where some element is no weighted sum. */
export function contributions(r: Report, region: number, year: number): Map<number, number> | null {
  if (!r.additive.every(Boolean) || !r.ranks.at(region, year, top(r))) return null;
  const found = new Map<number, number>();
  const walk = (element: number, weight: number): void => {
    for (const { node, share, part } of parts(r, region, year, element)) {
      if (node < r.indicators) found.set(node, weight * part);
      else walk(node - r.indicators, weight * share);
    }
  };
  walk(top(r), 1);
  return found;
}

export interface Standing {
  indicator: number;
  value: number;
  normalised: number;
  rank: number;
  among: number;
  median: number;
}

/** Where a region stands in each indicator it has, best first by the share of regions it leaves behind. */
export function standings(r: Report, region: number, year: number): Standing[] {
  const found: Standing[] = [];
  for (let indicator = 0; indicator < r.indicators; indicator++) {
    const own = r.normalised.at(region, year, indicator);
    if (!Number.isFinite(own)) continue;
    const all = ascending(r, year, indicator);
    found.push({
      indicator,
      value: r.values.at(region, year, indicator),
      normalised: own,
      rank: 1 + above(all, own),
      among: all.length,
      median: middle(all),
    });
  }
  return found.sort((a, b) => (a.rank - 0.5) / a.among - (b.rank - 0.5) / b.among || b.normalised - a.normalised);
}

export interface Change {
  region: number;
  from: number;
  to: number;
  rankFrom: number;
  rankTo: number;
}

/** Changes between two years for regions scored in both. */
export function changes(r: Report, element: number, first: number, last: number): Change[] {
  return r.regions.flatMap((_, region) => {
    const rankFrom = r.ranks.at(region, first, element);
    const rankTo = r.ranks.at(region, last, element);
    if (!rankFrom || !rankTo) return [];
    const [from, to] = [r.scores.at(region, first, element), r.scores.at(region, last, element)];
    return [{ region, from, to, rankFrom, rankTo }];
  });
}

/** Who rose most: by score where years can be compared, by places where they cannot. */
export function riser(r: Report, element: number, first: number, last: number): Change | null {
  const gain = (c: Change) => (comparable(r) ? c.to - c.from : c.rankFrom - c.rankTo);
  const best = changes(r, element, first, last).reduce<Change | null>(
    (held, c) => (held && gain(held) >= gain(c) ? held : c),
    null,
  );
  return best && gain(best) > 0 ? best : null;
}

/** Regions worth a line of their own at first sight: the leaders and who rose most. */
export const firstPicks = (r: Report): number[] => once(r, "picks", () => leading(r));

function leading(r: Report): number[] {
  const element = top(r);
  const years = scoredYears(r, element);
  if (!years.length) return [];
  const last = years[years.length - 1];
  const picks = ranking(r, last, element).slice(0, 4).map((place) => place.region);
  const risen = riser(r, element, years[0], last)?.region;
  return risen === undefined || picks.includes(risen) ? picks : [...picks, risen];
}

/** Per year, how many indicators anybody has: where this changes, the index changes what it is made of. */
export function indicatorsPresent(r: Report): number[] {
  const { observed, filled } = r.coverage;
  return r.years.map((_, year) => observed.filter((row, at) => row[year] + filled[at][year] > 0).length);
}

export interface Totals {
  cells: number;
  observed: number;
  filled: number;
  missing: number;
}

export function totals(r: Report): Totals {
  const sum = (table: number[][]) => table.reduce((all, row) => all + row.reduce((a, b) => a + b, 0), 0);
  const cells = r.regions.length * r.years.length * r.indicators;
  const [observed, filled] = [sum(r.coverage.observed), sum(r.coverage.filled)];
  return { cells, observed, filled, missing: cells - observed - filled };
}
