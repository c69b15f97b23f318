/** What if: other weights and methods than the study's, and who would stand where. */

import "../whatif/whatif.css";
import { ask, Faulty, Latest, spoken, type Fault } from "../asking";
import type { Context } from "../context";
import { h } from "../dom";
import { elementNode } from "../findings";
import type { Report } from "../payload";
import type { Bench, Offer, Outcome } from "../whatif/bench";
import { changed, none, read, STEPS, WHOLE, write, type Choices, type Method, type Step } from "../whatif/choices";
import { families } from "../whatif/families";
import { fragment, headed } from "../whatif/fragment";
import { about, methods } from "../whatif/methods";
import { Workshop, type Refusal } from "../whatif/recompute";
import { result, unmoved } from "../whatif/result";
import { sharesUnder } from "../whatif/shares";
import { moves } from "../whatif/told";
import { saveVariant } from "../whatif/variant";

// Long enough for a slider on the move not to ask at every step, too short to be noticed.
const WAIT = 40;
// Longer than this, and the page says that it waits.
const SLOW = 400;

const shops = new WeakMap<Report, Workshop>();

function shopOf(r: Report): Workshop {
  let found = shops.get(r);
  if (!found) shops.set(r, (found = new Workshop(r)));
  return found;
}

export function whatif(c: Context): HTMLElement {
  const place = h("div");
  const api = c.served?.run ? c.served.api : null;
  if (api) {
    place.append(h("p", { class: "note", role: "status" }, c.say("whatifAsking")));
    ask<Offer>("GET", `${api}/what-if/choices`).then(
      (offer) => fill(c, place, offer.available ? offer : null, offer.available ? [] : offer.faults.map((fault) => spoken(fault, c.state.lang))),
      (error) => fill(c, place, null, error instanceof Faulty ? error.said(c.state.lang) : [String(error)]),
    );
  } else fill(c, place, null, []);
  return h("section", { id: "whatif", class: "untouched", "aria-labelledby": "whatif-title" }, h("h2", { id: "whatif-title" }, c.say("whatif")), h("p", { class: "findings" }, c.say("whatifIntro")), place);
}

/** The bench itself, made anew where another element is looked at: it has other families. */
function fill(c: Context, place: HTMLElement, offer: Offer | null, why: string[]): void {
  const without = why.length ? [h("p", { class: "refusal" }, c.say("whatifNoServer"), " ", ...why)] : [];
  const shop = shopOf(c.report);
  if (!offer && shop.refusal) {
    place.replaceChildren(...without, h("p", { class: "refusal" }, c.joined([refusal(c, shop.refusal), why.length ? null : c.say("whatifServe")])));
    return;
  }
  place.replaceChildren(...without, c.store.live(["element"], () => [bench(c, shop, offer)]));
}

interface Answer {
  regions: string[];
  scores: (number | null)[][][];
  ranks: (number | null)[][][];
  weights: Record<string, number | number[]>;
  faults: Fault[];
  toml: string;
}

/** What the server is asked for: exactly what a study file would say. */
function changes(c: Context, offer: Offer, { weights, methods }: Choices): Record<string, unknown> {
  const { report: r } = c;
  const out: Record<string, unknown> = {};
  for (const step of STEPS) {
    const chosen = methods[step];
    if (chosen) out[step] = beside(offer, step, chosen);
  }
  if (weights.size) {
    const codes: Record<string, number> = {};
    for (const [parent, shares] of weights) r.nodes.filter((node) => node.parent === parent).forEach((node, i) => (codes[node.code] = shares[i] / WHOLE));
    out.weights = codes;
  }
  return out;
}

/** A choice for one level stands beside what the study does at the others. */
function beside(offer: Offer, step: Step, chosen: Method): unknown {
  if (step === "normalise" || chosen.level === undefined) return chosen;
  return [...offer.now[step].filter(({ level }) => level !== chosen.level), chosen];
}

function bench(c: Context, shop: Workshop, offer: Offer | null): HTMLElement {
  const { report: r, store } = c;
  const start = (): Outcome => ({ moves: unmoved(c), shares: sharesUnder(r, none(), c.state.year), error: 0, faults: [], refused: [], toml: null });
  let outcome = start();
  const one: Bench = {
    c, shop, offer,
    choices: () => read(r, c.state.whatif),
    outcome: () => outcome,
    change: (act) => {
      const next = read(r, c.state.whatif);
      act(next);
      store.set({ whatif: write(next) });
    },
  };
  const parts = [methods(one), families(one), result(one)];
  const [chosen, weighed, came] = parts;
  const reset = h("button", { type: "button", click: () => store.set({ whatif: "" }) }, c.say("whatifReset"));
  const keep = h("div", { class: "keep" });
  const busy = h("p", { class: "note", role: "status", hidden: true }, c.say("whatifComputing"));
  const show = (next: Outcome) => {
    outcome = next;
    came.element.removeAttribute("aria-busy");
    busy.hidden = true;
    parts.forEach(({ follow }) => follow());
    reset.disabled = !c.state.whatif;
    element.closest("section")?.classList.toggle("untouched", !changed(one.choices()));
    keep.replaceChildren(...keeping(one));
  };
  const latest = new Latest<Answer>(
    WAIT,
    (answer) => show(answered(c, answer)),
    // The last ranks that could be computed stay, so that one wrong field does not empty the page.
    (fault) => show({ ...outcome, shares: outcome.shares, faults: fault.faults, refused: unplaced(c, fault) }),
  );
  const compute = () => {
    const choices = one.choices();
    latest.stop();
    if (!changed(choices)) return show(start());
    if (!offer) return show(inPage(c, shop, choices));
    if (!came.element.hasAttribute("aria-busy")) setTimeout(() => came.element.hasAttribute("aria-busy") && (busy.hidden = false), SLOW);
    came.element.setAttribute("aria-busy", "true");
    // Sliders follow the hand at once; ranks follow when the server has answered.
    outcome = { ...outcome, shares: withOwn(c, outcome.shares, choices) };
    chosen.follow();
    weighed.follow();
    const asked = { ...changes(c, offer, choices), of: [r.nodes[elementNode(r, c.state.element)].code], years: [c.year()] };
    latest.want((signal) => ask("POST", `${c.served!.api}/what-if`, asked, signal));
  };
  const controls = h("div", { class: "controls", role: "group", "aria-label": c.say("whatifControls") }, chosen.element, offer ? null : h("p", { class: "note" }, c.say("whatifInPage")), h("h3", {}, c.say("whatifWeights")), weighed.element, h("div", { class: "buttons" }, reset));
  const element = h("div", { class: "whatif" }, controls, h("div", {}, busy, came.element, keep));
  // What is not on the page yet has no width to draw to: the first outcome waits for it.
  queueMicrotask(compute);
  store.on(["whatif", "year"], compute, () => element.isConnected);
  return element;
}

