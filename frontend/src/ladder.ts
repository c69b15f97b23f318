/** The industry ladder: which rung each industry of a region stood on, why, and what came of it. */

import { bytes, Cube, lengthened, type Packed, type Text } from "./payload";
import type { Data } from "./takeaway";
import type { Three } from "./topics";

export interface LadderPayload {
  name: string;
  title: Text;
  file: string;
  way: "rule" | "hidden-markov";
  size: { measure: string; name: Text; unit: string };
  years: number[];
  /** Without regions there is one, which is not among the places. */
  regional: boolean;
  regions: string[];
  industries: { code: string; name: Text; group: number }[];
  groups: Text[];
  /** Future ones first; `on`: on the ladder. */
  rungs: { code: string; name: Text; on: boolean }[];
  series: number;
  /** More than `series` where the largest only are here. */
  seriesInAll: number;
  region: Packed;
  industry: Packed;
  chances: Packed;
  amount: Packed;
  share: Packed;
  /** From this probability on a rung is certain. */
  certainty: number;
  criteria: Criterion[];
  evidence: { years: number[]; cells: Packed };
  /** By series, for its last placed year: the verdict, and what upgrading did where it did something. */
  reasons: { year: number; texts: (Text[] | null)[] };
  settings: { key: string; value: string }[];
  transitions?: Transitions;
  survival?: Survival[];
  pipeline?: PipelineOf<Packed>;
  /** One for every standard that is known. */
  standings?: Position[];
  /** Of all rungs together. */
  timeOnRungs?: { say: Text; cox: Cox | null };
  lifecycle?: Lifecycle;
  conversion?: ConversionOf<Packed>;
}

/** A value reaches a cut that it is not below. */
export interface Criterion {
  code: string;
  name: Text;
  unit: "share" | "growth" | "ratio" | "years" | "flag";
  cite: string;
  cuts: { name: Text; value: number }[];
}

/** From one year to the next, pooled over regions and industries. */
export interface Transitions {
  level: number;
  from: number;
  to: number;
  /** The rungs, then gone. */
  ends: Text[];
  /** Rung × end. */
  counts: number[][];
  chance: Three[][];
  /** Years until the next rung, or until half have risen. */
  expected: { from: number; to: number | null; years: Three }[];
  hazards?: { from: number; to: number | null; covariate: Text; ratio: Three; p: number | null }[];
  /** Year × end. */
  forecast?: { years: number[]; number: Three[][] };
  /** Shares that rose and fell within so many years of reaching a rung, and years until half had risen. */
  waiting?: { from: number; seen: number; risen: Three; fallen: Three; median: Three }[];
  /** The same year by year. */
  incidence?: { from: number; up: Three[]; down: Three[] }[];
  say?: Text;
}

/** The hazard of leaving for those who came `per` years later; above one: they stay for a shorter time. */
export interface Cox {
  ratio: Three;
  p: number | null;
  per: number;
  n: number;
}

export interface Survival {
  rung: number;
  level: number;
  cohorts: Stayers[];
  cox: Cox | null;
}

export interface Stayers {
  name: Text;
  /** Null for all of them. */
  entered: [number, number] | null;
  n: number;
  left: number;
  median: Three;
  curve: { years: number[]; share: number[]; low: number[]; high: number[] };
}

export type Amount = "number" | "size" | "share";
type PipelineColumn = Amount | "numberLow" | "numberHigh";

interface PipelineOf<Cells> {
  years: number[];
  columns: PipelineColumn[];
  level?: number;
  /** region × year × rung × column. */
  cells: Cells;
  /** region × year: 1 they are there, 0 not, 255 cannot be told. */
  successors: Cells;
  lacking: (Text | null)[];
}

export interface Pipeline extends Omit<PipelineOf<Packed>, "cells" | "successors"> {
  at: (region: number, year: number, rung: number, column: number) => number;
  successorsAt: (region: number, year: number) => number;
}

export interface Position {
  year: number;
  quantity: Text;
  standard: Text;
  cuts: [number, number];
  points: { region: number; quantity: Three; standard: Three; quadrant: Text; certain: boolean }[];
  level: number;
}

export interface Lifecycle {
  measure: Text;
  level: number;
  phases: Text[];
  series: Life[];
  inAll: number;
  shakeouts: number;
}

