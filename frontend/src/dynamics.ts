/** The course of the scores: what `report/dynamics.py` brings in, unpacked, and what it says. */

import { bytes, type Packed, type Report, type Text } from "./payload";

/** Numbers by year, in the order of the years of the element. */
type Yearly = (number | null)[];

export interface Spread {
  regions: Yearly;
  mean: Yearly;
  deviation: Yearly;
  low: Yearly;
  quarter: Yearly;
  median: Yearly;
  threeQuarters: Yearly;
  high: Yearly;
  /** Where the highest peak stands, and how high it is. */
  mode: Yearly;
  height: Yearly;
  /** How many peaks there are. */
  modes: Yearly;
}

/** Densities of all years on one grid between two ends, as shares of the highest. */
interface DensityOf<Curves> extends Spread {
  ends: [number, number];
  highest: number;
  bandwidth: number;
  curves: Curves;
}

export type Indices = Partial<Record<"moves" | "stayed" | "up" | "down" | "trace" | "determinant" | "eigenvalue" | "bartholomewExit" | "bartholomewDistance" | "halfLife", number | null>>;

interface MobilityOf<States> {
  classes: number;
  /** Null where classes are places within each year. */
  cuts: number[] | null;
  counts: number[][];
  probabilities: (number | null)[][];
  errors: (number | null)[][];
  /** Null where no long run can be worked out; with one closed class it is the ergodic distribution. */
  longRun: number[] | null;
  oneClass: boolean;
  yearsIn: (number | null)[];
  indices: Indices;
  /** Region × year, 1 the lowest class, 0 without a score. */
  states: States;
}

export interface DagumParts {
  /** Total, within, net between, transvariation. */
  parts: Yearly[];
  groups: { gini: Yearly[]; mean: Yearly[]; contribution: Yearly[] };
  regions: number[][];
  pairs: [number, number][];
  giniAcross: Yearly[];
  betweenAcross: Yearly[];
  transvariationAcross: Yearly[];
}

export type ConvergenceKind = "sigma" | "absolute-beta" | "conditional-beta";

export interface Convergence extends Record<"estimate" | "error" | "t" | "p" | "low" | "high" | "first" | "last" | "speed" | "halfLife" | "regions" | "observations", number | null> {
  kind: ConvergenceKind;
}

export type Part = "distribution" | "mobility" | "inequality" | "convergence";

interface CourseOf<Curves, States> {
  element: number;
  years: number[];
  distribution: DensityOf<Curves> | null;
  mobility: MobilityOf<States> | null;
  inequality: { columns: string[]; rows: Yearly[] } | null;
  dagum: DagumParts | null;
  convergence: Convergence[];
  notices: Partial<Record<Part, Text[]>>;
}

interface DynamicsOf<Curves, States> {
  groups: { column: string; names: Text[]; of: number[]; source: Text | null } | null;
  /** Rows of fewer moves than this are shifted much by a single region. */
  fewMoves: number;
  elements: CourseOf<Curves, States>[];
  notices: Text[];
}

export type DynamicsPayload = DynamicsOf<Packed, Packed>;
export type Dynamics = DynamicsOf<Uint16Array, Uint8Array>;
export type Course = Dynamics["elements"][number];
export type Density = NonNullable<Course["distribution"]>;
export type Mobility = NonNullable<Course["mobility"]>;

export const WHOLE = 65_535;

export function unpackDynamics({ elements, ...rest }: DynamicsPayload): Dynamics {
  return {
    ...rest,
    elements: elements.map((course) => ({
      ...course,
      distribution: course.distribution && { ...course.distribution, curves: new Uint16Array(bytes(course.distribution.curves)) },
      mobility: course.mobility && { ...course.mobility, states: nibbles(new Uint8Array(bytes(course.mobility.states))) },
    })),
  };
}

/** Small numbers out of two in each byte, the lower half first. */
export function nibbles(packed: Uint8Array): Uint8Array {
  const out = new Uint8Array(packed.length * 2);
  packed.forEach((both, i) => {
    out[2 * i] = both & 15;
    out[2 * i + 1] = both >> 4;
  });
  return out;
}

/** The course of an element or, where it has none of its own, of the nearest element above it. */
export function courseOf(r: Report, element: number): Course | null {
  for (let at = element; at >= 0; at = r.nodes[r.indicators + at].parent - r.indicators) {
    const found = r.dynamics?.elements.find((one) => one.element === at);
    if (found) return found;
  }
  return null;
}

/** Whether any element has one of the parts, or says why it has not. */
export function hasPart(r: Report, ...parts: Part[]): boolean {
  const told = (course: Course) => parts.some((part) => (part === "convergence" ? course.convergence.length > 0 : course[part] !== null) || !!course.notices[part]?.length);
  return !!r.dynamics?.elements.some(told);
}

export const stateAt = (course: Course, region: number, year: number): number => course.mobility!.states[region * course.years.length + year];

export interface ClassMove {
  region: number;
  /** The place, among the years, of the one in which it had come about. */
  year: number;
  from: number;
  to: number;
}

/** Every change of class from one year to the next, in the order of the years. */
export function classMoves(course: Course, regions: number): ClassMove[] {
  const found: ClassMove[] = [];
  for (let year = 1; year < course.years.length; year++) {
    for (let region = 0; region < regions; region++) {
      const [from, to] = [stateAt(course, region, year - 1), stateAt(course, region, year)];
      if (from && to && from !== to) found.push({ region, year, from, to });
    }
  }
  return found;
}

/** What of the grid holds anything to see in any year: the places of its first and last point. */
export function visible({ curves }: Density, years: number): [number, number] {
  const points = curves.length / years;
  let [first, last] = [points - 1, 0];
  for (let i = 0; i < curves.length; i++) {
    if (curves[i] < WHOLE / 500) continue;
    const at = i % points;
    if (at < first) first = at;
    if (at > last) last = at;
  }
  return [first, last];
}

/** From first to last as a verdict: up, down or level, by more than a share of the first. */
export function drift(first: number | null, last: number | null, least = 0.02): "up" | "down" | "level" {
  if (first === null || last === null || Math.abs(last - first) <= least * Math.abs(first)) return "level";
  return last > first ? "up" : "down";
}
