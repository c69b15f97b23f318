/** A what-if as the lines of a study file that would make it the study's own. */

import type { Report, Step as Told } from "../payload";
import { STEPS, type Choices } from "./choices";

/** The changed keys of `[index]`. `shares` are those of all nodes, `where` says how weights are stated. */
export function fragment(r: Report, choices: Choices, shares: number[], where: string): string {
  const lines: string[] = [];
  for (const step of STEPS) {
    const chosen = choices.methods[step];
    if (chosen && !(step === "weigh" && choices.weights.size)) lines.push(`${step} = ${choice(chosen)}`);
  }
  if (choices.weights.size) lines.push(...weighed(r, choices, shares, where));
  return `[index]\n${lines.join("\n")}\n`;
}

/** The server's lines, with the same word on weights. */
export const headed = (toml: string, where: string): string => `[index]\n${toml.replace(/^weights = /m, `# ${where}\nweights = `)}`;

function weighed(r: Report, choices: Choices, shares: number[], where: string): string[] {
  const own = r.steps.filter((step) => step.step === "weigh");
  const flat = own.some((step) => step.options.some(([name, value]) => name === "flat" && value === "true"));
  // A level whose weights are given takes those of all its nodes, also of families that were left as they are.
  const levels = new Set(r.nodes.filter((node) => node.parent >= 0 && (flat || choices.weights.has(node.parent))).map((node) => node.level));
  const { weigh } = choices.methods;
  const kept = flat ? [] : weigh ? [choice(weigh)] : own.filter((step) => !(step.level && levels.has(step.level))).map(stated);
  const given = flat ? ['{ method = "given" }'] : [...levels].sort((a, b) => a - b).map((level) => `{ method = "given", level = ${level} }`);
  const weights = r.nodes.flatMap((node, at) => (node.parent >= 0 && levels.has(node.level) ? [`${keyOf(node.code)} = ${Number(shares[at].toPrecision(6))}`] : []));
  const methods = own.every((step) => step.method === "given" && !step.level) && !weigh ? [] : [`weigh = [${[...kept, ...given].join(", ")}]`];
  return [...methods, `# ${where}`, `weights = { ${weights.join(", ")} }`];
}

function choice({ method, ...options }: Record<string, unknown>): string {
  const rest = Object.entries(options).map(([name, value]) => `${keyOf(name)} = ${toml(value)}`);
  return rest.length ? `{ ${[`method = ${quoted(String(method))}`, ...rest].join(", ")} }` : quoted(String(method));
}

/** A step of the report as a study file states it: its options are told as words there. */
function stated(step: Told): string {
  const read = (value: string): unknown => {
    if (value === "true" || value === "false") return value === "true";
    if (/^-?[\d.]+(e[+-]?\d+)?$/i.test(value)) return Number(value);
    return /^-?[\d.]+(, -?[\d.]+)+$/.test(value) ? value.split(", ").map(Number) : value;
  };
  // Tables, such as the judgements of an AHP, are told in a form that no file takes.
  const options = Object.fromEntries(step.options.filter(([, value]) => !/[{[]/.test(value)).map(([name, value]) => [name, read(value)]));
  return choice({ method: step.method, ...options, ...(step.level ? { level: step.level } : {}), ...(step.scope ? { scope: step.scope } : {}) });
}

function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  return typeof value === "string" ? quoted(value) : String(value);
}

const keyOf = (code: string): string => (/^[A-Za-z0-9_-]+$/.test(code) ? code : quoted(code));

/** A string of TOML: what may not stand between quotes is written by its number. */
const quoted = (text: string): string => `"${text.replace(/[\u0000-\u001f"\\\u007f]/g, (one) => (one === '"' || one === "\\" ? `\\${one}` : `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`))}"`;
