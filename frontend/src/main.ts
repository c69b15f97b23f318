/** The page: read the embedded document, build every section in the reader's language, keep choices in the address. */

import "./style.css";
import { settle } from "./charts";
import { Context } from "./context";
import { h } from "./dom";
import { outline, scoredYears, top } from "./findings";
import { unpack, type Payload, type Report } from "./payload";
import { audit } from "./sections/audit";
import { chokepoints } from "./sections/chokepoints";
import { claims } from "./sections/claims";
import { complexity } from "./sections/complexity";
import { conversion } from "./sections/conversion";
import { coverage } from "./sections/coverage";
import { digital } from "./sections/digital";
import { emergence } from "./sections/emergence";
import { follow } from "./sections/follow";
import { forecast } from "./sections/forecast";
import { fusion } from "./sections/fusion";
import { headline } from "./sections/headline";
import { ladder } from "./sections/ladder";
import { map } from "./sections/map";
import { method } from "./sections/method";
import { hasMoves, moves } from "./sections/moves";
import { network } from "./sections/network";
import { profile } from "./sections/profile";
import { ranking } from "./sections/ranking";
import { record } from "./sections/record";
import { recorded } from "./sections/recorded";
import { space } from "./sections/space";
import { standing } from "./sections/standing";
import { sureness } from "./sections/sureness";
import { trend } from "./sections/trend";
import type { Space } from "./space";
import { fromHash, Store } from "./state";
import type { Word } from "./words";

interface Part {
  id: string;
  word: Word;
  make: (c: Context) => HTMLElement;
  /** Whether a run has anything to show there. */
  has?: (r: Report) => boolean;
}

const indexed = (r: Report): boolean => r.index !== null;
const anySpace = (r: Report, has: (space: Space) => boolean): boolean => (r.structure?.spaces ?? []).some(has);

const PARTS: Part[] = [
  { id: "ranking", word: "navRanking", make: ranking, has: indexed },
  { id: "trend", word: "navTrend", make: trend, has: indexed },
  { id: "sureness", word: "navSureness", make: sureness, has: (r) => r.sureness !== null },
  { id: "follow", word: "navFollow", make: follow, has: (r) => r.followed.length > 0 },
  { id: "claims", word: "navClaims", make: claims, has: (r) => r.claims.length > 0 },
  { id: "audit", word: "navAudit", make: audit, has: indexed },
  { id: "map", word: "navMap", make: map, has: indexed },
  { id: "profile", word: "navProfile", make: profile, has: indexed },
  { id: "space", word: "navSpace", make: space, has: (r) => anySpace(r, (one) => one.columns.includes("density")) },
  { id: "network", word: "navNetwork", make: network, has: (r) => anySpace(r, (one) => one.network !== null) },
  { id: "complexity", word: "navComplexity", make: complexity, has: (r) => anySpace(r, () => true) },
  { id: "forecast", word: "navForecast", make: forecast, has: (r) => anySpace(r, (one) => one.forecast.length > 0) },
  { id: "standing", word: "navStanding", make: standing, has: (r) => anySpace(r, (one) => one.standing !== null) },
  { id: "fusion", word: "navFusion", make: fusion, has: (r) => !!r.structure?.fusion },
  { id: "digital", word: "navDigital", make: digital, has: (r) => !!r.structure?.digital },
  { id: "emergence", word: "navEmergence", make: emergence, has: (r) => !!r.structure?.emergence.length },
  { id: "chokepoints", word: "navChokepoints", make: chokepoints, has: (r) => !!r.structure?.dependency.length },
  { id: "records", word: "navRecords", make: recorded, has: (r) => !!r.structure?.records.length },
  { id: "ladder", word: "navLadder", make: ladder, has: (r) => !!r.structure?.ladder.length },
  { id: "moves", word: "navMoves", make: moves, has: (r) => !!r.structure?.ladder.some(hasMoves) },
  { id: "conversion", word: "navConversion", make: conversion, has: (r) => !!r.structure?.ladder.some((one) => one.conversion) },
  { id: "method", word: "navMethod", make: method, has: (r) => indexed(r) || !!r.structure },
  { id: "coverage", word: "navCoverage", make: coverage },
  { id: "record", word: "navRecord", make: record },
];

