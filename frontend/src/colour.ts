/** Colours of both schemes. Scores run on one monotone ramp; regions and components have colour-blind safe sets. */

export interface Theme {
  ink: string;
  muted: string;
  rule: string;
  ground: string;
  accent: string;
  mark: string;
  context: string;
  ramp: string[];
  lines: string[];
  parts: string[];
  /** The rungs of the industry ladder, from future industries to declining ones. */
  rungs: string[];
}

export const light: Theme = {
  ink: "#1d2327",
  muted: "#5d666e",
  rule: "#dcdad3",
  ground: "#fdfcfa",
  accent: "#1f5d78",
  mark: "#b23a2b",
  context: "#d8d6cf",
  ramp: ["#eef2e6", "#c9dfc4", "#8fc4b4", "#529fa4", "#2b7590", "#1d4f73", "#172f52"],
  lines: ["#1f5d78", "#b23a2b", "#3f8a4c", "#a8730f", "#7b4a97", "#2f95ab", "#8a5a3c", "#c2578a"],
  parts: ["#23607c", "#6fb1b5", "#d9b552", "#b5533c", "#7d6aa5", "#93b06a", "#4d4f5c", "#cf8fa6", "#a58a63", "#3f8a76"],
  rungs: ["#f0d264", "#7cc08c", "#2f8aa0", "#23406f", "#c6c2ba", "#a9502f"],
};

export const dark: Theme = {
  ink: "#e8e6e1",
  muted: "#a0a8ae",
  rule: "#343a40",
  ground: "#15181b",
  accent: "#80bcd2",
  mark: "#ea8570",
  context: "#3c4349",
  ramp: ["#1f2c3d", "#22435f", "#2a6380", "#3f8896", "#6eb0a6", "#a8d3b7", "#e4efd6"],
  lines: ["#80bcd2", "#ea8570", "#83c78f", "#ddb059", "#bd97d8", "#5fd0e0", "#cf9f80", "#e898bf"],
  parts: ["#5b9dbb", "#8fd0d0", "#e0c26d", "#d67f68", "#a493cf", "#b3cf8b", "#8d909f", "#e0adc0", "#c7ad86", "#6cb8a2"],
  rungs: ["#f5dd84", "#7fca96", "#3d9fb8", "#3f64ad", "#70757b", "#cf6d47"],
};

function channels(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The ramp's colour at a share from 0 to 1. */
export function shade(ramp: string[], share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const from = channels(ramp[Math.floor(at)]);
  const to = channels(ramp[Math.ceil(at)]);
  const mixed = from.map((value, i) => Math.round(value + (to[i] - value) * (at % 1)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** WCAG relative luminance. */
export function luminance(hex: string): number {
  const [r, g, b] = channels(hex).map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Dark or light letters, whichever contrast more with a ground. */
export function letters(ground: string): string {
  const l = luminance(ground);
  const [onDark, onLight] = ["#ffffff", "#000000"];
  const contrast = (other: number) => (Math.max(l, other) + 0.05) / (Math.min(l, other) + 0.05);
  return contrast(luminance(onDark)) > contrast(luminance(onLight)) ? onDark : onLight;
}
