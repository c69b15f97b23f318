/** Records that were counted: how many, what was wrong with them, what they were recognised as, and how surely. */

import type { Context } from "../context";
import { pick } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, count, fixed, percent, significant } from "../format";
import { firstOf } from "../long";
import { branches, type Evaluation, type Recognised, type RecordsBlock, type Scores } from "../recorded";
import { drawRows } from "../rows";
import type { Three } from "../topics";

const BY = { region: "region", activity: "activity", year: "year" } as const;
const AVERAGES: Record<string, "averageMicro" | "averageMacro" | "averageAny"> = { "(micro)": "averageMicro", "(macro)": "averageMacro", "(any)": "averageAny" };

const known = (value: number | null | undefined): number => value ?? NaN;

export function recorded(c: Context): HTMLElement {
  const blocks = c.report.structure!.records;
  return h(
    "section",
    { id: "records", "aria-labelledby": "records-title" },
    h("h2", { id: "records-title" }, c.say("recorded")),
    h("p", {}, c.say("recordedIntro")),
    pick(c, "records-block", c.say("recordsOf"), blocks.map(({ title }) => title[c.state.lang]), (at) => block(c, blocks[at])),
  );
}

/** What a block says in the headline. */
export function recordedLead(c: Context, found: RecordsBlock): string {
  const { lang } = c.state;
  const { recognised } = found;
  const lead = c.say("recordedLead", { what: found.title[lang], n: count(found.rows - found.removed, lang) });
  const classes = recognised && c.say("recordedLeadClasses", { n: count(recognised.outcomes.classes, lang), taxonomy: recognised.title[lang] });
  return lead + (classes ? (lang === "zh" ? "，" : ", ") + classes : "") + (lang === "zh" ? "。" : ".");
}

function block(c: Context, found: RecordsBlock): (HTMLElement | null)[] {
  return [
    h("p", { class: "standing" }, words(c, found)),
    problems(c, found),
    ...(found.recognised ? classes(c, found, found.recognised) : []),
    ...(found.evaluation ? evaluation(c, found, found.evaluation) : []),
  ];
}

function words(c: Context, found: RecordsBlock): string {
  const { lang } = c.state;
  const by = found.by.map((side) => c.say(BY[side]).toLowerCase());
  const blanks = found.blanks.map(({ column, share }) => `${column} ${percent(share, lang)}`);
  return c.joined([
    c.say("recordedSay", { file: found.file, rows: count(found.rows, lang), kind: found.kind[lang], removed: count(found.removed, lang) }),
    found.counted !== null && by.length > 0 && c.say("recordedPlaced", { by: c.listed(by), n: significant(found.counted, 6, lang) }),
    blanks.length > 0 && c.say("recordedBlank", { columns: c.listed(blanks) }),
  ]);
}

/** What was found, by reason; how many rows there are has been said. */
function problems(c: Context, found: RecordsBlock): HTMLElement | null {
  const { lang } = c.state;
  const rows = found.found.filter(({ code }) => code !== "records");
  if (!rows.length) return null;
  const columns: Column<(typeof rows)[number]>[] = [
    { title: c.say("recordedWhat"), cell: (row) => c.sentence(row.text) },
    { title: c.say("records"), cell: (row) => (row.count === null ? "–" : count(row.count, lang)), value: (row) => known(row.count), numeric: true, descending: true },
  ];
  const title = c.say("recordedFound", { what: found.title[lang] });
  return h("div", {}, h("h3", {}, title), table(columns, rows, c.table(title), 20));
}

