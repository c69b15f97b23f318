import { describe, expect, it } from "vitest";
import { Cube, type Report, type Step } from "../src/payload";
import { none, read, WHOLE, write, type Choices } from "../src/whatif/choices";
import { ranked, Workshop } from "../src/whatif/recompute";
import { fragment, headed } from "../src/whatif/fragment";
import { equal, moved, settled, sharesUnder } from "../src/whatif/shares";
import { close, furthest, gained, moves, spearman } from "../src/whatif/told";

type Kind = "arithmetic" | "geometric" | "harmonic";

const step = (name: string, method: string, level: number | null = null, options: [string, string][] = []): Step => ({
  step: name, method, name: { en: method, zh: method }, summary: "", cite: "", options, scope: null, level, only: [],
});

/** Numbers that look random and are the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => ((state = (state * 48271) % 2147483647), state / 2147483647);
}

interface Given {
  kinds?: Record<number, Kind>;
  steps?: Step[];
  gaps?: boolean;
  against?: boolean;
  rounded?: boolean;
  scores?: (score: number) => number;
}

const [REGIONS, YEARS] = [7, 3];
const SHARES = [0.2, 0.5, 0.3, 0.6, 0.4, 0.35, 0.65, 1];

/** An index of two elements over three and two indicators, with scores made by the twin. */
function made({ kinds = {}, steps, gaps = false, against = false, rounded = false, scores = (score) => score }: Given = {}): Report {
  const draw = numbers(11);
  const node = (code: string, parent: number, level: number, direction: 1 | -1 = 1) => ({ code, name: { en: code, zh: code }, parent, level, direction });
  const nodes = [node("a", 5, 1), node("b", 5, 1), node("c", 5, 1), node("d", 6, 1), node("e", 6, 1), node("one", 7, 2), node("two", 7, 2, against ? -1 : 1), node("all", -1, 3)];
  const cells = Float32Array.from({ length: REGIONS * YEARS * 5 }, (_, at) => (gaps && at % 9 === 4 ? NaN : 0.05 + 0.9 * draw()));
  // As many digits as a report carries.
  const short = rounded ? new Float32Array(new Uint32Array(cells.slice().buffer).map((bits) => (bits + 0x80) & 0xffffff00).buffer) : cells;
  const r = {
    nodes, indicators: 5, elements: 3, years: [2019, 2020, 2021], regions: Array.from({ length: REGIONS }, () => ({})), shares: [SHARES],
    steps: steps ?? [step("normalise", "min-max", null, [["to", "0, 1"]]), ...Object.entries(kinds).map(([level, kind]) => step("aggregate", kind, Number(level)))],
    normalised: new Cube(short, YEARS, 5),
  } as unknown as Report;
  const all = new Float32Array(REGIONS * YEARS * 3);
  for (let cell = 0; cell < REGIONS * YEARS; cell++) [5, 6, 7].forEach((element, e) => (all[cell * 3 + e] = scores(twin(r, cells, cell, element, SHARES, kinds))));
  r.scores = new Cube(all, YEARS, 3);
  r.ranks = new Cube(ranked(Float64Array.from(all), REGIONS, YEARS * 3), YEARS, 3);
  return r;
}

/** One score, slowly and as it is written: children that are there, their shares made whole, and the mean of its level. */
function twin(r: Report, cells: Float32Array, cell: number, element: number, shares: number[], kinds: Record<number, Kind>): number {
  const parts = r.nodes
    .map((node, at) => ({ node, at }))
    .filter(({ node }) => node.parent === element)
    .map(({ node, at }) => {
      const own = at < 5 ? cells[cell * 5 + at] : twin(r, cells, cell, at, shares, kinds);
      return { weight: shares[at], value: at >= 5 && node.direction < 0 ? 1 - own : own };
    })
    .filter(({ value }) => !Number.isNaN(value));
  const sum = parts.reduce((total, { weight }) => total + weight, 0);
  if (!sum) return NaN;
  const kind = kinds[r.nodes[element].level] ?? "arithmetic";
  if (kind === "geometric") return parts.reduce((product, { weight, value }) => product * value ** (weight / sum), 1);
  if (kind === "harmonic") return 1 / parts.reduce((total, { weight, value }) => total + weight / sum / value, 0);
  return parts.reduce((total, { weight, value }) => total + (weight / sum) * value, 0);
}

