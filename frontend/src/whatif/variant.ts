/** A what-if kept as a variant of the study: a new file beside the study's own, and a run of it if the reader likes. */

import { ask, Faulty, spoken, type Fault } from "../asking";
import { h } from "../dom";
import { isOpen, meter, startJob, stateOf, type Job } from "../jobs";
import type { Served } from "../served";
import type { Bench } from "./bench";

interface Variant {
  id: string;
  file: string;
}

/** Open the dialog; `changes` is what the server is asked for in a what-if. */
export function saveVariant(bench: Bench, served: Served, changes: unknown): void {
  const { c } = bench;
  const [name, title] = ["name", "title"].map((part) => h("input", { type: "text", id: `variant-${part}`, "aria-describedby": `variant-${part}-wrong`, autocomplete: "off", maxlength: part === "name" ? 60 : 200, required: part === "name" }));
  const wrong = Object.fromEntries(["name", "title", "changes"].map((part) => [part, h("p", { class: "wrong", role: "alert", id: `variant-${part}-wrong` })]));
  const save = h("button", { type: "submit", class: "main" }, c.say("variantSave"));
  const shut = () => dialog.close();
  const row = (part: "name" | "title", input: HTMLElement, help: string) => h("div", { class: "row" }, h("label", { for: `variant-${part}` }, c.say(part === "name" ? "variantName" : "variantTitle")), input, h("p", { class: "note" }, help), wrong[part]);
  const form = h("form", { novalidate: true }, row("name", name, c.say("variantNameHelp")), row("title", title, c.say("variantTitleHelp")), wrong.changes, h("div", { class: "buttons" }, save, h("button", { type: "button", click: shut }, c.say("cancel"))));
  const dialog = h("dialog", { class: "variant", "aria-labelledby": "variant-head" }, h("h3", { id: "variant-head" }, c.say("variantHead")), form);
  const blame = (faults: Fault[], rest: string[]) => {
    for (const [part, place] of Object.entries(wrong)) {
      const own = faults.filter(({ column }) => (column ?? "").split(".")[0] === part || (part === "changes" && !["name", "title", "changes"].includes((column ?? "").split(".")[0])));
      place.textContent = [...own.map((fault) => fault[c.state.lang]), ...(part === "changes" ? rest : [])].join(" ");
    }
    for (const [part, input] of [["name", name], ["title", title]] as const) input.setAttribute("aria-invalid", String(!!wrong[part].textContent));
    (wrong.name.textContent ? name : title).focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    blame([], []);
    save.disabled = true;
    const body = { name: name.value.trim(), ...(title.value.trim() ? { title: title.value.trim() } : {}), changes, of_run: served.run };
    ask<Variant>("POST", `${served.service}/studies/${encodeURIComponent(served.study!)}/variants`, body)
      .then((made) => form.replaceWith(saved(bench, served, made, shut)))
      .catch((error) => blame(error instanceof Faulty ? error.faults : [], error instanceof Faulty && !error.faults.length ? error.said(c.state.lang) : []))
      .finally(() => (save.disabled = false));
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  name.focus();
}

/** The variant is there: run it now, and see how far that is. */
function saved(bench: Bench, served: Served, { id, file }: Variant, shut: () => void): HTMLElement {
  const { c } = bench;
  const { lang } = c.state;
  const told = h("p", { "aria-live": "polite" });
  const bar = h("div");
  const run = h("button", { type: "button", class: "main" }, c.say("variantRun"));
  const follow = (job: Job): void => {
    told.replaceChildren(stateOf(lang, job), ...job.faults.map((fault) => h("span", { class: "wrong" }, ` ${spoken(fault, lang)}`)), ...(job.page ? [" ", h("a", { href: job.page }, c.say("openRun", { run: job.run ?? "" }))] : []));
    const drawn = meter(lang, job);
    bar.replaceChildren(...(drawn ? [drawn] : []));
    if (isOpen(job) && told.isConnected) setTimeout(() => void ask<Job>("GET", job.url).then(follow, fail), 1000);
  };
  const fail = (error: unknown) => (told.textContent = error instanceof Faulty ? error.said(lang).join(" ") : String(error));
  run.addEventListener("click", () => {
    run.hidden = true;
    startJob(served.service, served.study!, id).then(follow, fail);
  });
  const made = h("div", {}, h("p", {}, c.say("variantSaved", { file })), told, bar, h("div", { class: "buttons" }, run, h("a", { href: "/" }, c.say("toLibrary")), h("button", { type: "button", click: shut }, c.say("close"))));
  queueMicrotask(() => run.focus());
  return made;
}
