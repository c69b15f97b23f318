import { describe, expect, it } from "vitest";
import { csv, json, latex, plain, tex, threeLines, type About, type Grid } from "../src/exports";
import { numbered, saysSo, shortest } from "../src/format";
import { isolated, isolating } from "../src/lettering";
import { addressOf, fileName } from "../src/takeaway";

const about: About = { title: "Ranks, 2023", note: "A note.", source: "Source: a_file.csv", study: "A study", version: "0.1.0", date: "2026-11-23", link: "https://x.org/#a=1", language: "en" };
const cell = (text: string, value: string | number | null = text) => ({ value, text });

function grid(...names: string[]): Grid {
  return {
    caption: "Ranks, 2023",
    columns: [{ title: "Region", numeric: false }, { title: "Score, %", numeric: true }],
    rows: names.map((name, i) => [cell(name), i ? cell("–", null) : cell("−0.50", -0.4987654321)]),
  };
}

describe("CSV", () => {
  it("opens with a byte order mark, holds numbers in full, leaves gaps empty and ends its lines as spreadsheets do", () => {
    expect(csv(grid("北京", "Shanghai"))).toBe('\uFEFFRegion,"Score, %"\r\n北京,-0.4987654321\r\nShanghai,\r\n');
  });
  it("quotes what would break a cell", () => {
    expect(csv(grid('a "b", c\nd'))).toContain('"a ""b"", c\nd",');
  });
  it.each(["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", "＝1", "＠x"])("lets no text be a formula: %j", (name) => {
    const [, line] = csv(grid(name)).split("\r\n");
    expect(line.replace(/^"/, "").startsWith("'")).toBe(true);
  });
  it("does so in headings too, and never to numbers", () => {
    const hostile: Grid = { caption: "", columns: [{ title: "=x", numeric: true }], rows: [[cell("−1", -1)], [cell("1e-7", 1e-7)]] };
    expect(csv(hostile)).toBe("\uFEFF'=x\r\n-1\r\n1e-7\r\n");
  });
  it("takes isolates away before it looks for formulas", () => {
    expect(csv(grid("\u2068=1\u202Ex\u2069")).split("\r\n")[1]).toBe("'=1\u202Ex,-0.4987654321");
  });
});

describe("an interval", () => {
  const range = (text: string, value: number | string, low: number | null, high: number | null) => ({ value, text, ends: [low, high] as [number | null, number | null] });
  const held = (...cells: ReturnType<typeof range>[]): Grid => ({ caption: "", columns: [{ title: "90% interval", numeric: true, ends: ["lower end", "upper end"] }], rows: cells.map((one) => [one]) });

  it("is two numbers in data and stays as it is written in tables for papers", () => {
    const ranks = held(range("2–3", "2–3", 2, 3), range("–", "–", null, null));
    expect(csv(ranks)).toBe("\uFEFFlower end,upper end\r\n2,3\r\n,\r\n");
    expect(JSON.parse(json(ranks, about))).toMatchObject({ columns: ["lower end", "upper end"], rows: [[2, 3], [null, null]] });
    expect(latex(ranks, about)).toContain("2--3");
    expect(threeLines(ranks, about)).not.toContain("lower end");
  });
  it("stands beside the number that it is about, where the cell tells both", () => {
    expect(csv(held(range("12% (8–15%)", 0.12, 0.08, 0.15)))).toBe("\uFEFF90% interval,lower end,upper end\r\n0.12,0.08,0.15\r\n");
  });
});

describe("JSON", () => {
  it("says what the table is about and holds values, not how they are written", () => {
    const read = JSON.parse(json(grid("a", "b"), about)) as Record<string, unknown>;
    expect(read).toMatchObject({ title: "Ranks, 2023", source: "Source: a_file.csv", study: "A study", date: "2026-11-23", permalink: "https://x.org/#a=1", columns: ["Region", "Score, %"] });
    expect(read.rows).toEqual([["a", -0.4987654321], ["b", null]]);
  });
  it("is JSON for a table without rows", () => {
    expect((JSON.parse(json(grid(), about)) as { rows: unknown[] }).rows).toEqual([]);
  });
});

describe("a three-line table", () => {
  const made = threeLines(grid("a", "b", "c"), about);
  it("has thick rules at its top and bottom, a thin one below the head, and no others", () => {
    const [head, ...body] = made.split("<tr>").slice(1);
    expect(head.match(/border-top:solid windowtext 1.5pt;border-bottom:solid windowtext 0.75pt/g)).toHaveLength(2);
    expect(body.map((row) => row.match(/border-bottom:solid windowtext 1.5pt/g)?.length ?? 0)).toEqual([0, 0, 2]);
    expect(body.join("")).not.toContain("border-top");
  });
  it("has its caption above, its source below, and numbers as they are written", () => {
    const order = ["Ranks, 2023", "<table", "−0.50", "</table>", "Source: a_file.csv"].map((part) => made.indexOf(part));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
  });
  it("shows markup as text", () => {
    const hostile = threeLines(grid("<script>alert(1)</script>", '"&amp;'), about);
    expect(hostile).not.toContain("<script");
    expect(hostile).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(hostile).toContain("&quot;&amp;amp;");
  });
  it("is plain text where only that is taken", () => {
    expect(plain(grid("a\tb"), about).split("\n")).toEqual(["Ranks, 2023", "Region\tScore, %", "a b\t−0.50", "Source: a_file.csv"]);
  });
});

describe("LaTeX", () => {
  it("escapes everything that would be a command", () => {
    expect(tex("50% & $x_1^2$ #~{\\input}")).toBe("50\\% \\& \\$x\\_1\\textasciicircum{}2\\$ \\#\\textasciitilde{}\\{\\textbackslash{}input\\}");
    expect(tex("−1–2 a\u202Eb\nc")).toBe("$-$1--2 ab c");
  });
  it("rules with booktabs, numbers to the right", () => {
    const made = latex(grid("[a]", "b"), about);
    expect(made).toContain("\\begin{tabular}{lr}");
    expect([..."top mid bottom".split(" ")].map((rule) => made.split(`\\${rule}rule`).length - 1)).toEqual([1, 1, 1]);
    expect(made).toContain("{[}a] & $-$0.50 \\\\");
    expect(made).not.toContain("ctex");
  });
  it("says what Chinese needs, and breaks what is longer than a page", () => {
    expect(latex(grid("北京"), about)).toContain("% \\usepackage{ctex}");
    const long = latex(grid(...Array.from({ length: 41 }, (_, i) => `r${i}`)), about);
    expect(long).toContain("\\begin{longtable}{lr}");
    expect(long).toContain("\\usepackage{booktabs,longtable}");
  });
});

describe("numbers read back", () => {
  it("reads what the page writes", () => {
    expect(["−1,234.5", "+3", "12.5%", "1.2e−7"].map((text) => numbered(text)?.value)).toEqual([-1234.5, 3, 0.125, 1.2e-7]);
    expect(["2–3", "3/16", "12 (3 to 4)", "", "a", "1,23"].map(numbered)).toEqual([null, null, null, null, null, null]);
  });
  it("tells whether a number could be written so", () => {
    expect([saysSo("0.50", 0.4987), saysSo("0.50", 0.4949), saysSo("12.5%", 0.1252), saysSo("12.5%", 12.5), saysSo("<0.1%", 0.00001), saysSo("2–3", 2.003)]).toEqual([true, false, true, false, true, false]);
  });
  it("leaves out digits that single precision never had", () => {
    expect([shortest(Math.fround(0.1)), shortest(Math.fround(0.7965693)), shortest(0.1), shortest(3), shortest(1 / 3)]).toEqual([0.1, 0.7965693, 0.1, 3, 1 / 3]);
  });
});

describe("names that turn the direction of what follows", () => {
  it("keeps it to themselves, in both languages, and leaves all else", () => {
    expect([isolated("Beijing"), isolated("a\u202Eb"), isolated("القاهرة")]).toEqual(["Beijing", "\u2068a\u202Eb\u2069", "\u2068القاهرة\u2069"]);
    const held = isolating({ name: { en: "a\u202Eb", zh: "北京" }, code: "\u202E", cells: [1, 2], rows: [{ en: "x" }, null] });
    expect(held).toEqual({ name: { en: "\u2068a\u202Eb\u2069", zh: "北京" }, code: "\u202E", cells: [1, 2], rows: [{ en: "x" }, null] });
  });
});

describe("addresses and files", () => {
  it("asks a server for a part of a table", () => {
    expect(addressOf("/api/v1/studies/a/runs/0001", { table: "scores", query: { where: ["time=2023", "element=a b&c"], order: "rank" } }, "xlsx")).toBe("/api/v1/studies/a/runs/0001/tables/scores.xlsx?where=time%3D2023&where=element%3Da+b%26c&order=rank");
    expect(addressOf("/x", { table: "../y" }, "csv")).toBe("/x/tables/..%2Fy.csv");
  });
  it("calls a file by its title as far as files can be called so", () => {
    expect([fileName("2023年 排名: a/b"), fileName("../..")]).toEqual(["2023年-排名-a-b", "table"]);
  });
});
