/** Which region and which links the sections on structure look at; all of them follow the same choice. */

import type { Context } from "./context";
import { h } from "./dom";
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

/** One of several things that only one place of the page is about, and what is told of it. */
export function pick(id: string, label: string, names: string[], make: (at: number) => (HTMLElement | null)[]): HTMLElement {
  const place = h("div");
  const fill = (at: number) => place.replaceChildren(...make(at).filter((one): one is HTMLElement => one !== null));
  fill(0);
  if (names.length < 2) return place;
  const select = h("select", { id }, names.map((name, at) => h("option", { value: at }, name)));
  select.addEventListener("change", () => fill(Number(select.value)));
  return h("div", { class: "picked" }, h("div", { class: "slider" }, h("span", { class: "choice" }, h("label", { for: id }, label), select)), place);
}

function regionChooser(c: Context, id: string): HTMLElement[] {
  const { structure, places } = c.report;
  const linked = new Set([...structure!.spaces.flatMap((one) => one.regions), ...(structure!.fusion?.regions ?? []), ...structure!.dependency.flatMap((one) => one.regions.map(({ code }) => code))]);
  const order = places.flatMap(({ code }, at) => (linked.has(code) || at === c.state.place ? [at] : []));
  if (order.length > BY_NAME) order.sort((a, b) => c.region(a).localeCompare(c.region(b), c.state.lang));
  return chooser(c, id, c.say("region"), order.map((at) => [at, c.region(at)]), "place");
}

function chooser(c: Context, id: string, label: string, options: [number, string][], key: "place" | "space"): HTMLElement[] {
  const select = h("select", { id }, options.map(([at, name]) => h("option", { value: at }, name)));
  const follow = () => (select.value = String(c.state[key]));
  follow();
  select.addEventListener("change", () => c.store.set({ [key]: Number(select.value) }));
  c.store.on([key], follow, () => select.isConnected);
  return [h("span", { class: "choice" }, h("label", { for: id }, label), select)];
}
