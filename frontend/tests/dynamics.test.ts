import { describe, expect, it } from "vitest";
import { classMoves, courseOf, drift, hasPart, nibbles, unpackDynamics, visible, WHOLE, type Course, type Dynamics, type DynamicsPayload } from "../src/dynamics";
import type { Report } from "../src/payload";

const packed = (cells: Uint8Array | Uint16Array): string => btoa(String.fromCharCode(...new Uint8Array(cells.buffer)));

const course = (states: number[], years = [2020, 2021, 2022]): Course => ({ element: 0, years, mobility: { states: new Uint8Array(states) } }) as unknown as Course;

describe("the course of the scores", () => {
  it("takes two small numbers out of a byte, the lower half first", () => {
    expect([...nibbles(new Uint8Array([0x21, 0x43, 0x05]))]).toEqual([1, 2, 3, 4, 5, 0]);
  });

  it("unpacks curves and classes, and leaves what is missing missing", () => {
    const payload = {
      groups: null,
      fewMoves: 20,
      notices: [],
      elements: [
        { distribution: { curves: packed(new Uint16Array([0, WHOLE, 300])) }, mobility: { states: packed(new Uint8Array([0x21])) } },
        { distribution: null, mobility: null },
      ],
    } as unknown as DynamicsPayload;
    const { elements } = unpackDynamics(payload);
    expect([...elements[0].distribution!.curves]).toEqual([0, WHOLE, 300]);
    expect([...elements[0].mobility!.states]).toEqual([1, 2]);
    expect([elements[1].distribution, elements[1].mobility]).toEqual([null, null]);
  });

  it("counts a change of class once, and none to or from a year without a score", () => {
    const found = classMoves(course([1, 2, 2, 3, 0, 1, 2, 1, 2]), 3);
    expect(found).toEqual([
      { region: 0, year: 1, from: 1, to: 2 },
      { region: 2, year: 1, from: 2, to: 1 },
      { region: 2, year: 2, from: 1, to: 2 },
    ]);
  });

  it("tells of the element above where one has no course of its own", () => {
    const dynamics = { elements: [{ element: 2 }, { element: 1 }], notices: [] } as unknown as Dynamics;
    // Nodes: one indicator, then elements 0 (under 1), 1 (under 2) and 2, the index.
    const nodes = [{ parent: 1 }, { parent: 2 }, { parent: 3 }, { parent: -1 }];
    const report = { indicators: 1, nodes, dynamics } as unknown as Report;
    expect([0, 1, 2].map((at) => courseOf(report, at)!.element)).toEqual([1, 1, 2]);
    expect(courseOf({ ...report, dynamics: null }, 0)).toBeNull();
  });

  it("has a part where it has numbers or says why it has none", () => {
    const report = (one: object) => ({ dynamics: { elements: [{ distribution: null, mobility: null, inequality: null, convergence: [], notices: {}, ...one }] } }) as unknown as Report;
    expect(hasPart(report({}), "distribution")).toBe(false);
    expect(hasPart(report({ notices: { distribution: [{}] } }), "distribution")).toBe(true);
    expect(hasPart(report({ convergence: [{}] }), "inequality", "convergence")).toBe(true);
    expect(hasPart(report({ mobility: {} }), "distribution")).toBe(false);
  });

  it("cuts away what holds nothing to see in any year", () => {
    const curves = new Uint16Array([0, 0, 40_000, 0, 0, 0, 0, 200, 50, 10]);
    expect(visible({ curves } as never, 2)).toEqual([2, 2]);
    expect(visible({ curves: new Uint16Array([0, 900, 0, 0, 0, 700]) } as never, 2)).toEqual([1, 2]);
  });

  it("calls a small change level", () => {
    expect([drift(1, 1.01), drift(1, 1.1), drift(1, 0.9), drift(null, 1), drift(0, 0)]).toEqual(["level", "up", "down", "level", "level"]);
  });
});
