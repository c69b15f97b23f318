import { describe, expect, it } from "vitest";
import { letters, luminance, light, dark, shade } from "../src/colour";
import { contributions, outline, parts, ranking, riser, standings, top, totals } from "../src/findings";
import { between, capital, chance, decimals, fixed, listed, percent, probability, significant, signed } from "../src/format";
import { TIE, unpackFusion, type FusionPayload } from "../src/fused";
import { apart, bent, straight, ticks, uneven } from "../src/layout";
import { Cube, lengthened, unroll, type Report } from "../src/payload";
import { counted, lastPlaced, seriesIn, stepped, unpackLadder, verdict, type LadderPayload } from "../src/ladder";
import { spotAt } from "../src/sheet";
import { fromHash, toHash } from "../src/state";
import { branches } from "../src/recorded";
import { beyond, firm, prospects, rankedRegions, type Pair, type Space } from "../src/space";
import { say } from "../src/words";

describe("numbers", () => {
  it("suits decimals to a range", () => {
    expect([0.6, 1, 5, 60, 100, 3000, 0].map(decimals)).toEqual([3, 3, 2, 1, 1, 0, 2]);
  });
  it("writes zero without a sign and minus as minus", () => {
    expect(fixed(-0.0001, 2, "en")).toBe("0.00");
    expect(fixed(-1.5, 1, "en")).toBe("−1.5");
    expect(signed(3, 0, "en")).toBe("+3");
    expect(fixed(NaN, 2, "zh")).toBe("–");
  });
  it("never rounds a part to the whole", () => {
    expect(percent(0.99999, "en")).toBe(">99.9%");
    expect(percent(0.00001, "en")).toBe("<0.1%");
    expect([percent(1, "en"), percent(0, "en")]).toEqual(["100%", "0%"]);
  });
  it("shows what is significant", () => {
    expect(significant(1234567.8, 4, "en")).toBe("1,234,568");
    expect(significant(0.0012345, 2, "en")).toBe("0.0012");
  });
  it("writes a range of whole numbers, or the one number it is", () => {
    expect([between(2, 4.2, "en"), between(0.9, 1.1, "en"), between(NaN, 3, "en")]).toEqual(["2–4", "1", "–"]);
  });
  it("never writes a small probability as nothing", () => {
    expect([probability(0.0001, "en"), probability(0.0312, "en"), probability(NaN, "en")]).toEqual(["<0.001", "0.031", "–"]);
    expect([chance("q", 0.0001, "zh"), chance("p", 0.05, "en")]).toEqual(["q < 0.001", "p = 0.050"]);
  });
  it("begins a sentence", () => expect([capital("gini"), capital(""), capital("基尼系数")]).toEqual(["Gini", "", "基尼系数"]));
  it("lists the first few", () => {
    expect(listed(["a", "b", "c"], 2, "en")).toBe("a, b and 1 more");
    expect(listed(["甲", "乙", "丙"], 2, "zh")).toBe("甲、乙等3个");
  });
});

describe("layout", () => {
  it("ends an axis at round numbers", () => {
    expect(ticks(0, 0.87)).toEqual({ min: 0, max: 1, step: 0.2 });
    expect(ticks(3, 3).max).toBeGreaterThan(3);
  });
  it("names an even axis from end to end", () => {
    const axis = straight([-0.2, 0.9]);
    expect(axis.ticks).toContain(0);
    expect([axis.share(axis.ticks[0]), axis.share(axis.ticks[axis.ticks.length - 1])]).toEqual([0, 1]);
  });
  it("bends an axis where sizes differ a hundredfold", () => {
    const values = [-30, -25, -0.4, -0.02, 0.01, 0.03];
    expect([uneven(values), uneven([-3, -1, 1, 2]), uneven([0, 0])]).toEqual([true, false, false]);
    const axis = bent([...values, 0], 8);
    const shares = values.map(axis.share);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(Math.max(...shares)).toBeLessThan(1);
    expect(axis.ticks).toContain(-10);
    const named = axis.ticks.map(axis.share).sort((a, b) => a - b);
    named.slice(1).forEach((at, i) => expect(at - named[i]).toBeGreaterThanOrEqual(1 / 8 - 1e-9));
  });
  it("moves labels apart within their bounds", () => {
    const things = [{ y: 10 }, { y: 11 }, { y: 99 }, { y: 100 }];
    apart(things, 10, 0, 100);
    expect(things.map((thing) => thing.y)).toEqual([10, 20, 90, 100]);
  });
});

