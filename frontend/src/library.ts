/** The studies that a server has, and their runs. */

import { h } from "./dom";
import type { Language } from "./payload";
import type { Served } from "./served";
import { say } from "./words";

/** Ask the server for its studies and list them. */
export function library(_served: Served, lang: Language): HTMLElement {
  return h("section", { id: "library", "aria-labelledby": "library-title" }, h("h1", { id: "library-title" }, say(lang, "library")));
}
