/** Which region and which links the sections on structure look at; all of them follow the same choice. */

import type { Context } from "./context";
import { h } from "./dom";
import type { Ladder } from "./ladder";
import type { Space } from "./space";

// Beyond so many regions one looks for a name, not for a place in the list.
const BY_NAME = 60;

export const spaceOf = (c: Context): Space => c.report.structure!.spaces[c.state.space];

/** Where the chosen region stands in these links; −1 where they do not have it. */
export const placeIn = (c: Context, regions: string[]): number => regions.indexOf(c.report.places[c.state.place]?.code);

export function choosers(c: Context, id: string, what: { region?: boolean; links?: boolean }): HTMLElement | null {
  const spaces = c.report.structure!.spaces;
  const region = what.region ? regionChooser(c, `${id}-region`) : [];
  const links =
    what.links && spaces.length > 1
      ? chooser(c, `${id}-links`, c.say("linksOf"), spaces.map((one, at) => [at, one.title[c.state.lang]]), "space")
      : [];
  return region.length + links.length ? h("div", { class: "slider" }, ...links, ...region) : null;
}

export const ladderOf = (c: Context): Ladder => c.report.structure!.ladder[c.state.ladder];

/** The region that a section on industries looks at, as a place in the table; −1 where it has no industries. */
export const regionIn = (c: Context, found: Ladder): number => (found.regional ? placeIn(c, found.regions) : 0);

/** Its name; nothing where the table has no regions. */
export const regionName = (c: Context, found: Ladder, at: number): string => (found.regional ? c.regionOf(found.regions[at]) : found.title[c.state.lang]);

/** The choices of a section on industries. */
export function ladderChoosers(c: Context, id: string, regional = true): HTMLElement | null {
  const ladders = c.report.structure!.ladder;
  const region = regional && ladders.some((one) => one.regional) ? regionChooser(c, `${id}-region`) : [];
  const tables = ladders.length > 1 ? chooser(c, `${id}-table`, c.say("industriesOf"), ladders.map((one, at) => [at, one.title[c.state.lang]]), "ladder") : [];
  return region.length + tables.length ? h("div", { class: "slider" }, ...tables, ...region) : null;
}

/** One of several things that only one place of the page is about, and what is told of it; kept in the address. */
export function pick(c: Context, id: string, label: string, names: string[], make: (at: number) => (HTMLElement | null)[]): HTMLElement {
  const place = h("div");
  const chosen = () => Math.min(c.state.picked[id] ?? 0, names.length - 1);
  let shown = chosen();
  const fill = () => place.replaceChildren(...make(shown).filter((one): one is HTMLElement => one !== null));
  fill();
  if (names.length < 2) return place;
  const select = h("select", { id }, names.map((name, at) => h("option", { value: at }, name)));
  select.value = String(shown);
  select.addEventListener("change", () => c.store.set({ picked: { ...c.state.picked, [id]: Number(select.value) } }));
  c.store.on(["picked"], () => {
    if (chosen() === shown) return;
    shown = chosen();
    select.value = String(shown);
    fill();
  }, () => place.isConnected);
  return h("div", { class: "picked" }, h("div", { class: "slider" }, h("span", { class: "choice" }, h("label", { for: id }, label), select)), place);
}

function regionChooser(c: Context, id: string): HTMLElement[] {
  const { structure, places } = c.report;
  const linked = new Set([...structure!.spaces.flatMap((one) => one.regions), ...(structure!.fusion?.regions ?? []), ...structure!.dependency.flatMap((one) => one.regions.map(({ code }) => code)), ...structure!.ladder.flatMap((one) => (one.regional ? one.regions : []))]);
  return regionField(c, id, places.flatMap(({ code }, at) => (linked.has(code) || at === c.state.place ? [at] : [])), "place");
}

/** One of these regions: from a list where they are few, by typing a name or a code where they are many. */
export function regionField(c: Context, id: string, regions: number[], key: "region" | "place"): HTMLElement[] {
  if (regions.length <= BY_NAME) return chooser(c, id, c.say("region"), regions.map((at) => [at, c.region(at)]), key);
  const names = h("datalist", { id: `${id}-names` });
  const input = h("input", { id, list: `${id}-names`, autocomplete: "off", spellcheck: "false" });
  const follow = () => (input.value = c.region(c.state[key]));
  follow();
  fillLate(c, input, names, regions);
  input.addEventListener("focus", () => input.select());
  input.addEventListener("change", () => {
    const at = regionNamed(c, input.value, regions);
    if (at >= 0) c.store.set({ [key]: at });
    follow();
  });
  c.store.on([key], follow, () => input.isConnected);
  return [h("span", { class: "choice" }, h("label", { for: id }, c.say("region")), input, names)];
}

/** The region that a reader calls by its code or its name in either language; −1 where there is none. */
export function regionNamed(c: Context, text: string, regions: number[]): number {
  const wanted = text.trim().toLowerCase();
  return regions.find((at) => [c.report.places[at].code, c.report.places[at].name.en, c.report.places[at].name.zh].some((one) => one.toLowerCase() === wanted)) ?? -1;
}

/** Names to choose from, written when the reader first comes near: thousands of them would hold up the page. */
export function fillLate(c: Context, input: HTMLInputElement, names: HTMLDataListElement, regions: number[]): void {
  const fill = () => {
    if (!names.firstChild) names.append(...regions.map((at) => h("option", { value: c.region(at) })));
  };
  for (const event of ["focus", "pointerenter"]) input.addEventListener(event, fill, { once: true });
}

function chooser(c: Context, id: string, label: string, options: [number, string][], key: "region" | "place" | "space" | "ladder"): HTMLElement[] {
  const select = h("select", { id }, options.map(([at, name]) => h("option", { value: at }, name)));
  const follow = () => (select.value = String(c.state[key]));
  follow();
  select.addEventListener("change", () => c.store.set({ [key]: Number(select.value) }));
  c.store.on([key], follow, () => select.isConnected);
  return [h("span", { class: "choice" }, h("label", { for: id }, label), select)];
}
