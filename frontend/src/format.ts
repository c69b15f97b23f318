/** Numbers as people read them. */

const locales = { en: "en-GB", zh: "zh-CN" } as const;
type Language = keyof typeof locales;

const cache = new Map<string, Intl.NumberFormat>();

function formatter(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options);
  let found = cache.get(key);
  if (!found) cache.set(key, (found = new Intl.NumberFormat(locales[language], options)));
  return found;
}

const typeset = (text: string) => text.replace("-", "−");

/** Decimals that suit a range: up to 1 has 3, up to 10 has 2, up to 100 has 1, more has none. */
export function decimals(range: number): number {
  if (!(range > 0) || !Number.isFinite(range)) return 2;
  return Math.min(8, Math.max(0, 3 - Math.ceil(Math.log10(range))));
}

export function fixed(value: number, digits: number, language: Language): string {
  if (!Number.isFinite(value)) return "–";
  // −0.000 is no number anybody wrote.
  const shown = Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value;
  return typeset(formatter(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(shown));
}

export function significant(value: number, digits: number, language: Language): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 10 ** digits) return typeset(formatter(language, { maximumFractionDigits: 0 }).format(value));
  if (size > 0 && size < 1e-6) return typeset(value.toExponential(digits - 1));
  return typeset(formatter(language, { maximumSignificantDigits: digits }).format(value));
}

export function percent(share: number, language: Language, digits = 1): string {
  if (!Number.isFinite(share)) return "–";
  if (share > 0 && share < 0.5 * 10 ** -(digits + 2)) return `<${fixed(10 ** -digits, digits, language)}%`;
  // What is not quite everything must not be rounded to everything.
  if (share < 1 && share > 1 - 0.5 * 10 ** -(digits + 2)) return `>${fixed(100 - 10 ** -digits, digits, language)}%`;
  return share === 1 ? "100%" : share === 0 ? "0%" : `${fixed(share * 100, digits, language)}%`;
}

/** A probability in a table: what is all but nothing is not written as nothing. */
export const probability = (value: number, language: Language): string => (value < 0.0005 ? `<${fixed(0.001, 3, language)}` : fixed(value, 3, language));

/** The same after its letter. */
export const chance = (letter: string, value: number, language: Language): string =>
  value < 0.0005 ? `${letter} < ${fixed(0.001, 3, language)}` : `${letter} = ${fixed(value, 3, language)}`;

export function count(value: number, language: Language): string {
  return formatter(language, { maximumFractionDigits: 0 }).format(value);
}

export function signed(value: number, digits: number, language: Language): string {
  return value > 0 ? `+${fixed(value, digits, language)}` : fixed(value, digits, language);
}

/** Names in a row, the first few, and how many more. */
export function listed(names: string[], most: number, language: Language): string {
  const shown = names.slice(0, most);
  const rest = names.length - shown.length;
  if (language === "zh") return shown.join("、") + (rest ? `等${names.length}个` : "");
  return shown.join(", ") + (rest ? ` and ${rest} more` : "");
}

/** Two whole numbers as a range, or the one they both are. */
export function between(low: number, high: number, language: Language): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "–";
  const [from, to] = [fixed(low, 0, language), fixed(high, 0, language)];
  return from === to ? from : `${from}–${to}`;
}

/** The first letter as it stands at the head of a sentence. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A number read back from how it is written, and by how much it may have been rounded; null where it is anything else. */
export function numbered(text: string): { value: number; rounded: number } | null {
  const [, sign, whole, part = "", power = "0", percent] = /^([+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(?:e([+−-]?\d+))?(%?)$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const unit = Number(power.replace("−", "-")) - (percent ? 2 : 0);
  const size = Number(`${whole.replaceAll(",", "")}.${part}e${unit}`);
  return { value: sign === "−" || sign === "-" ? -size : size, rounded: 0.5 * 10 ** (unit - part.length) };
}

/** Whether a number could be written so. What columns sort by is not always what they say. */
export function saysSo(text: string, value: number): boolean {
  const read = numbered(text.replace(/^[<>]/, ""));
  if (!read) return false;
  return /^[<>]/.test(text) ? Math.abs(value - read.value) <= 2 * read.rounded : Math.abs(value - read.value) <= read.rounded * 1.0001;
}

/** A number of single precision without the digits that come of holding it in double. */
export function shortest(value: number): number {
  if (Math.fround(value) !== value) return value;
  for (let digits = 6; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
