/** Scores over the years, unless the yardstick itself moves with the year. */

import { fillLate, regionNamed } from "../chooser";
import type { Context } from "../context";
import { figure, FONT, path, tooltip, widthOf, yearAxis, type Drawing } from "../charts";
import type { Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { extent, indicatorsPresent, scoredYears } from "../findings";
import { apart, ticks } from "../layout";

// As many regions as there are colours to tell them apart.
const MOST_PICKS = 8;

export function trend(c: Context): HTMLElement {
  const years = c.report.years.length;
  const content = !c.comparable
    ? h("p", { class: "refusal", role: "note" }, c.say("trendRefused", { steps: steps(c) }))
    : years < 2
      ? h("p", { class: "refusal" }, c.say("trendOneYear"))
      : h("div", {}, picker(c, "trend"), c.store.live(["picks", "element"], () => [course(c, "trend", c.state.element)]));
  return h("section", { id: "trend", "aria-labelledby": "trend-title" }, h("h2", { id: "trend-title" }, c.say("trend")), content);
}

const STEP = { normalise: "stepNormalise", weigh: "stepWeigh", aggregate: "stepAggregate" } as const;

export function steps(c: Context): string {
  return c.listed(c.report.yearly.map((step) => c.say(STEP[step as keyof typeof STEP])), 9);
}

/** Regions to look at side by side: found by name, taken away by a click; the same everywhere on the page. */
export function picker(c: Context, id: string): HTMLElement {
  const { report: r } = c;
  const all = r.regions.map((_, at) => at);
  const options = h("datalist", { id: `${id}-regions` });
  const input = h("input", { id: `${id}-pick`, list: `${id}-regions`, autocomplete: "off", placeholder: c.say("trendPlaceholder") });
  fillLate(c, input, options, all);
  const add = () => {
    const region = regionNamed(c, input.value, all);
    if (region < 0) return;
    input.value = "";
    const kept = c.state.picks.filter((one) => one !== region);
    c.store.set({ picks: [...kept, region].slice(-MOST_PICKS) });
  };
  input.addEventListener("change", add);
  input.addEventListener("input", add);
  const chips = c.store.live(["picks"], () =>
    c.state.picks.map((region) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          "aria-label": c.say("trendRemove", { region: c.region(region) }),
          click: () => c.store.set({ picks: c.state.picks.filter((one) => one !== region) }),
        },
        c.region(region),
        h("span", { "aria-hidden": "true" }, "×"),
      ),
    ),
  );
  chips.classList.add("chips");
  return h("div", { class: "picker" }, h("label", { for: `${id}-pick` }, c.say("trendPick")), input, options, chips);
}

/** Scores of an element over the years: the picked regions before all others. */
export function course(c: Context, name: string, element: number): HTMLElement {
  const { report: r, state } = c;
  const period = { what: c.element(element), first: c.year(0), last: c.year(r.years.length - 1) };
  const title = c.say("trendTitle", period);
  return figure({
    name,
    text: c.figure(title, c.say("trendDescribe", { ...period, regions: c.listed(state.picks.map((at) => c.region(at)), MOST_PICKS) }), note(c)),
    draw: (width, theme) => drawing(c, element, width, theme),
    data: c.scores(element),
    table: () => values(c, element, title),
  });
}

function note(c: Context): string {
  const counts = indicatorsPresent(c.report);
  const most = Math.max(...counts);
  const lean = c.report.years.filter((_, at) => counts[at] < most).map(String);
  if (!lean.length) return c.say("trendNote");
  const uneven = c.say("trendUneven", { years: c.listed(lean, 12), least: Math.min(...counts), most });
  return `${c.say("trendNote")}${c.state.lang === "zh" ? "" : " "}${uneven}`;
}

function drawing(c: Context, element: number, width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const { picks } = state;
  const score = (region: number, year: number) => r.scores.at(region, year, element);
  const scores = (region: number) => r.years.map((year, at): [number, number] => [year - r.years[0], score(region, at)]);
  const years = scoredYears(r, element);
  const names = picks.map((region) => c.region(region));
  const room = Math.min(width * 0.3, Math.max(20, ...names.map((name) => widthOf(name, 12, 600))) + 16);
  const [low, high] = extent(r.regions.flatMap((_, region) => years.map((year) => score(region, year))));
  const scale = ticks(low > 0 && low < (high - low) / 2 ? 0 : low, high);
  const [above, below] = [16, 28];
  const left = Math.max(widthOf(c.tick(scale.min), 12), widthOf(c.tick(scale.max - scale.step), 12)) + 12;
  const height = Math.round(Math.min(460, Math.max(300, width * 0.45)));
  const y = (value: number) => above + ((scale.max - value) / (scale.max - scale.min)) * (height - above - below);
  const last = (region: number) => years.filter((year) => r.ranks.at(region, year, element)).pop();
  const context = r.regions.flatMap((_, region) => (picks.includes(region) ? [] : [region]));
  const few = r.years.length <= 12;
  const behind = context.map((region) => path(scores(region), { colour: theme.context, width: context.length > 60 ? 0.5 : 1 }, 1));
  const ahead = picks.map((region, i) => path(scores(region), { colour: theme.lines[i % theme.lines.length], width: 2.25, dot: few ? 6 : 4 }, 10));
  // Names stand right of the last year, moved apart where lines end together.
  const named = picks
    .flatMap((region, i) => {
      const at = last(region);
      return at === undefined ? [] : [{ i, y: y(score(region, at)) }];
    })
    .sort((a, b) => a.y - b.y);
  apart(named, 15, above - 8, height - below);
  const labels = named.map((one) => ({
    type: "text",
    silent: true,
    style: {
      text: names[one.i],
      x: width - room + 10,
      y: one.y,
      textVerticalAlign: "middle",
      fill: theme.lines[one.i % theme.lines.length],
      font: `600 12px ${FONT}`,
      width: room - 10,
      overflow: "truncate",
    },
  }));
  return {
    height,
    option: {
      graphic: labels as never,
      grid: { left, right: room, top: above, bottom: below },
      xAxis: yearAxis(r.years, width - room - left, theme),
      yAxis: {
        type: "value",
        min: scale.min,
        max: scale.max,
        interval: scale.step,
        axisLabel: { color: theme.muted, fontSize: 12, formatter: (v: number) => c.tick(v) },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      tooltip: tooltip(theme, (year, series) => {
        const region = series < behind.length ? context[series] : picks[series - behind.length];
        const rank = r.ranks.at(region, year, element);
        return [
          `${c.region(region)}, ${c.year(year)}`,
          `${c.say("score")}: ${c.score(score(region, year), element)}`,
          ...(rank ? [`${c.say("rank")}: ${rank}`] : []),
        ];
      }),
      series: [...behind, ...ahead],
    } as Drawing["option"],
  };
}

function values(c: Context, element: number, title: string): HTMLElement {
  const { report: r, state } = c;
  const rows = [...state.picks, ...r.regions.flatMap((_, at) => (state.picks.includes(at) ? [] : [at]))];
  const columns: Column<number>[] = [
    { title: c.say("region"), cell: (at) => c.region(at), value: (at) => c.region(at), heading: true },
    ...r.years.map((year, t) => ({
      title: String(year),
      cell: (at: number) => c.score(r.scores.at(at, t, element), element),
      value: (at: number) => r.scores.at(at, t, element),
      numeric: true,
      descending: true,
    })),
  ];
  return table(columns, rows, c.table(title));
}
