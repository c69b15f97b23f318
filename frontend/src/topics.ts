/** Which topics emerge: the emergence part of the document. */

import type { Text } from "./payload";

/** A value with the ends of its interval. */
export type Three = [number | null, number | null, number | null];

export interface EmergenceBlock {
  name: string;
  title: Text;
  file: string;
  /** The topic that counts all records; without one growth is held against the sum of the topics. */
  whole: Text | null;
  /** In order and without gaps. */
  years: number[];
  /** Measures are of so many last years, and intervals hold `level`. */
  window: number;
  threshold: number;
  level: number;
  measures: Measure[];
  /** Shares of the ceiling reached. */
  stages: { name: Text; above: number; upTo: number }[];
  /** Emerging ones first, then the largest. */
  topics: Topic[];
  topicsInAll: number;
  emerging: number;
}

export interface Measure {
  measure: string;
  name: Text;
  attribute: string;
  attributeName: Text;
  kind: "rate" | "share" | "years" | "number";
}

export interface Topic {
  code: string;
  name: Text;
  /** By year; null is not observed. */
  counts: (number | null)[];
  /** What the curves expect by year. */
  expected: (number | null)[] | null;
  counted: number;
  firstSeen: number | null;
  /** The onset is a bend of the growth rate, or the topic has grown from its birth. */
  kind: "bend" | "birth" | "none";
  onset: number | null;
  onsetLow: number | null;
  onsetHigh: number | null;
  onsetQ: number | null;
  /** Years that may be the onset. */
  onsetYears: number[];
  rateBefore: number | null;
  rateAfter: number | null;
  growthQ: number | null;
  /** In the order of the block's measures. */
  values: (Three | null)[];
  curve: Growth | null;
}

export interface Growth {
  stage: number;
  chances: number[];
  /** Best first; one that is not identified has no ceiling that the counts could tell. */
  fits: Fitted[];
  ahead: Ahead[];
}

export interface Fitted {
  name: Text;
  weight: number;
  identified: boolean;
  ceiling: Three;
  peak: Three;
  rate: Three;
  reached: Three;
}

/** A year after the last; totals are of the years after the last. */
export interface Ahead {
  year: number;
  mean: number;
  median: number;
  low: number;
  high: number;
  totalMedian: number;
  totalLow: number;
  totalHigh: number;
}
