/** The document that src/xinzhi/report/payload.py embeds in the page, and its cells unpacked. */

import { unpackDynamics, type Dynamics, type DynamicsPayload } from "./dynamics";
import { isolating } from "./lettering";
import { unpackSimulation, type Simulation, type SimulationPayload } from "./simulation";
import { unpackStructure, type Structure, type StructurePayload } from "./space";

export type Language = "en" | "zh";
export type Text = Record<Language, string>;

export interface Place {
  code: string;
  name: Text;
}

export interface Region extends Place {
  label: Text;
  tile: [number, number] | null;
}

/** Indicators come first, then elements from the lowest level up; the index is the last node. */
export interface Node {
  code: string;
  name: Text;
  level: number;
  parent: number;
  direction: 1 | -1;
  column?: string;
  denominator?: string;
  unit?: Text;
  about?: Text;
  /** Where among the sources its columns stand. */
  files?: number[];
  /** Marks that the study gives. */
  target?: number;
  low?: number;
  high?: number;
  within?: [number, number];
  /** What its normalisation took from the treated values: their ends, or their mean and standard deviation; one row, or one per year. */
  yardstick?: { by: "ends" | "moments"; rows: [number | null, number | null][] };
}

export type Scope = "pooled" | "year" | [number, number];

export interface Step {
  step: string;
  method: string;
  name: Text;
  /** What the method does, in English as its documentation has it. */
  summary: string;
  cite: string;
  /** What the method computes; null where no formula says it, missing in pages written before there were any. */
  formula?: { latex: string; mathml: string } | null;
  options: [string, string][];
  scope: Scope | null;
  level: number | null;
  only: string[];
}

export interface Notice {
  code: string;
  place: Text;
  text: Text;
}

export interface Source {
  file: string;
  sha256: string;
  encoding: string;
  layout: string;
  sheet: string;
  rows: number | null;
  cite: Text;
}

export interface Repair {
  was: string;
  now: string;
  why: Text;
  file: string;
  count: number;
}

export interface Treated {
  indicator: number;
  lowered: number;
  raised: number;
  transformed: number;
  /** Before and after; nothing where years were treated apart or no limit was tested. */
  skew: [number, number] | null;
  kurtosis: [number, number] | null;
}

export interface Shape {
  region: number;
  geometry: { type: "Polygon" | "MultiPolygon"; coordinates: unknown };
}

/** Cells in base64, little-endian, laid out region × year × item. */
export type Packed = string;
/** Cells as runs: count, value, count, value …, laid out item × region × year. */
type Runs = number[];

interface Cells {
  scores: Packed;
  ranks: Packed;
  normalised: Packed;
  values: Packed;
  origin: Runs;
  marks: Runs;
}

/** One choice that varies; without versions where there is nothing to count, as with noise. */
export interface Factor {
  name: string;
  title: Text;
  versions: Text[];
  how: Text | null;
}

/** Shares of a variance; the ends of their intervals are null where they are exact. */
export interface Effect {
  first: number;
  firstLow: number | null;
  firstHigh: number | null;
  total: number;
  totalLow: number | null;
  totalHigh: number | null;
}

interface Sureness {
  level: number;
  /** How many versions intervals and shares are taken from. */
  independent: number;
  top: number;
  factors: Factor[];
  /** In the order of the factors; null where the versions cannot tell. */
  effects: Effect[] | null;
  /** The mean distance of a rank from that of the study as it stands. */
  shift: number | null;
}

export interface Followed {
  title: Text;
  /** Null for one number over all years. */
  years: number[] | null;
  varied: boolean;
  nominal: (number | null)[];
  median: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  shareDefined: (number | null)[];
}

export interface Breaker {
  factor: number;
  version: Text;
  draws: number;
  share: number | null;
  difference: number | null;
  /** Whether the claim holds where this alone is changed; null where that was not tried or cannot be said. */
  alone: boolean | null;
}