const choose = (weights: [number, number[]][] = [], aggregate?: Kind): Choices => ({ ...none(), weights: new Map(weights), methods: aggregate ? { aggregate: { method: aggregate } } : {} });
const done = (shop: Workshop, choices: Choices) => {
  const found = shop.make(choices);
  if ("why" in found) throw new Error(found.why);
  return found;
};

describe("scores made again", () => {
  const cases: [string, Given][] = [
    ["weighted sums", {}],
    ["a geometric mean of elements", { kinds: { 3: "geometric" } }],
    ["harmonic below, geometric above", { kinds: { 2: "harmonic", 3: "geometric" } }],
    ["gaps", { gaps: true, kinds: { 2: "geometric" } }],
    ["an element that counts against its parent", { against: true }],
  ];
  it.each(cases)("agree with the slow twin: %s", (_, given) => {
    const r = made(given);
    const shop = new Workshop(r);
    expect(shop.refusal).toBeNull();
    const changes: Choices[] = [choose([[5, [100_000, 800_000, 100_000]]]), choose([[5, [0, 1_000_000, 0]], [7, [900_000, 100_000]]])];
    for (const choices of changes) {
      const shares = sharesUnder(r, choices);
      const { scores } = done(shop, choices);
      for (let cell = 0; cell < REGIONS * YEARS; cell++) {
        [5, 6, 7].forEach((element, e) => {
          const slow = twin(r, r.normalised.data, cell, element, shares, given.kinds ?? {});
          if (Number.isNaN(slow)) expect(scores[cell * 3 + e]).toBeNaN();
          else expect(scores[cell * 3 + e]).toBeCloseTo(slow, 6);
        });
      }
    }
  });
  it("take another mean at every level", () => {
    const r = made({ kinds: { 3: "geometric" } });
    const { scores } = done(new Workshop(r), choose([], "harmonic"));
    const slow = twin(r, r.normalised.data, 4, 7, SHARES, { 2: "harmonic", 3: "harmonic" });
    expect(scores[4 * 3 + 2]).toBeCloseTo(slow, 6);
  });
  it("are the study's to the last digit where nothing is changed, whatever the cells have lost", () => {
    const r = made({ rounded: true });
    const shop = new Workshop(r);
    expect(shop.refusal).toBeNull();
    expect(shop.error).toBeGreaterThan(0);
    expect(shop.error).toBeLessThan(2e-5);
    const { scores, ranks } = done(shop, none());
    expect([...scores]).toEqual([...r.scores.data]);
    expect([...ranks]).toEqual([...r.ranks.data]);
  });
});

describe("what a report cannot compute again", () => {
  const refusal = (given: Given, change: (r: Report) => void = () => undefined) => {
    const r = made(given);
    change(r);
    return new Workshop(r).refusal?.why;
  };
  it("is an aggregation that looks at other regions", () => {
    expect(refusal({ steps: [step("aggregate", "topsis")] })).toBe("method");
    // A mean everywhere but at the top.
    expect(refusal({ steps: [step("aggregate", "arithmetic"), step("aggregate", "copeland", 3)] })).toBe("method");
  });
  it("is weights that change with the year", () => expect(refusal({}, (r) => (r.shares = [SHARES, SHARES, SHARES]))).toBe("yearly"));
  it("is an element mirrored in a scale without fixed ends", () => {
    expect(refusal({ against: true, steps: [step("normalise", "rank", null, [["ties", "min"]])] })).toBe("mirror");
  });
  it("is whatever does not come out as the study has it", () => {
    expect(refusal({ scores: (score) => score * 1.001 })).toBe("digits");
    expect(refusal({}, (r) => (r.scores.data[4] = NaN))).toBe("digits");
  });
  it("is a mean that the values do not allow", () => {
    const r = made();
    r.normalised.data[0] = 0;
    [5, 7].forEach((element) => (r.scores.data[element - 5] = twin(r, r.normalised.data, 0, element, SHARES, {})));
    const shop = new Workshop(r);
    expect(shop.refusal).toBeNull();
    expect(shop.make(choose([], "geometric"))).toMatchObject({ why: "positive", what: "5" });
    expect(shop.make(choose([], "harmonic"))).toMatchObject({ why: "zero" });
    // Without weight it does not count.
    expect(shop.make(choose([[5, [0, 500_000, 500_000]]], "geometric"))).not.toHaveProperty("why");
  });
});

