import { describe, expect, it } from "vitest";
import { Cube, type Report } from "../src/payload";
import { servedAs } from "../src/served";
import { firstState, fromHash, MOST_PICKS, toHash, type State } from "../src/state";

// Codes and names that an address could take for its own signs.
const CODES = ["110000", "a&b", "c=d", "#e", "f%20", "g+h", "中.国_1", "-"];

/** Eight regions of an index with two elements over three years, one more region that only links have, and two spaces. */
function report(): Report {
  const text = { en: "x", zh: "x" };
  const node = (code: string, parent: number, level: number) => ({ code, name: text, parent, level, direction: 1 as const });
  const regions = CODES.map((code) => ({ code, name: text, label: text, tile: null }));
  const ranks = new Uint16Array(CODES.length * 3 * 2).map((_, at) => 1 + (at % 5));
  return {
    index: text,
    years: [2019, 2020, 2022],
    regions,
    places: [...regions, { code: "linked only", name: text }],
    nodes: [node("a", 2, 1), node("b", 2, 1), node("one", 3, 2), node("index", -1, 3)],
    indicators: 2,
    elements: 2,
    yearly: [],
    scores: new Cube(new Float32Array(ranks.length).fill(1), 3, 2),
    ranks: new Cube(ranks, 3, 2),
    structure: { spaces: [{ name: "trade" }, { name: "science & co" }], ladder: [{ name: "x" }, { name: "y" }] },
  } as unknown as Report;
}

const r = report();
const first = firstState(r, ["en-GB"]);
const back = (state: State): State => fromHash(r, `#${toHash(r, state)}`, ["fr"]);

describe("an address", () => {
  const choices: Partial<State>[] = [
    {},
    { lang: "zh", view: "ranking" },
    { view: "all", year: 0, element: 0 },
    ...CODES.map((_, at) => ({ region: at, place: at })),
    { place: 8, region: 2 },
    { space: 1, ladder: 1 },
    { picks: [] },
    { picks: [7, 1, 2] },
    { picked: { "topic-1": 3, "ladder-year": 12 } },
    { whatif: "w:a=0.3,b=0.7;n=rank" },
    { kept: { compare: "a b/c?&=#\n中" } },
    { view: "ranking", looks: ["table.ranking", "sort.ranking.0.3.up", "open.audit.2"] },
  ];
  it.each(choices)("brings back %j", (change) => {
    const state = { ...first, ...change };
    expect(back(state)).toEqual(state);
  });
  it("brings back everything at once", () => {
    const state: State = Object.assign({}, first, ...choices);
    expect(back(state)).toEqual(state);
  });
  it("says nothing of what was never chosen", () => {
    expect([...new URLSearchParams(toHash(r, first)).keys()]).toEqual(["lang", "view", "year", "region"]);
  });
  it("without a view opens the overview with all else as it says", () => {
    const state = fromHash(r, "#lang=zh&year=2020&region=a%26b", []);
    expect([state.view, state.lang, state.year, state.place]).toEqual(["overview", "zh", 1, 1]);
  });
});

describe("an address that makes no sense", () => {
  const keys = ["lang", "view", "year", "show", "region", "scored", "links", "industries", "with", "pick", "whatif", "keep", "look"];
  const odd = ["", " ", "nothing", "-1", "999999999999", "NaN", "<b>", "%00", "__proto__", "constructor.1", "a:b:c", "..", "…", "x".repeat(5000)];
  const open = ["pick", "whatif", "keep", "look", "view", "with"];
  it.each(keys)("leaves the rest alone where %s is odd", (key) => {
    for (const text of odd) {
      const state = fromHash(r, `#${new URLSearchParams([[key, text]])}`, ["en"]);
      if (!open.includes(key)) expect(state).toEqual(first);
      expect(back(state)).toEqual(state);
      expect(toHash(r, state).length).toBeLessThan(10_000);
    }
  });
  it("never names a year, a region or a list that is not there", () => {
    const state = fromHash(r, "#year=1900&show=zzz&region=zzz&scored=linked+only&links=zzz&industries=zzz&with=zzz", ["en"]);
    expect(state).toEqual(first);
  });
  it("keeps no more regions than can be told apart, and none twice", () => {
    const all = [...CODES, ...CODES].map((code): [string, string] => ["with", code]);
    expect(fromHash(r, `#${new URLSearchParams(all)}`, ["en"]).picks).toEqual(CODES.slice(0, MOST_PICKS).map((_, at) => at));
  });
});

it("tells a run on a server from a service and from a file", () => {
  expect(servedAs(null)).toBeNull();
  expect(servedAs("elsewhere")).toBeNull();
  expect(servedAs("/api/v1")).toEqual({ api: "/api/v1", service: "/api/v1", study: null, run: null });
  expect(servedAs("/api/v1/studies/a%20b/runs/latest")).toEqual({ api: "/api/v1/studies/a%20b/runs/latest", service: "/api/v1", study: "a b", run: "latest" });
  expect(servedAs("/under/api/v1/studies/%ZZ/runs/0001")).toMatchObject({ service: "/under/api/v1", study: "%ZZ", run: "0001" });
});
