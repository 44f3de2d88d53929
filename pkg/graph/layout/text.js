// Texts: their widths, and how they are broken into lines.

/** Fonts of the drawing, as CSS. */
const FAMILY =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";
export const FONT_NAME = `500 13px ${FAMILY}`;
export const FONT_LABEL = `400 11px ${FAMILY}`;

/** Characters of scripts that may be broken anywhere. */
const WIDE = "\\u1100-\\u11ff\\u2e80-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\uff00-\\uffef\\u{20000}-\\u{3ffff}";
const WORDS = new RegExp(`[${WIDE}]["')\\]]*|\\s+|[^\\s${WIDE}]+`, "gu");
const PARTS = /["'([]*\p{Lu}?[\p{Ll}\p{Nd}]+[_\-./$"')\]]*|[^\p{Ll}\p{Nd}]/gu;
const IS_WIDE = new RegExp(`[${WIDE}]`, "u");

/** Longer texts are cut before they are measured: no line of the drawing holds as many characters. */
const MAX_CHARACTERS = 400;

/**
 * Lines of `text`, at most `count`, none wider than `width`. The lines have similar widths. A text that does not fit
 * ends with an ellipsis.
 *
 * @param {string} text
 * @param {number} width
 * @param {string} font
 * @param {number} count
 * @param {import("./types.js").Measure} measure
 */
export function wrap(text, width, font, count, measure) {
  const short = clean(text);
  const of = (/** @type {string} */ line) => measure(line, font);
  if (short === text && of(text) <= width) return { lines: [text], width: of(text) };

  const pieces = split(short, width, font === FONT_NAME, of);
  let lines = fill(pieces, width, of);
  const cut = lines.length > count || short.length < text.trim().length;
  if (cut) {
    lines = lines.slice(0, count);
    lines[lines.length - 1] += "…";
  } else if (lines.length > 1) {
    lines = balance(pieces, lines, width, count, of);
  }
  lines = lines.map((line) => (of(line) > width ? ellipsis(line, width, of) : line));
  return { lines, width: Math.max(...lines.map(of)) };
}

/**
 * The text in one line, without control characters and not much longer than a drawing can show.
 *
 * @param {string} text
 */
function clean(text) {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length > MAX_CHARACTERS ? [...line.slice(0, MAX_CHARACTERS)].slice(0, -1).join("") : line;
}

/**
 * Parts between which a line may be broken. Names are broken inside of words too, at capitals and punctuation.
 *
 * @param {string} text
 * @param {number} width
 * @param {boolean} name
 * @param {(line: string) => number} of
 */
function split(text, width, name, of) {
  const words = text.match(WORDS) ?? [text];
  return words.flatMap((word) => (name || of(word) > width ? (word.match(PARTS) ?? [word]) : [word]));
}

/**
 * Fills lines from the left.
 *
 * @param {string[]} pieces
 * @param {number} width
 * @param {(line: string) => number} of
 */
function fill(pieces, width, of) {
  const lines = [""];
  for (const piece of pieces) {
    const line = lines[lines.length - 1];
    if (line && of((line + piece).trimEnd()) > width) lines.push(piece.trimStart());
    else lines[lines.length - 1] = line + piece;
  }
  return lines.map((line) => line.trim()).filter((line, i) => line || i === 0);
}

/**
 * The narrowest lines that are not more than `count`.
 *
 * @param {string[]} pieces
 * @param {string[]} lines
 * @param {number} width
 * @param {number} count
 * @param {(line: string) => number} of
 */
function balance(pieces, lines, width, count, of) {
  let best = lines;
  for (let low = width / count, high = width, i = 0; i < 6; i += 1) {
    const middle = (low + high) / 2;
    const tried = fill(pieces, middle, of);
    if (tried.length <= count && tried.every((line) => of(line) <= middle + 0.5)) {
      best = tried;
      high = middle;
    } else {
      low = middle;
    }
  }
  return best;
}

/**
 * @param {string} line
 * @param {number} width
 * @param {(line: string) => number} of
 */
function ellipsis(line, width, of) {
  const letters = [...line.replace(/…$/, "")];
  let [fits, over] = [0, letters.length];
  while (fits + 1 < over) {
    const middle = (fits + over) >> 1;
    if (of(`${letters.slice(0, middle).join("")}…`) <= width) fits = middle;
    else over = middle;
  }
  return `${letters.slice(0, Math.max(1, fits)).join("").trimEnd()}…`;
}

/**
 * Measures with a canvas where there is one, and estimates elsewhere. Widths are kept.
 *
 * @returns {import("./types.js").Measure}
 */
export function createMeasure() {
  const context = canvas();
  /** @type {Map<string, Map<string, number>>} */
  const fonts = new Map();
  return (text, font) => {
    let widths = fonts.get(font);
    if (!widths || widths.size > 20_000) fonts.set(font, (widths = new Map()));
    let width = widths.get(text);
    if (width === undefined) {
      if (context) {
        if (context.font !== font) context.font = font;
        width = context.measureText(text).width;
      } else {
        width = estimate(text, font);
      }
      widths.set(text, width);
    }
    return width;
  };
}

function canvas() {
  if (typeof OffscreenCanvas === "function") return new OffscreenCanvas(1, 1).getContext("2d");
  if (typeof document === "object") return document.createElement("canvas").getContext("2d");
  return null;
}

/**
 * Width of a text where nothing can measure it: an upper bound for common fonts.
 *
 * @param {string} text
 * @param {string} font
 */
export function estimate(text, font) {
  const size = Number(/(\d+)px/.exec(font)?.[1] ?? 13);
  let em = 0;
  for (const letter of text) {
    if (IS_WIDE.test(letter) || letter > "\u{ffff}") em += 1;
    else if (" iIl.,:;'|!jft()[]".includes(letter)) em += 0.34;
    else if ("mwMW@%…→".includes(letter)) em += 0.88;
    else em += /\p{Lu}/u.test(letter) ? 0.68 : 0.56;
  }
  return em * size;
}
