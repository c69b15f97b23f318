/** What the reader has chosen, kept in the address so that a link reopens the same view. */

import { firstPicks, scoredYears, top } from "./findings";
import { largestRegion } from "./ladder";
import type { Language, Report } from "./payload";
import { largest } from "./space";

export interface State {
  lang: Language;
  year: number;
  element: number;
  /** A region of the index. */
  region: number;
  /** A region of the index or of links; the two go together where they can. */
  place: number;
  /** Which links are looked at. */
  space: number;
  /** Which table of industries is looked at. */
  ladder: number;
  picks: number[];
  /** What was picked from lists that only one place of the page is about, by the list. */
  picked: Record<string, number>;
  /** What the reader would weigh and compute otherwise, as `whatif/choices.ts` writes it. */
  whatif: string;
}

export type Key = keyof State;

export class Store {
  private listeners: { keys: Key[]; act: () => void; alive: () => boolean }[] = [];

  constructor(
    readonly report: Report,
    public now: State,
  ) {}

  set(change: Partial<State>): void {
    if (change.region !== undefined && change.place === undefined) change = { ...change, place: change.region };
    else if (change.place !== undefined && change.place < this.report.regions.length) change = { ...change, region: change.place };
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
  const hash = new URLSearchParams({ lang: state.lang });
  if (report.years.length) hash.set("year", String(report.years[state.year]));
  if (report.index && state.element !== top(report)) hash.set("show", report.nodes[report.indicators + state.element].code);
  hash.set("region", report.places[state.place]?.code ?? "");
  if (state.space) hash.set("links", report.structure!.spaces[state.space].name);
  if (state.ladder) hash.set("industries", report.structure!.ladder[state.ladder].name);
  const picked = Object.entries(state.picked).filter(([, at]) => at > 0);
  if (picked.length) hash.set("pick", picked.map(([id, at]) => `${id}.${at}`).join("_"));
  if (state.whatif) hash.set("whatif", state.whatif);
  return hash.toString();
}

export function fromHash(report: Report, hash: string, languages: readonly string[]): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const lang = given.get("lang");
  const years = scoredYears(report, top(report));
  const year = report.years.indexOf(Number(given.get("year")));
  const named = (code: string | null | undefined) => report.places.findIndex((one) => one.code === code);
  const place = named(given.get("region"));
  const spaces = report.structure?.spaces ?? [];
  const space = spaces.findIndex((one) => one.name === given.get("links"));
  const ladders = report.structure?.ladder ?? [];
  const ladder = ladders.findIndex((one) => one.name === given.get("industries"));
  const picked = Object.fromEntries(
    (given.get("pick") ?? "").split("_").flatMap((one) => {
      const [, id, at] = /^(.+)\.(\d{1,6})$/.exec(one) ?? [];
      return id ? [[id, Number(at)]] : [];
    }),
  );
  const element = report.nodes.findIndex((one) => one.code === given.get("show")) - report.indicators;
  const picks = firstPicks(report);
  const first = picks[0] ?? (spaces.length ? named(largest(spaces[0])) : ladders.length ? named(largestRegion(ladders[0])) : 0);
  return {
    lang: lang === "zh" || lang === "en" ? lang : languages[0]?.toLowerCase().startsWith("zh") ? "zh" : "en",
    year: given.has("year") && year >= 0 ? year : (years[years.length - 1] ?? report.years.length - 1),
    element: given.has("show") && element >= 0 ? element : top(report),
    region: place >= 0 && place < report.regions.length ? place : (picks[0] ?? 0),
    place: place >= 0 ? place : Math.max(first, 0),
    space: Math.max(space, 0),
    ladder: Math.max(ladder, 0),
    picks,
    picked,
    whatif: given.get("whatif") ?? "",
  };
}