export interface Life {
  series: number;
  count: (number | null)[];
  entries: (number | null)[] | null;
  exits: (number | null)[] | null;
  phases: { phase: number; from: number; to: number }[];
  shakeout: Shakeout | null;
}

/** Defended: it stands out from chance, and its date can be told. */
export interface Shakeout {
  year: Three;
  fall: number | null;
  p: number | null;
  q: number | null;
  kind: "selection" | "decline" | null;
  defended: boolean;
}

interface ConversionOf<Cells> {
  from: number;
  to: number;
  level: number;
  /** Codes of the rungs that count as new and as old. */
  new: string[];
  old: string[];
  kinds: { code: string; name: Text; cite: string; parts: Text[] }[];
  shiftShare: { kind: number; region: number; parts: (number | null)[]; total: number | null; base: number | null }[];
  /** region × year, and the ends of their intervals. */
  shares: { years: number[]; new: Cells; old: Cells; newBounds: Cells; oldBounds: Cells };
  speed: { region: number; value: Three }[];
  /** To the change of the share of the new, as a share of the region's size. */
  carriers: { series: number; contribution: number | null; parts: (number | null)[] }[];
  carrierParts: Text[];
  /** By region. */
  say?: (Text | null)[];
}

export interface Conversion extends Omit<ConversionOf<Packed>, "shares"> {
  years: number[];
  /** New and old, each with its interval, region × year. */
  sharesAt: (region: number, year: number) => [number, number, number][];
}

type Cells = "region" | "industry" | "chances" | "amount" | "share" | "evidence" | "pipeline" | "conversion";

export interface Ladder extends Omit<LadderPayload, Cells> {
  /** Places in `regions` and `industries` of each series. */
  regionOf: Uint16Array;
  industryOf: Uint16Array;
  /** The probability of a rung; NaN where there is no placement. */
  chance: (series: number, year: number, rung: number) => number;
  /** The likeliest rung; −1 where there is no placement. */
  rung: (series: number, year: number) => number;
  /** Whether the likeliest rung is certain. */
  sure: (series: number, year: number) => boolean;
  amounts: Cube<Float32Array>;
  shares: Cube<Float32Array>;
  /** By `evidenceYears` and criterion. */
  evidence: Cube<Float32Array>;
  evidenceYears: number[];
  pipeline?: Pipeline;
  conversion?: Conversion;
}

const UNPLACED = 255;

const small = (packed: Packed): Uint8Array => new Uint8Array(bytes(packed));
const short = (packed: Packed): Float32Array => lengthened(small(packed));

export function unpackLadder({ region, industry, chances, amount, share, evidence, pipeline, conversion, ...rest }: LadderPayload): Ladder {
  const [t, rungs] = [rest.years.length, rest.rungs.length];
  const held = new Cube(small(chances), t, rungs);
  const rung = (series: number, year: number): number => {
    let [best, at] = [-1, -1];
    for (let i = 0; i < rungs; i++) {
      const chance = held.at(series, year, i);
      if (chance !== UNPLACED && chance > best) [best, at] = [chance, i];
    }
    return at;
  };
  const chance = (series: number, year: number, at: number): number => {
    const percent = held.at(series, year, at);
    return percent === UNPLACED ? NaN : percent / 100;
  };
  return {
    ...rest,
    regionOf: new Uint16Array(bytes(region)),
    industryOf: new Uint16Array(bytes(industry)),
    chance,
    rung,
    // Chances come as whole percents, so one that is rounded up to the certainty counts as certain.
    sure: (series, year) => chance(series, year, Math.max(rung(series, year), 0)) >= rest.certainty - 0.005,
    amounts: new Cube(short(amount), t, 1),
    shares: new Cube(short(share), t, 1),
    evidence: new Cube(short(evidence.cells), evidence.years.length, rest.criteria.length),
    evidenceYears: evidence.years,
    pipeline: pipeline && unpackPipeline(pipeline, rungs),
    conversion: conversion && unpackConversion(conversion),
  };
}

function unpackPipeline({ cells, successors, ...rest }: PipelineOf<Packed>, rungs: number): Pipeline {
  const [held, there] = [short(cells), small(successors)];
  const [t, k] = [rest.years.length, rest.columns.length];
  return {
    ...rest,
    at: (region, year, rung, column) => held[((region * t + year) * rungs + rung) * k + column],
    successorsAt: (region, year) => there[region * t + year],
  };
}

