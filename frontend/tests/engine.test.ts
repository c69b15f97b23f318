import { describe, expect, it, vi } from "vitest";
import { roomy, scaleOf, ticksOf, type Axis } from "../src/engine";
import { ahead, beside } from "../src/pointing";
import { layered, node, raise, renew, type Drawn } from "../src/shapes";

const value: Axis = { type: "value", min: -1, max: 3, interval: 2 };
const names: Axis = { type: "category", data: ["a", "b", "c", "d"] };

describe("scales", () => {
  it("puts values between the ends, either way round", () => {
    expect([-1, 1, 3].map(scaleOf(value, 100, 300))).toEqual([100, 200, 300]);
    expect([-1, 1, 3].map(scaleOf({ ...value, inverse: true }, 300, 100))).toEqual([100, 200, 300]);
  });
  it("puts names in the middle of their bands, or at points from end to end", () => {
    expect([0, 3].map(scaleOf(names, 0, 80))).toEqual([10, 70]);
    expect([0, 3].map(scaleOf({ ...names, boundaryGap: false }, 0, 90))).toEqual([0, 90]);
    expect(scaleOf({ type: "category", data: ["a"], boundaryGap: false }, 0, 90)(0)).toBe(45);
  });
  it("knows no place for what is not known", () => {
    expect(scaleOf(value, 0, 1)(NaN)).toBeNaN();
  });
});

describe("ticks", () => {
  it("names every step from the lower end, without the dust of adding", () => {
    expect(ticksOf({ min: 0, max: 0.6, interval: 0.2 })).toEqual([0, 0.2, 0.4, 0.6]);
    expect(ticksOf({ min: 1, max: 31, interval: 30 })).toEqual([1, 31]);
  });
  it("names the upper end where the steps do not meet it", () => {
    expect(ticksOf({ min: 0, max: 0.93, interval: 0.2 })).toEqual([0, 0.2, 0.4, 0.6, 0.8, 0.93]);
  });
});

describe("labels", () => {
  const at = (...places: [number, number][]) => places.map(([from, to], value) => ({ value, text: String(value), at: (from + to) / 2, from, to }));
  const shown = (found: { value: number }[]) => found.map((one) => one.value);
  it("drops the end that stands over its neighbour", () => {
    expect(shown(roomy(at([0, 10], [5, 15], [20, 30]), {}))).toEqual([1, 2]);
    expect(shown(roomy(at([0, 10], [12, 22], [20, 30]), {}))).toEqual([0, 1]);
    expect(shown(roomy(at([0, 10], [12, 22], [20, 30]), { showMaxLabel: true }))).toEqual([0, 2]);
    expect(shown(roomy(at([0, 10], [12, 18], [20, 30]), { showMaxLabel: false }))).toEqual([0, 1]);
  });
  it("drops what stands over the last one shown", () => {
    expect(shown(roomy(at([0, 10], [8, 18], [12, 22], [21, 31], [40, 50]), { hideOverlap: true }))).toEqual([1, 3, 4]);
  });
});

describe("layers", () => {
  it("keeps what comes later above what came before, within a level", () => {
    expect(layered([{ z: 2, n: 1 }, { z: 0, n: 2 }, { n: 3, z: 2 }, { n: 4 }]).map(({ n }) => n)).toEqual([2, 4, 1, 3]);
  });
});

describe("walking over a chart", () => {
  const box = (x: number, y: number) => ({ x, y, width: 2, height: 2 });
  const grid = [box(0, 0), box(10, 0), box(0, 10), box(10, 10), box(30, 1)];
  it("goes to the nearest mark straight ahead, and nowhere from the edge", () => {
    expect([ahead(grid, 0, [1, 0]), ahead(grid, 0, [0, 1]), ahead(grid, 3, [0, -1]), ahead(grid, 1, [1, 0]), ahead(grid, 0, [-1, 0])]).toEqual([1, 2, 1, 4, -1]);
  });
});

