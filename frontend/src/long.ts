/** Charts with a row per region: the first few, and a button for the rest. */

import type { Context } from "./context";
import { h } from "./dom";

// As many as fit on a printed page with title and source.
const FIRST = 32;

export function firstOf<Row>(c: Context, rows: Row[], make: (shown: Row[]) => HTMLElement): HTMLElement {
  if (rows.length <= FIRST) return h("div", {}, make(rows));
  let all = false;
  const place = h("div");
  const toggle = h("button", { type: "button", class: "more" });
  const draw = () => {
    toggle.textContent = c.say(all ? "showFirst" : "showAll", { n: all ? FIRST : rows.length });
    place.replaceChildren(make(all ? rows : rows.slice(0, FIRST)));
  };
  toggle.addEventListener("click", () => ((all = !all), draw()));
  draw();
  return h("div", {}, place, toggle);
}
