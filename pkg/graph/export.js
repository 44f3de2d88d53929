// Writes a drawing to a file: SVG, or PNG by a canvas.

/** @import { Shape } from "./scene.js" */

/** Browsers refuse larger canvases. */
const MAX_SIDE = 16_384;
const MAX_AREA = 100_000_000;

/**
 * @param {Shape[]} shapes
 * @param {{ width: number, height: number }} size
 * @param {string} title
 */
export function svgFile(shapes, { width, height }, title) {
  const body = shapes.map(({ d, text, x, y, fill, stroke, width: thick, dash, font, anchor }) => {
    const attributes = [
      d === undefined ? `x="${number(x)}" y="${number(y)}"` : `d="${d}"`,
      d !== undefined && (x || y) ? ` transform="translate(${number(x)} ${number(y)})"` : "",
      ` fill="${fill ?? "none"}"`,
      stroke ? ` stroke="${stroke}" stroke-width="${thick ?? 1}" stroke-linecap="round" stroke-linejoin="round"` : "",
      dash ? ` stroke-dasharray="${dash.join(" ")}"` : "",
      font ? ` ${fontAttributes(font)}` : "",
      anchor ? ` text-anchor="${anchor}"` : "",
    ].join("");
    return d === undefined ? `<text ${attributes}>${escaped(text ?? "")}</text>` : `<path ${attributes}/>`;
  });
  const size = `width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escaped(title)}</title>\n${body.join("\n")}\n</svg>\n`;
}

/**
 * @param {Shape[]} shapes
 * @param {{ width: number, height: number }} size
 * @param {number} wanted
 * @returns {Promise<Blob>}
 */
export async function pngFile(shapes, { width, height }, wanted) {
  const most = Math.min(MAX_SIDE / width, MAX_SIDE / height, Math.sqrt(MAX_AREA / (width * height)));
  const scale = Math.max(0.01, Math.min(wanted, most));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(width * scale));
  canvas.height = Math.max(1, Math.floor(height * scale));
  const context = canvas.getContext("2d");
  if (context) {
    context.scale(scale, scale);
    for (const shape of shapes) paint(context, shape);
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the browser has no memory for the picture"))),
      "image/png",
    );
  });
}

/** @param {CanvasRenderingContext2D} context @param {Shape} shape */
function paint(context, { d, text, x, y, fill, stroke, width, dash, font, anchor }) {
  context.save();
  if (d === undefined) {
    if (font) context.font = font;
    context.textAlign = anchor === "middle" ? "center" : (anchor ?? "start");
    context.fillStyle = fill ?? "#000";
    context.fillText(text ?? "", x, y);
  } else {
    const path = new Path2D(d);
    context.translate(x, y);
    context.lineCap = "round";
    context.lineJoin = "round";
    if (fill) {
      context.fillStyle = fill;
      context.fill(path);
    }
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = width ?? 1;
      context.setLineDash(dash ?? []);
      context.stroke(path);
    }
  }
  context.restore();
}

/** @param {string} font A CSS font of this package: weight, size, families. */
function fontAttributes(font) {
  const [, weight, size, family] = /^(\d+) (\d+px) (.*)$/.exec(font) ?? [];
  return `font-weight="${weight}" font-size="${size}" font-family="${escaped(family ?? "")}"`;
}

/** @param {number} value */
function number(value) {
  return String(Math.round(value * 100) / 100);
}

/** Text of an XML file. Characters that XML cannot contain are replaced. @param {string} text */
function escaped(text) {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
