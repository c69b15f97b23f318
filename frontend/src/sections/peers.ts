/** Which regions are built like one: the nearest by their normalised indicators, and how they score. */

import type { Context } from "../context";
import { figure } from "../charts";
import { h, table, type Column } from "../dom";
import { median, top } from "../findings";
import { decimals, fixed } from "../format";
import { likeness, type Peer } from "../likeness";
import { drawRows } from "../rows";

const NEAREST = 8;

export function peers(c: Context): HTMLElement | null {
  const { report: r, state } = c;
  const { region, year } = state;
  const found = likeness(r, region, year);
  if (!found.peers.length) return null;
  const nearest = found.peers.slice(0, NEAREST);
  const element = top(r);
  const blanks = { region: c.region(region), year: c.year() };
  const title = c.say("peersTitle", blanks);
  const digits = decimals(found.peers[found.peers.length - 1].distance);
  const far = (distance: number) => fixed(distance, digits, state.lang);
  const written = (peer: Peer) => far(peer.distance);
  const score = (peer: Peer) => r.scores.at(peer.region, year, element);
  const own = r.scores.at(region, year, element);
  const [low, high] = c.range(element);
  const signedScore = (value: number) => (value > 0 ? "+" : "") + fixed(value, decimals(high - low), state.lang);
  const columns: Column<Peer>[] = [
    { title: c.say("region"), cell: (peer) => c.link("profile", c.region(peer.region), { region: peer.region }), value: (peer) => c.region(peer.region), heading: true },
    { title: c.say("peersDistance"), cell: written, value: (peer) => peer.distance, numeric: true },
    { title: c.say("peersShared"), cell: (peer) => `${peer.shared}/${found.own}`, value: (peer) => peer.shared, numeric: true, descending: true },
    { title: c.say("peersShape"), cell: (peer) => fixed(peer.shape, 2, state.lang), value: (peer) => peer.shape, numeric: true, descending: true },
    { title: c.say("score"), cell: (peer) => c.score(score(peer), element), value: score, numeric: true, descending: true },
    { title: c.say("peersAhead"), cell: (peer) => (Number.isFinite(score(peer) - own) ? signedScore(score(peer) - own) : "–"), value: (peer) => score(peer) - own, numeric: true, descending: true },
    { title: c.say("rank"), cell: (peer) => r.ranks.at(peer.region, year, element) || "–", value: (peer) => r.ranks.at(peer.region, year, element) || NaN, numeric: true },
  ];
  const middle = median(found.peers.map(({ distance }) => distance));
  const note = c.joined([
    c.say("peersNote"),
    c.say("peersScale", { nearest: far(nearest[0].distance), middle: far(middle), far: far(found.peers[found.peers.length - 1].distance) }),
    found.thin > 0 && c.say("peersThin", { n: found.thin }),
  ]);
  return h(
    "div",
    {},
    figure({
      name: "peers",
      text: c.figure(title, c.say("peersDescribe", { ...blanks, peers: c.listed(nearest.slice(0, 3).map((peer) => `${c.region(peer.region)} ${written(peer)}`), 3) }), note),
      draw: (width, theme) =>
        drawRows(
          {
            rows: nearest.map((peer) => ({ name: c.region(peer.region), value: peer.distance })),
            kind: "bar",
            marks: { value: c.say("peersDistance") },
            tickLabel: (value) => c.tick(value),
            tip: (i) => [
              c.region(nearest[i].region),
              `${c.say("peersDistance")}: ${written(nearest[i])}`,
              `${c.say("peersShared")}: ${nearest[i].shared}/${found.own}`,
              `${c.say("peersShape")}: ${fixed(nearest[i].shape, 2, state.lang)}`,
              `${c.say("score")}: ${c.score(score(nearest[i]), element)}`,
            ],
          },
          width,
          theme,
        ),
      table: () => table(columns, found.peers, c.table(title), 20),
      click: (i) => c.store.set({ region: nearest[i].region }),
    }),
    table(columns, nearest, c.table(title)),
    h("p", {}, c.link("compare", c.say("peersCompare", blanks), { picks: [region, ...nearest.slice(0, 5).map((peer) => peer.region)] })),
  );
}
