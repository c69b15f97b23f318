/** Statistics of the index followed through all of its versions: a line with a band each. */

import type { Api, Item } from "../engine";
import type { Context } from "../context";
import { figure, FONT, path, tooltip, widthOf, yearAxis, type Drawing } from "../charts";
import { shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent } from "../findings";
import { capital, count, decimals, fixed, percent, significant } from "../format";
import { key, type Mark } from "../key";
import { bent, ticks, uneven } from "../layout";
import type { Followed } from "../payload";

export function follow(c: Context): HTMLElement {
  const { followed, sureness } = c.report;
  const courses = followed.filter((one) => one.years && one.years.length > 1);
  const single = followed.filter((one) => !courses.includes(one));
  const intro = sureness
    ? c.say("followIntro", { level: percent(sureness.level, c.state.lang, 0), n: count(sureness.independent, c.state.lang) })
    : c.say("followNominal");
  return h(
    "section",
    { id: "follow", "aria-labelledby": "follow-title" },
    h("h2", { id: "follow-title" }, c.say("follow")),
    h("p", {}, intro),
    h("div", { class: courses.length > 1 ? "pair" : null }, courses.map((one, i) => h("div", {}, course(c, one, i)))),
    single.length ? numbers(c, single, courses.length > 0) : null,
  );
}

const called = (c: Context, one: Followed): string => capital(one.title[c.state.lang]);
const known = (value: number | null): number => value ?? NaN;

/** Versions on another scale (ranks beside shares of a range) have values of another size: on one even axis the study would lie on the ground. */
const wide = (one: Followed): boolean => one.varied && uneven([...one.nominal, ...one.low, ...one.high].filter((value) => value !== null));

/** How a statistic's values are written: the digits suit how far they lie apart, or their size. */
function writer(c: Context, one: Followed): (value: number | null) => string {
  const [low, high] = extent([...one.nominal, ...one.low, ...one.high].map(known));
  const digits = decimals(high > low ? high - low : Math.abs(high));
  return (value) => (wide(one) ? significant(known(value), 3, c.state.lang) : fixed(known(value), digits, c.state.lang));
}

function interval(c: Context, one: Followed, i: number): string {
  const write = writer(c, one);
  if (!one.varied || one.low[i] === null) return "–";
  return c.state.lang === "zh" ? `${write(one.low[i])} 至 ${write(one.high[i])}` : `${write(one.low[i])} to ${write(one.high[i])}`;
}

function course(c: Context, one: Followed, at: number): HTMLElement {
  const { lang } = c.state;
  const years = one.years!;
  const write = writer(c, one);
  const last = years.length - 1;
  const least = Math.min(...one.shareDefined.map((share) => share ?? 0));
  const notes = [one.varied && least < 1 && c.say("followUndefined", { share: percent(1 - least, lang) }), wide(one) && c.say("followLog")];
  const blanks = { what: called(c, one), first: years[0], last: years[last], from: write(one.nominal[0]), to: write(one.nominal[last]) };
  return figure({
    name: `follow-${at + 1}`,
    text: c.figure(called(c, one), c.say("followDescribe", blanks), c.joined(notes) || undefined),
    draw: (width, theme) => drawing(c, one, width, theme),
    table: () => values(c, one),
  });
}

