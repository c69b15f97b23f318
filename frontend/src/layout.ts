/** Where things stand on a chart that the chart engine leaves to us. */

export interface Scale {
  min: number;
  max: number;
  step: number;
}

/** Round ends and a round step (1, 2 or 5 times a power of ten) around a range, in about five steps. */
export function ticks(low: number, high: number): Scale {
  if (!(high > low)) return ticks(low - (Math.abs(low) || 1) / 2, low + (Math.abs(low) || 1) / 2);
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough * 0.999)!;
  return { min: Math.floor(low / step + 1e-9) * step, max: Math.ceil(high / step - 1e-9) * step, step };
}

/** Move things that are sorted downwards at least `gap` apart, keeping them between two bounds while they fit. */
export function apart(things: { y: number }[], gap: number, top: number, bottom: number): void {
  things.forEach((thing, i) => {
    thing.y = Math.max(thing.y, i ? things[i - 1].y + gap : top);
  });
  for (let i = things.length - 1, limit = bottom; i >= 0 && things[i].y > limit; i--, limit -= gap) things[i].y = limit;
}