const partsOf = (r: Report): Part[] => PARTS.filter(({ has }) => !has || has(r));

function bar(c: Context): HTMLElement {
  const { report: r, store } = c;
  const links = partsOf(r).map(({ id, word }) => h("a", { href: `#${id}`, click: (event) => go(event, id) }, c.say(word)));
  const years = scoredYears(r, top(r));
  const year = h("select", { id: "year" }, [...years].reverse().map((at) => h("option", { value: at }, r.years[at])));
  const element = h(
    "select",
    { id: "show" },
    outline(r).map((at) => h("option", { value: at }, c.element(at))),
  );
  const follow = () => {
    year.value = String(c.state.year);
    element.value = String(c.state.element);
  };
  follow();
  store.on(["year", "element"], follow, () => year.isConnected);
  year.addEventListener("change", () => store.set({ year: Number(year.value) }));
  element.addEventListener("change", () => store.set({ element: Number(element.value) }));
  const other = c.state.lang === "zh" ? "en" : "zh";
  return h(
    "nav",
    { "aria-label": c.say("sections") },
    h(
      "div",
      { class: "inner" },
      h("div", { class: "links" }, links),
      h(
        "div",
        { class: "choices" },
        r.elements > 1 ? h("label", { for: "show" }, h("span", {}, c.say("show")), element) : null,
        years.length > 1 ? h("label", { for: "year" }, h("span", {}, c.say("year")), year) : null,
        h(
          "button",
          { type: "button", class: "language", lang: other, "aria-label": c.say("languageLabel"), click: () => store.set({ lang: other }) },
          c.say("language"),
        ),
      ),
    ),
  );
}

/** The address holds the reader's choices, so links within the page scroll instead of changing it. */
function go(event: Event, id: string): void {
  event.preventDefault();
  const target = document.getElementById(id);
  target?.scrollIntoView();
  target?.setAttribute("tabindex", "-1");
  target?.focus({ preventScroll: true });
}

function build(c: Context): void {
  const { report: r, state } = c;
  document.documentElement.lang = state.lang === "zh" ? "zh-CN" : "en";
  document.title = r.title[state.lang];
  const sections = partsOf(r).map(({ make }) => make(c));
  const page = h("main", { id: "content" }, headline(c), ...sections);
  const skip = h("a", { class: "skip", href: "#content", click: (event) => go(event, "content") }, c.say("skip"));
  const foot = h("footer", {}, h("p", {}, c.say("made", { version: r.version })));
  document.getElementById("app")!.replaceChildren(skip, bar(c), page, foot);
}

/** Do something to the page and stay with the section that the reader is in. */
function inPlace(act: () => void): void {
  const sections = () => [...document.querySelectorAll<HTMLElement>("header, section")];
  const here = sections().filter((section) => section.getBoundingClientRect().top <= innerHeight / 3).pop();
  const offset = here?.getBoundingClientRect().top ?? 0;
  act();
  const there = here && document.getElementById(here.id);
  settle();
  if (there) scrollTo({ top: scrollY + there.getBoundingClientRect().top - offset, behavior: "instant" });
  document.querySelector<HTMLElement>("button.language")?.focus({ preventScroll: true });
}

const report = unpack(JSON.parse(document.getElementById("payload")!.textContent!) as Payload);
const store = new Store(report, fromHash(report, location.hash, navigator.languages));
const context = new Context(report, store);
build(context);
store.on(["lang"], () => inPlace(() => build(context)));
addEventListener("hashchange", () => store.set(fromHash(report, location.hash, navigator.languages)));
