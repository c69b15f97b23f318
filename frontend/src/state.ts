/** What the reader has chosen, kept in the address so that a link reopens the same view. */

import { firstPicks, scoredYears, top } from "./findings";
import type { Language, Report } from "./payload";

export interface State {
  lang: Language;
  year: number;
  element: number;
  region: number;
  picks: number[];
}

export type Key = keyof State;

export class Store {
  private listeners: { keys: Key[]; act: () => void; alive: () => boolean }[] = [];

  constructor(
    readonly report: Report,
    public now: State,
  ) {}

  set(change: Partial<State>): void {
    const changed = (Object.keys(change) as Key[]).filter((key) => change[key] !== this.now[key]);
    if (!changed.length) return;
    this.now = { ...this.now, ...change };
    history.replaceState(null, "", `#${toHash(this.report, this.now)}`);
    this.listeners = this.listeners.filter((one) => one.alive());
    for (const one of [...this.listeners]) if (one.keys.some((key) => changed.includes(key))) one.act();
  }

  on(keys: Key[], act: () => void, alive: () => boolean = () => true): void {
    this.listeners.push({ keys, act, alive });
  }

  /** A place in the page that is made anew whenever one of the keys changes. */
  live(keys: Key[], make: () => (Node | null)[]): HTMLElement {
    const place = document.createElement("div");
    const fill = () => place.replaceChildren(...make().filter((node): node is Node => node !== null));
    fill();
    this.on(keys, fill, () => place.isConnected);
    return place;
  }
}

export function toHash(report: Report, state: State): string {
  const hash = new URLSearchParams({ lang: state.lang, year: String(report.years[state.year]) });
  if (state.element !== top(report)) hash.set("show", report.nodes[report.indicators + state.element].code);
  hash.set("region", report.regions[state.region]?.code ?? "");
  return hash.toString();
}

export function fromHash(report: Report, hash: string, languages: readonly string[]): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const lang = given.get("lang");
  const years = scoredYears(report, top(report));
  const year = report.years.indexOf(Number(given.get("year")));
  const region = report.regions.findIndex((one) => one.code === given.get("region"));
  const element = report.nodes.findIndex((one) => one.code === given.get("show")) - report.indicators;
  const picks = firstPicks(report);
  return {
    lang: lang === "zh" || lang === "en" ? lang : languages[0]?.toLowerCase().startsWith("zh") ? "zh" : "en",
    year: given.has("year") && year >= 0 ? year : (years[years.length - 1] ?? report.years.length - 1),
    element: given.has("show") && element >= 0 ? element : top(report),
    region: region >= 0 ? region : (picks[0] ?? 0),
    picks,
  };
}