describe("colour", () => {
  it("runs from light to dark by day and from dark to light by night", () => {
    const steps = [0, 0.2, 0.4, 0.6, 0.8, 1];
    const falls = steps.map((at) => -luminance(shade(light.ramp, at)));
    const rises = steps.map((at) => luminance(shade(dark.ramp, at)));
    for (const series of [falls, rises]) expect([...series].sort((a, b) => a - b)).toEqual(series);
  });
  it("keeps letters readable on every shade", () => {
    for (const ramp of [light.ramp, dark.ramp]) {
      for (let at = 0; at <= 1; at += 0.05) {
        const [a, b] = [luminance(shade(ramp, at)), luminance(letters(shade(ramp, at)))];
        expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)).toBeGreaterThan(4.5);
      }
    }
  });
});

it("lengthens short floats", () => {
  // 1 and NaN, as 0x3f8000 and 0x7fc000 from the lowest byte up.
  expect([...lengthened(new Uint8Array([0x00, 0x80, 0x3f, 0x00, 0xc0, 0x7f]))]).toEqual([1, NaN]);
});
it("unrolls runs of items into cells", () => {
  // Two items over three region-years: the first is 1 1 0, the second 0 255 255.
  expect([...unroll([2, 1, 2, 0, 2, 255], 2)]).toEqual([1, 0, 1, 255, 0, 255]);
});
it("lays relatedness across stages out by source, target and what is told", () => {
  // 1, 2, NaN and 1 as short floats: two sources, one target, relatedness and q.
  const cells = btoa(String.fromCharCode(0x00, 0x80, 0x3f, 0x00, 0x00, 0x40, 0x00, 0xc0, 0x7f, 0x00, 0x80, 0x3f));
  const text = (en: string) => ({ en, zh: en });
  const step = { from: 0, to: 1, sources: [text("a"), text("b")], targets: [text("c")], pairsInAll: 1, beyond: 0, ties: [] };
  const { across } = unpackFusion({ cells: "", pairs: [], across: [{ ...step, cells }, { ...step, cells: null }] } as unknown as FusionPayload);
  expect([across[0].cells!.at(0, 0, TIE.relatedness), across[0].cells!.at(0, 0, TIE.q), across[0].cells!.at(1, 0, TIE.relatedness), across[0].cells!.at(1, 0, TIE.q)]).toEqual([1, 2, NaN, 1]);
  expect(across[1].cells).toBeNull();
});
it("fills blanks", () => expect(say("en", "nth", { rank: 2, n: 31 })).toBe("2 of 31"));

/** Two regions, two years, an index of one element over two indicators and one indicator of its own. */
function small(): Report {
  const node = (code: string, parent: number, level: number) => ({ code, name: { en: code, zh: code }, parent, level, direction: 1 as const });
  return {
    years: [2020, 2021],
    regions: [0, 1].map((at) => ({ code: `r${at}`, name: { en: `R${at}`, zh: `R${at}` }, label: { en: "", zh: "" }, tile: null })),
    nodes: [node("a", 3, 1), node("b", 3, 1), node("c", 4, 1), node("one", 4, 2), node("index", -1, 3)],
    indicators: 3,
    elements: 2,
    shares: [[0.25, 0.75, 0.4, 0.6, 1]],
    effective: [[0.15, 0.45, 0.4, 0.6, 1]],
    additive: [true, true],
    yearly: [],
    coverage: { observed: [[2, 2], [2, 2], [1, 2]], filled: [[0, 0], [0, 0], [1, 0]] },
    scores: new Cube(new Float32Array([1, 1, 2, 2, 3, 3, 1, 1]), 2, 2),
    ranks: new Cube(new Uint16Array([2, 2, 1, 1, 1, 1, 2, 2]), 2, 2),
    normalised: new Cube(new Float32Array([1, 1, 1, 2, 2, 2, 3, NaN, 3, 1, 1, 1]), 2, 3),
    values: new Cube(new Float32Array(12), 2, 3),
  } as unknown as Report;
}

