/** The pitfalls that the study was held against, the gravest first: words, numbers, a way out. */

import { auditPlace } from "../concerns";
import type { Context } from "../context";
import { h, table, type Child, type Column } from "../dom";
import { extent } from "../findings";
import { capital, decimals, fixed, percent } from "../format";
import type { Finding, Numbers, Pitfall, Severity } from "../payload";
import type { Word } from "../words";

const GROUPS: [Severity, Word][] = [
  ["serious", "severitySerious"],
  ["worth-knowing", "severityWorth"],
  ["fine", "severityFine"],
];

export function audit(c: Context): HTMLElement {
  const { audit: all } = c.report;
  const of = (severity: Severity) => all.filter((pitfall) => pitfall.severity === severity);
  const counts = { n: all.length, serious: of("serious").length, worth: of("worth-knowing").length, fine: of("fine").length };
  return h(
    "section",
    { id: "audit", "aria-labelledby": "audit-title" },
    h("h2", { id: "audit-title" }, c.say("audit")),
    h("p", { class: "standing" }, c.say("auditIntro", counts)),
    GROUPS.flatMap(([severity, word]) => {
      const found = of(severity);
      if (!found.length) return [];
      return [
        h("h3", { class: `severity ${severity}` }, `${c.say(word)} · ${found.length}`),
        h("ul", { class: "pitfalls" }, found.map((pitfall) => h("li", { id: auditPlace(pitfall.pitfall), class: severity }, told(c, pitfall)))),
      ];
    }),
  );
}

function told(c: Context, pitfall: Pitfall): Child[] {
  const { lang } = c.state;
  // Findings less grave than the worst come after it, and say so.
  const order = GROUPS.map(([severity]) => severity);
  const findings = [...pitfall.findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return [
    h("p", { class: "pitfall" }, h("span", { class: "number" }, c.say("pitfall", { n: pitfall.pitfall })), h("strong", {}, pitfall.title[lang])),
    h("div", {}, alike(findings).map((group) => found(c, group, pitfall))),
  ];
}

/** Findings of one kind that follow each other and have one way out between them. */
function alike(findings: Finding[]): Finding[][] {
  const groups: Finding[][] = [];
  for (const finding of findings) {
    const last = groups[groups.length - 1];
    if (last && (["code", "severity"] as const).every((key) => last[0][key] === finding[key]) && last[0].wayOut.en === finding.wayOut.en) last.push(finding);
    else groups.push([finding]);
  }
  return groups;
}

function found(c: Context, group: Finding[], pitfall: Pitfall): HTMLElement {
  const { lang } = c.state;
  const [{ title: name, severity, wayOut }] = group;
  const own = name[lang] !== pitfall.title[lang];
  const milder = severity !== pitfall.severity ? GROUPS.find(([other]) => other === severity)! : null;
  const tag = milder && h("span", { class: "milder" }, c.say(milder[1]));
  return h(
    "div",
    { class: "finding" },
    own || tag ? h("h4", {}, own ? name[lang] : null, tag) : null,
    group.flatMap((finding) => [h("p", {}, capital(finding.said[lang])), finding.numbers && numbers(c, finding, finding.numbers)]),
    severity === "fine" ? null : h("p", { class: "way" }, h("span", {}, c.say("wayOut")), capital(wayOut[lang])),
  );
}

/** The table is made when it is first opened: fifteen of them would weigh on the page. */
function numbers(c: Context, finding: Finding, given: Numbers): HTMLElement {
  const details = h("details", {}, h("summary", {}, c.say("auditNumbers")));
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    const some = given.rowsInAll > given.rows.length ? h("p", { class: "note" }, c.say("auditRows", { n: given.rows.length, all: given.rowsInAll })) : "";
    details.append(some, grid(c, finding, given));
  });
  return details;
}

/** As many decimals as suit a column: none for whole numbers. */
function places(values: number[]): number {
  const known = values.filter(Number.isFinite);
  if (known.every(Number.isInteger)) return 0;
  const [low, high] = extent(known);
  return decimals(high > low ? high - low : Math.abs(high));
}

type Row = Numbers["rows"][number];

function grid(c: Context, finding: Finding, { heads, kinds, rows }: Numbers): HTMLElement {
  const { lang } = c.state;
  const first = kinds.indexOf("text");
  const columns: Column<Row>[] = heads.map((head, at) => {
    const text = (row: Row): string => {
      const cell = row[at];
      return cell === null ? "" : typeof cell === "object" ? cell[lang] : String(cell);
    };
    const value = (row: Row): number => (typeof row[at] === "number" ? row[at] : NaN);
    if (kinds[at] === "text") return { title: head[lang], cell: text, value: text, heading: at === first };
    const digits = places(rows.map(value));
    const write = kinds[at] === "share" ? (row: Row) => percent(value(row), lang) : (row: Row) => fixed(value(row), digits, lang);
    return { title: head[lang], cell: write, value, numeric: true, descending: true };
  });
  return table(columns, rows, c.table(c.say("auditNumbersOf", { what: finding.title[lang] })), 20);
}
