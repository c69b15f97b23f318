/** Life cycles: how many firms an industry has, who enters and leaves, its phases, and when a shakeout began. */

import type { Context } from "../context";
import { pick, regionIn, regionName } from "../chooser";
import { figure } from "../charts";
import { shade } from "../colour";
import { h, table, type Column } from "../dom";
import { capital, chance, count, percent, probability, significant } from "../format";
import { dataOf, type Ladder, type Life, type Lifecycle } from "../ladder";
import { firstOf } from "../long";
import { drawPlot } from "../plot";
import { drawRows } from "../rows";
import type { Three } from "../topics";

const known = (value: number | null | undefined): number => value ?? NaN;
const whole = (value: number): string => (Number.isFinite(value) ? String(Math.round(value)) : "…");
const span = ([, low, high]: Three): string => (low === null && high === null ? "–" : low === high ? whole(known(low)) : `${whole(known(low))}–${whole(known(high))}`);

export function lives(c: Context, found: Ladder, held: Lifecycle): HTMLElement {
  const { lang } = c.state;
  const at = regionIn(c, found);
  const several = found.regional && found.regions.length > 1;
  const industry = ({ series }: Life) => capital(found.industries[found.industryOf[series]].name[lang]);
  const defended = held.series.filter(({ shakeout }) => shakeout?.defended).length;
  const shaken = held.series.filter(({ shakeout }) => shakeout?.year[0] != null).sort((a, b) => a.shakeout!.year[0]! - b.shakeout!.year[0]!);
  const firm = shaken.filter(({ shakeout }) => shakeout!.defended);
  const here = held.series.filter(({ series }) => !several || found.regionOf[series] === at);
  const weight = ({ shakeout }: Life) => (shakeout ? (shakeout.defended ? 2 : 1) : 0);
  const inOrder = here.sort((a, b) => weight(b) - weight(a) || industry(a).localeCompare(industry(b), lang));
  const full = (one: Life) => (several ? `${industry(one)} · ${regionName(c, found, found.regionOf[one.series])}` : industry(one));
  return h(
    "div",
    {},
    h("h3", { class: "part" }, c.say("lives")),
    h("p", { class: "standing" }, c.joined([
      capital(c.say(held.shakeouts ? "livesSay" : "livesNone", { defended: count(defended, lang), n: count(held.shakeouts, lang), all: count(held.inAll, lang), measure: held.measure[lang] })),
      defended > 0 && c.say("livesFirst", { names: c.listed([firm[0], ...firm.slice(-2)].filter((one, i, all) => all.indexOf(one) === i).map((one) => `${full(one)} ${whole(known(one.shakeout!.year[0]))}`), 3) }),
    ])),
    shaken.length ? firstOf(c, shaken, (shown) => shakeouts(c, found, held, shown, shaken, full)) : null,
    h("h3", {}, c.say("oneLife")),
    inOrder.length ? pick(c, "life", c.say("industry"), inOrder.map(industry), (i) => life(c, found, held, inOrder[i], industry(inOrder[i]))) : h("p", { class: "note" }, c.say("notInIndustries", { region: c.region(c.state.place), what: found.title[lang] })),
  );
}

