/** How sure the ranking is: where each region stands over all versions of the index, and which choice moves whom. */

import type { Api, Item } from "../engine";
import type { Context } from "../context";
import { figure, tooltip, widthOf, type Drawing } from "../charts";
import { shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { median, ranking, top, type Place } from "../findings";
import { between, capital, count, fixed, percent } from "../format";
import { key } from "../key";
import { ticks } from "../layout";
import { firstOf } from "../long";
import { drawRows } from "../rows";
import { HIGH, LOW, MEDIAN, SCORED, TOP, type Report } from "../payload";

const SLIGHT = 0.1;

type Sure = NonNullable<Report["sureness"]>;

export function sureness(c: Context): HTMLElement {
  const sure = c.report.sureness!;
  const content = c.store.live(["year"], () => {
    const places = ranking(c.report, c.state.year, top(c.report));
    return [
      h("p", { class: "standing" }, words(c, sure, places)),
      firstOf(c, places, (shown) => intervals(c, sure, shown, places.length)),
      rows(c, sure, places),
    ];
  });
  return h(
    "section",
    { id: "sureness", "aria-labelledby": "sureness-title" },
    h("h2", { id: "sureness-title" }, c.say("sureness")),
    h("p", {}, c.say("surenessVaried", { n: count(sure.independent, c.state.lang) })),
    choices(c, sure),
    content,
    sure.effects ? effects(c, sure) : h("p", { class: "note" }, c.say("effectsNone")),
  );
}

/** The interval beside a rank, where the table ranks by the whole index and the index was varied. */
export function rankInterval(c: Context): Column<Place>[] {
  const { sureness: sure } = c.report;
  if (!sure || c.state.element !== top(c.report)) return [];
  return [
    {
      title: c.say("interval", { level: percent(sure.level, c.state.lang, 0) }),
      cell: (p) => between(at(c, sure, p, LOW), at(c, sure, p, HIGH), c.state.lang),
      value: (p) => at(c, sure, p, LOW) + at(c, sure, p, HIGH) / 1000,
      raw: (p) => between(at(c, sure, p, LOW), at(c, sure, p, HIGH), c.state.lang),
      ends: c.ends(c.say("interval", { level: percent(sure.level, c.state.lang, 0) }), (p) => [at(c, sure, p, LOW), at(c, sure, p, HIGH)]),
      numeric: true,
    },
  ];
}

function at(c: Context, sure: Sure, place: Place, what: number): number {
  return sure.ranks.at(place.region, c.state.year, what);
}

function choices(c: Context, sure: Sure): HTMLElement {
  const joint = c.state.lang === "zh" ? "；" : "; ";
  const told = sure.factors.map(({ title, versions, how }) =>
    h(
      "div",
      {},
      h("dt", {}, capital(title[c.state.lang])),
      h("dd", {}, how ? how[c.state.lang] : versions.map((version) => version[c.state.lang]).join(joint)),
    ),
  );
  return h("dl", { class: "varied" }, told);
}

function words(c: Context, sure: Sure, places: Place[]): string {
  const { lang } = c.state;
  const widths = places.map((place) => at(c, sure, place, HIGH) - at(c, sure, place, LOW));
  const widest = places[widths.reduce((held, width, i) => (width > widths[held] ? i : held), 0)];
  const said = [];
  if (widest) {
    said.push(
      c.say("surenessWidth", {
        year: c.year(),
        level: percent(sure.level, lang, 0),
        width: fixed(median(widths), 1, lang),
        region: c.region(widest.region),
        low: fixed(at(c, sure, widest, LOW), 0, lang),
        high: fixed(at(c, sure, widest, HIGH), 0, lang),
      }),
    );
  }
  if (sure.shift !== null) said.push(c.say("surenessShift", { shift: fixed(sure.shift, 1, lang) }));
  return said.join(lang === "zh" ? "" : " ");
}

function intervals(c: Context, sure: Sure, places: Place[], ranked: number): HTMLElement {
  const { lang } = c.state;
  const level = percent(sure.level, lang, 0);
  const shown = (place: Place) => `${c.region(place.region)} ${between(at(c, sure, place, LOW), at(c, sure, place, HIGH), lang)}`;
  const note = c.say("surenessNote", { level, n: count(sure.independent, lang) });
  return figure({
    name: "sureness",
    data: { table: "draws" },
    text: c.figure(
      c.say("surenessTitle", { year: c.year() }),
      c.say("surenessDescribe", { year: c.year(), leaders: c.listed(places.slice(0, 3).map(shown), 3) }),
      note,
    ),
    draw: (width, theme) => drawing(c, sure, places, ranked, width, theme),
    table: () => rows(c, sure, places),
    click: (i) => c.store.set({ region: places[i].region }),
  });
}

function drawing(c: Context, sure: Sure, places: Place[], ranked: number, width: number, theme: Theme): Drawing {
  const { lang } = c.state;
  const level = percent(sure.level, lang, 0);
  return drawRows(
    {
      rows: places.map((place) => ({
        name: `${place.rank}  ${c.region(place.region)}`,
        value: place.rank,
        low: at(c, sure, place, LOW),
        tick: at(c, sure, place, MEDIAN),
        high: at(c, sure, place, HIGH),
      })),
      kind: "dot",
      marks: { value: c.say("asItStands"), interval: c.say("interval", { level }), tick: c.say("medianRank") },
      axis: { min: 0, max: ranked + 0.5, step: ticks(0, ranked).step },
      tickLabel: (rank) => (rank > 0 && Number.isInteger(rank) ? String(rank) : ""),
      tip: (i) => [
        c.region(places[i].region),
        `${c.say("asItStands")}: ${places[i].rank}`,
        `${c.say("interval", { level })}: ${between(at(c, sure, places[i], LOW), at(c, sure, places[i], HIGH), lang)}`,
        `${c.say("medianRank")}: ${fixed(at(c, sure, places[i], MEDIAN), 0, lang)}`,
        `${c.say("versionsInTop", { k: sure.top })}: ${percent(at(c, sure, places[i], TOP), lang)}`,
      ],
    },
    width,
    theme,
  );
}

function rows(c: Context, sure: Sure, places: Place[]): HTMLElement {
  const { lang } = c.state;
  const level = percent(sure.level, lang, 0);
  const share = (title: string, what: number): Column<Place> => ({
    title,
    cell: (p) => percent(at(c, sure, p, what), lang),
    value: (p) => at(c, sure, p, what),
    numeric: true,
    descending: true,
  });
  const columns: Column<Place>[] = [
    { title: c.say("rank"), cell: (p) => p.rank, value: (p) => p.rank, numeric: true },
    { title: c.say("region"), cell: (p) => c.region(p.region), value: (p) => c.region(p.region), heading: true },
    {
      title: c.say("rankInterval", { level }),
      cell: (p) => between(at(c, sure, p, LOW), at(c, sure, p, HIGH), lang),
      value: (p) => at(c, sure, p, HIGH) - at(c, sure, p, LOW),
      ends: c.ends(c.say("rankInterval", { level }), (p) => [at(c, sure, p, LOW), at(c, sure, p, HIGH)]),
      numeric: true,
      descending: true,
    },
    {
      title: c.say("medianRank"),
      cell: (p) => fixed(at(c, sure, p, MEDIAN), 0, lang),
      value: (p) => at(c, sure, p, MEDIAN),
      numeric: true,
    },
    share(c.say("versionsInTop", { k: sure.top }), TOP),
  ];
  if (places.some((place) => at(c, sure, place, SCORED) < 1)) columns.push(share(c.say("scoredShare"), SCORED));
  return table(columns, places, c.table(c.say("surenessTitle", { year: c.year() })));
}

function effects(c: Context, sure: Sure): HTMLElement {
  const { lang } = c.state;
  const order = sure.effects!.map((_, i) => i).sort((a, b) => sure.effects![b].total - sure.effects![a].total);
  const title = c.say("effectsTitle");
  const exact = sure.effects!.every((effect) => effect.totalLow === null);
  const leaders = order.slice(0, 3).map((i) => `${sure.factors[i].title[lang]} ${percent(sure.effects![i].total, lang)}`);
  return figure({
    name: "effects",
    text: c.figure(
      title,
      c.say("effectsDescribe", { leaders: c.listed(leaders, 3) }),
      exact ? c.say("effectsNoteExact") : c.say("effectsNote", { level: percent(sure.level, lang, 0) }),
    ),
    draw: (width, theme) => effectBars(c, sure, order, width, theme),
    table: () => effectRows(c, sure, order, title),
  });
}

function effectBars(c: Context, sure: Sure, order: number[], width: number, theme: Theme): Drawing {
  const { lang } = c.state;
  const found = order.map((i) => sure.effects![i]);
  const names = order.map((i) => capital(sure.factors[i].title[lang]));
  const [own, whole] = [theme.accent, shade([theme.ground, theme.accent], 0.42)];
  const marks = key(
    [
      { name: c.say("totalEffect"), shape: "bar", colour: whole },
      { name: c.say("firstOrder"), shape: "bar", colour: own },
    ],
    width,
    theme,
  );
  const room = Math.min(width * 0.36, Math.max(...names.map((name) => widthOf(name, 12))) + 14);
  const ends = found.flatMap((one) => [one.first, one.total, one.firstHigh ?? 0, one.totalHigh ?? 0]);
  const starts = found.flatMap((one) => [0, one.first, one.firstLow ?? 0, one.totalLow ?? 0]);
  // An estimate may fall a little below zero; that needs no room of its own.
  const least = Math.min(...starts);
  const scale = ticks(least > -SLIGHT ? 0 : least, Math.max(...ends));
  const tall = 36;
  const draw = (params: Item, api: Api) => {
    const one = found[params.dataIndex];
    const x = (value: number) => api.coord([Math.max(value, scale.min), params.dataIndex])[0];
    const y = api.coord([0, params.dataIndex])[1];
    const bar = (value: number, low: number | null, high: number | null, above: number, fill: string) => {
      const [from, to] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: "line" as const,
        shape: { x1, y1, x2, y2 },
        style: { stroke: theme.ink, lineWidth: 1 },
      });
      const mid = above + 5.5;
      return [
        { type: "rect" as const, shape: { x: from, y: above, width: to - from, height: 11 }, style: { fill } },
        ...(low === null || high === null
          ? []
          : [line(x(low), mid, x(high), mid), line(x(low), mid - 3, x(low), mid + 3), line(x(high), mid - 3, x(high), mid + 3)]),
      ];
    };
    return {
      type: "group" as const,
      children: [
        ...bar(one.total, one.totalLow, one.totalHigh, y - 12, whole),
        ...bar(one.first, one.firstLow, one.firstHigh, y + 1, own),
      ],
    };
  };
  return {
    height: marks.height + order.length * tall + 30,
    option: {
      graphic: marks.graphic as never,
      grid: { left: room, right: 24, top: marks.height, bottom: 26 },
      xAxis: {
        type: "value",
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, formatter: (v: number) => percent(v, lang, 0) },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: names,
        axisLine: { onZero: true, lineStyle: { color: theme.muted } },
        axisTick: { show: false },
        axisLabel: { color: theme.ink, fontSize: 12, width: room - 8, overflow: "break", interval: 0, margin: 6 },
      },
      tooltip: tooltip(theme, (i) => [names[i], ...told(c, sure, order[i])]),
      series: [{ type: "custom", renderItem: draw as never, data: found.map((one, i) => [one.total, i]) }],
    } as Drawing["option"],
  };
}

