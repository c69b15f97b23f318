/** The record of the run, and everything on the page as data. */

import type { Context } from "../context";
import { h, save } from "../dom";
import type { Cube, Report } from "../payload";
import { downloads } from "./downloads";
import { writtenOut } from "../space";

export function record(c: Context): HTMLElement {
  const { report: r } = c;
  const text = JSON.stringify(r.record, null, 1);
  const json = (content: string) => new Blob([content], { type: "application/json" });
  return h(
    "section",
    { id: "record", "aria-labelledby": "record-title" },
    h("h2", { id: "record-title" }, c.say("record")),
    h("p", {}, c.say("recordIntro")),
    h("h3", {}, c.say("repeat")),
    h("pre", { class: "command" }, r.command),
    h("p", {}, `${c.say("version")}${c.state.lang === "zh" ? "：" : ": "}Xinzhi ${r.version}`),
    h(
      "p",
      { class: "downloads" },
      h("button", { type: "button", click: () => save(json(text), "record.json") }, c.say("saveRecord")),
      h("button", { type: "button", click: () => save(json(JSON.stringify(readable(r))), "report.json") }, c.say("saveData")),
    ),
    h("details", {}, h("summary", {}, c.say("settings")), h("pre", {}, text)),
    downloads(c),
    r.cites.length ? h("h3", {}, c.say("cites")) : null,
    r.cites.length ? h("ul", {}, r.cites.map((cite) => h("li", {}, cite[c.state.lang]))) : null,
  );
}

/** The report with its packed cells written out: region × year × item, null where there is nothing. */
function readable(r: Report): unknown {
  const nested = (cube: Cube<Float32Array | Uint16Array | Uint8Array>, digits: number) =>
    r.regions.map((_, region) =>
      r.years.map((_, year) =>
        Array.from({ length: cube.items }, (_, item) => {
          const value = cube.at(region, year, item);
          return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;
        }),
      ),
    );
  const { scores, ranks, normalised, values, origin, marks, sureness, claims, structure, simulation, ...rest } = r;
  // The digits that each was packed with.
  const long = { scores, ranks, origin, marks };
  const short = { normalised, values };
  const written = [
    ...Object.entries(long).map(([name, cube]) => [name, nested(cube, 7)]),
    ...Object.entries(short).map(([name, cube]) => [name, nested(cube, 5)]),
  ];
  const sure = sureness && { ...sureness, ranks: nested(sureness.ranks, 5) };
  const tried = claims.map(({ curve, ...claim }) => ({
    ...claim,
    curve: { ...curve, margins: [...curve.margins], holds: [...curve.holds], picks: [...curve.picks] },
  }));
  const cells = r.index ? Object.fromEntries(written) : null;
  return { ...rest, sureness: sure, claims: tried, cells, structure: structure && writtenOut(structure), simulation: simulation && plain(simulation) };
}

/** What holds packed numbers with lists of numbers in their place, null where there is nothing. */
const plain = (held: object): unknown =>
  JSON.parse(JSON.stringify(held, (_, part: unknown) => (part instanceof Float32Array || part instanceof Uint8Array ? Array.from(part, (value) => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null)) : part)));
