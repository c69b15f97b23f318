import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const here = import.meta.dirname;

/** SHA-256 over the sorted sources (path, NUL, content, NUL): tests/report/test_bundle.py computes the same. */
function digestOfSources(): string {
  const hash = createHash("sha256");
  const paths = readdirSync(join(here, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(here, "src").length + 1).replaceAll("\\", "/"))
    .sort((a, b) => (a < b ? -1 : 1));
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(here, "src", path))).update("\0");
  return hash.digest("hex");
}

const banner: Plugin = {
  name: "banner",
  enforce: "post",
  generateBundle(_options, bundle) {
    for (const output of Object.values(bundle)) {
      if (output.type !== "chunk") continue;
      output.code = `/*! xinzhi-report sources sha256:${digestOfSources()} */\n${output.code}`;
    }
  },
};

/** The Chinese phrases without their keys, which are those of the English ones: they would make a hundredth of the bundle. */
const phrases: Plugin = {
  name: "phrases",
  enforce: "pre",
  resolveId: (source) => (source.endsWith("/strings/zh.json") ? "\0phrases-zh" : null),
  load(id) {
    if (id !== "\0phrases-zh") return null;
    const read = (language: string) => JSON.parse(readFileSync(join(here, "src/strings", `${language}.json`), "utf8")) as Record<string, string>;
    const zh = read("zh");
    const inOrder = Object.keys(read("en")).map((word) => zh[word]);
    const code = `import en from ${JSON.stringify(join(here, "src/strings/en.json"))};\nconst zh = ${JSON.stringify(inOrder)};\nexport default Object.fromEntries(Object.keys(en).map((word, at) => [word, zh[at]]));`;
    return code;
  },
};

export default defineConfig({
  plugins: [phrases, banner],
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    outDir: join(here, "../src/xinzhi/report/static"),
    emptyOutDir: true,
    target: "es2021",
    minify: "esbuild",
    lib: { entry: join(here, "src/main.ts"), formats: ["iife"], name: "xinzhiReport", fileName: () => "report.js" },
    rollupOptions: { output: { assetFileNames: "report.[ext]" } },
  },
});
