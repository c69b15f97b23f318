/** What a change of a score between two years is made of: exact, or not at all. */

import { children, contributions, elementNode, parts, scoreOf, top } from "./findings";
import type { Report } from "./payload";

export interface Share {
  node: number;
  /** What the change of the node's own value did, at the mean of both weights. */
  value: number;
  /** What the change of its weight did, at the mean of both values: weights move with the year or with gaps. */
  weight: number;
  /** What it brought by coming in, or took by dropping out, where it is known in one of the years only. */
  entry: number;
  /** All three. */
  whole: number;
}

/** How the index is put together from its children, found by doing it again. */
export type Way = "sum" | "geometric" | "harmonic" | null;

interface Piece {
  score: number;
  share: number;
}

/** Of a weighted sum: every child's part of the change, which add up to it. */
export function ofSum(before: Map<number, Piece>, after: Map<number, Piece>): Share[] {
  return [...new Set([...before.keys(), ...after.keys()])].map((node) => {
    const [a, b] = [before.get(node), after.get(node)];
    if (!a || !b) {
      const entry = (b ? b.score * b.share : 0) - (a ? a.score * a.share : 0);
      return { node, value: 0, weight: 0, entry, whole: entry };
    }
    const value = ((a.share + b.share) / 2) * (b.score - a.score);
    const weight = ((a.score + b.score) / 2) * (b.share - a.share);
    return { node, value, weight, entry: 0, whole: value + weight };
  });
}

/**
 * Of any score that can be made again from its children: Shapley values over the children.
 *
 * Each child is moved from its first year to its second in every possible order of the children, and gets the mean of
 * what its move did; the parts add up to the change. Shorrocks 2013, Journal of Economic Inequality 11, eq. 8.
 */
export function shapley(nodes: number[], score: (moved: boolean[]) => number): Share[] {
  const n = nodes.length;
  const made = new Float64Array(2 ** n);
  for (let set = 0; set < made.length; set++) made[set] = score(nodes.map((_, i) => (set >> i) % 2 === 1));
  const factorial = [1];
  for (let i = 1; i <= n; i++) factorial.push(factorial[i - 1] * i);
  return nodes.map((node, i) => {
    let value = 0;
    for (let set = 0; set < made.length; set++) {
      if ((set >> i) % 2) continue;
      const size = ones(set);
      value += ((factorial[size] * factorial[n - 1 - size]) / factorial[n]) * (made[set | (1 << i)] - made[set]);
    }
    return { node, value, weight: 0, entry: 0, whole: value };
  });
}

const ones = (set: number): number => {
  let count = 0;
  for (; set; set &= set - 1) count += 1;
  return count;
};

// 2 to the power of this many scores are made for one region: a blink.
const MOST_CHILDREN = 12;
// Scores have seven digits, normalised values not quite five.
const NEAR = 1e-4;

const MEANS = {
  geometric: (pieces: Piece[]) => Math.exp(pieces.reduce((sum, { score, share }) => sum + share * Math.log(score), 0)),
  harmonic: (pieces: Piece[]) => 1 / pieces.reduce((sum, { score, share }) => sum + share / score, 0),
};

/** The children of an element that have a score, with weights that add up to one. */
export function pieces(r: Report, region: number, year: number, element: number): Map<number, Piece> {
  return new Map(parts(r, region, year, element).map(({ node, share }) => [node, { share, score: scoreOf(r, region, year, node) }]));
}

/** How an element is made of its children in two years, tried on every region; null where none of the known ways does it. */
export function wayOf(r: Report, element: number, years: [number, number]): Way {
  if (r.additive[element]) return "sum";
  const own = children(r, elementNode(r, element));
  if (own.length > MOST_CHILDREN) return null;
  for (const way of ["geometric", "harmonic"] as const) {
    let [tried, fits] = [0, true];
    for (let region = 0; fits && region < r.regions.length; region++) {
      for (const year of years) {
        const score = r.scores.at(region, year, element);
        if (!Number.isFinite(score)) continue;
        const made = MEANS[way]([...pieces(r, region, year, element).values()]);
        tried += 1;
        if (!(Math.abs(made - score) <= NEAR * Math.max(Math.abs(score), 1e-9))) fits = false;
      }
    }
    if (fits && tried) return way;
  }
  return null;
}

export interface Decomposed {
  way: Way;
  from: number;
  to: number;
  /** By children of the element; empty where the change cannot be split. */
  shares: Share[];
}

/** The change of an element's score from one year to another, split over its children. Null without both scores. */
export function decompose(r: Report, region: number, element: number, first: number, last: number): Decomposed | null {
  const [from, to] = [first, last].map((year) => r.scores.at(region, year, element));
  if (!Number.isFinite(from) || !Number.isFinite(to)) return null;
  const way = wayOf(r, element, [first, last]);
  const [before, after] = [pieces(r, region, first, element), pieces(r, region, last, element)];
  if (way === "sum") return { way, from, to, shares: ofSum(before, after) };
  const nodes = [...before.keys()];
  const same = nodes.length === after.size && nodes.every((node) => after.has(node) && Math.abs(after.get(node)!.share - before.get(node)!.share) < 1e-9);
  // Where a child is known in one year only, or weights moved, a mean of another kind has no parts of its own for that.
  if (!way || !same) return { way: null, from, to, shares: [] };
  const score = (moved: boolean[]) => MEANS[way](nodes.map((node, i) => (moved[i] ? after : before).get(node)!));
  return { way, from, to, shares: shapley(nodes, score) };
}

/** The change of the index split over indicators, where every element is a weighted sum; null where one is not. */
export function byIndicator(r: Report, region: number, first: number, last: number): Share[] | null {
  const [before, after] = [first, last].map((year) => {
    const found = contributions(r, region, year);
    if (!found) return null;
    return new Map([...found].map(([node, part]): [number, Piece] => [node, weighed(r, region, year, node, part)]));
  });
  return before && after ? ofSum(before, after) : null;
}

/** An indicator's value and the weight it had in this region's score, gaps of its siblings included. */
function weighed(r: Report, region: number, year: number, node: number, part: number): Piece {
  const score = r.normalised.at(region, year, node);
  if (score !== 0) return { score, share: part / score };
  let share = 1;
  for (let at = node; r.nodes[at].parent >= 0; at = r.nodes[at].parent) {
    const siblings = parts(r, region, year, r.nodes[at].parent - r.indicators);
    share *= siblings.find((one) => one.node === at)?.share ?? 0;
  }
  return { score, share };
}

/** Whether weights are the same in all years. */
export const fixedWeights = (r: Report): boolean => r.shares.length === 1;

/** Whether a change between two years means a change of the regions: the yardstick stayed, or only weights moved and are told apart. */
export const changeable = (r: Report): boolean => r.yearly.every((step) => step === "weigh" && r.additive[top(r)]);
