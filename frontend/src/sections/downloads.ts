/** What there is to take away of a whole run: documents and tables from a server, and how to make documents without one. */

import { ask, Faulty } from "../asking";
import type { Context } from "../context";
import { h, table, type Column } from "../dom";
import { count } from "../format";
import type { Text } from "../payload";
import type { Served } from "../served";

interface TableBrief {
  name: string;
  title: Text;
  rows: number;
  url: string;
}

const DOCUMENTS = [["docx", "Word"], ["pdf", "PDF"], ["bib", "BibTeX"]] as const;
const KINDS = [["csv", "CSV"], ["xlsx", "Excel"], ["parquet", "Parquet"], ["json", "JSON"]] as const;

export function downloads(c: Context): HTMLElement {
  const { served } = c;
  if (!served) return h("div", {}, h("h3", {}, c.say("documents")), h("p", {}, c.say("documentsHere")), h("pre", { class: "command" }, `xinzhi document RUN --to docx --lang ${c.state.lang}`));
  return h("div", {}, h("h3", {}, c.say("documents")), h("p", {}, c.say("documentsServed")), h("p", { class: "downloads" }, DOCUMENTS.map(([kind, name]) => h("a", { href: `${served.api}/report.${kind}?lang=${c.state.lang}`, download: "" }, name))), tables(c, served));
}

/** Every table of the run; the list comes when it is asked for. */
function tables(c: Context, served: Served): HTMLElement {
  const list = h("div", { role: "status" });
  const fold = h("details", {}, h("summary", {}, c.say("allTables")), list);
  const fill = async () => {
    list.replaceChildren(c.say("loading"));
    try {
      const { tables: found } = await ask<{ tables: TableBrief[] }>("GET", `${served.api}/tables`);
      list.replaceChildren(listed(c, found));
    } catch (reason) {
      if (!(reason instanceof Faulty)) throw reason;
      list.replaceChildren(...reason.said(c.state.lang));
      fold.addEventListener("toggle", () => void fill(), { once: true });
    }
  };
  fold.addEventListener("toggle", () => void fill(), { once: true });
  return fold;
}

function listed(c: Context, found: TableBrief[]): HTMLElement {
  const { lang } = c.state;
  const columns: Column<TableBrief>[] = [
    { title: c.say("name"), cell: (one) => one.title[lang], value: (one) => one.title[lang], heading: true },
    { title: c.say("file"), cell: (one) => h("code", {}, one.name), value: (one) => one.name },
    { title: c.say("rows"), cell: (one) => count(one.rows, lang), value: (one) => one.rows, numeric: true, descending: true },
    { title: c.say("savedAs"), cell: ({ url }) => KINDS.flatMap(([kind, name]) => [h("a", { href: `${url}.${kind}`, download: "" }, name), " \u00a0"]) },
  ];
  return table(columns, found, { caption: c.say("allTables"), more: (n) => c.say("moreRows", { n }) });
}