interface ClaimOf<Curve> {
  title: Text;
  /** Whether a margin of nothing is too little. */
  strict: boolean;
  nominal: boolean | null;
  /** Of the versions in which it can be said at all, which are `shareDefined` of all. */
  share: number | null;
  shareDefined: number;
  nominalMargin: number | null;
  curve: Curve;
  breakers: Breaker[];
}

/** Versions in the order of their margins; `below` is where the study as it stands belongs among them. */
interface Curve {
  margins: Float32Array;
  holds: Uint8Array;
  /** The version of every factor, version × factor; 255 where there is nothing to count. */
  picks: Uint8Array;
  below: number | null;
}

export type Claim = ClaimOf<Curve>;

export type Severity = "serious" | "worth-knowing" | "fine";

export interface Numbers {
  heads: Text[];
  kinds: ("text" | "number" | "share")[];
  rows: (Text | string | number | null)[][];
  rowsInAll: number;
}

export interface Finding {
  code: string;
  severity: Severity;
  title: Text;
  said: Text;
  wayOut: Text;
  numbers: Numbers | null;
}

/** `severity` is that of the worst finding. */
export interface Pitfall {
  pitfall: number;
  title: Text;
  severity: Severity;
  findings: Finding[];
}

export interface Payload {
  format: "xinzhi-report/1";
  title: Text;
  /** Null for a study of links without an index: then there are no years, regions and nodes. */
  index: Text | null;
  note: Text | null;
  fictional: boolean;
  version: string;
  cites: Text[];
  command: string;
  years: number[];
  regions: Region[];
  /** Tiles of regions that the study leaves out. */
  elsewhere: { label: Text; tile: [number, number] }[];
  nodes: Node[];
  indicators: number;
  /** One row, or one per year where weights change by the year; one number per node. */
  shares: number[][];
  effective: number[][];
  /** Per element: whether its score is the weighted sum of its children, found by adding them up. */
  additive: boolean[];
  /** Steps whose yardstick changes with the year; where there are any, scores of two years are not compared. */
  yearly: string[];
  origins: Text[];
  coverage: { observed: number[][]; filled: number[][] };
  steps: Step[];
  treated: Treated[];
  /** Indicators of the chosen structure that the data do not have. */
  lacking: number;
  omitted: Notice[];
  omittedInAll: number;
  notices: Notice[];
  noticesInAll: number;
  sources: Source[];
  repairs: Repair[];
  repairsInAll: number;
  shapes: Shape[] | null;
  /** Regions that only links have. */
  others: Place[];
  structure: StructurePayload | null;
  /** Null for an index of one year; older runs have none. */
  dynamics?: DynamicsPayload | null;
  /** Null where no world is grown; older runs have none. */
  simulation?: SimulationPayload | null;
  /** Null where nothing varies. */
  sureness: (Sureness & { cells: Packed }) | null;
  followed: Followed[];
  claims: ClaimOf<Record<"margins" | "holds" | "picks", Packed> & { below: number | null }>[];
  audit: Pitfall[];
  record: unknown;
  cells: Cells | null;
}

export class Cube<A extends Float32Array | Uint16Array | Uint8Array> {
  constructor(
    readonly data: A,
    readonly years: number,
    readonly items: number,
  ) {}

  at(region: number, year: number, item: number): number {
    return this.data[(region * this.years + year) * this.items + item];
  }
}

/** What a cell of `Report.sureness.ranks` holds. */
export const [LOW, MEDIAN, HIGH, TOP, SCORED] = [0, 1, 2, 3, 4];