describe("findings", () => {
  const r = small();
  it("ranks, and finds who rose", () => {
    expect(ranking(r, 0, top(r)).map((place) => place.region)).toEqual([1, 0]);
    expect(riser(r, top(r), 0, 1)).toMatchObject({ region: 0, from: 1, to: 2 });
  });
  it("gives the weight of a missing child to its siblings", () => {
    expect(parts(r, 1, 0, 0)).toEqual([{ node: 0, share: 1, part: 3 }]);
  });
  it("shares a score out among the indicators present", () => {
    const found = contributions(r, 1, 0)!;
    expect([...found.keys()].sort()).toEqual([0, 2]);
    expect([...found.values()].reduce((a, b) => a + b)).toBeCloseTo(3, 6);
  });
  it("shares nothing out where a score is no sum", () => {
    expect(contributions({ ...r, additive: [true, false] }, 1, 0)).toBeNull();
  });
  it("compares a region with those that have the indicator", () => {
    expect(standings(r, 0, 0).map((one) => [one.indicator, one.rank, one.among])).toEqual([[1, 1, 1], [0, 2, 2], [2, 2, 2]]);
  });
  it("walks the tree and counts cells", () => {
    expect(outline(r)).toEqual([1, 0]);
    expect(totals(r)).toEqual({ cells: 12, observed: 11, filled: 1, missing: 0 });
  });
});

describe("spaces", () => {
  const pair = (activity: number, present: boolean, numbers: Record<string, number>): Pair => ({ activity, present, of: (column) => numbers[column] ?? NaN });
  const told = (stable: number | null, turned: number | null) => ({ told: [{ stable, turned }] }) as unknown as Space;
  it("puts the likeliest missing activity first", () => {
    const pairs = [pair(0, false, { chance: 0.2 }), pair(1, true, { chance: 0.9 }), pair(2, false, { chance: 0.4 }), pair(3, false, {})];
    expect(prospects(pairs).map((one) => one.activity)).toEqual([2, 0]);
  });
  it("goes by what is beyond chance where nothing is foretold", () => {
    const pairs = [pair(0, false, { density: 0.5, by_chance: 0.45 }), pair(1, false, { density: 0.3, by_chance: 0.1 })];
    expect(prospects(pairs).map((one) => one.activity)).toEqual([1, 0]);
    expect(beyond(pairs[0])).toBeCloseTo(0.05);
  });
  it("calls ranks firm only where the draws agree and hardly any turns", () => {
    expect([firm(told(0.95, 0)), firm(told(0.5, 0)), firm(told(0.95, 0.4)), firm(told(null, null))]).toEqual([true, false, false, true]);
  });
  it("ranks the regions that have a rank", () => {
    const cells = new Float32Array(36).fill(NaN);
    [2, NaN, 1].forEach((rank, region) => (cells[region * 12 + 5] = rank));
    const space = { regions: ["a", "b", "c"], byRegion: new Cube(cells, 1, 12) } as unknown as Space;
    expect(rankedRegions(space, 0)).toEqual([2, 0]);
  });
});

