/** The page: find the data, build the view that the address names in the reader's language, and let go of it when another opens. */

import "./style.css";
import { onPaper } from "./paper";
import { settle } from "./charts";
import { concerning } from "./concerns";
import { Context } from "./context";
import { h } from "./dom";
import { library } from "./library";
import { Looks } from "./looks";
import { unpack, type Language, type Payload, type Report } from "./payload";
import { overview } from "./sections/overview";
import { fetched, Refused, servedAs, type Served } from "./served";
import { bar, frame, side, skipTo, switches } from "./shell";
import { fromHash, Store } from "./state";
import { viewsOf, WHOLE, type View } from "./views";
import { say } from "./words";

const app = document.getElementById("app")!;

function start(): void {
  const served = servedAs(document.querySelector<HTMLMetaElement>('meta[name="xinzhi-api"]')?.content);
  const inlined = document.getElementById("payload")?.textContent;
  if (inlined) open(unpack(JSON.parse(inlined) as Payload), served);
  else if (served?.run) void load(served);
  else if (served) shelves(served);
}

/** The page of a run. */
function open(r: Report, from: Served | null): void {
  const store = new Store(r, fromHash(r, location.hash, navigator.languages));
  const c = new Context(r, store, from);
  const all = viewsOf(r, from);
  const looks = new Looks(store);
  const shown = (): View | null => all.find(({ id }) => id === c.state.view) ?? null;
  const whole = () => [overview(c, all, true), ...all.filter(({ tool }) => !tool).map((view) => made(view))];
  const made = (view: View) => {
    const section = view.make(c);
    const notes = concerning(c, view);
    if (notes) section.querySelector("h2")?.after(notes);
    return section;
  };
  const content = () => (c.state.view === WHOLE ? whole() : [shown() ? made(shown()!) : overview(c, all, false)]);

  const main = h("main", { id: "content", tabindex: -1 });
  const build = () => {
    const view = shown();
    document.documentElement.lang = spoken(c.state.lang);
    const title = r.title[c.state.lang];
    document.title = view ? `${c.say(view.word)} · ${title}` : c.state.view === WHOLE ? `${title} · ${c.say("wholeReport")}` : title;
    main.replaceChildren(...content());
    app.replaceChildren(...frame(skipTo(c.say("skip"), main), bar(c, view), side(c, all), main, c.say(from ? "madeServed" : "made", { version: r.version })));
    settle();
    looks.put(main);
  };
  build();
  looks.follow(main);
  store.on(["view"], () => {
    build();
    scrollTo({ top: 0, behavior: "instant" });
    heading(main)?.focus({ preventScroll: true });
  });
  store.on(["lang"], () => inPlace(build));
  addEventListener("popstate", (event) => {
    store.restore(fromHash(r, location.hash, navigator.languages));
    looks.put(main);
    const scroll = (event.state as { scroll?: number } | null)?.scroll;
    if (scroll !== undefined) scrollTo({ top: scroll, behavior: "instant" });
  });
  addEventListener("pagehide", () => store.flush());
  printWhole(main, whole, () => c.state.view === WHOLE);
}

/** On paper goes the whole report, whatever is open; after that the page is as it was. */
function printWhole(main: HTMLElement, whole: () => HTMLElement[], already: () => boolean): void {
  let sheets: HTMLElement | null = null;
  const before = () => {
    if (already() || sheets) return;
    sheets = h("main", {}, whole());
    main.hidden = true;
    main.after(sheets);
  };
  const after = () => {
    sheets?.remove();
    sheets = null;
    main.hidden = false;
  };
  onPaper({ before, after });
}

function heading(main: HTMLElement): HTMLElement | null {
  const found = main.querySelector<HTMLElement>("h1, h2");
  found?.setAttribute("tabindex", "-1");
  return found;
}

/** Do something to the page and stay with the section that the reader is in. */
function inPlace(act: () => void): void {
  const sections = () => [...document.querySelectorAll<HTMLElement>("main > section")];
  const here = sections().filter((section) => section.getBoundingClientRect().top <= innerHeight / 3).pop();
  const offset = here?.getBoundingClientRect().top ?? 0;
  act();
  const there = here && document.getElementById(here.id);
  if (there) scrollTo({ top: scrollY + there.getBoundingClientRect().top - offset, behavior: "instant" });
  document.querySelector<HTMLElement>("button.language")?.focus({ preventScroll: true });
}

const spoken = (lang: Language): string => (lang === "zh" ? "zh-CN" : "en");

/** The language before there is a report: the address's, else the reader's. */
function languageHere(): Language {
  const given = new URLSearchParams(location.hash.slice(1)).get("lang") ?? navigator.languages[0]?.toLowerCase() ?? "en";
  return given.startsWith("zh") ? "zh" : "en";
}

/** Fetch the data of a run; say how far that has come, and why it failed if it did. */
async function load(from: Served): Promise<void> {
  const lang = languageHere();
  document.documentElement.lang = spoken(lang);
  const gauge = h("progress", { "aria-label": say(lang, "loading") });
  const words = h("p", { role: "status" }, say(lang, "loading"));
  app.replaceChildren(h("main", { id: "content", class: "waiting" }, words, gauge));
  try {
    const payload = await fetched(from, (bytes, of) => {
      if (of) [gauge.max, gauge.value] = [of, bytes];
      words.textContent = say(lang, "loadingBytes", { mb: (bytes / 1e6).toFixed(1) });
    });
    open(unpack(payload), from);
  } catch (reason) {
    const why = reason instanceof Refused ? (reason.said?.[lang] ?? say(lang, "loadStatus", { status: reason.status })) : say(lang, "loadUnreachable");
    const retry = h("button", { type: "button", class: "do", click: () => void load(from) }, say(lang, "retry"));
    app.replaceChildren(h("main", { id: "content", class: "waiting" }, h("h1", {}, say(lang, "loadFailed")), h("p", { role: "alert" }, why), h("p", {}, retry)));
    if (!(reason instanceof Refused) && !(reason instanceof TypeError)) throw reason;
  }
}

/** The studies of a server. */
function shelves(from: Served): void {
  const lang = languageHere();
  const other = lang === "zh" ? "en" : "zh";
  document.documentElement.lang = spoken(lang);
  document.title = `${say(lang, "library")} · Xinzhi`;
  const turn = () => {
    history.replaceState(null, "", `#lang=${other}`);
    shelves(from);
  };
  const main = h("main", { id: "content", tabindex: -1 }, library(from, lang));
  app.replaceChildren(skipTo(say(lang, "skip"), main), h("header", { class: "top" }, h("p", { class: "study" }, "Xinzhi"), switches(lang, turn)), main);
}

start();
