// The links and the headings of Markdown.

/** A text without fenced code blocks and code in backticks. */
const prose = (text) =>
  text
    .replace(/^( *)(```+|~~~+)[\s\S]*?^ *\2 *$/gm, "")
    .replace(/(`+)[^`]+?\1/g, (code) => (code.includes("\n\n") ? code : code.replace(/[[\]<>]/g, " ")));

/** The targets of links, images, reference definitions, and of `href` and `src` in HTML. */
export function links(text) {
  const rest = prose(text);
  const target = /\]\(\s*(?:<([^>\n]+)>|((?:[^()\s]|\([^()\s]*\))+))(?:\s+"[^"]*")?\s*\)/g;
  const inline = [...rest.matchAll(target)].map(([, angle, bare]) => [undefined, angle ?? bare]);
  const references = [...rest.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm)];
  const html = [...rest.matchAll(/\s(?:href|src)="([^"]+)"/g)];
  const automatic = [...rest.matchAll(/<((?:https?|mailto):[^>\s]+)>/g)];
  return [...inline, ...references, ...html, ...automatic].map(([, target]) => target);
}

/** The anchors of the headings, as GitHub and npm make them. */
export function anchors(text) {
  const found = new Set();
  const headings = text.replace(/^( *)(```+|~~~+)[\s\S]*?^ *\2 *$/gm, "").matchAll(/^#{1,6} +(.+?)(?: +#+)?$/gm);
  for (const [, heading] of headings) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const base = words.replace(/[^\p{L}\p{N}_\- ]/gu, "").replaceAll(" ", "-");
    let anchor = base;
    for (let n = 1; found.has(anchor); n++) anchor = `${base}-${n}`;
    found.add(anchor);
  }
  return found;
}