export interface Report extends Omit<Payload, "cells" | "sureness" | "claims" | "others" | "structure" | "dynamics" | "simulation"> {
  /** The regions of the index, then those that only links have. */
  places: Place[];
  structure: Structure | null;
  dynamics: Dynamics | null;
  simulation: Simulation | null;
  elements: number;
  sureness: (Sureness & { ranks: Cube<Float32Array> }) | null;
  claims: Claim[];
  scores: Cube<Float32Array>;
  /** 1 is best; 0 where there is no score. */
  ranks: Cube<Uint16Array>;
  normalised: Cube<Float32Array>;
  values: Cube<Float32Array>;
  origin: Cube<Uint8Array>;
  marks: Cube<Uint8Array>;
}

export function bytes(packed: Packed): ArrayBuffer {
  // Newer browsers do this many times faster themselves.
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (fromBase64) return fromBase64.call(Uint8Array, packed).buffer;
  const text = atob(packed);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out.buffer;
}

/** 24-bit floats: 32-bit ones without their last byte. */
export function lengthened(short: Uint8Array): Float32Array {
  const out = new Uint8Array((short.length / 3) * 4);
  for (let from = 0, to = 1; from < short.length; from += 3, to += 4) {
    out[to] = short[from];
    out[to + 1] = short[from + 1];
    out[to + 2] = short[from + 2];
  }
  return new Float32Array(out.buffer);
}

/** Runs written out, in the order of all other cells: region × year × item. */
export function unroll(runs: Runs, items: number): Uint8Array {
  let size = 0;
  for (let i = 0; i < runs.length; i += 2) size += runs[i];
  const out = new Uint8Array(size);
  const perItem = size / items;
  for (let i = 0, at = 0; i < runs.length; i += 2) {
    for (const end = at + runs[i]; at < end; at++) out[(at % perItem) * items + Math.floor(at / perItem)] = runs[i + 1];
  }
  return out;
}

const NO_CELLS: Cells = { scores: "", ranks: "", normalised: "", values: "", origin: [], marks: [] };

export function unpack(payload: Payload): Report {
  const { cells, sureness, claims, others, structure, dynamics, simulation, ...rest } = isolating(payload);
  const held = cells ?? NO_CELLS;
  const t = payload.years.length;
  const k = payload.indicators;
  const elements = payload.nodes.length - k;
  const report = {
    ...rest,
    elements,
    places: [...payload.regions, ...others],
    structure: structure && unpackStructure(structure),
    dynamics: dynamics ? unpackDynamics(dynamics) : null,
    simulation: simulation ? unpackSimulation(simulation) : null,
    sureness: sureness && unpackSureness(sureness, t),
    claims: claims.map(({ curve, ...claim }) => ({
      ...claim,
      curve: {
        margins: new Float32Array(bytes(curve.margins)),
        holds: new Uint8Array(bytes(curve.holds)),
        picks: new Uint8Array(bytes(curve.picks)),
        below: curve.below,
      },
    })),
    scores: new Cube(new Float32Array(bytes(held.scores)), t, elements),
    ranks: new Cube(new Uint16Array(bytes(held.ranks)), t, elements),
  } as Report;
  // The largest of all, which most views do without, are unpacked when they are first asked for.
  late(report, "normalised", () => new Cube(lengthened(new Uint8Array(bytes(held.normalised))), t, k));
  late(report, "values", () => new Cube(lengthened(new Uint8Array(bytes(held.values))), t, k));
  late(report, "origin", () => new Cube(unroll(held.origin, k), t, k));
  late(report, "marks", () => new Cube(unroll(held.marks, k), t, k));
  return report;
}

/** A property that is made when it is first read. */
function late<Key extends keyof Report>(report: Report, key: Key, make: () => Report[Key]): void {
  const get = (): Report[Key] => {
    const value = make();
    Object.defineProperty(report, key, { value, enumerable: true });
    return value;
  };
  Object.defineProperty(report, key, { get, enumerable: true, configurable: true });
}

function unpackSureness({ cells, ...rest }: NonNullable<Payload["sureness"]>, years: number): Report["sureness"] {
  return { ...rest, ranks: new Cube(lengthened(new Uint8Array(bytes(cells))), years, SCORED + 1) };
}
