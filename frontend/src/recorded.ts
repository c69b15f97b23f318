/** Records that a study counts row by row: the records part of the document. */

import type { Text } from "./payload";
import type { Three } from "./topics";

export interface RecordsBlock {
  name: string;
  title: Text;
  file: string;
  kind: Text;
  /** In the file, left out as repeats, and placed by all of `by`; a record of two places counts half in each. */
  rows: number;
  removed: number;
  counted: number | null;
  by: ("region" | "activity" | "year")[];
  blanks: { column: string; share: number }[];
  found: { code: string; column: string | null; count: number | null; text: Text }[];
  recognised: Recognised | null;
  evaluation: Evaluation | null;
}

export interface Recognised {
  title: Text;
  way: Text;
  calibrated: boolean;
  threshold: number;
  outcomes: { classes: number; none: number; unread: number };
  classes: RecordClass[];
}

/** `parent` is a place among the classes, −1 at the top. */
export interface RecordClass {
  code: string;
  name: Text;
  parent: number;
  records: number;
  examples: { id: string; probability: number | null; because: string }[];
}

export interface Evaluation {
  records: number;
  /** Null where nothing was learned from the labels. */
  folds: number | null;
  classes: Scores[];
  averages: Scores[];
  calibration: { from: number; to: number; many: number; said: number | null; so: number | null }[];
  brier: number | null;
  ece: number | null;
}

export interface Scores {
  code: string;
  labelled: number | null;
  found: number | null;
  right: number | null;
  precision: Three;
  recall: Three;
  f1: Three;
}

/** Classes that have records, the largest branch first and each before its parts, with their depth. */
export function branches(classes: RecordClass[], parent = -1, depth = 0): { at: number; depth: number }[] {
  return classes
    .flatMap((one, at) => (one.parent === parent && one.records > 0 ? [at] : []))
    .sort((a, b) => classes[b].records - classes[a].records || a - b)
    .flatMap((at) => [{ at, depth }, ...branches(classes, at, depth + 1)]);
}
