/** What regions are made of: the structure part of the document, its cells unpacked, and what they say. */

import type { DependencyBlock } from "./dependency";
import { FIT, TIE, unpackFusion, type Digital, type Fusion, type FusionPayload } from "./fused";
import { unpackLadder, writtenLadder, type Ladder, type LadderPayload } from "./ladder";
import { Cube, bytes, lengthened, type Packed, type Step, type Text } from "./payload";
import type { RecordsBlock } from "./recorded";
import type { EmergenceBlock } from "./topics";

export interface Activity {
  code: string;
  name: Text;
  /** Position in `groups`, −1 where no class is given. */
  group: number;
}

/** One period, and how far complexity can be trusted in it; what was not asked for is missing, what is undefined null. */
export interface Told {
  period: string;
  regions: number;
  activities: number;
  links: number;
  total: number;
  shareLinked: number;
  nestedness: number | null;
  parts?: number | null;
  gap?: number | null;
  diversity?: number | null;
  anchor?: number | null;
  ordered?: number | null;
  stable?: number | null;
  turned?: number | null;
}

export interface Scored {
  method: string;
  name: Text;
  auc: number | null;
  lead: number | null;
  leadLow: number | null;
  leadHigh: number | null;
  averagePrecision: number | null;
  brier: number | null;
  skill: number | null;
  cells: number;
  entries: number;
}

interface About {
  name: string;
  title: Text;
  file: string;
  unit: string;
  periods: string[];
  regions: string[];
  activities: Activity[];
  groups: Text[];
  steps: Step[];
  draws: number;
  resampled: "activities" | "regions" | "amounts" | null;
  level: number | null;
  dropped: number;
  told: Told[];
  forecast: Scored[];
  verdict: Text | null;
}

export interface SpacePayload extends About {
  regionCells: Packed;
  activityCells: Packed;
  /** Who has what in the last period, a bit a cell; null where that would be millions. */
  present: Packed | null;
  pairs: {
    counts: number[];
    activities: Packed;
    present: Packed;
    columns: PairColumn[];
    numbers: Packed;
    all: boolean;
    most: number;
    curve: { complexity: number[]; cells: Packed } | null;
  } | null;
  network: Record<"nodes" | "places" | "community" | "from" | "to" | "strength" | "tree", Packed> | null;
  rates: { before: string; after: string; cells: Packed } | null;
  standing:
    | (StandingAbout & { counts: number[]; byRegion: Packed; frontier: Packed } & Record<"activities" | "stage" | "was" | "numbers", Packed>)
    | null;
}

/** Follow, run alongside, lead: `first` is the first period, where there are several. */
interface StandingAbout {
  period: string;
  first: string | null;
  stages: Text[];
  /** From which share of the frontier on a region runs alongside, and leads. */
  thresholds: [number, number];
  /** Of how many of the best regions the frontier is the mean. */
  top: number;
  all: boolean;
}

/** One region in one activity; `was` and `first` are those of the first period. */
export interface Stand {
  activity: number;
  stage: number;
  was: number;
  ratio: number;
  low: number;
  high: number;
  first: number;
  closer: number;
}

export interface Standing extends StandingAbout {
  of: (region: number) => Stand[];
  /** In how many activities a region is in a stage. */
  inStage: (region: number, stage: number) => number;
  /** The region that is furthest ahead in an activity; undefined where nobody has it. */
  ahead: (activity: number) => number | undefined;
}

export type PairColumn = "value" | "intensity" | "density" | "by_chance" | "gain" | "chance" | "chance_null";

/** What a cell of `Space.byRegion`, `byActivity` and `rates` holds, in the order of report/structure.py. */
export const REGION = {
  total: 0, diversity: 1, specialisation: 2, entropy: 3, complexity: 4, rank: 5, low: 6, high: 7, held: 8, missing: 9, coherence: 10, outlook: 11,
} as const;
export const ACTIVITY = { total: 0, ubiquity: 1, gini: 2, complexity: 3, rank: 4 } as const;
export const RATE = { candidates: 0, entries: 1, entryRate: 2, entryLow: 3, entryHigh: 4, held: 5, exits: 6, exitRate: 7, exitLow: 8, exitHigh: 9 } as const;

export interface Pair {
  activity: number;
  present: boolean;
  of: (column: PairColumn) => number;
}

export interface Tie {
  from: number;
  to: number;
  strength: number;
  tree: boolean;
}

/** Nodes by the position of their activity; ties are between positions in `nodes`. */
export interface Network {
  nodes: number[];
  x: number[];
  y: number[];
  community: number[];
  ties: Tie[];
}

