/** The activity space as a network: what goes with what, and where the chosen region stands in it. */

import type { Api, Item } from "../engine";
import type { Context } from "../context";
import { choosers, placeIn, spaceOf } from "../chooser";
import { figure, tooltip, type Drawing } from "../charts";
import { shade, type Theme } from "../colour";
import { h, table, type Column } from "../dom";
import { count, fixed } from "../format";
import { key, type Mark } from "../key";
import { beside, cut } from "../labels";
import { ACTIVITY, type Network, type Space } from "../space";
import { named } from "./space";

// Colours that a reader can tell apart; what is beyond them is one grey.
const COLOURS = 9;
const STRONGEST = 3;
const HELD = { true: "held", false: "lacking", undefined: "notTold" } as const;

export function network(c: Context): HTMLElement {
  const content = c.store.live(["place", "space"], () => {
    const found = spaceOf(c);
    return found.network ? [picture(c, found, found.network)] : [h("p", { class: "note" }, c.say("networkNone"))];
  });
  return h(
    "section",
    { id: "network", "aria-labelledby": "network-title" },
    h("h2", { id: "network-title" }, c.say("network")),
    h("p", {}, c.say("networkIntro")),
    choosers(c, "network", { region: true, links: true }),
    content,
  );
}

/** Classes or communities, the largest first: what each node belongs to and what that is called. */
interface Kinds {
  of: number[];
  names: string[];
}

function kinds(c: Context, found: Space, net: Network): Kinds {
  const { lang } = c.state;
  const given = found.groups.length > 0;
  const raw = net.nodes.map((node, i) => (given ? found.activities[node].group : net.community[i] - 1));
  const size = (i: number) => total(found, net.nodes[i]);
  const members = new Map<number, number[]>();
  raw.forEach((kind, i) => kind >= 0 && members.set(kind, [...(members.get(kind) ?? []), i]));
  const order = [...members.keys()].sort((a, b) => members.get(b)!.length - members.get(a)!.length || a - b);
  const names = order.slice(0, COLOURS).map((kind) => {
    if (given) return found.groups[kind][lang];
    const inside = members.get(kind)!;
    const first = inside.reduce((best, i) => (size(i) > size(best) ? i : best), inside[0]);
    return c.say("community", { name: found.activities[net.nodes[first]].name[lang], n: inside.length });
  });
  const place = new Map(order.map((kind, at) => [kind, at]));
  const of = raw.map((kind) => Math.min(place.get(kind) ?? COLOURS, COLOURS));
  return { of, names: of.includes(COLOURS) ? [...names, ...Array<string>(COLOURS - names.length).fill(""), c.say("otherKinds")] : names };
}

const total = (found: Space, node: number): number => found.byActivity.at(node, found.periods.length - 1, ACTIVITY.total) || 0;

/** Which activities the chosen region has, as far as the page holds it. */
function heldBy(c: Context, found: Space, net: Network): Map<number, boolean> {
  const at = placeIn(c, found.regions);
  const told = at < 0 ? [] : net.nodes.map((node): [number, boolean | undefined] => [node, found.has(at, node)]);
  return new Map(told.filter((one): one is [number, boolean] => one[1] !== undefined));
}

function picture(c: Context, found: Space, net: Network): HTMLElement {
  const { lang } = c.state;
  const has = heldBy(c, found, net);
  const grouped = kinds(c, found, net);
  const title = c.say("networkTitle", { what: named(c, found), region: c.region(c.state.place) });
  const n = net.nodes.filter((node) => has.get(node)).length;
  const blanks = { n, all: net.nodes.length, region: c.region(c.state.place), ties: net.ties.length };
  const note = c.joined([
    c.say("networkNote", { region: blanks.region }),
    c.say(found.groups.length ? "networkClasses" : "networkCommunities"),
    has.size > 0 && has.size < net.nodes.length && c.say("networkPart"),
    net.nodes.length < found.activities.length && c.say("networkSome", { n: count(net.nodes.length, lang), all: count(found.activities.length, lang) }),
  ]);
  return figure({
    name: "network",
    data: { table: `${found.name}-ties` },
    text: c.figure(title, c.say("networkDescribe", blanks), note, [found.file]),
    draw: (width, theme) => drawing(c, found, net, grouped, has, width, theme),
    table: () => rows(c, found, net, grouped, has, title),
  });
}

