/** Who stands where in one year, and what the score is made of. */

import type { Context } from "../context";
import { figure, legend, tooltip, widthOf, type Drawing } from "../charts";
import { light, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { changes, children, elementNode, parts, ranking as ranked, scoredYears, scoreOf, type Place } from "../findings";
import { signed } from "../format";
import { firstOf } from "../long";
import { rankInterval } from "./sureness";

export function ranking(c: Context): HTMLElement {
  const content = c.store.live(["year", "element"], () => {
    const places = ranked(c.report, c.state.year, c.state.element);
    return [firstOf(c, places, (shown) => bars(c, shown)), rows(c, places)];
  });
  return h("section", { id: "ranking", "aria-labelledby": "ranking-title" }, h("h2", { id: "ranking-title" }, c.say("ranking")), content);
}

function bars(c: Context, places: Place[]): HTMLElement {
  const { report: r, state } = c;
  const title = c.say("rankingTitle", { what: c.element(state.element), year: c.year() });
  const leaders = c.listed(places.slice(0, 3).map((place) => `${c.region(place.region)} ${c.score(place.score, state.element)}`), 3);
  const additive = r.additive[state.element];
  // More parts than there are colours would tell nobody which is which.
  const split = additive && children(r, elementNode(r, state.element)).length <= light.parts.length;
  return figure({
    name: "ranking",
    text: c.figure(
      title,
      c.say("rankingDescribe", { what: c.element(state.element), year: c.year(), leaders }),
      split ? c.say("rankingParts") : additive ? undefined : c.say("rankingWhole"),
    ),
    draw: (width, theme) => drawing(c, places, split, width, theme),
    table: () => (additive ? partsTable(c, places, title) : rows(c, places)),
    click: (at) => c.store.set({ region: places[at].region }),
  });
}

function drawing(c: Context, places: Place[], split: boolean, width: number, theme: Theme): Drawing {
  const { report: r, state } = c;
  const element = state.element;
  const nodes = split ? children(r, elementNode(r, element)) : [];
  const made = places.map((place) => (split ? parts(r, place.region, state.year, element) : []));
  const key = legend(nodes.map((node) => c.node(node)), width, theme);
  const above = split ? key.height + 8 : 4;
  const names = places.map((place) => `${place.rank}  ${c.region(place.region)}`);
  const room = Math.min(width * 0.36, Math.max(...names.map((name) => widthOf(name, 12))) + 14);
  const positive = made.map((own) => own.reduce((sum, { part }) => sum + Math.max(0, part), 0));
  const negative = made.some((own) => own.some(({ part }) => part < 0)) || places.some((place) => place.score < 0);
  const bar = { type: "bar" as const, barCategoryGap: "28%" };
  const stacked = nodes.map((node, i) => ({
    ...bar,
    name: c.node(node),
    stack: "score",
    itemStyle: { color: theme.parts[i % theme.parts.length], borderColor: theme.ground, borderWidth: 0.5 },
    data: made.map((own) => own.find((one) => one.node === node)?.part ?? 0),
  }));
  const whole = [{ ...bar, name: c.say("score"), itemStyle: { color: theme.accent }, data: places.map((place) => place.score) }];
  // The number stands at the end of the bar; where parts pull both ways a mark shows the score itself.
  const totals = {
    type: "scatter" as const,
    name: "total",
    silent: true,
    symbol: "rect",
    symbolSize: split && negative ? [3, 13] : 0,
    itemStyle: { color: theme.ink },
    data: places.map((place) => place.score),
    z: 5,
  };
  const numbers = {
    type: "scatter" as const,
    name: "number",
    silent: true,
    symbolSize: 0,
    data: places.map((place, i) => Math.max(split ? positive[i] : place.score, place.score, 0)),
    label: {
      show: true,
      position: "right" as const,
      distance: 6,
      color: theme.ink,
      fontSize: 12,
      formatter: ({ dataIndex }: { dataIndex: number }) => c.score(places[dataIndex].score, element),
    },
    z: 6,
  };
  return {
    height: above + places.length * 23 + 30,
    option: {
      grid: { left: room, right: 56, top: above, bottom: 26 },
      legend: split ? key.option : undefined,
      xAxis: {
        type: "value",
        axisLabel: { color: theme.muted, fontSize: 11, hideOverlap: true, formatter: (v: number) => c.tick(v) },
        splitLine: { lineStyle: { color: theme.rule } },
      },
      yAxis: {
        type: "category",
        inverse: true,
        data: names,
        axisLine: { show: negative, lineStyle: { color: theme.rule } },
        axisTick: { show: false },
        axisLabel: { color: theme.ink, fontSize: 12, width: room - 8, overflow: "truncate", interval: 0, margin: 6 },
        ...(negative ? { axisLine: { onZero: true, lineStyle: { color: theme.muted } }, offset: 0 } : {}),
      },
      tooltip: tooltip(theme, (at) => [
        c.region(places[at].region),
        `${c.say("rank")}: ${c.say("nth", { rank: places[at].rank, n: ranked(r, state.year, element).length })}`,
        ...rankInterval(c).map(({ title, cell }) => `${title}: ${cell(places[at])}`),
        `${c.say("score")}: ${c.score(places[at].score, element)}`,
        ...made[at].map(({ node, part }) => `${c.node(node)}: ${c.score(part, element)}`),
      ]),
      series: [...(split ? stacked : whole), totals, numbers],
    },
  };
}

function partsTable(c: Context, places: Place[], title: string): HTMLElement {
  const { report: r, state } = c;
  const own = children(r, elementNode(r, state.element));
  const part = (place: Place, node: number) =>
    parts(r, place.region, state.year, state.element).find((one) => one.node === node)?.part ?? NaN;
  const columns: Column<Place>[] = [
    { title: c.say("rank"), cell: (p) => p.rank, value: (p) => p.rank, numeric: true },
    ...rankInterval(c),
    { title: c.say("region"), cell: (p) => c.region(p.region), value: (p) => c.region(p.region), heading: true },
    { title: c.say("score"), cell: (p) => c.score(p.score, state.element), value: (p) => p.score, numeric: true, descending: true },
    ...own.map((node) => ({
      title: `${c.say("contribution")}: ${c.node(node)}`,
      cell: (p: Place) => c.score(part(p, node), state.element),
      value: (p: Place) => part(p, node),
      numeric: true,
      descending: true,
    })),
  ];
  return table(columns, places, c.table(title));
}

/** The full ranking with the scores of the level below and the places gained. */
function rows(c: Context, places: Place[]): HTMLElement {
  const { report: r, state } = c;
  const { element, year } = state;
  const below = children(r, elementNode(r, element)).filter((node) => node >= r.indicators);
  const first = scoredYears(r, element)[0];
  const gained = new Map(changes(r, element, first ?? year, year).map((one) => [one.region, one.rankFrom - one.rankTo]));
  const gain = (p: Place) => gained.get(p.region) ?? NaN;
  const link = (p: Place) =>
    h("a", { href: "#profile", click: (event) => visit(event, c, p.region) }, c.region(p.region));
  const columns: Column<Place>[] = [
    { title: c.say("rank"), cell: (p) => p.rank, value: (p) => p.rank, numeric: true },
    ...rankInterval(c),
    { title: c.say("region"), cell: link, value: (p) => c.region(p.region), heading: true },
    { title: c.say("score"), cell: (p) => c.score(p.score, element), value: (p) => p.score, numeric: true, descending: true },
    ...below.map((node) => ({
      title: c.node(node),
      cell: (p: Place) => c.score(scoreOf(r, p.region, year, node), node - r.indicators),
      value: (p: Place) => scoreOf(r, p.region, year, node),
      numeric: true,
      descending: true,
    })),
  ];
  const since = first !== undefined && first !== year;
  if (since) {
    columns.push({
      title: c.say("rankingChange", { first: c.year(first) }),
      cell: (p) => h("span", { class: gain(p) > 0 ? "up" : gain(p) < 0 ? "down" : null }, signed(gain(p), 0, state.lang)),
      value: gain,
      numeric: true,
      descending: true,
    });
  }
  const title = c.say("rankingTitle", { what: c.element(element), year: c.year() });
  return h(
    "div",
    { class: "ranking-table" },
    since ? h("p", { class: "source" }, c.say("rankingChangeNote", { first: c.year(first) })) : null,
    table(columns, places, c.table(title)),
  );
}

/** Go to a region's profile without losing the choices kept in the address. */
export function visit(event: Event, c: Context, region: number): void {
  event.preventDefault();
  c.store.set({ region });
  document.getElementById("profile")?.scrollIntoView();
  document.getElementById("profile-region")?.focus({ preventScroll: true });
}