function inPage(c: Context, shop: Workshop, choices: Choices): Outcome {
  const { report: r, state } = c;
  const shares = sharesUnder(r, choices, state.year);
  const made = shop.make(choices);
  const bare = { shares, error: shop.error, faults: [], toml: null };
  if ("why" in made) return { ...bare, moves: [], refused: [refusal(c, made)] };
  const at = (region: number) => (region * r.years.length + state.year) * r.elements + state.element;
  const column = (cells: ArrayLike<number>) => r.regions.map((_, region) => cells[at(region)]);
  return { ...bare, moves: moves(column(r.ranks.data), column(made.ranks), column(r.scores.data), column(made.scores)), refused: [] };
}

function answered(c: Context, answer: Answer): Outcome {
  const { report: r, state } = c;
  const place = new Map(answer.regions.map((code, at) => [code, at]));
  const column = (cells: (number | null)[][][], gap: number) => r.regions.map(({ code }) => cells[place.get(code) ?? -1]?.[0]?.[0] ?? gap);
  const before = <T extends { at(region: number, year: number, item: number): number }>(cube: T) => r.regions.map((_, region) => cube.at(region, state.year, state.element));
  const shares = r.nodes.map(({ code }) => {
    const share = answer.weights[code] ?? 1;
    return Array.isArray(share) ? share[0] : share;
  });
  return { moves: moves(before(r.ranks), column(answer.ranks, 0), before(r.scores), column(answer.scores, NaN)), shares, error: 0, faults: answer.faults, refused: [], toml: answer.toml };
}

function withOwn(c: Context, shares: number[], choices: Choices): number[] {
  const changedOnes = sharesUnder(c.report, choices);
  return shares.map((share, at) => (choices.weights.has(c.report.nodes[at].parent) ? changedOnes[at] : share));
}

/** Faults that stand beside no method. */
function unplaced(c: Context, fault: Faulty): string[] {
  const rest = fault.faults.filter(({ column }) => !STEPS.includes(about(column) as Step));
  if (fault.faults.length && !rest.length) return [c.say("whatifCannot")];
  return new Faulty(fault.status, rest).said(c.state.lang);
}

function refusal(c: Context, { why, what }: Refusal): string {
  if (why === "yearly") return c.say("whatifYearly");
  if (why === "digits") return c.say("whatifNotOurs");
  const name = Number(what) === c.report.nodes.length - 1 ? c.element(c.report.elements - 1) : c.node(Number(what));
  const told = { method: "whatifMethod", mirror: "whatifMirror", positive: "whatifPositive", zero: "whatifZero" } as const;
  const { level } = c.report.nodes[Number(what)];
  const step = c.report.steps.filter((one) => one.step === "aggregate" && (one.level === level || one.level === null)).sort((a, b) => (b.level ?? 0) - (a.level ?? 0))[0];
  return c.say(told[why], { name, method: step?.name[c.state.lang] ?? "" });
}

/** What a reader can do with a what-if: save it as a variant of the study, or copy its lines. */
function keeping(one: Bench): HTMLElement[] {
  const { c, offer } = one;
  const choices = one.choices();
  const { refused, shares, toml, faults } = one.outcome();
  const able = changed(choices) && !refused.length && !faults.some(({ severity }) => severity !== "warning");
  if (!able) return [];
  const link = c.served?.run && offer ? h("button", { type: "button", class: "main", click: () => saveVariant(one, c.served!, changes(c, offer, choices)) }, c.say("variantHead")) : null;
  const where = c.say("whatifWhere");
  const lines = toml ? headed(toml, where) : fragment(c.report, choices, shares, where);
  const copied = h("span", { role: "status" });
  const copy = h("button", { type: "button", click: () => void navigator.clipboard.writeText(lines).then(() => (copied.textContent = c.say("copied")), () => (copied.textContent = c.say("copyFailed"))) }, c.say("whatifCopy"));
  return [h("div", { class: "buttons" }, link, copy, copied), h("details", {}, h("summary", {}, c.say("whatifLines")), h("pre", { tabindex: 0 }, lines))];
}