export interface Space extends About {
  /** Region × period × what. */
  byRegion: Cube<Float32Array>;
  byActivity: Cube<Float32Array>;
  /** Pairs of a region in the last period; not all of them where there are many. */
  pairs: ((region: number) => Pair[]) | null;
  /** Whether a region has an activity in the last period; undefined where the page does not hold it. */
  has: (region: number, activity: number) => boolean | undefined;
  columns: PairColumn[];
  allPairs: boolean;
  mostPairs: number;
  /** The density that chance leads to: [density, complexity] from the least complex up. */
  curve: ((region: number) => [number, number][]) | null;
  network: Network | null;
  rates: { before: string; after: string; cells: Cube<Float32Array> } | null;
  standing: Standing | null;
}

export interface StructurePayload {
  spaces: SpacePayload[];
  fusion: FusionPayload | null;
  emergence: EmergenceBlock[];
  dependency: DependencyBlock[];
  ladder?: LadderPayload[];
  digital?: Digital | null;
  records?: RecordsBlock[];
}

export interface Structure {
  spaces: Space[];
  fusion: Fusion | null;
  emergence: EmergenceBlock[];
  dependency: DependencyBlock[];
  ladder: Ladder[];
  digital: Digital | null;
  records: RecordsBlock[];
}

const short = (packed: Packed): Float32Array => lengthened(new Uint8Array(bytes(packed)));
const whole = (packed: Packed): number[] => [...new Uint16Array(bytes(packed))];

export function unpackStructure({ spaces, fusion, ladder = [], digital = null, records = [], ...rest }: StructurePayload): Structure {
  return { spaces: spaces.map(unpackSpace), fusion: fusion && unpackFusion(fusion), ladder: ladder.map(unpackLadder), digital, records, ...rest };
}

function unpackSpace({ regionCells, activityCells, present, pairs, network, rates, standing, ...rest }: SpacePayload): Space {
  const t = rest.periods.length;
  const byPair = pairs && unpackPairs(pairs);
  const bits = present === null ? null : new Uint8Array(bytes(present));
  const has = (region: number, activity: number): boolean | undefined => {
    const cell = region * rest.activities.length + activity;
    return bits ? ((bits[cell >> 3] >> (7 - (cell & 7))) & 1) > 0 : byPair?.(region).find((pair) => pair.activity === activity)?.present;
  };
  return {
    ...rest,
    byRegion: new Cube(short(regionCells), t, 12),
    byActivity: new Cube(short(activityCells), t, 5),
    pairs: byPair,
    has,
    columns: pairs?.columns ?? [],
    allPairs: pairs?.all ?? true,
    mostPairs: pairs?.most ?? 0,
    curve: pairs?.curve ? unpackCurve(pairs.curve) : null,
    network: network && unpackNetwork(network),
    rates: rates && { ...rates, cells: new Cube(short(rates.cells), 1, 10) },
    standing: standing && unpackStanding(standing),
  };
}

const startsOf = (counts: number[]): number[] => counts.reduce((all, n) => [...all, all[all.length - 1] + n], [0]);

const NOBODY = 65_535;

function unpackStanding({ counts, byRegion, frontier, activities, stage, was, numbers, ...rest }: NonNullable<SpacePayload["standing"]>): Standing {
  const starts = startsOf(counts);
  const of = { activities: whole(activities), stage: new Uint8Array(bytes(stage)), was: new Uint8Array(bytes(was)), numbers: short(numbers) };
  const [held, ahead] = [whole(byRegion), whole(frontier)];
  return {
    ...rest,
    ahead: (activity) => (ahead[activity] === NOBODY ? undefined : ahead[activity]),
    inStage: (region, at) => held[region * rest.stages.length + at],
    of: (region) =>
      Array.from({ length: counts[region] }, (_, i) => {
        const row = starts[region] + i;
        const [ratio, low, high, first, closer] = of.numbers.subarray(row * 5, row * 5 + 5);
        return { activity: of.activities[row], stage: of.stage[row], was: of.was[row], ratio, low, high, first, closer };
      }),
  };
}

function unpackPairs(packed: NonNullable<SpacePayload["pairs"]>): (region: number) => Pair[] {
  const starts = startsOf(packed.counts);
  const activities = new Uint16Array(bytes(packed.activities));
  const present = new Uint8Array(bytes(packed.present));
  const numbers = short(packed.numbers);
  const place = new Map(packed.columns.map((name, at) => [name, at]));
  return (region) =>
    Array.from({ length: packed.counts[region] }, (_, i) => {
      const row = starts[region] + i;
      const of = (column: PairColumn): number => {
        const at = place.get(column);
        return at === undefined ? NaN : numbers[row * packed.columns.length + at];
      };
      return { activity: activities[row], present: present[row] > 0, of };
    });
}