describe("a tip", () => {
  const size: [number, number] = [60, 40];
  it("stands behind the way of the pointer", () => {
    expect(beside([200, 100], [5, 0], size, 400)[0] + 60).toBeLessThan(200);
    expect(beside([200, 100], [-5, 0], size, 400)[0]).toBeGreaterThan(200);
    expect(beside([200, 100], [0, 5], size, 400)[1] + 40).toBeLessThan(100);
    expect(beside([200, 100], [0, -5], size, 400)[1]).toBeGreaterThan(100);
  });
  it("stays within the width of the chart", () => {
    for (const x of [0, 30, 200, 399]) {
      for (const way of [[1, 0], [-1, 0], [0, 1], [0, -1]] as [number, number][]) {
        const [left] = beside([x, 100], way, size, 400);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left + 60).toBeLessThanOrEqual(400);
      }
    }
  });
});

describe("a sheet that changes", () => {
  /** As much of an element as changing one asks for, with every change counted. */
  class Element {
    parts: Element[] = [];
    look: Record<string, string> = {};
    textContent: string | undefined = undefined;
    above: Element | null = null;
    static changes = 0;
    constructor(readonly tag: string) {}
    setAttribute = (name: string, value: string) => void ((this.look[name] = value), (Element.changes += 1));
    removeAttribute = (name: string) => void (delete this.look[name], (Element.changes += 1));
    append = (part: Element) => void (this.parts.push(part), (part.above = this));
    remove = () => void (this.above!.parts = this.above!.parts.filter((one) => one !== this));
    replaceWith = (other: Element) => void ((this.above!.parts = this.above!.parts.map((one) => (one === this ? other : one))), (other.above = this.above));
    says = (): unknown => [this.tag, this.look, this.textContent, this.parts.map((one) => one.says())];
  }
  vi.stubGlobal("document", { createElementNS: (_: string, tag: string) => new Element(tag) });
  const up = (one: Drawn) => raise(one) as unknown as Element;
  const sheet = (...parts: Drawn[]) => node("svg", { width: 10 }, parts);
  const dot = (cx: number, fill: string) => node("circle", { cx, cy: 1, fill });
  const word = (text: string, more = {}) => node("text", { x: 1, ...more }, [], text);
  const cases: [string, Drawn, Drawn][] = [
    ["colours", sheet(dot(1, "red"), dot(2, "red")), sheet(dot(1, "red"), dot(2, "blue"))],
    ["words and looks", sheet(word("a", { opacity: 0.5 })), sheet(word("b"))],
    ["more and fewer", sheet(dot(1, "red")), sheet(dot(1, "red"), word("a"), node("g", {}, [dot(3, "red")]))],
    ["fewer", sheet(dot(1, "red"), word("a"), node("g", {}, [dot(3, "red")])), sheet(node("g", {}, [word("z"), dot(4, "red")]))],
    ["one line and two", sheet(word("a")), sheet(node("text", { x: 1 }, [node("tspan", { y: 1 }, [], "a"), node("tspan", { y: 2 }, [], "b")]))],
    ["two lines and one", sheet(node("text", { x: 1 }, [node("tspan", { y: 1 }, [], "a")])), sheet(word("a"))],
  ];
  it.each(cases)("becomes what it would be anew: %s", (_, before, now) => {
    const fresh = up(structuredClone(now)).says();
    const on = up(before);
    renew(before, now);
    expect(on.says()).toEqual(fresh);
  });
  it("touches only what differs", () => {
    const before = sheet(dot(1, "red"), dot(2, "red"), word("a"));
    const on = up(before);
    Element.changes = 0;
    const now = sheet(dot(1, "red"), dot(2, "blue"), word("a"));
    expect(renew(before, now)).toBe(on);
    expect(Element.changes).toBe(1);
    expect(now.parts[1].on).toBe(before.parts[1].on);
  });
});
