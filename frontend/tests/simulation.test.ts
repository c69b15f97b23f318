import { describe, expect, it } from "vitest";
import { differenceAt, fanAt, HIGH, incidenceAt, LOW, MEDIAN, placeAt, rungAt, unpackSimulation, type SimulationPayload } from "../src/simulation";

const NOTHING = 65_535;
const packed = (...steps: number[]): string => btoa(String.fromCharCode(...new Uint8Array(new Uint16Array(steps).buffer)));

const payload = {
  policies: [{}, {}],
  series: [{}, {}],
  moments: [2022.25],
  fans: { ends: [[0, 65_534], [-1, 1]], cells: packed(1, 2, 3, 4, 5, 6, 0, 32_767, 65_534, 0, NOTHING, 0) },
  differences: { years: [2022], ends: [[0, 65_534], [0, 65_534]], cells: packed(...Array.from({ length: 12 }, (_, i) => i)) },
  rungs: { names: [{}, {}], shares: packed(0, 65_534, 32_767, 32_767) },
  industries: { byPolicy: [{ shareEnds: [0, 0.5], shares: packed(65_534), firmsEnds: [0, 20], firms: packed(32_767) }] },
  regions: [{}, {}],
  map: { years: [2022], outcomes: [{}], sure: btoa("\u0001\u0002\u0000\u0001"), ends: [[10, 20]], cells: packed(0, 65_534, 32_767, NOTHING) },
  lags: [{ causes: [{}], years: [0, 1], cells: packed(0, 0, 0, 0, 32_767, 65_534, 0, 0, 0, 65_534, 65_534, 65_534) }],
} as unknown as SimulationPayload;

describe("worlds that were grown", () => {
  const found = unpackSimulation(payload);

  it("has the fan of every series between the ends of its own", () => {
    expect([LOW, MEDIAN, HIGH].map((which) => fanAt(found, 0, 1, 0, which))).toEqual([4, 5, 6]);
    expect([LOW, MEDIAN, HIGH].map((which) => fanAt(found, 1, 0, 0, which))).toEqual([-1, 0, 1]);
  });

  it("knows what there is nothing of", () => {
    expect(fanAt(found, 1, 1, 0, MEDIAN)).toBeNaN();
    expect(placeAt(found, 0, 1, 0, 1)).toBeNaN();
  });

  it("finds differences, rungs, places and shares of what ended", () => {
    expect(differenceAt(found, 1, 0, 0, HIGH)).toBe(8);
    expect(rungAt(found, 1, 0, 0)).toBe(0.5);
    expect(placeAt(found, 0, 0, 0, 1)).toBe(20);
    expect([...found.map!.sure]).toEqual([1, 2, 0, 1]);
    expect(incidenceAt(found.lags[0], 0, 0, 1, MEDIAN)).toBe(0.5);
    expect(incidenceAt(found.lags[0], 1, 0, 1, LOW)).toBe(1);
  });

  it("has shares and numbers of firms on scales of their own", () => {
    const [one] = found.industries.byPolicy;
    expect([one.shares[0], one.firms[0]]).toEqual([0.5, 10]);
  });
});
