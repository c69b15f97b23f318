import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Context } from "../src/context";
import type { Shape } from "../src/shapes";
import en from "../src/strings/en.json";
import zh from "../src/strings/zh.json";

// Charts want a page when they are loaded, and a canvas to measure letters with.
class Silent {
  observe(): void {}
}
const canvas = { getContext: () => ({ measureText: (text: string) => ({ width: text.length * 6 }) }) };
vi.stubGlobal("ResizeObserver", Silent);
vi.stubGlobal("MutationObserver", Silent);
vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => {} }));
vi.stubGlobal("addEventListener", () => {});
vi.stubGlobal("localStorage", { getItem: () => null });
vi.stubGlobal("document", { documentElement: { dataset: {} }, createElement: () => canvas, addEventListener: () => {} });

let sim: typeof import("../src/sections/sim");
let { drawAreas }: typeof import("../src/areas") = {} as never;
let { drawTargets, rowScale }: typeof import("../src/targets") = {} as never;
let { drawPlot }: typeof import("../src/plot") = {} as never;
let { light }: typeof import("../src/colour") = {} as never;

beforeAll(async () => {
  sim = await import("../src/sections/sim");
  ({ drawAreas } = await import("../src/areas"));
  ({ drawTargets, rowScale } = await import("../src/targets"));
  ({ drawPlot } = await import("../src/plot"));
  ({ light } = await import("../src/colour"));
});

const words = { en, zh } as Record<string, Record<string, string>>;
const reading = (lang: "en" | "zh", more: object = {}): Context =>
  ({
    state: { lang, picked: {} },
    say: (word: string, blanks: Record<string, string | number> = {}) => words[lang][word].replace(/\{(\w+)\}/g, (_, name: string) => String(blanks[name])),
    tick: String,
    ...more,
  }) as unknown as Context;

describe("outcomes of grown worlds", () => {
  it("writes shares in per cent and their differences in percentage points", () => {
    const c = reading("en");
    expect([sim.amount(c, { kind: "share" }, 0.3689), sim.amount(c, { kind: "share" }, 0.0312), sim.amount(c, { kind: "index" }, 1.23456), sim.amount(c, { kind: "count" }, 1234.6)]).toEqual(["36.9%", "3.12%", "1.23", "1,235"]);
    expect([0.0615, -0.0295, 0.00094].map((value) => sim.change(c, { kind: "share" }, value))).toEqual(["+6.15 pp", "−2.95 pp", "+0.094 pp"]);
    expect([0.0273, -25, 0, NaN].map((value) => sim.change(c, { kind: "index" }, value))).toEqual(["+0.0273", "−25", "0", "–"]);
    expect(sim.changesOf(c, { kind: "share" }, 0.0511, 0.0718)).toBe("+5.11 to +7.18");
    expect(sim.change(reading("zh"), { kind: "share" }, 0.0615)).toBe("+6.15个百分点");
  });

  it("tells the quarter of a decimal year, and names no year in between on an axis", () => {
    const [english, chinese] = [reading("en"), reading("zh")];
    expect([2022, 2022.25, 2022.75].map((moment) => sim.when(english, moment))).toEqual(["2022", "2022 Q2", "2022 Q4"]);
    expect([2022, 2022.5].map((moment) => sim.dated(chinese, moment))).toEqual(["2022年", "2022年第3季度"]);
    expect([2022, 2046.75].map(sim.wholeYear)).toEqual(["2022", ""]);
  });

  it("takes what was chosen, and what is usual where that is not there", () => {
    const chosen = (picked: object, n: number, fallback = 0) => sim.chosen(reading("en", { state: { lang: "en", picked } }), "series", n, fallback);
    expect([chosen({}, 5, 2), chosen({ "sim-series": 4 }, 5, 2), chosen({ "sim-series": 9 }, 5, 2), chosen({}, 2, 7)]).toEqual([2, 3, 2, 1]);
  });

  it("keeps a choice in the address by its place, and the usual one as nothing", () => {
    const set = vi.fn();
    const c = reading("en", { store: { set } });
    sim.choose(c, "series", 3, 2);
    sim.choose(c, "series", 2, 2);
    expect(set.mock.calls.map(([change]) => change.picked["sim-series"])).toEqual([4, 0]);
  });

  it("names the baseline last in lists and draws it first", () => {
    const s = { policies: [{}, {}, {}], experiment: { baseline: 1 } } as never;
    expect([sim.inOrder(s), sim.baselineFirst(s), sim.others(s)]).toEqual([[0, 2, 1], [1, 0, 2], [0, 2]]);
    expect(sim.policyColour(s, light, 1)).toBe(light.ink);
    expect(new Set([0, 1, 2].map((at) => sim.policyColour(s, light, at))).size).toBe(3);
  });
});

