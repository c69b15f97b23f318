/** Formulas from the document as MathML of the page: rebuilt element by element, so that nothing else can come in with them. */

import { h } from "./dom";
import type { Step } from "./payload";

const MATH = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(["math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded"]);
const ATTRIBUTES = new Set(["display", "mathvariant", "stretchy", "fence", "form", "accent", "movablelimits", "width", "columnalign", "columnspacing", "rowspacing", "displaystyle", "minsize", "maxsize"]);

/** What a step computes, as a formula; null where none says it. */
export function formulaOf({ formula }: Pick<Step, "formula">): HTMLElement | null {
  if (!formula) return null;
  const parsed = new DOMParser().parseFromString(formula.mathml, "application/xml").documentElement;
  if (parsed.localName !== "math") return null;
  const math = rebuilt(parsed);
  math?.setAttribute("alttext", formula.latex);
  return math && scrolled(math);
}

// Where a formula is wider than the page the keys must reach it to move it; elsewhere they need not stop there.
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});

function scrolled(math: Element): HTMLElement {
  const place = h("div", { class: "formula" }, math);
  watcher.observe(place);
  return place;
}

function rebuilt(from: Element): Element | null {
  if (!ELEMENTS.has(from.localName)) return null;
  const element = document.createElementNS(MATH, from.localName);
  for (const { name, value } of from.attributes) if (ATTRIBUTES.has(name)) element.setAttribute(name, value);
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) element.append(child.textContent ?? "");
    else if (child instanceof Element) {
      const made = rebuilt(child);
      if (made) element.append(made);
    }
  }
  return element;
}