function classes(c: Context, found: RecordsBlock, held: Recognised): HTMLElement[] {
  const { lang } = c.state;
  const { outcomes } = held;
  const n = outcomes.classes + outcomes.none + outcomes.unread;
  const blanks = { what: found.title[lang], taxonomy: held.title[lang] };
  const title = c.say("classesTitle", blanks);
  const empty = held.classes.filter(({ records }) => !records).length;
  const name = (at: number) => capital(held.classes[at].name[lang]);
  type Row = { name: string; parent: string; records: number; examples: Recognised["classes"][number]["examples"] };
  const rest = (word: "noClass" | "notRead", records: number): Row[] => (records ? [{ name: c.say(word), parent: "", records, examples: [] }] : []);
  const rows: Row[] = [
    ...branches(held.classes).map(({ at, depth }) => ({ name: `${"· ".repeat(depth)}${name(at)}`, parent: depth ? name(held.classes[at].parent) : "", records: held.classes[at].records, examples: held.classes[at].examples })),
    ...rest("noClass", outcomes.none),
    ...rest("notRead", outcomes.unread),
  ];
  const example = ({ id, probability, because }: Row["examples"][number]) => `${id}${probability === null ? "" : ` (${percent(probability, lang, 0)})`}: ${because}`;
  const columns: Column<Row>[] = [
    { title: c.say("class"), cell: (row) => row.name, heading: true },
    { title: c.say("records"), cell: (row) => count(row.records, lang), value: (row) => row.records, numeric: true, descending: true },
    { title: c.say("shareOfAll"), cell: (row) => percent(row.records / n, lang), value: (row) => row.records, numeric: true, descending: true },
    ...(rows.some(({ parent }) => parent) ? [{ title: c.say("partOf"), cell: (row: Row) => row.parent || "–" }] : []),
    { title: c.say("becauseOf"), cell: (row) => row.examples.map(example).join("; ") || "–" },
  ];
  const said = c.joined([
    c.say("classesSay", { ...blanks, way: held.way[lang], n: count(n, lang), some: count(outcomes.classes, lang), none: count(outcomes.none, lang), unread: count(outcomes.unread, lang) }),
    empty > 0 && c.say("classesEmpty", { n: empty, all: held.classes.length }),
    c.say(held.calibrated ? "classesSure" : "classesUnsure"),
  ]);
  const chart = firstOf(c, rows, (shown) =>
    figure({
      name: "classes",
      text: c.figure(title, said, c.say("classesNote"), [found.file]),
      draw: (width, theme) =>
        drawRows(
          {
            rows: shown.map((row) => ({ name: row.name, value: row.records })),
            kind: "bar",
            marks: { value: c.say("records") },
            tickLabel: (value) => c.tick(value),
            tip: (i) => [shown[i].name, ...columns.slice(1, 3).map(({ title: head, cell }) => `${head}: ${String(cell(shown[i]))}`)],
          },
          width,
          theme,
        ),
      table: () => table(columns, rows, c.table(title), 40),
    }),
  );
  return [h("p", { class: "standing" }, said), chart];
}

function evaluation(c: Context, found: RecordsBlock, held: Evaluation): (HTMLElement | null)[] {
  const { lang } = c.state;
  const title = c.say("evaluationTitle", { what: found.title[lang] });
  const named = new Map((found.recognised?.classes ?? []).map(({ code, name }) => [code, capital(name[lang])]));
  const name = ({ code }: Scores) => (AVERAGES[code] ? c.say(AVERAGES[code]) : (named.get(code) ?? code));
  const written = ([value, low, high]: Three) => (value === null ? "–" : fixed(value, 3, lang) + (low === null || high === null ? "" : ` (${fixed(low, 3, lang)}–${fixed(high, 3, lang)})`));
  const number = (head: string, of: (row: Scores) => number | null): Column<Scores> => ({ title: head, cell: (row) => (of(row) === null ? "–" : count(of(row)!, lang)), value: (row) => known(of(row)), numeric: true, descending: true });
  const score = (head: string, of: (row: Scores) => Three): Column<Scores> => ({ title: head, cell: (row) => written(of(row)), value: (row) => known(of(row)[0]), numeric: true, descending: true });
  const columns: Column<Scores>[] = [
    { title: c.say("class"), cell: name, value: name, heading: true },
    number(c.say("labelled"), (row) => row.labelled),
    number(c.say("foundIn"), (row) => row.found),
    number(c.say("foundRight"), (row) => row.right),
    score(c.say("precision"), (row) => row.precision),
    score(c.say("recall"), (row) => row.recall),
    score("F1", (row) => row.f1),
  ];
  const micro = held.averages.find(({ code }) => code === "(micro)");
  const said = c.joined([
    micro && c.say("evaluationSay", { n: count(held.records, lang), precision: written(micro.precision), recall: written(micro.recall), f1: written(micro.f1) }),
    held.folds === null ? c.say("evaluationPlain") : c.say("evaluationFolds", { n: held.folds }),
    held.brier !== null && held.ece !== null && c.say("evaluationErrors", { brier: significant(held.brier, 2, lang), ece: significant(held.ece, 2, lang) }),
  ]);
  return [
    h("h3", {}, title),
    h("p", { class: "standing" }, said),
    table(columns, [...held.averages, ...held.classes], c.table(title), 20),
    h("p", { class: "note" }, c.say("evaluationNote")),
    calibration(c, held),
  ];
}

/** Whether what was said to be so likely was so that often. */
function calibration(c: Context, { calibration: all }: Evaluation): HTMLElement | null {
  const { lang } = c.state;
  const rows = all.filter(({ many }) => many > 0);
  if (!rows.length) return null;
  const columns: Column<(typeof rows)[number]>[] = [
    { title: c.say("probabilityFrom"), cell: ({ from, to }) => `${percent(from, lang, 0)}–${percent(to, lang, 0)}`, heading: true },
    { title: c.say("decisions"), cell: ({ many }) => count(many, lang), value: ({ many }) => many, numeric: true, descending: true },
    { title: c.say("probabilitySaid"), cell: ({ said }) => percent(known(said), lang), value: ({ said }) => known(said), numeric: true },
    { title: c.say("probabilitySo"), cell: ({ so }) => percent(known(so), lang), value: ({ so }) => known(so), numeric: true },
  ];
  return h("details", {}, h("summary", {}, c.say("calibrationTitle")), table(columns, rows, c.table(c.say("calibrationTitle"))));
}