describe("industry ladder", () => {
  const bytesOf = (...numbers: number[]) => btoa(String.fromCharCode(...numbers));
  const [one, two, gap] = [[0x00, 0x80, 0x3f], [0x00, 0x00, 0x40], [0x00, 0xc0, 0x7f]];
  const rungs = ["a", "b", "c"].map((code, at) => ({ code, name: { en: code, zh: code }, on: at < 2 }));
  // Two industries of one region over two years and three rungs; the second is placed in the first year only.
  const found = unpackLadder({
    name: "x", years: [2020, 2021], regional: true, regions: ["r"], industries: [], rungs, series: 2, certainty: 0.8, criteria: [{}],
    region: bytesOf(0, 0, 0, 0), industry: bytesOf(0, 0, 1, 0),
    chances: bytesOf(100, 0, 0, 20, 80, 0, 0, 40, 60, 255, 255, 255),
    amount: bytesOf(...one, ...one, ...two, ...gap), share: bytesOf(...one, ...gap, ...one, ...one),
    evidence: { years: [2021], cells: bytesOf(...one, ...gap) },
  } as unknown as LadderPayload);
  it("finds the likeliest rung and whether it is certain", () => {
    expect([0, 1].flatMap((series) => [0, 1].map((year) => found.rung(series, year)))).toEqual([0, 1, 2, -1]);
    expect([found.sure(0, 0), found.sure(0, 1), found.sure(1, 0), found.sure(1, 1)]).toEqual([true, true, false, false]);
    expect([found.chance(0, 1, 1), found.chance(1, 1, 0)]).toEqual([0.8, NaN]);
  });
  it("orders series by the last size they have, and counts rungs", () => {
    expect(seriesIn(found, 0)).toEqual([1, 0]);
    expect(seriesIn(found, 1)).toEqual([]);
    expect([counted(found, [0, 1], 0), counted(found, [0, 1], 1)]).toEqual([[1, 0, 1], [0, 1, 0]]);
    expect([lastPlaced(found, [0, 1]), lastPlaced(found, [1]), lastPlaced(found, [])]).toEqual([1, 0, -1]);
  });
  it("keeps criteria of the years it has", () => {
    expect([found.evidence.at(0, 0, 0), found.evidence.at(1, 0, 0)]).toEqual([1, NaN]);
  });
  it("says that stays shorten only where the whole interval does", () => {
    const cox = (low: number, high: number) => ({ ratio: [1.2, low, high] as [number, number, number], p: 0.1, per: 10, n: 9 });
    expect([cox(1.01, 2), cox(0.9, 1.6), cox(0.5, 0.9), null].map(verdict)).toEqual(["shorter", "untold", "longer", "untold"]);
  });
  it("holds a share until the next step", () => expect(stepped([0, 2, 5], [1, 0.5, 0.2])).toEqual([[0, 1], [2, 1], [2, 0.5], [5, 0.5], [5, 0.2]]));
});

it("lists classes that have records, each before its parts, the largest first", () => {
  const one = (parent: number, records: number) => ({ code: "", name: { en: "", zh: "" }, parent, records, examples: [] });
  const classes = [one(-1, 5), one(0, 2), one(-1, 9), one(0, 4), one(2, 0), one(1, 1)];
  expect(branches(classes)).toEqual([{ at: 2, depth: 0 }, { at: 0, depth: 0 }, { at: 3, depth: 1 }, { at: 1, depth: 1 }, { at: 5, depth: 2 }]);
});

it("finds the last of the spots at a point", () => {
  const spots = [{ x: 0, y: 0, width: 10, height: 10 }, { x: 5, y: 5, width: 10, height: 10 }];
  expect([spotAt(spots, 1, 1), spotAt(spots, 7, 7), spotAt(spots, 14, 14), spotAt(spots, 15, 15)]).toEqual([0, 1, 1, -1]);
});

it("keeps what was picked in the address", () => {
  const r = { ...small(), places: [{ code: "r0" }, { code: "r1" }], structure: null, followed: [], index: null } as unknown as Report;
  const state = fromHash(r, "#lang=zh&region=r1&pick=topic-1.3_lag-curve-2.0", []);
  expect([state.place, state.picked]).toEqual([1, { "topic-1": 3, "lag-curve-2": 0 }]);
  expect(toHash(r, state)).toContain("pick=topic-1.3");
  expect(fromHash(r, "#pick=._x.y_%3Cb%3E.1", ["en"]).picked).toEqual({ "<b>": 1 });
});
