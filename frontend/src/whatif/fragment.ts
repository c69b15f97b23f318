/** A what-if as the lines of a study file that would make it the study's own. */

import type { Report, Step as Told } from "../payload";
import { STEPS, type Choices } from "./choices";

/** The changed lines of `[index]`, with the weights that belong beside codes below them as a comment. */
export function fragment(r: Report, choices: Choices, shares: number[], note: string): string {
  const lines = [`# ${note}`, "[index]"];
  for (const step of STEPS) {
    const chosen = choices.methods[step];
    if (chosen && !(step === "weigh" && choices.weights.size)) lines.push(`${step} = ${choice(chosen)}`);
  }
  if (!choices.weights.size) return `${lines.join("\n")}\n`;
  const flat = r.steps.some((step) => step.step === "weigh" && step.options.some(([name, value]) => name === "flat" && value === "true"));
  const levels = new Set(flat ? r.nodes.map((node) => node.level) : [...choices.weights.keys()].flatMap((parent) => r.nodes.filter((node) => node.parent === parent).map((node) => node.level)));
  const kept = flat ? [] : choices.methods.weigh ? [choice(choices.methods.weigh)] : r.steps.filter((step) => step.step === "weigh" && !(step.level && levels.has(step.level))).map(stated);
  const given = flat ? ['{ method = "given" }'] : [...levels].sort((a, b) => a - b).map((level) => `{ method = "given", level = ${level} }`);
  lines.push(`weigh = [${[...kept, ...given].join(", ")}]`, "#");
  // A level whose weights are given takes those of all its nodes, also of families that were left as they are.
  r.nodes.forEach((node, at) => {
    if (node.parent >= 0 && levels.has(node.level)) lines.push(`# { code = ${quoted(node.code)}, weight = ${Number(shares[at].toPrecision(6))} }`);
  });
  return `${lines.join("\n")}\n`;
}

function choice({ method, ...options }: Record<string, unknown>): string {
  const rest = Object.entries(options).map(([name, value]) => `${name} = ${toml(value)}`);
  return rest.length ? `{ ${[`method = ${quoted(String(method))}`, ...rest].join(", ")} }` : quoted(String(method));
}

/** A step of the report as a study file states it: its options are told as words there. */
function stated(step: Told): string {
  const read = (value: string): unknown => {
    if (value === "true" || value === "false") return value === "true";
    if (/^-?[\d.]+(e[+-]?\d+)?$/i.test(value)) return Number(value);
    return /^-?[\d.]+(, -?[\d.]+)+$/.test(value) ? value.split(", ").map(Number) : value;
  };
  const options = Object.fromEntries(step.options.filter(([, value]) => !/[{[]/.test(value)).map(([name, value]) => [name, read(value)]));
  return choice({ method: step.method, ...options, ...(step.level ? { level: step.level } : {}), ...(step.scope ? { scope: step.scope } : {}) });
}

function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  return typeof value === "string" ? quoted(value) : String(value);
}

/** A string of TOML: what may not stand between quotes is written by its number. */
const quoted = (text: string): string => `"${text.replace(/[\u0000-\u001f"\\\u007f]/g, (one) => (one === '"' || one === "\\" ? `\\${one}` : `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`))}"`;
