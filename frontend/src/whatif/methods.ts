/** Methods instead of the study's: from the server's lists with their options, or the means that the page itself can take. */

import { h } from "../dom";
import type { Word } from "../words";
import type { Bench, Listed, Option } from "./bench";
import { STEPS, type Method, type Step } from "./choices";
import { MEANS, type Mean } from "./recompute";

const NAMES: Record<Step, Word> = { normalise: "stepNormalise", weigh: "stepWeigh", aggregate: "stepAggregate" };
const MEAN: Record<Mean, Word> = { arithmetic: "meanArithmetic", geometric: "meanGeometric", harmonic: "meanHarmonic" };
const LOWEST: Record<Step, number> = { normalise: 0, weigh: 1, aggregate: 2 };

export function methods(bench: Bench): { element: HTMLElement; follow: () => void } {
  const { offer, shop } = bench;
  const steps = STEPS.filter((step) => offer || (step === "aggregate" && shop.means.length > 0));
  const all = steps.map((step) => chooser(bench, step));
  return { element: h("div", { class: "methods" }, all.map(({ element }) => element)), follow: () => all.forEach(({ follow }) => follow()) };
}

function chooser(bench: Bench, step: Step): { element: HTMLElement; follow: () => void } {
  const { c, offer } = bench;
  const id = `whatif-${step}`;
  const known: Pick<Listed, "name" | "title">[] = offer ? offer[step] : MEANS.map((name) => ({ name, title: c.report.steps.find((one) => one.method === name)?.name ?? { en: c.say(MEAN[name]), zh: c.say(MEAN[name]) } }));
  const list = offer?.[step];
  const settable = (name: string) => !list?.find((one) => one.name === name)?.options.some((option) => option.required && option.kind === "other");
  const studys = h("option", { value: "" }, c.say("whatifStudys", { what: c.listed(ownNames(bench, step, known), 3) }));
  const select = h("select", { id }, studys, known.filter(({ name }) => settable(name)).map(({ name, title }) => h("option", { value: name }, title[c.state.lang])));
  const options = h("div", { class: "options" });
  const wrong = h("p", { class: "wrong", role: "alert", id: `${id}-wrong`, hidden: true });
  let shown = "";
  select.addEventListener("change", () =>
    bench.change(({ methods }) => {
      if (!select.value) delete methods[step];
      else methods[step] = { method: select.value };
    }),
  );
  const follow = () => {
    const chosen = bench.choices().methods[step];
    select.value = chosen?.method ?? "";
    // Fields are made anew only where the method is another: who types keeps the place.
    if (shown !== (chosen?.method ?? "")) {
      shown = chosen?.method ?? "";
      const found = list?.find((one) => one.name === shown);
      options.replaceChildren(...(chosen && found ? fields(bench, step, found) : []));
    }
    const faults = bench.outcome().faults.filter((fault) => fault.severity !== "warning" && about(fault.column) === step);
    wrong.hidden = !faults.length;
    wrong.textContent = faults.map((fault) => fault[c.state.lang]).join(" ");
    select.setAttribute("aria-invalid", String(faults.length > 0));
    select.setAttribute("aria-describedby", `${id}-wrong`);
  };
  return { element: h("div", { class: "method" }, h("label", { for: id }, c.say(NAMES[step])), select, options, wrong), follow };
}

/** Which step a fault is about: what stands before the first dot, once it is known to be about the changes. */
export const about = (column: string | null | undefined): string => (column ?? "").replace(/^changes\./, "").split(".")[0];

/** What the study itself does in a step, by name. */
function ownNames(bench: Bench, step: Step, known: Pick<Listed, "name" | "title">[]): string[] {
  const { c, offer } = bench;
  const own = offer ? [offer.now[step]].flat().map(({ method }) => method) : c.report.steps.filter((one) => one.step === step && !one.only.length).map((one) => one.method);
  return [...new Set(own)].map((name) => known.find((one) => one.name === name)?.title[c.state.lang] ?? name);
}

