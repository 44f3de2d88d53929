// A reader of the Markdown of the documents: blocks with their lines, and what the text of a block contains.

/**
 * @typedef {object} Block
 * @property {string} kind what must be equal in a translation: `heading 2`, `paragraph`, `item - at 0`, `table`, `code js at 0`
 * @property {number} line of its first line, from 1
 * @property {string} text without the marks of the kind; empty for a table and for code
 * @property {string[]} lines of a table and of code, without fences
 */

/**
 * The blocks of a page, in their order.
 *
 * @param {string} page
 * @returns {Block[]}
 */
export function blocks(page) {
  const lines = page.split("\n");
  const found = [];
  let open;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const add = (kind, text, rest = []) => {
      open = { kind, line: at + 1, text, lines: rest };
      found.push(open);
    };
    // A word behind the language, such as `file=main.js`, is not shown.
    const fence = /^( *)```(\w*)(?: [^`]*)?$/.exec(line);
    const heading = /^(#+) (.*)$/.exec(line);
    const item = /^( *)(-|\d+\.) (.*)$/.exec(line);
    if (fence) {
      const end = lines.indexOf(`${fence[1]}\`\`\``, at + 1);
      if (end === -1) throw new Error(`line ${at + 1}: a fence without end`);
      add(`code ${fence[2]} at ${fence[1].length}`, "", lines.slice(at + 1, end));
      open = undefined;
      at = end;
    } else if (line.trim() === "") open = undefined;
    else if (heading) {
      add(`heading ${heading[1].length}`, heading[2]);
      open = undefined;
    } else if (item) add(`item ${item[2]} at ${item[1].length}`, item[3]);
    else if (line.startsWith("|")) {
      if (open?.kind !== "table") add("table", "");
      open.lines.push(line);
    } else if (open && open.kind !== "table") open.text += `\n${line.trim()}`;
    else add("paragraph", line.trim());
  }
  return found;
}

/** The anchors of the headings, as GitHub makes them. */
export function anchors(page) {
  const found = [];
  for (const { kind, text } of blocks(page)) {
    if (!kind.startsWith("heading")) continue;
    const anchor = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    const same = found.filter((other) => other.replace(/-\d+$/, "") === anchor).length;
    found.push(found.includes(anchor) ? `${anchor}-${same}` : anchor);
  }
  return found;
}

/** The cells of a row of a table. A `|` in backticks belongs to its cell. */
export function cells(row) {
  const inside = row.trim().replace(/^\||\|$/g, "");
  return (inside.match(/(?:`[^`]*`|\\.|[^|\\])+|(?<=\|)(?=\|)/g) ?? []).map((cell) => cell.trim());
}

/** The texts in backticks. A line break in them is a space. */
export const codes = (text) => [...text.matchAll(/`([^`]*)`/g)].map(([, code]) => code.replaceAll("\n", " "));

/** The links: the shown text, the target, and where the link ends in the text. */
export const links = (text) =>
  [...text.matchAll(/\[((?:`[^`]*`|[^\]`])*)\]\(([^)]*)\)/g)].map((link) => ({
    shown: link[1],
    target: link[2],
    end: link.index + link[0].length,
  }));

/** The text without code, targets of links and addresses. */
export const words = (text) =>
  text
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/`[^`]*`/g, "`")
    .replace(/https?:\/\/\S+/g, "");

const TIMES = { million: 1e6, 万: 1e4, 亿: 1e8 };

/** The numbers outside of code and addresses. `10 million`, `1,000 万` and `10,000,000` are the same number. */
export const numbers = (text) =>
  [...words(text).matchAll(/(\d+(?:[.,]\d+)*)(?: (million|万|亿))?/g)].map(([, number, times]) => {
    const plain = number.replace(/,(?=\d{3}(?!\d))/g, "");
    return times ? String(Number(plain) * TIMES[times]) : plain;
  });

const COMMENTS = {
  js: /^(.*?)(?:(?<=^\s*|\s)\/\/ (.*)|(?<=^\s*)\/\*\*? (.*) \*\/)$/,
  sh: /^(.*?)(?<=^\s*|\s)# (.*)$/,
  html: /^(.*?)(?<=^\s*)<!-- (.*) -->$/,
};
const COMMENT = {
  js: COMMENTS.js,
  jsonc: COMMENTS.js,
  ts: COMMENTS.js,
  sh: COMMENTS.sh,
  console: COMMENTS.sh,
  yaml: COMMENTS.sh,
  html: COMMENTS.html,
};

/** A line of code in two parts: the code and the comment behind it, if there is one. */
export function parts(line, language) {
  const found = COMMENT[language]?.exec(line);
  return found ? { code: found[1].trimEnd(), comment: found[2] ?? found[3] } : { code: line, comment: undefined };
}