describe("rows with a scale of their own", () => {
  it("has the target in the middle and everything within", () => {
    const x = rowScale({ target: [2, 2.5], got: [1.6, 1.5, 1.7] });
    expect(x(2.25)).toBeCloseTo(0.5);
    for (const value of [1.5, 1.7, 2, 2.5]) expect(Math.abs(x(value) - 0.5)).toBeLessThan(0.5);
    expect(x(1.5)).toBeLessThan(x(1.6));
  });
  it("ends at its edge where a side is wanted and has no end", () => {
    const x = rowScale({ target: [0, Infinity], middle: 0, got: [0.03, -0.01, 0.07] });
    expect([x(0), x(Infinity)]).toEqual([0.5, 1]);
    expect(x(0.07)).toBeLessThan(1);
  });
  it("can be drawn where nothing came out", () => {
    const x = rowScale({ target: null, middle: 0, got: [NaN, NaN, NaN] });
    expect(x(0)).toBe(0.5);
  });
  it("rings what missed, and gives a row its place", () => {
    const aim = { name: "a", target: [0, 1] as [number, number], got: [2, 1.5, 2.5] as [number, number, number], missed: true, written: "2" };
    const { sheet, height } = drawTargets({ aims: [aim, { ...aim, missed: false, group: "g" }], marks: { met: "met", missed: "missed", interval: "90%" }, tip: () => [] }, 800, light);
    const circles = (sheet!.shapes as Shape[]).filter(({ type, shape }) => type === "circle" && shape!.r === 4.75);
    expect(circles.map(({ style }) => style!.stroke)).toEqual([light.mark, light.ground]);
    expect(sheet!.spots).toHaveLength(2);
    expect(sheet!.spots[1].y + sheet!.spots[1].height).toBeLessThan(height);
  });
});

describe("areas", () => {
  const areas = { places: [2022, 2023, 2024], names: [{ name: "a", colour: "#111111" }, { name: "b", colour: "#222222" }], most: 1, xLabel: String, yLabel: String, tip: (panel: number, place: number) => [`${panel} ${place}`] };
  const parts = [[0.5, 0.5], [0.25, 0.75], [1, 0]];
  const outlines = (shapes: object[]) => (shapes as Shape[]).filter(({ type, style }) => type === "polygon" && style!.stroke).map(({ shape }) => shape!.points as [number, number][]);

  it("lays every part on the one below, up to the whole", () => {
    const { sheet } = drawAreas({ ...areas, panels: [{ parts }] }, 600, light);
    const [low, high] = outlines(sheet!.shapes);
    expect(high.slice(0, 3)).toEqual([...low.slice(3)].reverse());
    expect(new Set(high.slice(3).map(([, y]) => y)).size).toBe(1);
  });
  it("tells of every place of every panel, and puts panels side by side where there is room", () => {
    const panels = Array.from({ length: 4 }, () => ({ name: "p", parts }));
    const [wide, narrow] = [1000, 360].map((width) => drawAreas({ ...areas, panels }, width, light));
    expect(wide.sheet!.spots).toHaveLength(12);
    expect(wide.sheet!.tip(7)).toEqual(["2 1"]);
    expect(new Set(wide.sheet!.spots.map(({ y }) => y)).size).toBe(2);
    expect(new Set(narrow.sheet!.spots.map(({ y }) => y)).size).toBe(4);
    for (const { x, width } of wide.sheet!.spots) expect(x + width).toBeLessThanOrEqual(1000);
  });
  it("marks what happened above the areas, and says what the mark is", () => {
    const texts = (events?: { at: number; name: string }[]) => (drawAreas({ ...areas, event: "born", panels: [{ parts, events }] }, 600, light).sheet!.shapes as Shape[]).map(({ style }) => style?.text);
    expect(texts([{ at: 2023, name: "x" }])).toContain("born");
    expect(texts()).not.toContain("born");
  });
});

describe("names at the ends of lines", () => {
  const plot = { places: [0, 1, 2], marks: [], lines: [], xLabel: String, yLabel: String, tip: () => [], y: { min: 0, max: 1, step: 0.5 } };
  const ends = ["first", "second", "third"].map((name) => ({ name, shape: "line" as const, colour: "#123456", at: 0.5 }));
  const named = (width: number) => (drawPlot({ ...plot, ends }, width, light).option!.graphic as Shape[]).filter(({ style }) => style?.text && ends.some(({ name }) => name === style.text)).map(({ style }) => style!);

  it("stand apart beside their lines", () => {
    const found = named(900);
    expect(found.map(({ text }) => text)).toEqual(["first", "second", "third"]);
    const places = found.map(({ y }) => y!);
    expect(Math.min(places[1] - places[0], places[2] - places[1])).toBeGreaterThanOrEqual(15 - 1e-9);
    expect(new Set(found.map(({ x }) => x)).size).toBe(1);
  });
  it("go above the chart on a phone", () => {
    expect(new Set(named(360).map(({ y }) => y)).size).toBe(1);
  });
});