function share(c: Context, value: number, low: number | null, high: number | null): string {
  const shown = (part: number) => percent(part, c.state.lang);
  if (low === null || high === null) return shown(value);
  return c.state.lang === "zh" ? `${shown(value)}（${shown(low)}至${shown(high)}）` : `${shown(value)} (${shown(low)} to ${shown(high)})`;
}

function told(c: Context, sure: Sure, i: number): string[] {
  const one = sure.effects![i];
  return [
    `${c.say("totalEffect")}: ${share(c, one.total, one.totalLow, one.totalHigh)}`,
    `${c.say("firstOrder")}: ${share(c, one.first, one.firstLow, one.firstHigh)}`,
  ];
}

function effectRows(c: Context, sure: Sure, order: number[], title: string): HTMLElement {
  const effect = (i: number) => sure.effects![i];
  const columns: Column<number>[] = [
    { title: c.say("choice"), cell: (i) => capital(sure.factors[i].title[c.state.lang]), value: (i) => sure.factors[i].title[c.state.lang], heading: true },
    {
      title: c.say("firstOrder"),
      cell: (i) => share(c, effect(i).first, effect(i).firstLow, effect(i).firstHigh),
      value: (i) => effect(i).first,
      numeric: true,
      descending: true,
    },
    {
      title: c.say("totalEffect"),
      cell: (i) => share(c, effect(i).total, effect(i).totalLow, effect(i).totalHigh),
      value: (i) => effect(i).total,
      numeric: true,
      descending: true,
    },
  ];
  return table(columns, order, c.table(title));
}
