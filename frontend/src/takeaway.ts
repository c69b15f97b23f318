/** What a reader takes away from a figure or a table: pictures, data, tables for papers, addresses. */

import { h, save } from "./dom";
import { csv, json, latex, plain, threeLines, type About, type Grid } from "./exports";
import { bare } from "./lettering";
import type { Language } from "./payload";
import type { Served } from "./served";
import type { Word } from "./words";

/** The words and facts that all figures and tables of a page share. */
export interface Taking {
  say: (word: Word, blanks?: Record<string, string | number>) => string;
  language: Language;
  /** The study's name. */
  study: string;
  version: string;
  source: string;
  /** The address of the page as it stands. */
  link: () => string;
  served: Served | null;
}

/** Which table of the server something is made of, and which part of it. */
export interface Data {
  table: string;
  query?: Record<string, string | string[]>;
}

export interface Takeable {
  /** What files are called. */
  name: string;
  title: string;
  note?: string;
  taking: Taking;
  grid: () => Grid | null;
  picture?: (about: About) => { svg: string; png: () => Promise<Blob> };
  data?: Data;
}

/** A title as a file can be called. */
export const fileName = (title: string): string => bare(title).replace(/[\u0000-\u001F\\/:*?"<>|\s]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 80) || "table";

/** The address of a table of the server, as a file of some kind. */
export function addressOf(api: string, { table, query = {} }: Data, kind: string): string {
  const asked = new URLSearchParams(Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value]))).toString();
  return `${api}/tables/${encodeURIComponent(table)}.${kind}${asked ? `?${asked}` : ""}`;
}

function aboutOf({ title, note, taking }: Takeable): About {
  const now = new Date();
  const two = (part: number) => String(part).padStart(2, "0");
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return { title, note, source: taking.source, study: taking.study, version: taking.version, date, link: taking.link(), language: taking.language };
}

/** What can be done with something: its name and the act; what an act gives is told once it is done. */
function offers(thing: Takeable): { name: string; act: () => Promise<Word | null> | Word | null }[] {
  const { name, taking, picture, data } = thing;
  const { say, served } = taking;
  const keep = (content: BlobPart, type: string, ending: string) => (save(new Blob([content], { type }), `${name}.${ending}`), null);
  const held = (): Grid => thing.grid() ?? { caption: thing.title, columns: [], rows: [] };
  const copied = async (texts: Record<string, string>): Promise<Word> => ((await copy(texts)) ? "taken" : "takeRefused");
  const pictures = picture
    ? [
        { name: say("exportSvg"), act: () => keep(picture(aboutOf(thing)).svg, "image/svg+xml", "svg") },
        { name: say("exportPng"), act: async () => keep(await picture(aboutOf(thing)).png(), "image/png", "png") },
      ]
    : [];
  const tables = [
    { name: say("takeCsv"), act: () => keep(csv(held()), "text/csv;charset=utf-8", "csv") },
    { name: say("takeJson"), act: () => keep(json(held(), aboutOf(thing)), "application/json", "json") },
    { name: say("takeWord"), act: () => copied({ "text/html": threeLines(held(), aboutOf(thing)), "text/plain": plain(held(), aboutOf(thing)) }) },
    { name: say("takeLatex"), act: () => copied({ "text/plain": latex(held(), aboutOf(thing)) }) },
  ];
  const away = (kind: string) => (h("a", { href: addressOf(served!.api, data!, kind), download: `${data!.table}.${kind}` }).click(), null);
  const fromServer = served && data
    ? [
        { name: say("takeXlsx"), act: () => away("xlsx") },
        { name: say("takeParquet"), act: () => away("parquet") },
        { name: say("takeAddress"), act: () => copied({ "text/plain": new URL(addressOf(served.api, data, "csv"), location.href).href }) },
      ]
    : [];
  return [...pictures, ...tables, ...fromServer, { name: say("takeLink"), act: () => copied({ "text/plain": taking.link() }) }];
}

let menus = 0;

/** A button that unfolds what there is to take away. */
export function takeaway(thing: Takeable): HTMLElement {
  const { say } = thing.taking;
  const id = `take-${(menus += 1)}`;
  const list = h("ul", { id, hidden: true });
  const told = h("span", { role: "status" });
  const button = h("button", { type: "button", "aria-expanded": "false", "aria-controls": id }, say("takeAway"));
  const place = h("div", { class: "take" }, told, button, list);
  const show = (open: boolean) => {
    if (open && !list.firstChild) list.append(...offers(thing).map(({ name, act }) => h("li", {}, h("button", { type: "button", click: () => void done(act) }, name))));
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    const [on, off] = [document.addEventListener, document.removeEventListener].map((act) => act.bind(document));
    (open ? on : off)("pointerdown", elsewhere);
  };
  const elsewhere = (event: Event) => {
    if (!place.contains(event.target as Node)) show(false);
  };
  const done = async (act: () => Promise<Word | null> | Word | null) => {
    show(false);
    button.focus();
    const word = await act();
    told.textContent = word ? say(word) : "";
    if (word) setTimeout(() => (told.textContent = ""), 4000);
  };
  button.addEventListener("click", () => show(list.hidden));
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    show(false);
    button.focus();
  });
  place.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !place.contains(relatedTarget)) show(false);
  });
  return place;
}

/** Put texts on the clipboard, each as its kind. */
async function copy(texts: Record<string, string>): Promise<boolean> {
  try {
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(Object.entries(texts).map(([type, text]) => [type, new Blob([text], { type })])))]);
    return true;
  } catch {
    return copiedByEvent(texts);
  }
}

/** The older way, for pages that browsers do not let at the clipboard otherwise. */
function copiedByEvent(texts: Record<string, string>): boolean {
  let given = false;
  const give = (event: ClipboardEvent) => {
    for (const [type, text] of Object.entries(texts)) event.clipboardData?.setData(type, text);
    event.preventDefault();
    given = true;
  };
  document.addEventListener("copy", give, { once: true });
  document.execCommand("copy");
  document.removeEventListener("copy", give);
  return given;
}