function shakeouts(c: Context, found: Ladder, held: Lifecycle, shown: Life[], all: Life[], name: (one: Life) => string): HTMLElement {
  const { lang } = c.state;
  const level = percent(held.level, lang, 0);
  const year = (one: Life) => known(one.shakeout!.year[0]);
  const title = c.say("shakeoutsTitle");
  const columns: Column<Life>[] = [
    { title: c.say("industry"), cell: name, value: name, heading: true },
    { title: c.say("shakeout"), cell: (one) => whole(year(one)), value: year, numeric: true },
    { title: c.say("interval", { level }), cell: (one) => span(one.shakeout!.year), ends: c.ends(c.say("interval", { level }), (one) => [one.shakeout!.year[1], one.shakeout!.year[2]]), numeric: true },
    { title: c.say("fall"), cell: (one) => percent(known(one.shakeout!.fall), lang, 0), value: (one) => known(one.shakeout!.fall), numeric: true, descending: true },
    { title: "p", cell: (one) => probability(known(one.shakeout!.p), lang), value: (one) => known(one.shakeout!.p), numeric: true },
    { title: "q", cell: (one) => probability(known(one.shakeout!.q), lang), value: (one) => known(one.shakeout!.q), numeric: true },
    { title: c.say("shakeoutKind"), cell: (one) => (one.shakeout!.kind ? c.say(KINDS[one.shakeout!.kind]) : "–"), value: (one) => one.shakeout!.kind ?? "" },
    { title: c.say("defended"), cell: (one) => c.say(one.shakeout!.defended ? "yes" : "no"), value: (one) => Number(one.shakeout!.defended), descending: true },
  ];
  return figure({
    name: "shakeouts",
    data: dataOf(found, "shakeouts"),
    text: c.figure(title, title, c.say("shakeoutsNote", { level }), [found.file]),
    draw: (width, theme) =>
      drawRows(
        {
          rows: shown.map((one) => ({ name: name(one), value: year(one), low: known(one.shakeout!.year[1]), high: known(one.shakeout!.year[2]), faint: !one.shakeout!.defended })),
          kind: "dot",
          marks: { value: c.say("shakeoutDefended"), faint: c.say("shakeoutOpen"), interval: c.say("interval", { level }) },
          tickLabel: (value) => (Number.isInteger(value) ? String(value) : ""),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(shown[i]))}` : String(cell(shown[i])))),
        },
        width,
        theme,
      ),
    table: () => table(columns, all, c.table(title), 40),
  });
}

function life(c: Context, found: Ladder, held: Lifecycle, one: Life, name: string): (HTMLElement | null)[] {
  const { lang } = c.state;
  const level = percent(held.level, lang, 0);
  const { shakeout } = one;
  const dated = shakeout !== null && shakeout.year[0] !== null;
  const years = found.years.map((_, t) => t).filter((t) => one.count[t] !== null || one.entries?.[t] != null || one.exits?.[t] != null);
  const phaseIn = (year: number) => one.phases.find(({ from, to }) => year >= from && year <= to);
  const now = one.phases[one.phases.length - 1];
  const flows = [{ name: c.say("entries"), of: one.entries }, { name: c.say("exits"), of: one.exits }].filter(({ of }) => of !== null);
  const write = (value: number | null | undefined) => significant(known(value), 4, lang);
  const title = c.say("lifeTitle", { name, measure: held.measure[lang] });
  const said = c.joined([
    c.say(!dated ? "lifeNoShakeout" : shakeout.defended ? "lifeShakeout" : "lifeMaybe", { name, year: whole(known(shakeout?.year[0])), span: shakeout ? span(shakeout.year) : "", level, fall: percent(known(shakeout?.fall), lang, 0), p: shakeout?.q != null ? chance("q", shakeout.q, lang) : chance("p", known(shakeout?.p), lang) }),
    now && c.say("lifePhase", { phase: held.phases[now.phase][lang], from: now.from, to: now.to }),
  ]);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (t) => String(found.years[t]), value: (t) => t, heading: true },
    { title: capital(held.measure[lang]), cell: (t) => write(one.count[t]), value: (t) => known(one.count[t]), numeric: true, descending: true },
    ...flows.map((flow) => ({ title: flow.name, cell: (t: number) => write(flow.of![t]), value: (t: number) => known(flow.of![t]), numeric: true, descending: true })),
    { title: c.say("phase"), cell: (t) => { const phase = phaseIn(found.years[t]); return phase ? capital(held.phases[phase.phase][lang]) : "–"; } },
  ];
  const line = (of: (number | null)[]) => years.map((t): [number, number] => [found.years[t], known(of[t])]);
  const chart = years.length > 1 && figure({
    name: "life",
    data: dataOf(found, "life-cycles"),
    text: c.figure(title, said, c.joined([one.phases.length > 0 && c.say("lifeNote"), dated && c.say("lifeNoteShakeout", { level })]), [found.file]),
    draw: (width, theme) => {
      const pale = (share: number) => shade([theme.ground, theme.accent], share);
      return drawPlot(
        {
          places: years.map((t) => found.years[t]),
          marks: [
            { name: capital(held.measure[lang]), shape: "line", colour: theme.accent },
            ...flows.map((flow, i) => ({ name: flow.name, shape: "dash" as const, colour: theme.lines[i + 2] })),
            ...(dated ? [{ name: c.say("shakeout"), shape: "bar" as const, colour: shade([theme.ground, theme.mark], 0.35) }] : []),
          ],
          spans: [
            ...one.phases.map(({ phase, from, to }, i) => ({ from: from - 0.5, to: to + 0.5, fill: pale(i % 2 ? 0.14 : 0.05), name: ROMAN[phase] ?? String(phase + 1) })),
            ...(dated ? [{ from: known(shakeout.year[1] ?? shakeout.year[0]) - 0.5, to: known(shakeout.year[2] ?? shakeout.year[0]) + 0.5, fill: shade([theme.ground, theme.mark], 0.28) }] : []),
          ],
          lines: [{ points: line(one.count), colour: theme.accent, wide: 2.5 }, ...flows.map((flow, i) => ({ points: line(flow.of!), colour: theme.lines[i + 2], dash: true }))],
          xLabel: (value) => String(value),
          yLabel: (value) => c.tick(value),
          tip: (i) => columns.map(({ title: head, cell }, k) => (k ? `${head}: ${String(cell(years[i]))}` : String(cell(years[i])))),
        },
        width,
        theme,
      );
    },
    table: () => table(columns, [...years].reverse(), c.table(title), 60),
  });
  return [
    h("p", { class: "standing", "aria-live": "polite" }, said),
    chart || h("p", { class: "note" }, c.say("lifeNothing")),
    one.phases.length ? h("p", { class: "note" }, c.say("phasesAre", { phases: held.phases.map((phase, i) => `${ROMAN[i] ?? i + 1} ${phase[lang]}`).join(lang === "zh" ? "，" : ", ") })) : null,
  ];
}

const KINDS = { selection: "kindSelection", decline: "kindDecline" } as const;
const ROMAN = ["I", "II", "III", "IV", "V"];
