/** Places of time as a slider, and a button that walks through them to the last. */

import type { Context } from "./context";
import { h } from "./dom";
import type { Key } from "./state";

// How long a place stands before the next: long enough to see what moved.
const BEAT = 900;
const CALM = 1800;

export interface Walk {
  id: string;
  label: string;
  names: string[];
  /** Where among the names the reader stands. */
  at: () => number;
  go: (at: number) => void;
  /** What of the state says where that is. */
  keys: Key[];
  /** How long a place stands, where there are many. */
  beat?: number;
}

export function walker(c: Context, { id, label, names, at, go, keys, beat = BEAT }: Walk): HTMLElement | null {
  if (names.length < 2) return null;
  const last = names.length - 1;
  const here = () => names[at()] ?? "";
  const shown = h("output", { for: id }, here());
  const input = h("input", { id, type: "range", min: 0, max: last, step: 1, value: at() });
  const button = h("button", { type: "button", class: "play" });
  let timer = 0;
  const name = () => {
    button.replaceChildren(h("span", { class: "sign", "aria-hidden": "true" }, timer ? "❚❚" : "▶"), c.say(timer ? "pause" : "play"));
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    name();
  };
  const next = () => {
    const to = at() + 1;
    if (!button.isConnected || to > last) return stop();
    go(to);
    if (to === last) stop();
  };
  const start = () => {
    // From the last place there is nowhere to go but to the first.
    if (at() >= last) go(0);
    timer = window.setInterval(next, matchMedia("(prefers-reduced-motion: reduce)").matches ? CALM : beat);
    name();
  };
  button.addEventListener("click", () => (timer ? stop() : start()));
  input.addEventListener("input", () => {
    if (timer) stop();
    go(Number(input.value));
  });
  const follow = () => {
    input.value = String(at());
    input.setAttribute("aria-valuetext", here());
    shown.textContent = here();
  };
  follow();
  name();
  c.store.on(keys, follow, () => input.isConnected);
  return h("div", { class: "slider" }, button, h("label", { for: id }, label), input, shown);
}
