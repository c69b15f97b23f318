/** When something was, in the reader's language and time zone. */

import type { Language } from "../payload";

export function moment(iso: string | null, lang: Language): string {
  const when = new Date(iso ?? NaN);
  return Number.isNaN(when.valueOf()) ? "–" : new Intl.DateTimeFormat(lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" }).format(when);
}
