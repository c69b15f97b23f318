/** Which topics emerge: since when, how fast, and, topic by topic, how far along its S-curve each is. */

import type { Context } from "../context";
import { pick } from "../chooser";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { capital, count, percent, probability } from "../format";
import { firstOf } from "../long";
import { drawRows } from "../rows";
import type { EmergenceBlock, Topic } from "../topics";
import { rate, topic, topicWords } from "./topic";

const known = (value: number | null): number => value ?? NaN;

export function emergence(c: Context): HTMLElement {
  const blocks = c.report.structure!.emergence;
  return h(
    "section",
    { id: "emergence", "aria-labelledby": "emergence-title" },
    h("h2", { id: "emergence-title" }, c.say("emergence")),
    h("p", {}, c.say("emergenceIntro")),
    pick(c, "emergence-block", c.say("topicsOf"), blocks.map(({ title }) => title[c.state.lang]), (at) => block(c, blocks[at], at)),
  );
}

function block(c: Context, found: EmergenceBlock, at: number): (HTMLElement | null)[] {
  const { lang } = c.state;
  const dated = datedOf(found);
  return [
    h("p", { class: "standing" }, words(c, found, dated)),
    dated.length > 1 ? firstOf(c, dated, (shown) => onsets(c, found, shown)) : null,
    found.topics.length > 1 ? h("h3", {}, c.say("topicsTable", { what: found.title[lang] })) : null,
    found.topics.length > 1 ? table(columns(c, found), found.topics, c.table(c.say("topicsTable", { what: found.title[lang] })), 20) : null,
    found.topics.length < found.topicsInAll ? h("p", { class: "note" }, c.say("topicsSome", { n: found.topics.length, all: count(found.topicsInAll, lang) })) : null,
    found.topics.length > 1 ? h("h3", { class: "part" }, c.say("oneTopic")) : null,
    pick(c, `topic-${at + 1}`, c.say("topic"), found.topics.map(({ name }) => name[lang]), (i) => topic(c, found, found.topics[i])),
  ];
}

function words(c: Context, found: EmergenceBlock, dated: Topic[]): string {
  const { lang } = c.state;
  const blanks = { what: found.title[lang], n: count(found.emerging, lang), all: count(found.topicsInAll, lang), first: found.years[0], last: found.years[found.years.length - 1] };
  const latest = [...dated].reverse().slice(0, 3).map((one) => `${one.name[lang]}${lang === "zh" ? `（${one.onset}）` : ` (${one.onset})`}`);
  return c.joined([
    c.say(found.topicsInAll === 1 ? "topicAlone" : found.emerging ? "topicsEmerge" : "topicsNone", blanks),
    found.topicsInAll > 1 && latest.length > 0 && c.say("latestOnsets", { names: c.listed(latest, 3) }),
    c.say(found.whole ? "againstWhole" : found.topicsInAll > 1 ? "againstSum" : "againstNothing", { whole: found.whole?.[lang] ?? "" }),
  ]);
}

/** What a block says in the headline. */
export const emergenceLead = (c: Context, found: EmergenceBlock): string =>
  found.topicsInAll === 1 && found.topics.length ? topicWords(c, found, found.topics[0]) : words(c, found, datedOf(found));

const datedOf = (found: EmergenceBlock): Topic[] => found.topics.filter((one) => one.onset !== null).sort((a, b) => a.onset! - b.onset!);
const interval = (one: Topic): string =>
  one.onset === null ? "–" : one.onsetLow === one.onsetHigh && one.onsetLow !== null ? String(one.onsetLow) : `${one.onsetLow ?? "…"}–${one.onsetHigh ?? "…"}`;

function columns(c: Context, found: EmergenceBlock): Column<Topic>[] {
  const { lang } = c.state;
  const curved = found.topics.some((one) => one.curve !== null);
  const growing = found.measures.findIndex(({ measure }) => measure === "relative-growth");
  const growth = growing >= 0 ? growing : found.measures.findIndex(({ measure }) => measure === "growth");
  const number = (head: string, of: (one: Topic) => number | null, write: (value: number) => string): Column<Topic> => ({ title: head, cell: (one) => write(known(of(one))), value: (one) => known(of(one)), numeric: true, descending: true });
  return [
    { title: c.say("topic"), cell: (one) => one.name[lang], value: (one) => one.name[lang], heading: true },
    number(c.say("onset"), (one) => one.onset, (v) => (Number.isFinite(v) ? String(v) : "–")),
    { title: c.say("interval", { level: percent(found.level, lang, 0) }), cell: interval, ends: c.ends(c.say("interval", { level: percent(found.level, lang, 0) }), (one) => [one.onsetLow, one.onsetHigh]), numeric: true },
    { title: c.say("onsetKind"), cell: (one) => capital(c.say(KIND[one.kind])), value: (one) => one.kind },
    number(c.say("onsetQ"), (one) => one.onsetQ, (v) => probability(v, lang)),
    ...(growth >= 0 ? [number(capital(found.measures[growth].name[lang]), (one) => one.values[growth]?.[0] ?? null, (v) => rate(v, lang))] : []),
    number(c.say("growthQ"), (one) => one.growthQ, (v) => probability(v, lang)),
    ...(curved ? [{ title: c.say("curveStage"), cell: (one: Topic) => (one.curve ? capital(found.stages[one.curve.stage].name[lang]) : "–"), value: (one: Topic) => one.curve?.stage ?? -1 }] : []),
    number(c.say("records"), (one) => one.counted, (v) => count(v, lang)),
  ];
}

const KIND = { bend: "kindBend", birth: "kindBirth", none: "kindNone" } as const;

function onsets(c: Context, found: EmergenceBlock, shown: Topic[]): HTMLElement {
  const { lang } = c.state;
  const heads = columns(c, found);
  const title = c.say("onsetsTitle", { what: found.title[lang] });
  const level = percent(found.level, lang, 0);
  return figure({
    name: "onsets",
    text: c.figure(title, c.say("onsetsDescribe", { names: c.listed(shown.slice(0, 3).map((one) => `${one.name[lang]} ${one.onset}`), 3) }), c.say("onsetsNote"), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((one) => ({ name: one.name[lang], value: known(one.onset), low: known(one.onsetLow), high: known(one.onsetHigh), faint: one.kind === "birth" })),
          kind: "dot",
          marks: { value: c.say("onset"), faint: c.say("kindBirth"), interval: c.say("interval", { level }) },
          tickLabel: (value) => (Number.isInteger(value) ? String(value) : ""),
          tip: (i) => heads.map(({ title: head, cell }, at) => (at ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))),
        },
        width,
        theme,
      ),
    table: () => table(heads, shown, c.table(title), 40),
  });
}
