/** How things of a view look: which tables are sorted, which charts are shown as tables, what is unfolded; kept in the address. */

import type { Store } from "./state";

/** Things that can look otherwise, by names that do not change with language, year or region. */
function named(place: HTMLElement): { tables: Map<string, HTMLElement>; turned: Map<string, HTMLElement>; folds: Map<string, HTMLDetailsElement> } {
  const tables = new Map<string, HTMLElement>();
  const within = new Map<string, number>();
  for (const one of place.querySelectorAll<HTMLElement>("div.table")) {
    const owner = one.closest("figure, section")?.id ?? "";
    const at = within.get(owner) ?? 0;
    within.set(owner, at + 1);
    tables.set(`${owner}.${at}`, one);
  }
  const turned = new Map<string, HTMLElement>();
  for (const one of place.querySelectorAll<HTMLElement>("figure > figcaption [aria-pressed]")) {
    const id = one.closest("figure")!.id.replace(/^figure-/, "");
    if (!turned.has(id)) turned.set(id, one);
  }
  const folds = new Map<string, HTMLDetailsElement>();
  const folded = new Map<string, number>();
  for (const one of place.querySelectorAll<HTMLDetailsElement>("details:not([data-look='none'])")) {
    const owner = one.closest("section")?.id ?? "";
    const at = folded.get(owner) ?? 0;
    folded.set(owner, at + 1);
    folds.set(`${owner}.${at}`, one);
  }
  return { tables, turned, folds };
}

const sortButtons = (table: HTMLElement) => [...table.querySelectorAll<HTMLElement>("thead th")];

/** What a view looks like, in words such as `sort.ranking.0.3.up`, `table.trend`, `open.audit.2`. */
function looksOf(place: HTMLElement): string[] {
  const { tables, turned, folds } = named(place);
  const said: string[] = [];
  for (const [name, one] of turned) if (one.getAttribute("aria-pressed") === "true") said.push(`table.${name}`);
  for (const [name, one] of folds) if (one.open) said.push(`open.${name}`);
  for (const [name, one] of tables) {
    sortButtons(one).forEach((heading, at) => {
      const order = heading.getAttribute("aria-sort");
      if (order) said.push(`sort.${name}.${at}.${order === "ascending" ? "up" : "down"}`);
    });
  }
  return said;
}

export class Looks {
  private busy = false;

  constructor(private readonly store: Store) {}

  /** Let a view look as the address says. */
  put(place: HTMLElement): void {
    const wanted = this.store.now.looks;
    if (!wanted.length) return;
    this.busy = true;
    try {
      for (const look of wanted) {
        const [, what, name, at, order] = /^(table|open|sort)\.(.+?)(?:\.(\d{1,3})\.(up|down))?$/.exec(look) ?? [];
        if (what === "table") press(named(place).turned.get(name));
        else if (what === "open") unfold(named(place).folds.get(name));
        else if (what === "sort" && at) sort(named(place).tables.get(name), Number(at), order === "up" ? "ascending" : "descending");
      }
    } finally {
      this.busy = false;
    }
  }

  /** Keep what the reader does to the open view, and do it again where the view was made anew. */
  follow(place: HTMLElement): void {
    const read = () => {
      if (!this.busy && place.isConnected) this.store.set({ looks: looksOf(place) });
    };
    place.addEventListener("click", (event) => {
      if ((event.target as Element).closest?.("button.sort, [aria-pressed]")) queueMicrotask(read);
    });
    // Unfolding tells of itself only where it happens.
    place.addEventListener("toggle", (event) => (event.target as Element).matches("details") && read(), true);
    this.store.afterwards = (changed) => {
      if (changed.some((key) => key !== "looks" && key !== "view")) this.put(place);
    };
  }
}

function press(button: HTMLElement | undefined): void {
  if (button?.getAttribute("aria-pressed") === "false") button.click();
}

function unfold(one: HTMLDetailsElement | undefined): void {
  if (one) one.open = true;
}

function sort(table: HTMLElement | undefined, at: number, order: string): void {
  const heading = table && sortButtons(table)[at];
  for (let turn = 0; turn < 2 && heading && heading.getAttribute("aria-sort") !== order; turn++) heading.querySelector<HTMLElement>("button.sort")?.click();
}