function unpackCurve({ complexity, cells }: { complexity: number[]; cells: Packed }): (region: number) => [number, number][] {
  const numbers = short(cells);
  return (region) =>
    complexity.map((height, i): [number, number] => [numbers[region * complexity.length + i], height]).filter((point) => point.every(Number.isFinite));
}

function unpackNetwork(packed: NonNullable<SpacePayload["network"]>): Network {
  const places = short(packed.places);
  const nodes = whole(packed.nodes);
  const [from, to] = [whole(packed.from), whole(packed.to)];
  const strength = short(packed.strength);
  const tree = new Uint8Array(bytes(packed.tree));
  return {
    nodes,
    x: nodes.map((_, i) => places[2 * i]),
    y: nodes.map((_, i) => places[2 * i + 1]),
    community: whole(packed.community),
    ties: from.map((_, i) => ({ from: from[i], to: to[i], strength: strength[i], tree: tree[i] > 0 })),
  };
}

/** What of a region's missing activities stands out: likely to come or, where nothing is foretold, near beyond chance. */
export function prospects(pairs: Pair[]): Pair[] {
  const worth = (pair: Pair) => (Number.isFinite(pair.of("chance")) ? pair.of("chance") : beyond(pair));
  return pairs.filter((pair) => !pair.present && Number.isFinite(worth(pair))).sort((a, b) => worth(b) - worth(a));
}

/** By how much a density exceeds the one that chance leads to. */
export const beyond = (pair: Pair): number => pair.of("density") - pair.of("by_chance");

/** Positions of regions from the first rank to the last; those without one are left out. */
export function rankedRegions(space: Space, period: number): number[] {
  const rank = (at: number) => space.byRegion.at(at, period, REGION.rank);
  return space.regions.flatMap((_, at) => (Number.isFinite(rank(at)) ? [at] : [])).sort((a, b) => rank(a) - rank(b) || a - b);
}

/** From this mean rank correlation on, draws are said to agree with the ranks. */
export const STABLE = 0.8;
// More draws than this that rank the other way round leave no order to speak of.
const TURNED = 0.1;

/** Whether the ranks of the last period hold up over the draws; without draws nobody can say that they do not. */
export function firm(space: Space): boolean {
  const { stable, turned } = space.told[space.told.length - 1];
  return (stable ?? 1) >= STABLE && (turned ?? 0) <= TURNED;
}

/** The region with most of everything, to begin with. */
export function largest(space: Space): string | undefined {
  const last = space.periods.length - 1;
  const size = (at: number) => space.byRegion.at(at, last, REGION.total) || 0;
  return space.regions[space.regions.reduce((best, _, at) => (size(at) > size(best) ? at : best), 0)];
}

/** Everything in words and numbers, without packed cells; null where there is nothing. */
export function writtenOut({ spaces, fusion, ladder, ...others }: Structure): unknown {
  const rows = (cube: Cube<Float32Array>, region: number, names: string[]) =>
    Array.from({ length: cube.years }, (_, t) => Object.fromEntries(names.map((name, item) => [name, shown(cube.at(region, t, item))])));
  return {
    spaces: spaces.map(({ byRegion, byActivity, pairs, has, curve, rates, standing, ...rest }) => ({
      ...rest,
      byRegion: rest.regions.map((_, at) => rows(byRegion, at, Object.keys(REGION))),
      byActivity: rest.activities.map((_, at) => rows(byActivity, at, Object.keys(ACTIVITY))),
      held: rest.regions.map((_, at) => rest.activities.flatMap(({ code }, activity) => (has(at, activity) ? [code] : []))),
      pairs: pairs && rest.regions.map((_, at) =>
        pairs(at).map((pair) => ({
          activity: pair.activity,
          present: pair.present,
          ...Object.fromEntries(rest.columns.map((name) => [name, shown(pair.of(name))])),
        })),
      ),
      standing: standing && { ...standing, byRegion: rest.regions.map((_, at) => standing.of(at).map((one) => Object.fromEntries(Object.entries(one).map(([name, value]) => [name, shown(value)])))) },
      curve: curve && rest.regions.map((_, at) => curve(at)),
      rates: rates && { before: rates.before, after: rates.after, regions: rest.regions.map((_, at) => rows(rates.cells, at, Object.keys(RATE))[0]) },
    })),
    fusion: fusion && {
      ...fusion,
      byRegion: fusion.regions.map((_, at) => rows(fusion.byRegion, at, Object.keys(FIT))),
      across: fusion.across.map(({ cells, ...step }) => ({ ...step, cells: cells && step.sources.map((_, at) => rows(cells, at, Object.keys(TIE))) })),
    },
    ladder: ladder.map(writtenLadder),
    ...others,
  };
}

const shown = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null);
