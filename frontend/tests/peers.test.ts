import { describe, expect, it } from "vitest";
import { byIndicator, changeable, decompose, ofSum, shapley, wayOf, type Share } from "../src/decompose";
import { correlation, likeness } from "../src/likeness";
import { Cube, type Report } from "../src/payload";

/** Numbers that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const REGIONS = 7;
type Mean = (scores: number[], weights: number[]) => number;
const sum: Mean = (scores, weights) => scores.reduce((all, one, i) => all + one * weights[i], 0);
const geometric: Mean = (scores, weights) => scores.reduce((all, one, i) => all * one ** weights[i], 1);
const median: Mean = (scores) => [...scores].sort((a, b) => a - b)[1];

/** An index of three elements over three indicators each, made by a mean at the top and sums below. */
function made({ mean, gaps = [], shares }: { mean: Mean; gaps?: [number, number, number][]; shares?: number[][] }): Report {
  const random = numbers(11);
  const node = (code: string, parent: number, level: number) => ({ code, name: { en: code, zh: code }, parent, level, direction: 1 as const });
  const rows = shares ?? [[0.2, 0.3, 0.5, 0.25, 0.25, 0.5, 0.1, 0.1, 0.8, 0.5, 0.3, 0.2, 1]];
  const normalised = new Float32Array(REGIONS * 2 * 9).map(() => 0.1 + 0.9 * random());
  for (const [region, year, at] of gaps) normalised[(region * 2 + year) * 9 + at] = NaN;
  const scores = new Float32Array(REGIONS * 2 * 4);
  for (let region = 0; region < REGIONS; region++) {
    for (let year = 0; year < 2; year++) {
      const weights = rows[Math.min(year, rows.length - 1)];
      const elements = [0, 1, 2].map((element) => {
        const known = [0, 1, 2].map((i) => element * 3 + i).filter((at) => Number.isFinite(normalised[(region * 2 + year) * 9 + at]));
        const whole = known.reduce((all, at) => all + weights[at], 0);
        return sum(known.map((at) => normalised[(region * 2 + year) * 9 + at]), known.map((at) => weights[at] / whole));
      });
      scores.set([...elements, mean(elements, weights.slice(9, 12))], (region * 2 + year) * 4);
    }
  }
  return {
    years: [2020, 2021],
    regions: Array.from({ length: REGIONS }, (_, at) => ({ code: `r${at}` })),
    nodes: [...Array.from({ length: 9 }, (_, at) => node(`i${at}`, 9 + Math.floor(at / 3), 1)), ...[0, 1, 2].map((at) => node(`e${at}`, 12, 2)), node("index", -1, 3)],
    indicators: 9,
    elements: 4,
    shares: rows,
    effective: rows,
    additive: [true, true, true, mean === sum],
    yearly: rows.length > 1 ? ["weigh"] : [],
    scores: new Cube(scores, 2, 4),
    ranks: new Cube(new Uint16Array(REGIONS * 2 * 4).fill(1), 2, 4),
    normalised: new Cube(normalised, 2, 9),
  } as unknown as Report;
}

const total = (shares: Share[]) => shares.reduce((all, { whole }) => all + whole, 0);

describe("peers", () => {
  it("lie as far apart as a slow sum says, over the indicators both have", () => {
    const r = made({ mean: sum, gaps: [[3, 1, 2], [0, 1, 8]] });
    const { peers, own } = likeness(r, 0, 1);
    expect([own, peers.length]).toEqual([8, REGIONS - 1]);
    for (const { region, distance, shared } of peers) {
      let [squares, n] = [0, 0];
      for (let at = 0; at < 9; at++) {
        const difference = r.normalised.at(0, 1, at) - r.normalised.at(region, 1, at);
        if (!Number.isNaN(difference)) [squares, n] = [squares + difference * difference, n + 1];
      }
      expect(shared).toBe(n);
      expect(distance).toBeCloseTo((squares / n) ** 0.5, 12);
    }
    expect(peers.map(({ distance }) => distance)).toEqual(peers.map(({ distance }) => distance).sort((a, b) => a - b));
  });
  it("are as far from one another either way", () => {
    const r = made({ mean: sum });
    const between = (a: number, b: number) => likeness(r, a, 0).peers.find(({ region }) => region === b)!.distance;
    expect(between(1, 4)).toBeCloseTo(between(4, 1), 12);
  });
  it("are not told of regions that share too little", () => {
    const r = made({ mean: sum, gaps: [0, 1, 2, 3, 4].map((at): [number, number, number] => [2, 0, at]) });
    const found = likeness(r, 0, 0);
    expect([found.thin, found.peers.some(({ region }) => region === 2)]).toEqual([1, false]);
  });
  it("have the shape that stands out alike, whatever all regions have in common", () => {
    const common = [0.9, 0.1, 0.5, 0.7];
    const apart = [0.05, -0.05, 0.08, -0.02];
    const cells = [...common.map((one, i) => one + apart[i]), ...common.map((one, i) => one + 2 * apart[i]), ...common.map((one, i) => one - apart[i]), ...common, ...common];
    const r = { regions: Array(5).fill({}), indicators: 4, normalised: new Cube(new Float32Array(cells), 1, 4) } as unknown as Report;
    const shape = new Map(likeness(r, 0, 0).peers.map((peer) => [peer.region, peer.shape]));
    expect(shape.get(1)).toBeCloseTo(1, 4);
    expect(shape.get(2)).toBeCloseTo(-1, 4);
    expect(shape.get(3)).toBeNaN();
  });
  it("correlate as the formula of products says", () => {
    const random = numbers(5);
    const pairs = Array.from({ length: 20 }, (): [number, number] => [random(), random()]);
    const mean = (of: (pair: [number, number]) => number) => pairs.reduce((all, pair) => all + of(pair), 0) / 20;
    const cov = mean(([a, b]) => a * b) - mean(([a]) => a) * mean(([, b]) => b);
    const slow = cov / Math.sqrt((mean(([a]) => a * a) - mean(([a]) => a) ** 2) * (mean(([, b]) => b * b) - mean(([, b]) => b) ** 2));
    expect(correlation([...pairs, [NaN, 1]])).toBeCloseTo(slow, 10);
    expect(correlation([[1, 1], [2, 2]])).toBeNaN();
    expect(correlation([[1, 1], [1, 2], [1, 3]])).toBeNaN();
  });
});