it("ranks with ties and gaps", () => {
  expect([...ranked(Float64Array.from([1, 3, NaN, 3, 2]), 5, 1)]).toEqual([4, 1, 0, 1, 3]);
  expect([...ranked(Float64Array.from([1, 9, 2, 8]), 2, 2)]).toEqual([2, 1, 1, 2]);
});

describe("shares of siblings", () => {
  const whole = (shares: number[]) => shares.reduce((a, b) => a + b, 0);
  it("are whole whatever is moved", () => {
    const draw = numbers(3);
    let shares = equal(7);
    for (let i = 0; i < 200; i++) {
      shares = moved(shares, Math.floor(draw() * 7), draw() * WHOLE * 1.2, Array.from({ length: 7 }, () => draw() < 0.3));
      expect(whole(shares)).toBe(WHOLE);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    }
  });
  it("follow in proportion, but not where they are locked", () => {
    expect(moved([500_000, 300_000, 200_000], 0, 750_000, [false, false, false])).toEqual([750_000, 150_000, 100_000]);
    expect(moved([500_000, 300_000, 200_000], 0, 600_000, [false, false, true])).toEqual([600_000, 200_000, 200_000]);
    expect(moved([500_000, 300_000, 200_000], 0, 900_000, [false, false, true])).toEqual([800_000, 0, 200_000]);
    expect(moved([500_000, 300_000, 200_000], 0, 900_000, [false, true, true])).toEqual([500_000, 300_000, 200_000]);
  });
  it("come back from nothing as equals", () => expect(moved([WHOLE, 0, 0], 0, 600_000, [false, false, false])).toEqual([600_000, 200_000, 200_000]));
  it("give what rounding leaves to those that lost most", () => expect(settled([1, 1, 1])).toEqual([333_334, 333_333, 333_333]));
});

describe("the address of a what-if", () => {
  const r = made();
  const choices: Choices = {
    weights: new Map([[5, [123_456, 376_544, 500_000]], [7, [WHOLE, 0]]]),
    locked: new Set([1, 6]),
    methods: { normalise: { method: "min-max", to: [1, 100] }, aggregate: { method: "geometric" } },
  };
  it("gives back exactly what was set", () => {
    expect(read(r, write(choices))).toEqual(choices);
    const hash = new URLSearchParams({ whatif: write(choices) }).toString();
    expect(read(r, new URLSearchParams(hash).get("whatif")!)).toEqual(choices);
    expect(write(none())).toBe("");
  });
  it("is short", () => expect(write({ ...choices, methods: {} })).toBe("w5.2n9c.82jk.apsw_7.lfls.0*l1.6"));
  it("leaves out what does not fit this index", () => {
    for (const text of ["w5.1.2.3", "w9.lfls", "w0.lfls", "w5.lfls", "wx.y.z", "l7.zzz", "nno such", "a.{}", "amethod.{bad}", "***", "!", "w", "w5.-1.2.lfls"]) expect(read(r, text)).toEqual(none());
  });
  it("keeps options that hold what separates parts", () => {
    const odd: Choices = { ...none(), methods: { weigh: { method: "ahp", note: "a*b*w1" } } };
    expect(read(r, write(odd))).toEqual(odd);
  });
});

