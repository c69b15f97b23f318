/** What a reader would choose otherwise than the study, and how the address keeps it: short, and back exactly. */

import { children } from "../findings";
import type { Report } from "../payload";

/** Shares of siblings are kept in millionths, so that an address gives back what was set. */
export const WHOLE = 1_000_000;

/** A method by name with its options, as a study file states it. */
export interface Method {
  method: string;
  [option: string]: unknown;
}

export const STEPS = ["normalise", "weigh", "aggregate"] as const;
export type Step = (typeof STEPS)[number];

export interface Choices {
  /** By parent: the shares of its children, which add up to the whole. */
  weights: Map<number, number[]>;
  /** Children whose shares stay while others are moved. */
  locked: Set<number>;
  methods: Partial<Record<Step, Method>>;
}

export const none = (): Choices => ({ weights: new Map(), locked: new Set(), methods: {} });

/** Whether anything is chosen that changes a score. */
export const changed = ({ weights, methods }: Choices): boolean => weights.size > 0 || Object.keys(methods).length > 0;

const LETTER: Record<Step, string> = { normalise: "n", weigh: "g", aggregate: "a" };
const short = (n: number) => n.toString(36);

/** Parts between asterisks: weights by family, locks, and the methods by their first letters. */
export function write({ weights, locked, methods }: Choices): string {
  const parts: string[] = [];
  if (weights.size) parts.push("w" + [...weights].map(([parent, shares]) => [parent, ...shares].map(short).join(".")).join("_"));
  if (locked.size) parts.push("l" + [...locked].map(short).join("."));
  for (const step of STEPS) {
    const chosen = methods[step];
    if (!chosen) continue;
    const { method, ...options } = chosen;
    parts.push(LETTER[step] + method + (Object.keys(options).length ? `.${JSON.stringify(options).replaceAll("*", "\\u002a")}` : ""));
  }
  return parts.join("*");
}

/** What an address says, as far as it fits the index: a link may be of another one, or cut short. */
export function read(r: Report, text: string): Choices {
  const found = none();
  for (const part of text.split("*")) {
    const [kind, rest] = [part[0], part.slice(1)];
    if (kind === "w") for (const family of rest.split("_")) readFamily(r, family, found.weights);
    else if (kind === "l") for (const at of rest.split(".")) lock(r, whole(at), found.locked);
    else {
      const step = STEPS.find((one) => LETTER[one] === kind);
      const method = step && readMethod(rest);
      if (method) found.methods[step] = method;
    }
  }
  return found;
}

const whole = (text: string): number => (/^[0-9a-z]{1,6}$/.test(text) ? parseInt(text, 36) : NaN);

function readFamily(r: Report, text: string, into: Map<number, number[]>): void {
  const [parent, ...shares] = text.split(".").map(whole);
  const siblings = parent >= r.indicators && parent < r.nodes.length ? children(r, parent) : [];
  if (siblings.length && shares.length === siblings.length && shares.reduce((a, b) => a + b, 0) === WHOLE) into.set(parent, shares);
}

function lock(r: Report, at: number, into: Set<number>): void {
  if (at < r.nodes.length - 1) into.add(at);
}

function readMethod(text: string): Method | null {
  const [, method, options] = /^([a-z0-9-]{1,60})(?:\.(\{.*\}))?$/s.exec(text) ?? [];
  if (!method) return null;
  try {
    return { ...(options ? (JSON.parse(options) as object) : {}), method };
  } catch {
    return null;
  }
}