function drawing(c: Context, found: Space, net: Network, grouped: Kinds, has: Map<number, boolean>, width: number, theme: Theme): Drawing {
  const { lang } = c.state;
  const colour = (i: number) => (grouped.of[i] >= COLOURS ? theme.muted : theme.parts[grouped.of[i]]);
  const marks: Mark[] = grouped.names.flatMap((name, at): Mark[] =>
    name ? [{ name: cut(name, Math.min(width - 30, 300)), shape: "dot", colour: at >= COLOURS ? theme.muted : theme.parts[at] }] : [],
  );
  const above = key(marks, width, theme);
  const n = net.nodes.length;
  const margin = 26;
  const [wide, tall] = [Math.max(...net.x, 1e-9), Math.max(...net.y, 1e-9)];
  // A narrow page turns the network on its side rather than make it small.
  const turned = width < 560 && tall < wide;
  const [across, down] = turned ? [net.y, net.x] : [net.x, net.y];
  const [spanX, spanY] = turned ? [tall, wide] : [wide, tall];
  const scale = (width - 2 * margin) / spanX;
  const height = Math.min(scale * spanY, turned || width < 560 ? width * 1.5 : width * 0.72);
  const squeeze = height / (scale * spanY || 1);
  const x = across.map((value) => margin + value * scale);
  const y = down.map((value) => above.height + margin + value * scale * squeeze);
  const most = Math.max(...net.nodes.map((node) => total(found, node)), 1e-12);
  const roomy = Math.min(16, Math.max(4, (Math.sqrt((width * height) / n) / 3)));
  const r = net.nodes.map((node) => Math.max(2.5, roomy * Math.sqrt(total(found, node) / most)));
  const path = (tree: boolean) =>
    net.ties.filter((tie) => tie.tree === tree).map(({ from, to }) => `M${x[from].toFixed(1)} ${y[from].toFixed(1)}L${x[to].toFixed(1)} ${y[to].toFixed(1)}`).join("");
  // Hundreds of ties are one shape, or the page would be slow.
  const paths = [false, true].map((tree) => ({ pathData: path(tree), stroke: shade([theme.ground, theme.muted], tree ? 0.6 : 0.28), lineWidth: tree ? 1.25 : 0.75 }));
  const drawTies = (params: Item, _api: Api) => {
    const { pathData, ...line } = paths[params.dataIndex];
    return { type: "path" as const, silent: true, shape: { pathData: pathData || "M0 0" }, style: { fill: "none", ...line } };
  };
  const draw = (params: Item, _api: Api) => {
    const i = params.dataIndex;
    const present = has.get(net.nodes[i]) ?? false;
    const fill = present ? colour(i) : shade([theme.ground, colour(i)], 0.22);
    return { type: "circle" as const, shape: { cx: x[i], cy: y[i], r: r[i] }, style: { fill, stroke: present ? theme.ink : shade([theme.ground, colour(i)], 0.7), lineWidth: present ? 1.25 : 0.75 } };
  };
  return {
    height: Math.round(above.height + height + 2 * margin),
    option: {
      graphic: [...above.graphic, ...labels(c, found, net, x, y, r, has, width, theme)] as never,
      tooltip: tooltip(theme, (i, series) => {
        if (!series) return [];
        const node = net.nodes[i];
        return [
          found.activities[node].name[lang],
          ...(grouped.names[grouped.of[i]] ? [grouped.names[grouped.of[i]]] : []),
          `${c.region(c.state.place)}: ${c.say(HELD[String(has.get(node)) as keyof typeof HELD])}`,
          `${c.say("amount")}: ${count(total(found, node), lang)}`,
          `${c.say("nearTo")}: ${c.listed(neighbours(net, i).map(({ at }) => found.activities[net.nodes[at]].name[lang]), STRONGEST)}`,
        ];
      }),
      series: [
        { type: "custom", coordinateSystem: "none", silent: true, renderItem: drawTies as never, data: [[0], [1]] },
        { type: "custom", coordinateSystem: "none", renderItem: draw as never, data: net.nodes.map((_, i) => [i]) },
      ],
    } as Drawing["option"],
  };
}

/** Names of the largest activities, those that the region has before others. */
function labels(c: Context, found: Space, net: Network, x: number[], y: number[], r: number[], has: Map<number, boolean>, width: number, theme: Theme): object[] {
  const narrow = width < 560;
  const size = (i: number) => total(found, net.nodes[i]) * (has.get(net.nodes[i]) ? 4 : 1);
  const order = net.nodes.map((_, i) => i).sort((a, b) => size(b) - size(a) || a - b);
  const spots = order.map((i) => ({ name: cut(found.activities[net.nodes[i]].name[c.state.lang], narrow ? 110 : 170, 11), x: x[i], y: y[i], r: r[i] }));
  return beside(spots, { left: 0, right: width, top: 0, bottom: Infinity }, narrow ? 8 : 24, theme, 11);
}

function neighbours(net: Network, node: number): { at: number; strength: number }[] {
  return net.ties
    .flatMap(({ from, to, strength }) => (from === node ? [{ at: to, strength }] : to === node ? [{ at: from, strength }] : []))
    .sort((a, b) => b.strength - a.strength)
    .slice(0, STRONGEST);
}

function rows(c: Context, found: Space, net: Network, grouped: Kinds, has: Map<number, boolean>, title: string): HTMLElement {
  const { lang } = c.state;
  const end = found.periods.length - 1;
  const near = net.nodes.map((_, i) =>
    neighbours(net, i).map(({ at, strength }) => `${found.activities[net.nodes[at]].name[lang]} ${fixed(strength, 2, lang)}`).join(lang === "zh" ? "；" : "; "),
  );
  const name = (i: number) => found.activities[net.nodes[i]].name[lang];
  const columns: Column<number>[] = [
    { title: c.say("activity"), cell: name, value: name, heading: true },
    { title: c.say(found.groups.length ? "class" : "communityHead"), cell: (i) => grouped.names[grouped.of[i]] ?? "", value: (i) => grouped.of[i] },
    { title: c.region(c.state.place), cell: (i) => c.say(HELD[String(has.get(net.nodes[i])) as keyof typeof HELD]), value: (i) => Number(has.get(net.nodes[i]) ?? false), descending: true },
    { title: c.say("amount"), cell: (i) => count(total(found, net.nodes[i]), lang), value: (i) => total(found, net.nodes[i]), numeric: true, descending: true },
    { title: c.say("ubiquity"), cell: (i) => count(found.byActivity.at(net.nodes[i], end, ACTIVITY.ubiquity), lang), value: (i) => found.byActivity.at(net.nodes[i], end, ACTIVITY.ubiquity), numeric: true, descending: true },
    { title: c.say("nearTo"), cell: (i) => near[i] },
  ];
  const order = net.nodes.map((_, i) => i).sort((a, b) => total(found, net.nodes[b]) - total(found, net.nodes[a]));
  return table(columns, order, c.table(title), 40);
}
