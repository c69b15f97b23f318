/** The worlds that were grown: what `report/simulation.py` brings in, unpacked. */

import { bytes, type Packed, type Text } from "./payload";

export type Kind = "share" | "index" | "count" | "ratio" | "money";
export type SeriesGroup = "growth" | "ladder" | "firms" | "science" | "people" | "places" | "energy" | "money" | "world";

/** An outcome of the country or of a region. */
export interface Series {
  code: string;
  name: Text;
  unit: Text;
  kind: Kind;
  says: Text;
  group: SeriesGroup;
  /** Whether more is better (1), worse (-1) or neither. */
  better: 1 | -1 | 0;
}

export interface Lever {
  lever: string;
  name: Text;
  says: Text;
  /** A share of output a year. */
  budget: number;
  /** What of it was spent; null where nothing was due. */
  spent: number | null;
  start: number;
  stop: number;
}

export interface Shock {
  shock: string;
  name: Text;
  says: Text;
  size: number;
  start: number;
  stop: number;
}

export interface Policy {
  name: string;
  title: Text;
  levers: Lever[];
  shocks: Shock[];
  /** Shares of output a year, over the years of the run. */
  planned: number;
  spent: number | null;
}

export interface Experiment {
  years: [number, number];
  draws: number;
  seed: number;
  firms: number;
  /** The share of the draws within a fan. */
  level: number;
  /** The confidence of the interval of a mean effect. */
  confidence: number;
  /** The policy that all others are compared with. */
  baseline: number;
  equalSpending: boolean;
  runs: number;
  /** How many different sets of knobs the draws have: one, or a posterior's. */
  knobSets: number;
  fictional: boolean;
}

/** A policy's mean difference from the baseline in the last year, draw by draw; its interval is that of the mean. */
export interface PolicyEffect {
  policy: number;
  series: number;
  effect: number;
  low: number;
  high: number;
  /** As a share of the baseline; null where that is nothing. */
  relative: number | null;
  /** What the middle of the draws lies between. */
  spread: [number, number];
  /** The share of draws with the sign of the effect. */
  agree: number;
}

export interface Shakeout {
  industry: number;
  peak: number;
  peakAt: number;
  last: number;
  /** By what share of the peak the number of firms fell. */
  fall: number;
}

interface IndustriesOf<Curves> {
  policy: number;
  /** Decimal years; null for an industry that was never born there. */
  born: (number | null)[];
  shareEnds: [number, number];
  shares: Curves;
  firmsEnds: [number, number];
  firms: Curves;
  /** The rung that most of it stands on at the end; null where it is no more, or never was. */
  rung: (number | null)[];
  shakeouts: Shakeout[];
}

export interface SimulatedRegion {
  code: string;
  name: Text;
  label: Text;
  tile: [number, number] | null;
  /** Its place among the regions of the index; null where it is none of them. */
  at: number | null;
}

export interface Fact {
  code: string;
  name: Text;
  says: Text;
  unit: Text;
  target: number | null;
  targetLow: number | null;
  targetHigh: number | null;
  got: number | null;
  low: number | null;
  high: number | null;
  /** Whether the model was fitted to it. */
  targeted: boolean;
  meets: boolean | null;
  source: string;
  /** Why nothing can be told. */
  missing: Text | null;
  /** How what the model has is compared with what the source has. */
  note: Text | null;
}

interface LagsOf<Curves> {
  kind: "discoveries" | "startups";
  title: Text;
  causes: { code: string; name: Text }[];
  /** Years since the beginning. */
  years: number[];
  /** Policy × cause × year × low, median, high. */
  cells: Curves;
  at: { policy: number; cause: number; years: number; share: number; low: number; high: number }[];
  /** Per policy. */
  entered: number[];
}

export type ClaimVerdict = "holds" | "fails" | "depends" | "undecided" | "built-in";

/** A claim of the paper as it was put to the model. */
export interface SimulatedClaim {
  id: string;
  title: Text;
  says: Text;
  put: Text;
  /** Which equation assumes it, or what leaves it open. */
  why: Text;
  kind: "built-in" | "emergent";
  series: string;
  /** What the effect is an effect on, and how its numbers are written. */
  measured: Text;
  scale: Kind;
  unit: Text;
  expected: 1 | -1 | 0;
  found: 1 | -1 | 0;
  effect: number | null;
  low: number | null;
  high: number | null;
  conditions: { name: Text; effect: number | null; low: number | null; high: number | null; holds: boolean }[];
  fails: Text | null;
  verdict: ClaimVerdict;
}

export interface Posterior {
  accepted: number;
  tried: number;
  method: Text;
  knobs: {
    name: string;
    title: Text;
    unit: Text;
    priorLow: number;
    priorHigh: number;
    median: number;
    low: number;
    high: number;
    narrowed: number;
    identified: boolean;
    verdict: Text;
    /** How often such intervals held the truth in trials. */
    coverage: number | null;
    /** Shares of the posterior, evenly over the prior. */
    bins: number[];
  }[];
  moments: { name: Text; data: number; got: number | null; low: number | null; high: number | null; inside: boolean; source: string }[];
  /** Pairs of which only a combination is known. */
  together: { knobs: Text[]; known: number }[];
}

