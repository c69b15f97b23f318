/** One topic: its yearly counts and onset, its S-curve with stages, and what marks it as emerging among the others. */

import type { Context } from "../context";
import { figure } from "../charts";
import { shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { capital, chance, fixed, percent, significant, signed } from "../format";
import { ticks } from "../layout";
import { drawPlot, type Plot } from "../plot";
import { drawStrips, type Strip } from "../strips";
import type { EmergenceBlock, Fitted, Measure, Three, Topic } from "../topics";
import type { Language } from "../payload";

// Years drawn before a topic was first seen.
const BEFORE = 2;
// A ceiling is drawn as far as so many times what there will be at the end of the forecast.
const REACH = 1.6;
// Intervals of years ahead are drawn as far as so many times the most that was counted or is expected.
const SPREAD = 2.2;

const known = (value: number | null | undefined): number => value ?? NaN;

/** A rate of growth a year. */
export const rate = (value: number, lang: Language): string => (Number.isFinite(value) ? `${signed(value * 100, Math.abs(value) < 0.1 ? 1 : 0, lang)}%` : "–");

export function topic(c: Context, found: EmergenceBlock, one: Topic): (HTMLElement | null)[] {
  return [
    h("p", { class: "standing", "aria-live": "polite" }, topicWords(c, found, one)),
    counts(c, found, one),
    one.curve ? growth(c, found, one, one.curve) : null,
    attributes(c, found, one),
  ];
}

const level = (c: Context, found: EmergenceBlock): string => percent(found.level, c.state.lang, 0);
const whole = (value: number): string => (Number.isFinite(value) ? String(Math.round(value)) : "…");
const span = ([, low, high]: Three, write: (value: number) => string): string => `${low === null ? "…" : write(low)}–${high === null ? "…" : write(high)}`;

/** Since when a topic has been growing, and how far along it is. */
export function topicWords(c: Context, found: EmergenceBlock, one: Topic): string {
  const { lang } = c.state;
  const name = capital(one.name[lang]);
  const onset = { name, onset: known(one.onset), low: whole(known(one.onsetLow)), high: whole(known(one.onsetHigh)), level: level(c, found), q: chance("q", known(one.onsetQ), lang), before: rate(known(one.rateBefore), lang), after: rate(known(one.rateAfter), lang) };
  return c.joined([
    c.say(one.kind === "bend" ? "topicBend" : one.kind === "birth" ? "topicBirth" : "topicNoOnset", onset),
    one.curve && stageWords(c, found, one),
  ]);
}

function stageWords(c: Context, found: EmergenceBlock, one: Topic): string {
  const { lang } = c.state;
  const { stage, chances, fits } = one.curve!;
  const best = fits.find(({ identified }) => identified);
  const blanks = { stage: found.stages[stage].name[lang], chance: percent(chances[stage], lang, 0) };
  if (!best) return c.say("stageUnknown", blanks);
  const part = (value: number) => percent(value, lang, 0);
  return c.say("stageKnown", {
    ...blanks, curve: capital(best.name[lang]), level: level(c, found), peak: whole(known(best.peak[0])), peakSpan: span(best.peak, whole),
    reached: part(known(best.reached[0])), reachedSpan: span(best.reached, part),
  });
}

/** The years that are drawn: from shortly before the topic was first seen. */
function from(found: EmergenceBlock, one: Topic): number {
  return Math.max(0, found.years.indexOf(one.firstSeen ?? found.years[0]) - BEFORE);
}

/** Stretches of years that may be the onset. */
function stretches(years: number[]): { from: number; to: number }[] {
  const out: { from: number; to: number }[] = [];
  for (const year of [...years].sort((a, b) => a - b)) {
    const last = out[out.length - 1];
    if (last && year - 0.5 <= last.to) last.to = year + 0.5;
    else out.push({ from: year - 0.5, to: year + 0.5 });
  }
  return out;
}

interface Year {
  year: number;
  counted: number;
  expected: number;
  low: number;
  high: number;
  /** All that was counted up to the year, and all that curves expect. */
  total: number;
  fitted: number;
  totalLow: number;
  totalHigh: number;
}

/** Every year that is drawn: counts and what curves expect, then the years ahead; totals run from the start of the curves. */
function yearsOf(found: EmergenceBlock, one: Topic): Year[] {
  const begin = Math.max(0, one.expected?.findIndex((value) => value !== null) ?? 0);
  let [total, fitted] = [0, 0];
  const past = found.years.map((year, i): Year => {
    const [counted, expected] = [known(one.counts[i]), known(one.expected?.[i])];
    if (i >= begin) {
      // A year without a count adds what the curves expect of it.
      total += Number.isFinite(counted) ? counted : expected || 0;
      fitted += expected || 0;
    }
    const none = i < begin ? NaN : 0;
    return { year, counted, expected, low: NaN, high: NaN, total: total + none, fitted: fitted + none, totalLow: NaN, totalHigh: NaN };
  });
  const ahead = (one.curve?.ahead ?? []).map((next): Year => ({
    year: next.year, counted: NaN, expected: next.median, low: next.low, high: next.high, total: total + next.totalMedian, fitted: NaN, totalLow: total + next.totalLow, totalHigh: total + next.totalHigh,
  }));
  return [...past, ...ahead].slice(from(found, one));
}

function counts(c: Context, found: EmergenceBlock, one: Topic): HTMLElement {
  const { lang } = c.state;
  const years = yearsOf(found, one);
  const last = found.years[found.years.length - 1];
  const title = c.say("countsTitle", { name: one.name[lang] });
  const write = (value: number) => significant(value, 4, lang);
  // A band that runs far beyond everything counted is cut, or the counts would lie flat on the ground.
  const most = Math.max(...years.flatMap(({ counted, expected }) => [counted || 0, expected || 0]));
  const widest = Math.max(most, ...years.map(({ high }) => high || 0));
  const bounds = ticks(0, Math.min(widest, most * SPREAD));
  const cut = widest > bounds.max && c.say("bandCut", { high: write(widest), year: years.reduce((held, one) => ((one.high || 0) > (held.high || 0) ? one : held)).year });
  const columns: Column<Year>[] = [
    { title: c.say("year"), cell: ({ year }) => String(year), value: ({ year }) => year, heading: true },
    { title: c.say("records"), cell: (row) => write(row.counted), value: (row) => row.counted, numeric: true, descending: true },
    ...(one.curve ? [
      { title: c.say("expectedCount"), cell: (row: Year) => write(row.expected), value: (row: Year) => row.expected, numeric: true, descending: true },
      { title: c.say("interval", { level: level(c, found) }), cell: (row: Year) => (Number.isFinite(row.low) ? `${write(row.low)}–${write(row.high)}` : "–"), ends: c.ends(c.say("interval", { level: level(c, found) }), (row: Year) => [row.low, row.high]), numeric: true },
    ] : []),
  ];
  return figure({
    name: "topic-counts",
    text: c.figure(title, topicWords(c, found, one), c.joined([one.onsetYears.length > 0 && c.say("countsNote", { level: level(c, found) }), one.curve && c.say("forecastNote", { level: level(c, found) }), cut]), [found.file]),
    draw: (width, theme) => {
      const { curve, band, hint } = tones(theme);
      const marks: Plot["marks"] = [{ name: c.say("records"), shape: "dot", colour: theme.ink }];
      if (one.curve) marks.push({ name: c.say("expectedCount"), shape: "line", colour: curve }, { name: c.say("ahead", { level: level(c, found) }), shape: "bar", colour: band });
      if (one.onsetYears.length) marks.push({ name: c.say("onsetYears", { level: level(c, found) }), shape: "bar", colour: hint });
      return drawPlot(
        {
          places: years.map(({ year }) => year),
          marks,
          y: bounds,
          yName: c.say("recordsAYear"),
          spans: [
            ...stretches(one.onsetYears).map((stretch) => ({ ...stretch, fill: hint })),
            ...(one.onset !== null ? [{ from: one.onset - 0.04, to: one.onset + 0.04, fill: theme.mark, name: `${c.say("onset")} ${one.onset}` }] : []),
          ],
          bands: [{ points: years.filter(({ year }) => year > last).map(({ year, low, high }) => [year, low, high]), fill: band }],
          lines: [
            { points: years.filter(({ year }) => year <= last).map(({ year, expected }) => [year, expected]), colour: curve },
            { points: years.filter(({ year }) => year >= last).map(({ year, expected }) => [year, expected]), colour: curve, dash: true },
            { points: years.map(({ year, counted }) => [year, counted]), colour: theme.ink, wide: one.curve ? 0 : 1.5, dot: 3 },
          ],
          xLabel: String,
          yLabel: (value) => c.tick(value),
          tip: (i) => columns.map(({ title: head, cell }, at) => (at ? `${head}: ${String(cell(years[i]))}` : String(cell(years[i])))).filter((line) => !line.endsWith("–")),
        },
        width,
        theme,
      );
    },
    table: () => table(columns, years, c.table(title), 60),
  });
}

const tones = (theme: Theme) => ({ curve: theme.accent, band: shade([theme.ground, theme.accent], 0.28), hint: shade([theme.ground, theme.mark], 0.16) });

/** The running total beside the stages of the best curve that tells a ceiling. */
function growth(c: Context, found: EmergenceBlock, one: Topic, curve: NonNullable<Topic["curve"]>): HTMLElement {
  const { lang } = c.state;
  const years = yearsOf(found, one).filter(({ total }) => Number.isFinite(total));
  const last = found.years[found.years.length - 1];
  const best = curve.fits.find(({ identified }) => identified);
  const title = c.say("curveFigure", { name: one.name[lang] });
  const reached = Math.max(...years.map(({ total }) => total));
  const most = Math.min(Math.max(reached, ...years.map(({ totalHigh }) => totalHigh || 0)), reached * SPREAD);
  const ceiling = known(best?.ceiling[0]);
  const scale = ticks(0, Number.isFinite(ceiling) ? Math.min(ceiling * 1.02, most * REACH) : most);
  const write = (value: number) => significant(value, 3, lang);
  const three = (head: string, of: (fit: Fitted) => Three, put: (value: number) => string): Column<Fitted> => ({ title: head, cell: (fit) => (of(fit)[0] === null ? "–" : `${put(known(of(fit)[0]))} (${span(of(fit), put)})`), value: (fit) => known(of(fit)[0]), numeric: true });
  const columns: Column<Fitted>[] = [
    { title: c.say("curveName"), cell: (fit) => capital(fit.name[lang]), value: (fit) => fit.name[lang], heading: true },
    { title: c.say("curveWeight"), cell: (fit) => percent(fit.weight, lang, 0), value: (fit) => fit.weight, numeric: true, descending: true },
    { title: c.say("tellsCeiling"), cell: (fit) => c.say(fit.identified ? "yes" : "no"), value: (fit) => Number(fit.identified) },
    three(c.say("ceiling"), (fit) => fit.ceiling, write),
    three(c.say("reached"), (fit) => fit.reached, (value) => percent(value, lang, 0)),
    three(c.say("inflection"), (fit) => fit.peak, (value) => value.toFixed(1)),
    three(c.say("curveRate"), (fit) => fit.rate, (value) => fixed(value, 2, lang)),
  ];
  const chances = found.stages.map((stage, i) => `${stage.name[lang]} ${percent(curve.chances[i], lang, 0)}`);
  const note = c.joined([c.say("curveChances", { chances: c.listed(chances, 9) }), c.say(best ? "curveBands" : "curveNoBands", { curve: capital(best?.name[lang] ?? "") })]);
  return figure({
    name: "topic-curve",
    text: c.figure(title, stageWords(c, found, one), note, [found.file]),
    draw: (width, theme) => {
      const { curve: line, band, hint } = tones(theme);
      const marks: Plot["marks"] = [
        { name: c.say("totalCounted"), shape: "dot", colour: theme.ink },
        { name: c.say("totalExpected"), shape: "line", colour: line },
        { name: c.say("ahead", { level: level(c, found) }), shape: "bar", colour: band },
      ];
      if (best && best.peak[0] !== null) marks.push({ name: c.say("inflectionSpan", { level: level(c, found) }), shape: "bar", colour: hint });
      const places = years.map(({ year }) => year);
      const [first, end] = [places[0], places[places.length - 1]];
      const inside = (value: number | null | undefined, other: number) => Math.min(Math.max(value ?? other, first), end);
      const peak = best?.peak[0] ?? null;
      return drawPlot(
        {
          places,
          y: scale,
          marks,
          yName: c.say("totalAxis", { first }),
          levels: best ? found.stages.map((stage, i) => ({ from: stage.above * ceiling, to: stage.upTo * ceiling, fill: shade([theme.ground, theme.muted], i % 2 ? 0.13 : 0.04), name: `${stage.name[lang]} (${percent(stage.above, lang, 0)}–${percent(stage.upTo, lang, 0)})` })) : [],
          spans: peak === null ? [] : [
            ...(best!.peak[1] !== null && best!.peak[1] > end ? [] : [{ from: inside(best!.peak[1], first), to: inside(best!.peak[2], end), fill: `${theme.mark}26` }]),
            ...(peak >= first && peak <= end ? [{ from: peak - 0.04, to: peak + 0.04, fill: theme.mark, name: `${c.say("inflection")} ${whole(peak)}` }] : []),
          ],
          bands: [{ points: years.filter(({ year }) => year >= last).map(({ year, total, totalLow, totalHigh }) => (year === last ? [year, total, total] : [year, totalLow, totalHigh])), fill: band }],
          lines: [
            { points: years.filter(({ year }) => year <= last).map(({ year, fitted }) => [year, fitted]), colour: line },
            { points: years.filter(({ year }) => year >= last).map(({ year, total }) => [year, total]), colour: line, dash: true },
            { points: years.filter(({ year }) => year <= last).map(({ year, total }) => [year, total]), colour: theme.ink, wide: 0, dot: 3 },
          ],
          xLabel: String,
          yLabel: (value) => c.tick(value),
          tip: (i) => [String(years[i].year), `${c.say(years[i].year > last ? "totalExpected" : "totalCounted")}: ${write(years[i].total)}`, ...(years[i].year > last ? [`${c.say("interval", { level: level(c, found) })}: ${write(years[i].totalLow)}–${write(years[i].totalHigh)}`] : [])],
        },
        width,
        theme,
      );
    },
    table: () => table(columns, curve.fits, c.table(title)),
  });
}

/** A measure's value as people read it. */
function written(value: number, { kind }: Measure, lang: Language): string {
  if (kind === "rate") return rate(value, lang);
  return kind === "share" ? percent(value, lang) : kind === "years" ? fixed(value, 0, lang) : significant(value, 3, lang);
}

function attributes(c: Context, found: EmergenceBlock, one: Topic): HTMLElement | null {
  const { lang } = c.state;
  const taken = found.measures.flatMap((measure, i) => (one.values[i] ? [{ measure, of: one.values[i], others: found.topics.filter((other) => other !== one).map((other) => known(other.values[i]?.[0])).filter(Number.isFinite) }] : []));
  if (!taken.length) return null;
  type Row = (typeof taken)[number];
  const put = ({ measure }: Row, value: number | null) => written(known(value), measure, lang);
  const place = ({ of, others }: Row) => (others.length && of[0] !== null ? c.say("nth", { rank: 1 + others.filter((other) => other > of[0]!).length, n: others.length + 1 }) : "–");
  const title = c.say("attributesTitle", { name: one.name[lang] });
  const columns: Column<Row>[] = [
    { title: c.say("measure"), cell: ({ measure }) => capital(measure.name[lang]), value: ({ measure }) => measure.name[lang], heading: true },
    { title: c.say("attribute"), cell: ({ measure }) => capital(measure.attributeName[lang]), value: ({ measure }) => measure.attribute },
    { title: c.say("value"), cell: (row) => put(row, row.of[0]), numeric: true },
    { title: c.say("interval", { level: level(c, found) }), cell: (row) => (row.of[1] === null && row.of[2] === null ? "–" : `${row.of[1] === null ? "…" : put(row, row.of[1])} ${lang === "zh" ? "至" : "to"} ${row.of[2] === null ? "…" : put(row, row.of[2])}`), ends: c.ends(c.say("interval", { level: level(c, found) }), (row) => [row.of[1], row.of[2]]), numeric: true },
    { title: c.say("amongTopics"), cell: place, numeric: true },
  ];
  const note = c.say("attributesNote", { window: found.window });
  // Alone a topic has nothing that its strips could be read against.
  if (found.topics.length < 2) return h("div", {}, h("h3", {}, title), h("p", { class: "note" }, note), table(columns, taken, c.table(title)));
  const strips = taken.map((row): Strip => ({ group: capital(row.measure.attributeName[lang]), name: capital(row.measure.name[lang]), value: known(row.of[0]), low: known(row.of[1]), high: known(row.of[2]), written: put(row, row.of[0]), others: row.others }));
  return figure({
    name: "topic-attributes",
    text: c.figure(title, taken.map((row) => `${row.measure.name[lang]} ${put(row, row.of[0])}`).join(lang === "zh" ? "，" : ", "), c.joined([note, c.say("stripsNote")]), [found.file]),
    draw: (width, theme) =>
      drawStrips(
        {
          strips,
          marks: { value: one.name[lang], interval: c.say("interval", { level: level(c, found) }), others: c.say("otherTopics") },
          tip: (i) => columns.map(({ title: head, cell }, at) => (at ? `${head}: ${String(cell(taken[i]))}` : String(cell(taken[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, taken, c.table(title)),
  });
}
