/** One study on the page of studies: its runs, the files it can be run from, and what is wrong with it. */

import { ask, Faulty, spoken, type Fault } from "../asking";
import { h, table, type Column } from "../dom";
import type { Language, Text } from "../payload";
import { say } from "../words";
import { moment } from "./moment";

export interface RunBrief {
  id: string;
  variant: string | null;
  title: Text;
  when: string | null;
  xinzhi: string;
  page: string;
  index?: Text | null;
  regions?: number | null;
  years?: [number, number] | null;
  warnings?: number | null;
}

interface Variant {
  id: string;
  file: string;
  main: boolean;
  title: Text;
  latest: string | null;
}

export interface StudyBrief {
  id: string;
  title: Text;
  fictional: boolean;
  api: string;
  runs: number;
  variants: number;
  latest: RunBrief | null;
  faults: Fault[];
}

interface Study extends Omit<StudyBrief, "runs" | "variants"> {
  runs: RunBrief[];
  variants: Variant[];
}

export interface Desk {
  lang: Language;
  start: (study: string, variant: string) => Promise<void>;
  /** Put a run beside another, or take it back. */
  pick: (run: RunBrief, on: boolean) => void;
  picked: (run: RunBrief) => boolean;
}

/** The study, and what asks for its runs anew. */
export function studyOf(desk: Desk, brief: StudyBrief, open: boolean): { element: HTMLElement; renew: () => void } {
  const { lang } = desk;
  const inside = h("div", {});
  const element = h(
    "details",
    { class: "study" },
    h("summary", {}, h("h2", {}, brief.title[lang]), brief.fictional ? h("span", { class: "tag" }, say(lang, "libraryFictional")) : null, h("code", {}, brief.id)),
    faultsOf(brief.faults, lang),
    inside,
  );
  let asked = false;
  const renew = () => {
    asked = true;
    ask<Study>("GET", brief.api).then(
      (study) => inside.replaceChildren(...told(desk, study)),
      (error) => inside.replaceChildren(h("p", { class: "wrong", role: "alert" }, error instanceof Faulty ? error.said(lang).join(" ") : String(error))),
    );
  };
  element.addEventListener("toggle", () => {
    if (element.open && !asked) renew();
  });
  element.open = open;
  return { element, renew: () => asked && renew() };
}

function faultsOf(faults: Fault[], lang: Language): HTMLElement | null {
  return faults.length ? h("ul", { class: "faults" }, faults.map((fault) => h("li", {}, spoken(fault, lang)))) : null;
}

function told(desk: Desk, study: Study): HTMLElement[] {
  const { lang } = desk;
  const { latest } = study;
  const head = latest ? h("p", {}, h("a", { class: "do", href: `${latest.page}#lang=${lang}` }, say(lang, "libraryLatest")), " ", h("span", { class: "muted" }, moment(latest.when, lang))) : h("p", { class: "note" }, say(lang, "libraryNoRuns"));
  return [head, files(desk, study), ...(study.runs.length ? [runs(desk, study)] : [])];
}

/** The study's file and its variants: what a job can be started from. */
function files(desk: Desk, study: Study): HTMLElement {
  const { lang } = desk;
  const line = (variant: Variant) => {
    const run = h("button", { type: "button", "aria-label": `${say(lang, "libraryRun")}${lang === "zh" ? "：" : ": "}${study.title[lang]} ${variant.file}` }, say(lang, "libraryRun"));
    run.addEventListener("click", () => {
      run.disabled = true;
      void desk.start(study.id, variant.id).finally(() => (run.disabled = false));
    });
    const own = variant.title[lang] === study.title[lang] ? "" : variant.title[lang];
    const state = variant.latest ? say(lang, "libraryRunAs", { run: variant.latest }) : say(lang, "libraryNotRun");
    return h("li", {}, h("span", {}, h("code", {}, variant.file), " ", own, " ", h("span", { class: "muted" }, state)), run);
  };
  return h("div", {}, h("h3", {}, say(lang, study.variants.length > 1 ? "libraryVariants" : "libraryFile")), h("ul", { class: "variants" }, study.variants.map(line)));
}

function runs(desk: Desk, study: Study): HTMLElement {
  const { lang } = desk;
  const all = study.runs;
  const file = (run: RunBrief) => study.variants.find(({ id }) => id === run.variant)?.file ?? say(lang, "libraryChanged");
  const pick = (run: RunBrief) => {
    const box = h("input", { type: "checkbox", "aria-label": say(lang, "libraryPick", { run: run.id }) });
    box.checked = desk.picked(run);
    box.addEventListener("change", () => desk.pick(run, box.checked));
    return box;
  };
  const size = ({ regions, years }: RunBrief) => [regions ?? null, years ? `${years[0]}–${years[1]}` : null].filter((one) => one !== null).join(" × ");
  const columns: Column<RunBrief>[] = [
    { title: say(lang, "libraryWhich"), cell: (run) => h("a", { href: `${run.page}#lang=${lang}` }, run.id), value: (run) => run.id, heading: true, descending: true },
    { title: say(lang, "libraryWhen"), cell: (run) => moment(run.when, lang), value: (run) => run.when ?? "", descending: true },
    { title: say(lang, "libraryFrom"), cell: (run) => h("code", {}, file(run)), value: file },
  ];
  if (all.some((run) => run.title[lang] !== study.title[lang])) columns.push({ title: say(lang, "libraryTitle"), cell: (run) => run.title[lang], value: (run) => run.title[lang] });
  if (all.some((run) => run.index)) columns.push({ title: say(lang, "libraryIndex"), cell: (run) => run.index?.[lang] ?? "–", value: (run) => run.index?.[lang] ?? "" });
  if (all.some((run) => size(run))) columns.push({ title: say(lang, "librarySize"), cell: (run) => size(run) || "–", value: (run) => run.regions ?? NaN });
  if (all.some((run) => run.warnings !== null && run.warnings !== undefined)) columns.push({ title: say(lang, "libraryWarnings"), cell: (run) => run.warnings ?? "–", value: (run) => run.warnings ?? NaN, numeric: true, descending: true });
  columns.push({ title: "Xinzhi", cell: (run) => run.xinzhi, value: (run) => run.xinzhi }, { title: say(lang, "libraryBeside"), cell: pick });
  return h("div", {}, h("h3", {}, say(lang, "libraryRuns")), table(columns, all, { caption: `${say(lang, "libraryRuns")}${lang === "zh" ? "：" : ": "}${study.title[lang]}`, more: (n) => say(lang, "moreRows", { n }) }, 12));
}
