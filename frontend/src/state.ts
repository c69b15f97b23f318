/** What the reader has chosen, kept in the address so that a link reopens the same view. */

import { refill } from "./dom";
import { firstPicks, scoredYears, top } from "./findings";
import { largestRegion } from "./ladder";
import type { Language, Report } from "./payload";
import { largest } from "./space";

export interface State {
  lang: Language;
  /** Which view is open, by its id; `all` for the whole report. */
  view: string;
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
  /** Regions drawn as lines of their own. */
  picks: number[];
  /** What was picked from lists that only one place of the page is about, by the list; nothing counts as 0. */
  picked: Record<string, number>;
  /** What the reader would weigh and compute otherwise, as `whatif/choices.ts` writes it. */
  whatif: string;
  /** What a section keeps in words of its own, by its id; nothing counts as empty. */
  kept: Record<string, string>;
  /** How things of the open view look: sorted tables, charts shown as tables, what was unfolded. */
  looks: string[];
}

export type Key = keyof State;

// More lines than these could not be told apart.
export const MOST_PICKS = 8;

// An address is written this long after the last of many small changes: browsers refuse pages that write too often.
const PAUSE = 120;

export class Store {
  private listeners: { keys: Key[]; act: () => void; alive: () => boolean }[] = [];
  private pending = 0;
  /** What is done once everything has followed a change. */
  afterwards: (changed: Key[]) => void = () => {};

  constructor(
    readonly report: Report,
    public now: State,
  ) {}

  /** Change what is chosen. A change of view is a step that the reader can take back; all others stay within it. */
  set(change: Partial<State>): void {
    change = this.paired(change);
    const moved = change.view !== undefined && change.view !== this.now.view;
    if (moved && !change.looks) change = { ...change, looks: [] };
    const changed = this.differing(change);
    if (!changed.length) return;
    if (moved) {
      this.flush(scrollY);
      this.now = { ...this.now, ...change };
      history.pushState(null, "", this.address());
    } else {
      this.now = { ...this.now, ...change };
      this.pending ||= window.setTimeout(() => this.flush(), PAUSE);
    }
    this.tell(changed);
  }

  /** Take over what an address says, without writing it. */
  restore(state: State): void {
    clearTimeout(this.pending);
    this.pending = 0;
    const changed = this.differing(state);
    this.now = state;
    if (changed.length) this.tell(changed);
  }

  /** Write the address of what is chosen now, and where the reader stands in it. */
  flush(scroll?: number): void {
    if (!this.pending && scroll === undefined) return;
    clearTimeout(this.pending);
    this.pending = 0;
    history.replaceState(scroll === undefined ? history.state : { scroll }, "", this.address());
  }

  address(change: Partial<State> = {}): string {
    return `#${toHash(this.report, { ...this.now, ...this.paired(change) })}`;
  }

  /** A region that is chosen is also the place that is looked at, and the other way round where the index has it. */
  private paired(change: Partial<State>): Partial<State> {
    const { place, region } = change;
    if (region !== undefined && place === undefined) return { ...change, place: region };
    if (place !== undefined && region === undefined && place < this.report.regions.length) return { ...change, region: place };
    return change;
  }

  on(keys: Key[], act: () => void, alive: () => boolean = () => true): void {
    this.listeners.push({ keys, act, alive });
  }

  /** A place in the page that is made anew whenever one of the keys changes. */
  live(keys: Key[], make: () => (Node | null)[]): HTMLElement {
    const place = document.createElement("div");
    const fill = () => refill(place, make().filter((node): node is Node => node !== null));
    fill();
    this.on(keys, fill, () => place.isConnected);
    return place;
  }

  private differing(change: Partial<State>): Key[] {
    return (Object.keys(change) as Key[]).filter((key) => JSON.stringify(change[key]) !== JSON.stringify(this.now[key]));
  }

  private tell(changed: Key[]): void {
    this.listeners = this.listeners.filter((one) => one.alive());
    // What an earlier listener took off the page has nothing left to follow.
    for (const one of [...this.listeners]) if (one.keys.some((key) => changed.includes(key)) && one.alive()) one.act();
    this.afterwards(changed);
  }
}

interface Entry {
  /** What the address says of a state: nothing, one text or several. */
  write: (state: State, r: Report) => string[];
  /** What texts of an address mean; nothing where they mean nothing to this report. */
  read: (texts: string[], r: Report) => Partial<State>;
}

const regionCalled = (r: Report, code: string): number => r.places.findIndex((one) => one.code === code);
const found = (at: number, key: Key): Partial<State> => (at >= 0 ? { [key]: at } : {});

// Texts from an address that are longer than this are no choice of this page's.
const LONGEST = 4000;
const MOST = 200;