export interface HeldOut {
  what: "regions" | "years";
  title: Text;
  measure: Text;
  better: 1 | -1;
  /** `lead` is by how much the world is better than a rival, below nothing where it is worse; null for the world itself. */
  rows: {
    model: "world" | "persistence" | "relatedness";
    name: Text;
    score: number;
    low: number | null;
    high: number | null;
    lead: number | null;
    leadLow: number | null;
    leadHigh: number | null;
    verdict: "ahead" | "behind" | "level" | null;
  }[];
  cases: number;
}

export interface KnobValue {
  name: string;
  title: Text;
  unit: Text;
  value: number;
  usual: number;
  low: number;
  high: number;
  source: string;
  event: Text;
  changed: boolean;
}

export interface Equation {
  event: Text;
  title: Text;
  latex: string;
  mathml: string;
  says: Text;
  cite: string;
  knobs: string[];
  builtIn: boolean;
}

interface Block<Cells> {
  /** The lowest and the highest number of each series. */
  ends: [number, number][];
  cells: Cells;
}

interface SimulationOf<Cells, Sure> {
  experiment: Experiment;
  policies: Policy[];
  series: Series[];
  /** Decimal years. */
  moments: number[];
  fans: Block<Cells>;
  /** Policy minus baseline by year, draw by draw: the mean and its interval. */
  differences: { years: number[] } & Block<Cells>;
  effects: PolicyEffect[];
  rungs: { names: { code: string; name: Text }[]; shares: Cells };
  industries: { names: Text[]; inAll: number; ofStart: number; atStart: number; draw: number; byPolicy: IndustriesOf<Cells>[] };
  regions: SimulatedRegion[];
  /** Means over the draws; `sure` tells of the last year, outcome × policy × region, whether a region is surely above (1) or below (2) the baseline. */
  map: ({ years: number[]; outcomes: Series[]; sure: Sure } & Block<Cells>) | null;
  facts: Fact[];
  /** The runs that were held against them; null where none were. */
  factual: { runs: number; level: number } | null;
  lags: LagsOf<Cells>[];
  claims: SimulatedClaim[];
  /** The runs that the claims were tried on; null where none were. */
  claimed: { draws: number; firms: number; years: number; worlds: number; level: number } | null;
  posterior: Posterior | null;
  heldout: HeldOut[];
  start: { name: Text; rows: { what: Text; from: Text; assumed: boolean }[] };
  knobs: KnobValue[];
  equations: Equation[];
  notices: Text[];
}

export type SimulationPayload = SimulationOf<Packed, Packed>;
/** Cells are numbers here; what there is nothing of is `NaN`. */
export type Simulation = SimulationOf<Float32Array, Uint8Array>;
export type Industries = Simulation["industries"]["byPolicy"][number];
export type Lags = Simulation["lags"][number];

/** What three numbers of a fan are. */
export const [LOW, MEDIAN, HIGH] = [0, 1, 2];

const STEPS = 65_534;

export function unpackSimulation(packed: SimulationPayload): Simulation {
  return {
    ...packed,
    fans: scaledBlock(packed.fans),
    differences: { years: packed.differences.years, ...scaledBlock(packed.differences) },
    rungs: { ...packed.rungs, shares: scaled(packed.rungs.shares, [[0, 1]]) },
    industries: {
      ...packed.industries,
      byPolicy: packed.industries.byPolicy.map((one) => ({ ...one, shares: scaled(one.shares, [one.shareEnds]), firms: scaled(one.firms, [one.firmsEnds]) })),
    },
    map: packed.map && { ...packed.map, ...scaledBlock(packed.map), sure: new Uint8Array(bytes(packed.map.sure)) },
    lags: packed.lags.map((one) => ({ ...one, cells: scaled(one.cells, [[0, 1]]) })),
  };
}

const scaledBlock = ({ ends, cells }: Block<Packed>): Block<Float32Array> => ({ ends, cells: scaled(cells, ends) });

/** Numbers out of steps between two ends, which are one pair for each equal part. */
function scaled(cells: Packed, ends: [number, number][]): Float32Array {
  const steps = new Uint16Array(bytes(cells));
  const part = steps.length / ends.length;
  return Float32Array.from(steps, (step, i) => {
    const [low, high] = ends[Math.floor(i / part)];
    return step > STEPS ? NaN : low + ((high - low) * step) / STEPS;
  });
}

/** One number of a fan: of a series under a policy at a moment. */
export const fanAt = (s: Simulation, series: number, policy: number, moment: number, which: number): number => s.fans.cells[((series * s.policies.length + policy) * s.moments.length + moment) * 3 + which];

/** One number of a policy's difference from the baseline: of a series in a year. */
export const differenceAt = (s: Simulation, series: number, policy: number, year: number, which: number): number =>
  s.differences.cells[((series * s.policies.length + policy) * s.differences.years.length + year) * 3 + which];

export const rungAt = (s: Simulation, policy: number, moment: number, rung: number): number => s.rungs.shares[(policy * s.moments.length + moment) * s.rungs.names.length + rung];

/** One number of the map: of an outcome under a policy in a year. */
export const placeAt = (s: Simulation, outcome: number, policy: number, year: number, region: number): number =>
  s.map!.cells[((outcome * s.policies.length + policy) * s.map!.years.length + year) * s.regions.length + region];

/** A share of a lag's cumulative incidence. */
export const incidenceAt = (lags: Lags, policy: number, cause: number, year: number, which: number): number => lags.cells[((policy * lags.causes.length + cause) * lags.years.length + year) * 3 + which];
