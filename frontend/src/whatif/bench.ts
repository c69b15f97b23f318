/** What all parts of a what-if share: what is chosen, what came of it, and how to choose otherwise. */

import type { Context } from "../context";
import type { Fault } from "../asking";
import type { Choices, Method, Step } from "./choices";
import type { Workshop } from "./recompute";
import type { Move } from "./told";

/** One option of a method as the server tells it; `other` cannot be set on a page. */
export interface Option {
  name: string;
  kind: "number" | "integer" | "choice" | "switch" | "range" | "text" | "other";
  required: boolean;
  default: unknown;
  choices?: (string | number)[];
}

export interface Listed {
  name: string;
  title: { en: string; zh: string };
  summary: string;
  cite: string;
  scopes: string[];
  options: Option[];
}

/** What the server lets a reader choose, and what the study of the run chose. */
export interface Offer extends Record<Step, Listed[]> {
  available: boolean;
  faults: Fault[];
  now: { normalise: Method; weigh: Method[]; aggregate: Method[] };
  levels: number;
}

export interface Outcome {
  /** Best first by the new rank; nothing where it could not be computed. */
  moves: Move[];
  /** By node: its share within its parent. */
  shares: number[];
  /** How far scores may be off at most; nothing where the server computed them. */
  error: number;
  /** What the server found wrong, or worth knowing. */
  faults: Fault[];
  /** Why there is no outcome, in the reader's language. */
  refused: string[];
  toml: string | null;
}

export interface Bench {
  c: Context;
  shop: Workshop;
  /** Null where the page computes for itself. */
  offer: Offer | null;
  choices: () => Choices;
  change: (act: (choices: Choices) => void) => void;
  outcome: () => Outcome;
}