function unpackConversion({ shares, ...rest }: ConversionOf<Packed>): Conversion {
  const sides = [[short(shares.new), short(shares.newBounds)], [short(shares.old), short(shares.oldBounds)]];
  const t = shares.years.length;
  return {
    ...rest,
    years: shares.years,
    sharesAt: (region, year) => sides.map(([share, bounds]) => { const at = region * t + year; return [share[at], bounds[2 * at], bounds[2 * at + 1]]; }),
  };
}

/** The series of a region, largest first in the last year that has a size. */
export function seriesIn(found: Ladder, region: number): number[] {
  const size = new Map<number, number>();
  for (let series = 0; series < found.series; series++) {
    if (found.regionOf[series] !== region) continue;
    let year = found.years.length - 1;
    while (year > 0 && !Number.isFinite(found.amounts.at(series, year, 0))) year -= 1;
    size.set(series, found.amounts.at(series, year, 0) || 0);
  }
  return [...size.keys()].sort((a, b) => size.get(b)! - size.get(a)! || a - b);
}

/** Which rows of one of the server's tables are of this ladder, and of one region where that is told. */
export function dataOf(found: Ladder, table: string, region?: number): Data {
  const there = region !== undefined && found.regional ? [`region=${found.regions[region]}`] : [];
  return { table: `ladder-${table}`, query: { where: [`block=${found.name}`, ...there] } };
}

/** The last year in which any of some series is placed, as a place in `years`; −1 where none ever is. */
export function lastPlaced(found: Ladder, series: number[]): number {
  for (let year = found.years.length - 1; year >= 0; year--) if (series.some((one) => found.rung(one, year) >= 0)) return year;
  return -1;
}

/** How many of some series are likeliest on each rung in a year. */
export function counted(found: Ladder, series: number[], year: number): number[] {
  const counts = found.rungs.map(() => 0);
  for (const one of series) {
    const at = found.rung(one, year);
    if (at >= 0) counts[at] += 1;
  }
  return counts;
}

/** The region with the largest size in all, by code. */
export function largestRegion(found: Ladder): string | undefined {
  const sums = found.regions.map(() => 0);
  for (let series = 0; series < found.series; series++) sums[found.regionOf[series]] += found.amounts.at(series, found.years.length - 1, 0) || 0;
  return found.regions[sums.indexOf(Math.max(...sums))];
}

/** What a hazard ratio shows: shorter stays only where its whole interval lies above one. */
export const verdict = (cox: Survival["cox"]): "shorter" | "longer" | "untold" => (!cox ? "untold" : (cox.ratio[1] ?? NaN) > 1 ? "shorter" : (cox.ratio[2] ?? NaN) < 1 ? "longer" : "untold");

/** A curve that holds its value until the next step. */
export function stepped(years: number[], values: number[]): [number, number][] {
  return years.flatMap((year, i): [number, number][] => (i ? [[year, values[i - 1]], [year, values[i]]] : [[year, values[i]]]));
}

/** Everything in words and numbers, without packed cells. */
export function writtenLadder(found: Ladder): unknown {
  const { regionOf, industryOf, amounts, shares, evidence, evidenceYears, pipeline, conversion, ...rest } = found;
  const shown = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null);
  return {
    ...rest,
    placements: Array.from({ length: rest.series }, (_, series) => ({
      region: rest.regions[regionOf[series]],
      industry: rest.industries[industryOf[series]].code,
      chances: rest.years.map((_, year) => rest.rungs.map((_, rung) => shown(found.chance(series, year, rung)))),
      size: rest.years.map((_, year) => shown(amounts.at(series, year, 0))),
      share: rest.years.map((_, year) => shown(shares.at(series, year, 0))),
      evidence: evidenceYears.map((_, year) => rest.criteria.map((_, at) => shown(evidence.at(series, year, at)))),
    })),
    evidenceYears,
    pipeline: pipeline && {
      ...pipeline,
      byRegion: rest.regions.map((_, region) => pipeline.years.map((_, year) => ({
        successors: pipeline.successorsAt(region, year),
        rungs: rest.rungs.map((_, rung) => pipeline.columns.map((_, column) => shown(pipeline.at(region, year, rung, column)))),
      }))),
    },
    conversion: conversion && { ...conversion, shares: rest.regions.map((_, region) => conversion.years.map((_, year) => conversion.sharesAt(region, year).map((one) => one.map(shown)))) },
  };
}