describe("a change", () => {
  it("of a sum is split without a rest, over elements and over indicators", () => {
    const r = made({ mean: sum });
    for (let region = 0; region < REGIONS; region++) {
      const change = r.scores.at(region, 1, 3) - r.scores.at(region, 0, 3);
      const found = decompose(r, region, 3, 0, 1)!;
      expect(found.way).toBe("sum");
      expect(total(found.shares)).toBeCloseTo(change, 5);
      const fine = byIndicator(r, region, 0, 1)!;
      expect(total(fine)).toBeCloseTo(change, 5);
      // With fixed weights an indicator's part is its weight times its own change.
      for (const { node, whole, weight } of fine) {
        const effective = r.shares[0][node] * r.shares[0][9 + Math.floor(node / 3)];
        expect(whole).toBeCloseTo(effective * (r.normalised.at(region, 1, node) - r.normalised.at(region, 0, node)), 6);
        expect(weight).toBeCloseTo(0, 6);
      }
    }
  });
  it("tells what came in, and what moved with the weights, from what the region did", () => {
    const r = made({ mean: sum, gaps: [[2, 0, 4]] });
    const fine = byIndicator(r, 2, 0, 1)!;
    expect(total(fine)).toBeCloseTo(r.scores.at(2, 1, 3) - r.scores.at(2, 0, 3), 5);
    expect(fine.filter(({ entry }) => entry !== 0).map(({ node }) => node)).toEqual([4]);
    expect(fine.filter(({ weight }) => Math.abs(weight) > 1e-6).map(({ node }) => node).sort()).toEqual([3, 5]);
  });
  it("is told with weights that move with the year", () => {
    const first = [0.2, 0.3, 0.5, 0.25, 0.25, 0.5, 0.1, 0.1, 0.8, 0.5, 0.3, 0.2, 1];
    const r = made({ mean: sum, shares: [first, [...first.slice(0, 9), 0.2, 0.3, 0.5, 1]] });
    const { shares } = decompose(r, 1, 3, 0, 1)!;
    expect(total(shares)).toBeCloseTo(r.scores.at(1, 1, 3) - r.scores.at(1, 0, 3), 5);
    expect(Math.abs(shares.find(({ node }) => node === 10)!.weight)).toBeLessThan(1e-9);
    expect(Math.abs(shares.find(({ node }) => node === 9)!.weight)).toBeGreaterThan(0.01);
    expect(changeable(r)).toBe(true);
    expect(changeable({ ...r, yearly: ["normalise"] })).toBe(false);
  });
  it("of a geometric mean is split by moving one element at a time in all orders", () => {
    const r = made({ mean: geometric });
    expect(wayOf(r, 3, [0, 1])).toBe("geometric");
    const { shares, from, to } = decompose(r, 5, 3, 0, 1)!;
    expect(total(shares)).toBeCloseTo(to - from, 4);
    const value = (year: number, node: number) => r.scores.at(5, year, node - 9);
    const slow = [0, 0, 0];
    for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
      const now = [9, 10, 11].map((node) => value(0, node));
      for (const at of order) {
        const before = geometric(now, [0.5, 0.3, 0.2]);
        now[at] = value(1, 9 + at);
        slow[at] += (geometric(now, [0.5, 0.3, 0.2]) - before) / 6;
      }
    }
    expect(byIndicator(r, 5, 0, 1)).toBeNull();
    shares.forEach(({ node, whole }) => expect(whole).toBeCloseTo(slow[node - 9], 5));
  });
  it("is not split where the page cannot make the score again", () => {
    const r = made({ mean: median });
    expect(decompose(r, 0, 3, 0, 1)).toMatchObject({ way: null, shares: [] });
    expect(decompose(r, 0, 0, 0, 1)!.way).toBe("sum");
  });
  it("gives what does nothing nothing, and all to what does all", () => {
    const shares = shapley([7, 8], ([a]) => (a ? 3 : 1));
    expect(shares.map(({ whole }) => whole)).toEqual([2, 0]);
    expect(ofSum(new Map([[1, { score: 2, share: 0.5 }]]), new Map([[1, { score: 4, share: 0.5 }]]))).toEqual([{ node: 1, value: 1, weight: 0, entry: 0, whole: 1 }]);
  });
});
