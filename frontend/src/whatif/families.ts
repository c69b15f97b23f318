/** Weights by family of siblings: sliders and number fields that add up to the whole, locks, and ways back. */

import { h } from "../dom";
import { children, elementNode, outline } from "../findings";
import { fixed } from "../format";
import type { Bench } from "./bench";
import { WHOLE } from "./choices";
import { equal, moved, settled } from "./shares";

const percents = (share: number): string => String(Number((share * 100).toFixed(4)));

/** All families under the element that is looked at, and what brings their fields up to the choices. */
export function families(bench: Bench): { element: HTMLElement; follow: () => void } {
  const { c } = bench;
  const { report: r, state } = c;
  const within = new Set<number>([elementNode(r, state.element)]);
  const parents = outline(r).flatMap((element) => {
    const node = elementNode(r, element);
    if (within.has(r.nodes[node].parent)) within.add(node);
    return within.has(node) && children(r, node).length > 1 ? [node] : [];
  });
  const all = parents.map((parent, i) => family(bench, parent, i === 0));
  return { element: h("div", { class: "families" }, all.map(({ element }) => element)), follow: () => all.forEach(({ follow }) => follow()) };
}

function family(bench: Bench, parent: number, open: boolean): { element: HTMLElement; follow: () => void } {
  const { c } = bench;
  const { report: r } = c;
  const siblings = children(r, parent);
  const own = (): number[] => bench.choices().weights.get(parent) ?? settled(siblings.map((child) => bench.outcome().shares[child]));
  const set = (shares: number[]) => bench.change(({ weights }) => weights.set(parent, shares));
  const locked = () => siblings.map((child) => bench.choices().locked.has(child));
  const move = (at: number, percent: number) => {
    if (Number.isFinite(percent)) set(moved(own(), at, (percent / 100) * WHOLE, locked()));
  };
  const rows = siblings.map((child, at) => {
    const name = c.node(child);
    const range = h("input", { type: "range", min: 0, max: 100, step: 0.1, "aria-label": c.say("whatifWeightOf", { name }) });
    const field = h("input", { type: "number", min: 0, max: 100, step: "any", inputmode: "decimal", "aria-label": c.say("whatifPercentOf", { name }) });
    const lock = h("button", { type: "button", class: "lock", "aria-label": c.say("whatifLockOf", { name }) }, c.say("whatifLock"));
    range.addEventListener("input", () => move(at, Number(range.value)));
    field.addEventListener("change", () => move(at, field.value === "" ? NaN : Number(field.value)));
    lock.addEventListener("click", () => bench.change(({ locked }) => void (locked.has(child) ? locked.delete(child) : locked.add(child))));
    const follow = (share: number, held: boolean) => {
      const text = percents(share / WHOLE);
      if (document.activeElement !== range || Math.abs(Number(range.value) - Number(text)) > 0.1) range.value = text;
      // What a method weighed has more digits than the field has room for.
      field.value = String(Math.round(Number(text) * 100) / 100);
      range.disabled = field.disabled = held;
      lock.setAttribute("aria-pressed", String(held));
      range.setAttribute("aria-valuetext", `${fixed((share / WHOLE) * 100, 1, c.state.lang)}%`);
    };
    return { element: h("div", { class: "weighed" }, h("span", { class: "who" }, name), range, h("span", { class: "percent" }, field, "%"), lock), follow };
  });
  const changed = h("span", { class: "changed" }, c.say("whatifChanged"));
  const sum = h("span", { class: "sum" });
  const asEqual = h("button", { type: "button", click: () => set(equal(siblings.length)) }, c.say("whatifEqual"));
  const asStudy = h("button", { type: "button", click: () => bench.change(({ weights, locked }) => (weights.delete(parent), siblings.forEach((child) => locked.delete(child)))) }, c.say("whatifAsStudy"));
  const title = parent === r.nodes.length - 1 ? c.element(r.elements - 1) : c.node(parent);
  const element = h(
    "details",
    { class: "family" },
    h("summary", {}, title, h("span", { class: "of" }, c.say("whatifParts", { n: siblings.length })), changed),
    rows.map((row) => row.element),
    h("div", { class: "foot" }, sum, h("span", { class: "tools" }, asEqual, asStudy)),
  );
  element.open = open || bench.choices().weights.has(parent);
  const follow = () => {
    const shares = own();
    const held = locked();
    rows.forEach((row, at) => row.follow(shares[at], held[at]));
    changed.hidden = !bench.choices().weights.has(parent);
    asStudy.disabled = changed.hidden && !held.some(Boolean);
    sum.textContent = c.say("whatifSum", { sum: `${fixed((shares.reduce((a, b) => a + b, 0) / WHOLE) * 100, 1, c.state.lang)}%` });
  };
  return { element, follow };
}
