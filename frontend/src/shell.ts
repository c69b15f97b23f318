/** What stands around every view: the bar on top, the navigation at its side, and the drawer it becomes on a phone. */

import type { Context } from "./context";
import { h } from "./dom";
import { outline, scoredYears, top } from "./findings";
import type { Language } from "./payload";
import { scheme, setScheme, type Scheme } from "./scheme";
import { GROUPS, OVERVIEW, WHOLE, type View } from "./views";
import { say, type Word } from "./words";

/** A link past the navigation. */
export function skipTo(words: string, main: HTMLElement): HTMLElement {
  const go = (event: Event) => {
    event.preventDefault();
    main.focus();
    main.scrollIntoView();
  };
  return h("a", { class: "skip", href: "#content", click: go }, words);
}

export function frame(skip: HTMLElement, bar: HTMLElement, side: HTMLElement, main: HTMLElement, made: string): HTMLElement[] {
  return [skip, bar, h("div", { class: "frame" }, side, h("div", { class: "page" }, main, h("footer", {}, h("p", {}, made))))];
}

// The bar is as tall as its choices make it, and nothing may hide beneath it.
const tall = new ResizeObserver(([{ target }]) => document.documentElement.style.setProperty("--bar", `${(target as HTMLElement).offsetHeight}px`));

export function bar(c: Context, view: View | null): HTMLElement {
  const { report: r, store, state } = c;
  // The overview and the whole report have the title at their head; everywhere else it stands here.
  const title = view ? h("h1", { class: "study" }, c.link(OVERVIEW, r.title[state.lang])) : h("p", { class: "study" }, c.served ? null : "Xinzhi");
  const other = state.lang === "zh" ? "en" : "zh";
  const made = h(
    "header",
    { class: "top" },
    h("button", { type: "button", class: "menu", "aria-expanded": "false", "aria-controls": "side", click: toggle }, c.say("menu")),
    c.served && h("a", { class: "shelf", href: c.served.service.replace(/api\/v1$/, `#lang=${state.lang}`) }, c.say("library")),
    title,
    h("div", { class: "choices" }, choices(c, view)),
    h("div", { class: "switches" }, language(state.lang, () => store.set({ lang: other }))),
  );
  tall.disconnect();
  tall.observe(made);
  return made;
}

/** The year and the element, where the view goes by them. */
function choices(c: Context, view: View | null): (HTMLElement | null)[] {
  const { report: r, store, state } = c;
  const by = view?.by ?? (state.view === WHOLE && r.index ? (["element", "year"] as const) : []);
  const years = by.includes("year") ? scoredYears(r, top(r)) : [];
  const elements = by.includes("element") ? outline(r) : [];
  const year = h("select", { id: "year", "aria-label": c.say("year") }, [...years].reverse().map((at) => h("option", { value: at }, r.years[at])));
  const element = h("select", { id: "show", "aria-label": c.say("show") }, elements.map((at) => h("option", { value: at }, c.element(at))));
  const follow = () => {
    year.value = String(c.state.year);
    element.value = String(c.state.element);
  };
  follow();
  store.on(["year", "element"], follow, () => year.isConnected || element.isConnected);
  year.addEventListener("change", () => store.set({ year: Number(year.value) }));
  element.addEventListener("change", () => store.set({ element: Number(element.value) }));
  return [
    elements.length > 1 ? h("label", { for: "show" }, h("span", {}, c.say("show")), element) : null,
    years.length > 1 ? h("label", { for: "year" }, h("span", {}, c.say("year")), year) : null,
  ];
}

const SCHEMES: [Scheme, Word][] = [
  ["auto", "schemeAuto"],
  ["light", "schemeLight"],
  ["dark", "schemeDark"],
];

/** The language and the colours. */
export const switches = (lang: Language, turn: () => void): HTMLElement => h("div", { class: "switches" }, colours(lang), language(lang, turn));

function language(lang: Language, turn: () => void): HTMLElement {
  const other = lang === "zh" ? "en" : "zh-CN";
  return h("button", { type: "button", class: "language", lang: other, "aria-label": say(lang, "languageLabel"), click: turn }, say(lang, "language"));
}

function colours(lang: Language): HTMLElement {
  const select = h("select", { class: "scheme", "aria-label": say(lang, "scheme") }, SCHEMES.map(([value, word]) => h("option", { value }, say(lang, word))));
  select.value = scheme();
  select.addEventListener("change", () => setScheme(select.value as Scheme));
  return select;
}

export function side(c: Context, all: View[]): HTMLElement {
  const here = c.state.view;
  const known = here === WHOLE || all.some(({ id }) => id === here);
  const entry = (id: string, word: Word) => {
    const link = c.link(id, c.say(word));
    if (id === here || (id === OVERVIEW && !known)) link.setAttribute("aria-current", "page");
    return h("li", {}, link);
  };
  const groups = GROUPS.flatMap(({ id, word }) => {
    const own = all.filter((view) => view.group === id);
    if (!own.length) return [];
    const name = `group-${id}`;
    return [h("p", { class: "group", id: name }, c.say(word)), h("ul", { "aria-labelledby": name }, own.map((view) => entry(view.id, view.word)))];
  });
  const nav = h("nav", { id: "side", "aria-label": c.say("sections") }, h("ul", {}, entry(OVERVIEW, "navOverview")), groups, h("ul", { class: "last" }, entry(WHOLE, "wholeReport")), colours(c.state.lang));
  nav.addEventListener("keydown", (event) => event.key === "Escape" && close(true));
  // The view that is looked at stands in sight in a list longer than the window.
  queueMicrotask(() => {
    const link = nav.querySelector<HTMLElement>("[aria-current]");
    if (link && link.offsetTop + 2 * link.offsetHeight > nav.clientHeight) nav.scrollTop = link.offsetTop - nav.clientHeight / 2;
  });
  return nav;
}

const narrow = matchMedia("(max-width: 860px)");
narrow.addEventListener("change", () => close(false));
document.addEventListener("click", (event) => {
  if (!(event.target as Element).closest("#side, button.menu")) close(false);
});

/** Open or close the drawer; what it covers cannot be reached while it is open. */
function toggle(): void {
  const nav = document.getElementById("side")!;
  if (nav.classList.contains("open")) return close(true);
  nav.classList.add("open");
  button()?.setAttribute("aria-expanded", "true");
  document.querySelector(".page")?.setAttribute("inert", "");
  (nav.querySelector<HTMLElement>("[aria-current]") ?? nav.querySelector<HTMLElement>("a"))?.focus();
}

const button = () => document.querySelector<HTMLElement>("button.menu");

function close(back: boolean): void {
  const nav = document.getElementById("side");
  if (!nav?.classList.contains("open")) return;
  nav.classList.remove("open");
  button()?.setAttribute("aria-expanded", "false");
  document.querySelector(".page")?.removeAttribute("inert");
  if (back) button()?.focus();
}
