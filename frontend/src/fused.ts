/** How science, technology and industry grow into one another: the fusion part of the document, unpacked. */

import { Cube, bytes, lengthened, type Packed, type Text } from "./payload";

export interface Fit {
  pair: number;
  fit: number | null;
  byChance: number | null;
  z: number | null;
  p: number | null;
  regions: number | null;
}

interface AcrossAbout {
  /** Positions in the chain, the earlier stage first. */
  from: number;
  to: number;
  sources: Text[];
  targets: Text[];
  pairsInAll: number;
  beyond: number;
  /** Those beyond chance, the strongest first. */
  ties: CrossTie[];
}

export interface CrossTie {
  source: number;
  target: number;
  relatedness: number;
  both: number;
  expected: number;
  q: number;
}

/** Relatedness between the activities of two stages; `cells` are source × target, null where they are too many. */
export interface Across extends AcrossAbout {
  cells: Cube<Float32Array> | null;
}

/** What a cell of `Across.cells` holds. */
export const TIE = { relatedness: 0, q: 1 } as const;

/** A field that a region lacks, and how much of what it draws on in the stage `from` the region has. */
export interface Supported {
  region: string;
  from: number;
  to: number;
  field: Text;
  support: number;
  byChance: number | null;
}

interface FusionAbout {
  files: string[];
  chain: Text[];
  periods: string[];
  /** Positions of two stages in the chain. */
  pairs: [number, number][];
  overall: (Fit & { period: string; above: number | null })[];
  regions: string[];
  fields: (Fit & { name: Text; q: number | null })[];
  gaps: { region: string; pair: number; field: Text; carried: number | null; actual: number | null }[];
  missing: { region: string; field: Text; lacks: number; quotients: (number | null)[] }[];
  led: { region: string; field: Text; share: number | null }[];
  lags: Lag[];
  lagCurve: LagCurve[];
  lagCohorts: Cohort[];
  lagTrend: { from: number; to: number; slope: number | null; low: number | null; high: number | null; falls: number | null }[];
  lagLevel: number | null;
  coupling: Coupled[];
  /** The first period, where there are several, and how totals became levels. */
  couplingFirst: string | null;
  couplingScale: "min-max" | "share" | null;
  /** Where `from` comes after `to` the density runs backwards along the chain. */
  supported: Supported[];
  support: { region: string; from: number; to: number; held: number | null; missing: number | null; difference: number | null }[];
}

/** Coupling coordination of the stages of a region: their levels, C, T and D. */
export interface Coupled {
  region: string;
  levels: (number | null)[];
  coupling: number | null;
  level: number | null;
  coordination: number | null;
  grade: Text | null;
  /** The coordination of the first period. */
  was: number | null;
}

/** What coupling coordination is drawn from, whatever was coupled. */
export type Couplings = Pick<FusionAbout, "files" | "chain" | "periods" | "coupling" | "couplingFirst" | "couplingScale">;

/** How far the digital has grown into the real economy; `chain` are the levels told, `missing` those without data. */
export interface Digital extends Couplings {
  missing: Text[];
  /** Of the last period told, with each level's score; nothing is coupled where there is no scale. */
  coupling: (Coupled & { scores: (number | null)[] })[];
}

export interface Lag {
  from: number;
  to: number;
  /** Null over all fields. */
  field: Text | null;
  regions: number | null;
  lag: number | null;
  low: number | null;
  high: number | null;
  after: number | null;
  strength: number | null;
  p: number | null;
  q: number | null;
  edge: boolean;
}

export const FIT = { fit: 0, byChance: 1, z: 2, p: 3, q: 4, carried: 5 } as const;

/** By lag in years: value, low, high, and the share of draws that peak there; over all fields where there is no field. */
export interface LagCurve {
  from: number;
  to: number;
  field: Text | null;
  points: [number, number | null, number | null, number | null, number | null][];
}

/** The lag of the years `first` to `last` of the later stage. */
export interface Cohort {
  from: number;
  to: number;
  field: Text | null;
  first: number;
  last: number;
  lag: number | null;
  low: number | null;
  high: number | null;
  p: number | null;
}

export interface Fusion extends FusionAbout {
  /** Region × pair × what. */
  byRegion: Cube<Float32Array>;
  across: Across[];
}

export interface FusionPayload extends FusionAbout {
  cells: Packed;
  across: (AcrossAbout & { cells: Packed | null })[];
}

const short = (packed: Packed): Float32Array => lengthened(new Uint8Array(bytes(packed)));

export function unpackFusion({ cells, across, ...rest }: FusionPayload): Fusion {
  const matrix = (packed: Packed | null, step: AcrossAbout) => packed && new Cube(short(packed), step.targets.length, 2);
  return {
    ...rest,
    byRegion: new Cube(short(cells), rest.pairs.length, 6),
    across: across.map(({ cells: packed, ...step }) => ({ ...step, cells: matrix(packed, step) || null })),
  };
}