/** Every key of the address, in the order in which it is written. */
const ENTRIES: Record<string, Entry> = {
  lang: { write: ({ lang }) => [lang], read: ([text]) => (text === "zh" || text === "en" ? { lang: text } : {}) },
  view: { write: ({ view }) => [view], read: ([text]) => (/^[a-z][a-z0-9-]{0,40}$/.test(text) ? { view: text } : {}) },
  year: {
    write: ({ year }, r) => (r.years.length ? [String(r.years[year])] : []),
    read: ([text], r) => found(text.trim() ? r.years.indexOf(Number(text)) : -1, "year"),
  },
  show: {
    write: ({ element }, r) => (r.index && element !== top(r) ? [r.nodes[r.indicators + element].code] : []),
    read: ([text], r) => found(r.nodes.findIndex((one) => one.code === text) - r.indicators, "element"),
  },
  region: {
    write: ({ place }, r) => (r.places[place] ? [r.places[place].code] : []),
    read: ([text], r) => {
      const at = regionCalled(r, text);
      return at < 0 ? {} : at < r.regions.length ? { place: at, region: at } : { place: at };
    },
  },
  // Where links are looked at in a region without a score, the index keeps its own.
  scored: {
    write: ({ place, region }, r) => (place !== region && r.regions[region] ? [r.regions[region].code] : []),
    read: ([text], r) => {
      const at = regionCalled(r, text);
      return at < r.regions.length ? found(at, "region") : {};
    },
  },
  links: {
    write: ({ space }, r) => (space ? [r.structure!.spaces[space].name] : []),
    read: ([text], r) => found((r.structure?.spaces ?? []).findIndex((one) => one.name === text), "space"),
  },
  industries: {
    write: ({ ladder }, r) => (ladder ? [r.structure!.ladder[ladder].name] : []),
    read: ([text], r) => found((r.structure?.ladder ?? []).findIndex((one) => one.name === text), "ladder"),
  },
  with: {
    write: ({ picks }, r) => (String(picks) === String(firstPicks(r)) ? [] : picks.length ? picks.map((at) => r.regions[at].code) : [""]),
    read: (texts, r) => {
      const all = texts.map((text) => regionCalled(r, text)).filter((at) => at >= 0 && at < r.regions.length);
      return all.length || texts.every((text) => text === "") ? { picks: [...new Set(all)].slice(0, MOST_PICKS) } : {};
    },
  },
  pick: {
    write: ({ picked }) => {
      const some = Object.entries(picked).filter(([, at]) => at > 0);
      return some.length ? [some.map(([id, at]) => `${id}.${at}`).join("_")] : [];
    },
    read: ([text]) => ({
      picked: Object.fromEntries(
        text.split("_").flatMap((one) => {
          const [, id, at] = /^(.+)\.(\d{1,6})$/.exec(one) ?? [];
          return id ? [[id, Number(at)]] : [];
        }),
      ),
    }),
  },
  whatif: { write: ({ whatif }) => (whatif ? [whatif] : []), read: ([text]) => ({ whatif: text }) },
  keep: {
    write: ({ kept }) => Object.entries(kept).flatMap(([id, text]) => (text ? [`${id}:${text}`] : [])),
    read: (texts) => ({
      kept: Object.fromEntries(
        texts.flatMap((text) => {
          const [, id, value] = /^([a-z][a-z0-9-]*):([^]+)$/.exec(text) ?? [];
          return id ? [[id, value]] : [];
        }),
      ),
    }),
  },
  look: { write: ({ looks }) => looks, read: (texts) => ({ looks: texts.filter((text) => text !== "") }) },
};

export function toHash(report: Report, state: State): string {
  const hash = new URLSearchParams();
  for (const [key, { write }] of Object.entries(ENTRIES)) for (const text of write(state, report)) hash.append(key, text);
  return hash.toString();
}

/** What is chosen before the reader has chosen anything. */
export function firstState(report: Report, languages: readonly string[]): State {
  const years = scoredYears(report, top(report));
  const spaces = report.structure?.spaces ?? [];
  const ladders = report.structure?.ladder ?? [];
  const picks = firstPicks(report);
  const named = (code: string | undefined) => (code === undefined ? -1 : regionCalled(report, code));
  const place = picks[0] ?? (spaces.length ? named(largest(spaces[0])) : ladders.length ? named(largestRegion(ladders[0])) : 0);
  return {
    lang: languages[0]?.toLowerCase().startsWith("zh") ? "zh" : "en",
    view: "overview",
    year: years[years.length - 1] ?? Math.max(report.years.length - 1, 0),
    element: top(report),
    region: picks[0] ?? 0,
    place: Math.max(place, 0),
    space: 0,
    ladder: 0,
    picks,
    picked: {},
    whatif: "",
    kept: {},
    looks: [],
  };
}

/** The state that an address asks for; what it does not say, or says in words that mean nothing here, is as at first. */
export function fromHash(report: Report, hash: string, languages: readonly string[]): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const state = firstState(report, languages);
  for (const [key, { read }] of Object.entries(ENTRIES)) {
    const texts = given.getAll(key).slice(0, MOST);
    if (texts.length && texts.every((text) => text.length <= LONGEST)) Object.assign(state, read(texts, report));
  }
  return state;
}
