/** A chart as a picture that stands alone: title above, source below, SVG or PNG. */

import { broken, FONT, lawful, widthOf } from "./lettering";
import type { Language } from "./payload";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 28;

interface Words {
  title: string;
  note?: string;
  source: string;
  language: Language;
}

/** Copy a chart's SVG into a larger one that carries its title, note and source. */
export function inPicture(
  chart: SVGElement,
  width: number,
  height: number,
  words: Words,
): { svg: string; width: number; height: number } {
  const copy = chart.cloneNode(true) as SVGElement;
  const whole = document.createElementNS(SVG, "svg");
  const ground = whole.appendChild(document.createElementNS(SVG, "rect"));
  let at = MARGIN;
  const write = (text: string, size: number, weight: number, colour: string) => {
    for (const line of broken(lawful(text), width, (line) => widthOf(line, size, weight))) {
      at += size * 1.4;
      const element = document.createElementNS(SVG, "text");
      const look = { x: MARGIN, y: at, "font-size": size, "font-weight": weight, fill: colour, "font-family": FONT };
      for (const [name, value] of Object.entries(look)) element.setAttribute(name, String(value));
      element.textContent = line;
      whole.append(element);
    }
  };
  write(words.title, 20, 600, "#1d2327");
  if (words.note) {
    at += 4;
    write(words.note, 13, 400, "#5d666e");
  }
  at += 16;
  copy.setAttribute("x", String(MARGIN));
  copy.setAttribute("y", String(at));
  whole.append(copy);
  at += height + 6;
  write(words.source, 12, 400, "#5d666e");
  const size = { width: width + 2 * MARGIN, height: Math.ceil(at + MARGIN) };
  whole.setAttribute("xmlns", SVG);
  // Chinese and Japanese write some characters otherwise: a picture on its own says which it means.
  whole.setAttribute("lang", words.language === "zh" ? "zh-CN" : "en");
  whole.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  for (const element of [whole, ground]) {
    element.setAttribute("width", String(size.width));
    element.setAttribute("height", String(size.height));
  }
  ground.setAttribute("fill", "#ffffff");
  return { svg: new XMLSerializer().serializeToString(whole), ...size };
}

/** The picture in pixels, twice as dense. */
export async function toPng(svg: string, width: number, height: number): Promise<Blob> {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * 2;
  canvas.height = height * 2;
  const pen = canvas.getContext("2d")!;
  pen.scale(2, 2);
  pen.drawImage(image, 0, 0, width, height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
  );
}