function fields(bench: Bench, step: Step, { name, summary, cite, options, scopes }: Listed): HTMLElement[] {
  const { c, offer } = bench;
  const set = (name: string, value: unknown) =>
    bench.change(({ methods }) => {
      const next: Method = { ...methods[step]! };
      if (value === undefined) delete next[name];
      else next[name] = value;
      methods[step] = next;
    });
  const now = (name: string): unknown => bench.choices().methods[step]?.[name];
  // Of the study's own method, what is left unsaid stays as the study has it.
  const studys = [offer!.now[step]].flat().find(({ method }) => method === name) ?? { method: name };
  const out = options.filter(({ kind }) => kind !== "other").map((option) => field(`whatif-${step}-${option.name}`, option.name, input(option, now(option.name) ?? studys[option.name] ?? option.default, (value) => set(option.name, value))));
  const together = scopes.filter((scope) => scope === "pooled" || scope === "year");
  if (step === "normalise" && together.length > 1) {
    const own = offer!.now.normalise.scope ?? "pooled";
    const start = now("scope") ?? (typeof own === "string" ? own : "");
    const base = Array.isArray(own) ? h("option", { value: "" }, c.say("whatifStudys", { what: own.join("–") })) : null;
    const select = h("select", {}, base, together.map((scope) => h("option", { value: scope }, c.say(scope === "year" ? "scopeYear" : "scopePooled"))));
    select.value = String(start);
    select.addEventListener("change", () => set("scope", select.value || undefined));
    out.push(field(`whatif-${step}-scope`, c.say("scope"), select));
  }
  if (step !== "normalise" && offer!.levels > 2) {
    const last = step === "weigh" ? offer!.levels - 1 : offer!.levels;
    const levels = Array.from({ length: last - LOWEST[step] + 1 }, (_, i) => LOWEST[step] + i);
    const select = h("select", {}, h("option", { value: "" }, c.say("levelAll")), levels.map((level) => h("option", { value: level }, level === 1 ? c.say("levelOne") : c.say("levelN", { n: level }))));
    select.value = String(now("level") ?? "");
    select.addEventListener("change", () => set("level", select.value ? Number(select.value) : undefined));
    out.push(field(`whatif-${step}-level`, c.say("level"), select));
  }
  const words = [c.state.lang === "en" ? summary.replaceAll("`", "") : "", cite].filter(Boolean).join(" · ");
  return words ? [h("p", { class: "about" }, words), ...out] : out;
}

function field(id: string, name: string, made: HTMLElement): HTMLElement {
  const inner = made.matches("input, select") ? made : made.querySelector("input")!;
  inner.id = id;
  return h("div", { class: "option" }, h("label", { for: id }, name), made);
}

function input({ kind, choices = [] }: Option, value: unknown, set: (value: unknown) => void): HTMLElement {
  if (kind === "choice") {
    const select = h("select", {}, choices.map((one) => h("option", { value: one }, String(one))));
    select.value = String(value ?? "");
    select.addEventListener("change", () => set(choices.find((one) => String(one) === select.value)));
    return select;
  }
  if (kind === "switch") {
    const box = h("input", { type: "checkbox" });
    box.checked = value === true;
    box.addEventListener("change", () => set(box.checked));
    return box;
  }
  const number = (start: unknown, take: (found: number | undefined) => void) => {
    const box = h("input", { type: "number", step: kind === "integer" ? 1 : "any", value: start === null || start === undefined ? null : String(start) });
    box.addEventListener("change", () => take(box.value === "" ? undefined : Number(box.value)));
    return box;
  };
  if (kind === "range") {
    const ends = Array.isArray(value) ? [...(value as unknown[])] : [null, null];
    const take = (at: number) => (found: number | undefined) => {
      ends[at] = found ?? null;
      set(ends.every((end) => end === null) ? undefined : ends);
    };
    return h("span", { class: "range" }, number(ends[0], take(0)), "–", number(ends[1], take(1)));
  }
  if (kind === "text") {
    const box = h("input", { type: "text", value: typeof value === "string" ? value : null });
    box.addEventListener("change", () => set(box.value || undefined));
    return box;
  }
  return number(value, set);
}