function drawing(c: Context, one: Followed, width: number, theme: Theme): Drawing {
  const years = one.years!;
  const write = writer(c, one);
  const [low, high] = extent([...one.nominal, ...one.low, ...one.high].map(known));
  const height = Math.round(Math.min(300, Math.max(220, width * 0.5)));
  const bend = wide(one) ? bent([...one.nominal, ...one.low, ...one.high, ...one.median].filter((value) => value !== null), 5) : null;
  const scale = bend ? { min: 0, max: 1, step: 1 } : ticks(low, high);
  const at = (value: number | null): number => (bend ? bend.share(known(value)) : known(value));
  const named = bend?.ticks ?? [scale.min, scale.max];
  const pale = shade([theme.ground, theme.accent], 0.2);
  const marks: Mark[] = [{ name: c.say("asItStands"), shape: "line", colour: theme.accent }];
  if (one.varied) {
    const level = percent(c.report.sureness?.level ?? NaN, c.state.lang, 0);
    marks.push({ name: c.say("interval", { level }), shape: "bar", colour: pale }, { name: c.say("median"), shape: "dash", colour: theme.muted });
  }
  const above = key(marks, width, theme);
  const left = Math.max(...named.map((value) => widthOf(c.tick(value), 12))) + 12;
  const down = (value: number) => above.height + 10 + (1 - at(value)) * (height - 38);
  // An even axis names and rules itself; a bent one has its places put by hand.
  const rules = (bend?.ticks ?? []).flatMap((value) => [
    { type: "line", silent: true, shape: { x1: left, y1: down(value), x2: width - 24, y2: down(value) }, style: { stroke: theme.rule, lineWidth: 1 } },
    { type: "text", silent: true, style: { text: c.tick(value), x: left - 8, y: down(value), textAlign: "right", textVerticalAlign: "middle", fill: theme.muted, font: `12px ${FONT}` } },
  ]);
  const place = (i: number) => String(years[i]);
  const line = (of: (number | null)[]) => of.map((value, i): [number, number | null] => [years[i] - years[0], value === null ? null : at(value)]);
  // One shape for every stretch of years in which the interval is known.
  const stretches = one.varied ? unbroken(one.low) : [];
  const draw = (params: Item, api: Api) => {
    const stretch = stretches[params.dataIndex];
    const spot = (i: number, value: number | null) => api.coord([years[i] - years[0], at(value)]);
    if (stretch.length === 1) {
      const [i] = stretch;
      const [x, top] = spot(i, one.high[i]);
      return { type: "rect" as const, shape: { x: x - 3, y: top, width: 6, height: spot(i, one.low[i])[1] - top }, style: { fill: pale } };
    }
    const points = [...stretch.map((i) => spot(i, one.low[i])), ...[...stretch].reverse().map((i) => spot(i, one.high[i]))];
    return { type: "polygon" as const, shape: { points }, style: { fill: pale } };
  };
  return {
    height: height + above.height,
    option: {
      graphic: [...above.graphic, ...rules] as never,
      grid: { left, right: 24, top: above.height + 10, bottom: 28 },
      xAxis: yearAxis(years, width - left - 24, theme),
      yAxis: {
        type: "value",
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        axisLabel: { color: theme.muted, fontSize: 12, formatter: (v: number) => (bend ? "" : c.tick(v)) },
        splitLine: { show: !bend, lineStyle: { color: theme.rule } },
      },
      tooltip: tooltip(theme, (i, series) => {
        if (series === 0 && stretches.length) return [];
        const level = percent(c.report.sureness?.level ?? NaN, c.state.lang, 0);
        const more = one.varied ? [`${c.say("interval", { level })}: ${interval(c, one, i)}`, `${c.say("median")}: ${write(one.median[i])}`] : [];
        return [`${called(c, one)}, ${years[i]}`, `${c.say("asItStands")}: ${write(one.nominal[i])}`, ...more];
      }),
      series: [
        ...(stretches.length
          ? [{ type: "custom" as const, silent: true, renderItem: draw as never, data: stretches.map((stretch) => [place(stretch[0]), at(one.low[stretch[0]])]) }]
          : []),
        ...(one.varied
          ? [path(line(one.median), { colour: theme.muted, width: 1.5, dash: [4, 3] }, 4)]
          : []),
        path(line(one.nominal), { colour: theme.accent, width: 2.25, dot: years.length <= 12 ? 6 : 4 }),
      ],
    } as Drawing["option"],
  };
}

/** The positions of numbers, cut where one is missing. */
function unbroken(values: (number | null)[]): number[][] {
  const found: number[][] = [];
  values.forEach((value, i) => {
    if (value === null) return;
    if (i > 0 && values[i - 1] !== null) found[found.length - 1].push(i);
    else found.push([i]);
  });
  return found;
}

function values(c: Context, one: Followed): HTMLElement {
  const write = writer(c, one);
  const columns: Column<number>[] = [
    { title: c.say("year"), cell: (i) => String(one.years![i]), value: (i) => one.years![i], heading: true },
    ...outcomes<number>(c, (i) => ({ one, i, write })),
  ];
  return table(columns, one.years!.map((_, i) => i), c.table(called(c, one)));
}

function numbers(c: Context, all: Followed[], beside: boolean): HTMLElement {
  const columns: Column<Followed>[] = [
    { title: c.say("statistic"), cell: (one) => called(c, one), value: (one) => called(c, one), heading: true },
    ...outcomes<Followed>(c, (one) => ({ one, i: 0, write: writer(c, one) })),
  ];
  const title = c.say("followScalars");
  return h("div", {}, beside ? h("h3", {}, title) : null, table(columns, all, c.table(title)));
}

interface Outcome {
  one: Followed;
  i: number;
  write: (value: number | null) => string;
}

/** As the study stands, the median and interval over the versions, and in how many there is a value. */
function outcomes<Row>(c: Context, of: (row: Row) => Outcome): Column<Row>[] {
  const level = percent(c.report.sureness?.level ?? NaN, c.state.lang, 0);
  const columns: Column<Row>[] = [
    { title: capital(c.say("asItStands")), cell: (row) => of(row).write(of(row).one.nominal[of(row).i]), numeric: true },
  ];
  if (!c.report.sureness) return columns;
  return [
    ...columns,
    { title: c.say("median"), cell: (row) => of(row).write(of(row).one.median[of(row).i]), numeric: true },
    { title: c.say("interval", { level }), cell: (row) => interval(c, of(row).one, of(row).i), ends: c.ends(c.say("interval", { level }), (row) => [of(row).one.low[of(row).i], of(row).one.high[of(row).i]]), numeric: true },
    { title: c.say("definedShare"), cell: (row) => percent(known(of(row).one.shareDefined[of(row).i]), c.state.lang), numeric: true },
  ];
}
