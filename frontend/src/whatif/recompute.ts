/**
 * Scores under other weights or another mean, from the normalised cells that a report carries.
 *
 * The cells have nearly five digits, so a page first makes the study's own scores again and holds them against the
 * full ones: where they do not come out, it has not understood how the index is made and refuses. Where they do, what
 * changes is added to the study's full scores, so that with its own weights every rank is the study's.
 */

import { children, sharesIn } from "../findings";
import type { Report } from "../payload";
import type { Choices } from "./choices";
import { sharesUnder } from "./shares";

export const MEANS = ["arithmetic", "geometric", "harmonic"] as const;
export type Mean = (typeof MEANS)[number];

export interface Refusal {
  why: "method" | "yearly" | "mirror" | "digits" | "positive" | "zero";
  /** The method, element or number that it is about. */
  what: string;
}

export interface Made {
  /** region × year × element, laid out as the report's own scores. */
  scores: Float64Array;
  ranks: Uint16Array;
}

interface Way {
  mean: Mean;
  least: number;
}

/** The relative error of a 24-bit float, eightfold: sums of rounded cells and of weights with six digits. */
const TOLERANCE = 2 ** -13;

export class Workshop {
  private readonly families: { parent: number; children: number[] }[];
  private readonly ways = new Map<number, Way>();
  private readonly middle: number | null;
  private own: Float64Array = new Float64Array();
  /** How far the page's own scores lie from the study's at most. */
  error = 0;
  readonly refusal: Refusal | null;

  constructor(readonly r: Report) {
    this.families = r.nodes.slice(r.indicators).map((_, at) => ({ parent: r.indicators + at, children: children(r, r.indicators + at) }));
    this.middle = middleOf(r);
    this.refusal = this.prepared();
  }

  /** The means of the study's own levels, which a reader's choice replaces all at once. */
  get means(): Mean[] {
    return [...new Set([...this.ways.values()].map(({ mean }) => mean))];
  }

  private prepared(): Refusal | null {
    const { r } = this;
    if (r.shares.length > 1) return { why: "yearly", what: "" };
    for (const { parent } of this.families) {
      const way = wayOf(r, r.nodes[parent].level);
      if (!way) return { why: "method", what: String(parent) };
      this.ways.set(parent, way);
    }
    const against = r.nodes.findIndex((node, at) => at >= r.indicators && at < r.nodes.length - 1 && node.direction < 0);
    if (against >= 0 && this.middle === null) return { why: "mirror", what: String(against) };
    const made = this.climb(sharesIn(r, 0), null);
    if (!(made instanceof Float64Array)) return made;
    this.own = made;
    return this.held(made);
  }

  /** Whether the page makes the study's own scores, gaps included. */
  private held(made: Float64Array): Refusal | null {
    const full = this.r.scores.data;
    let size = 0;
    for (const cells of [full, this.r.normalised.data]) for (const value of cells) if (Number.isFinite(value) && Math.abs(value) > size) size = Math.abs(value);
    for (let i = 0; i < full.length; i++) {
      if (Number.isFinite(full[i]) !== Number.isFinite(made[i])) return { why: "digits", what: "" };
      if (Number.isFinite(full[i])) this.error = Math.max(this.error, Math.abs(full[i] - made[i]));
    }
    return this.error <= TOLERANCE * size ? null : { why: "digits", what: String(this.error) };
  }

  /** Scores and ranks of every region, year and element under the reader's choices. */
  make(choices: Choices): Made | Refusal {
    if (this.refusal) return this.refusal;
    const { r, own } = this;
    const full = r.scores.data;
    const made = this.climb(sharesUnder(r, choices), (choices.methods.aggregate?.method as Mean | undefined) ?? null);
    if (!(made instanceof Float64Array)) return made;
    for (let i = 0; i < made.length; i++) made[i] = full[i] + (made[i] - own[i]);
    return { scores: made, ranks: ranked(made, r.regions.length, r.years.length * r.elements) };
  }

  private climb(shares: number[], mean: Mean | null): Float64Array | Refusal {
    const { r } = this;
    const [cells, k, e] = [r.regions.length * r.years.length, r.indicators, r.elements];
    const out = new Float64Array(cells * e);
    const leaves = r.normalised.data;
    for (const { parent, children } of this.families) {
      const way = this.ways.get(parent)!;
      const kind = mean ?? way.mean;
      const turned = children.map((child) => child >= k && r.nodes[child].direction < 0);
      for (let cell = 0; cell < cells; cell++) {
        let [sum, weight, present] = [0, 0, 0];
        for (let i = 0; i < children.length; i++) {
          const child = children[i];
          let x = child < k ? leaves[cell * k + child] : out[cell * e + child - k];
          if (Number.isNaN(x)) continue;
          if (turned[i]) x = this.middle! - x;
          present += 1;
          const w = shares[child];
          if (!(w > 0)) continue;
          if (kind === "geometric" && x <= 0) return { why: "positive", what: String(parent) };
          if (kind === "harmonic" && x === 0) return { why: "zero", what: String(parent) };
          sum += w * (kind === "arithmetic" ? x : kind === "geometric" ? Math.log(x) : 1 / x);
          weight += w;
        }
        const average = sum / weight;
        const enough = weight > 0 && present / children.length >= way.least - 1e-12;
        out[cell * e + parent - k] = !enough ? NaN : kind === "arithmetic" ? average : kind === "geometric" ? Math.exp(average) : 1 / average;
      }
    }
    return out;
  }
}

/** Ranks within every column of region × column: 1 is best, ties share the best rank, 0 where there is no score. */
export function ranked(scores: Float64Array, regions: number, columns: number): Uint16Array {
  const out = new Uint16Array(scores.length);
  for (let column = 0; column < columns; column++) {
    const order: number[] = [];
    for (let region = 0; region < regions; region++) if (Number.isFinite(scores[region * columns + column])) order.push(region * columns + column);
    order.sort((a, b) => scores[b] - scores[a]);
    order.forEach((at, i) => (out[at] = i && scores[at] === scores[order[i - 1]] ? out[order[i - 1]] : i + 1));
  }
  return out;
}

/** How the elements of a level are made: the choice for that level, else the one for all; null where it is no mean. */
function wayOf(r: Report, level: number): Way | null {
  const choices = r.steps.filter((step) => step.step === "aggregate");
  const exact = choices.filter((step) => step.level === level);
  const general = choices.filter((step) => step.level === null);
  const step = (exact.length ? exact : general).pop();
  if (!step) return { mean: "arithmetic", least: 0 };
  const mean = MEANS.find((one) => one === step.method);
  return mean ? { mean, least: Number(option(step.options, "least") ?? 0) } : null;
}

const option = (options: [string, string][], name: string): string | undefined => options.find(([key]) => key === name)?.[1];

/** Twice the middle of the scale that indicators were brought to, which an element that counts against its parent is mirrored in. */
function middleOf(r: Report): number | null {
  const step = r.steps.find((one) => one.step === "normalise" && !one.only.length);
  if (!step) return null;
  const given = (name: string) => option(step.options, name)?.split(",").map(Number) ?? [];
  if (step.method === "min-max") return given("to").reduce((a, b) => a + b, 0);
  if (step.method === "z-score") return 2 * (given("mean")[0] ?? 0);
  if (step.method === "goalposts" || step.method === "scaled") return given("scale")[0] ?? null;
  const shares = ["percentile-rank", "distance-to-target", "distance-to-maximum", "distance-to-reference", "fraction-of-maximum"];
  return shares.includes(step.method) ? 1 : null;
}
