/** The page's own words in both languages. */

import en from "./strings/en.json";
import zh from "./strings/zh.json";
import type { Language } from "./payload";

export type Word = keyof typeof en;

const tables: Record<Language, Record<Word, string>> = { en, zh };

/** A phrase with its blanks filled in. */
export function say(language: Language, word: Word, blanks: Record<string, string | number> = {}): string {
  return tables[language][word].replace(/\{(\w+)\}/g, (blank, name: string) =>
    name in blanks ? String(blanks[name]) : blank,
  );
}