describe("what a what-if says", () => {
  const found = moves([1, 2, 3, 4, 0], [3, 1, 1, 4, 5], [9, 8, 7, 6, NaN], [5, 9, 9, 1, 2]);
  it("goes by the new order, and by the old one where ranks are shared", () => {
    expect(found.map(({ region }) => region)).toEqual([1, 2, 0, 3]);
  });
  it("names all who move furthest", () => {
    expect(found.map(gained)).toEqual([1, 2, -2, 0]);
    expect([furthest(found, 1), furthest(found, -1)].map((most) => most.map(({ region }) => region))).toEqual([[2], [0]]);
    expect(furthest(moves([1, 2], [1, 2], [2, 1], [2, 1]), 1)).toEqual([]);
  });
  it("is as like the study as ranks are", () => {
    const order = (after: number[]) => spearman(moves([1, 2, 3, 4, 5], after, [5, 4, 3, 2, 1], [5, 4, 3, 2, 1]));
    expect(order([1, 2, 3, 4, 5])).toBeCloseTo(1, 12);
    expect(order([5, 4, 3, 2, 1])).toBeCloseTo(-1, 12);
    // 1 - 6 (1 + 1) / (5 · 24), without ties.
    expect(order([2, 1, 3, 4, 5])).toBeCloseTo(0.9, 12);
    // The two who share rank 1 stand for 1.5 each.
    expect(order([1, 1, 3, 4, 5])).toBeCloseTo(0.9746794344808963, 12);
    expect(order([1, 1, 1, 1, 1])).toBeNaN();
  });
  it("counts neighbours that its digits cannot tell apart, but not those that are alike", () => {
    const near = moves([1, 2, 3, 4], [1, 2, 3, 3], [4, 3, 2, 1], [1, 0.99999, 0.5, 0.5]);
    expect([close(near, 1e-5), close(near, 1e-6)]).toEqual([1, 0]);
  });
});

describe("the lines for a study file", () => {
  const where = "As a line.";
  it("state changed methods alone", () => {
    const choices = { ...none(), methods: { normalise: { method: "min-max", to: [1, 100] }, aggregate: { method: "geometric" } } };
    expect(fragment(made(), choices, [], where)).toBe('[index]\nnormalise = { method = "min-max", to = [1, 100] }\naggregate = "geometric"\n');
  });
  it("state the weights of a whole level, and leave the others to their method", () => {
    const r = made({ steps: [step("weigh", "entropy", 1, [["zeros", "rescale"], ["eps", "0.0001"], ["in_score", "false"]]), step("weigh", "equal")] });
    r.nodes[6].code = "第二 \"two\"";
    const choices = choose([[7, [750_000, 250_000]]]);
    expect(fragment(r, choices, sharesUnder(r, choices), where).split("\n")).toEqual([
      "[index]",
      'weigh = [{ method = "entropy", zeros = "rescale", eps = 0.0001, in_score = false, level = 1 }, "equal", { method = "given", level = 2 }]',
      "# As a line.",
      'weights = { one = 0.75, "第二 \\"two\\"" = 0.25 }',
      "",
    ]);
  });
  it("name families that were left alone where their level is stated", () => {
    const r = made({ steps: [step("weigh", "given")] });
    const choices = choose([[6, [900_000, 100_000]]]);
    expect(fragment(r, choices, sharesUnder(r, choices), where)).toContain("weights = { a = 0.2, b = 0.5, c = 0.3, d = 0.9, e = 0.1 }");
  });
  it("say of the server's weights what they are", () => {
    expect(headed('weigh = "equal"\nweights = { a = 1 }\n', where)).toBe('[index]\nweigh = "equal"\n# As a line.\nweights = { a = 1 }\n');
  });
});
