// Is a text Chinese?

/** Names that a Chinese text contains as they are. */
const NAMES = /\b(?:Amazon States Language|cloudflow-wasm\/\w+\.wasm)\b/g;

/**
 * The English words of a message: two or more in a row, outside of backticks and quotes. Empty for a Chinese message.
 *
 * @param {string} message
 */
export function englishIn(message) {
  const prose = message.replace(/`[^`]*`|"[^"]*"|'[^']*'/g, "`").replace(NAMES, "");
  return prose.match(/\b[A-Za-z]{2,}(?:[ ,:;]+[a-z]{2,})+/g) ?? [];
}

/** All texts for people in findings. */
export const textsOf = (diagnostics) =>
  diagnostics.flatMap(({ message, related = [], fix }) => [
    message,
    ...related.map((other) => other.message),
    ...(fix ? [fix.title] : []),
  ]);

/** Words that follow each other in Chinese texts: names, and texts that others write. */
const ALLOWED = [
  /Serverless Devs|VS Code|Cloudflare Workers|Amazon States Language|Durable Objects/g,
  // Lines of a help that are commands or files.
  /^ {2}(?:npx )?cloudflow-wasm(?! {2,}#).*?(?: {2,}(?=# )|$)/,
  /^ {2}(?:cat >|import|export|END$).*|^ {3,}(?:upstream|region|credentials|authorize|\}).*/,
  /^下一步 .*/,
  // The service writes its messages in English.
  /(?<=服务返回 `[A-Za-z]+`：)[^；;]*/g,
  // The runtime says what is wrong in a module of the user.
  /(?<=(?:的任务|无法加载配置 `[^`]*`)：)Unexpected end of input/g,
];

/** Lines that are data: sources, events, requests, formats of other programs. */
const DATA = [
  /^ *\d+ \|/,
  /^ +\+\d+\.\d{3} {2}/,
  /^\d+ +\+\d+\.\d{3} {2}/,
  /^\d{4}-\d\d-\d\dT\S+ +[A-Z]\w+ /,
  /^::error /,
  /^<\?xml |^ *<\/?testsuite|^ *<testcase /,
  /^TAP version 14$|^not ok \d+ - /,
];

/**
 * The lines of an output with an English sentence: three words in a row, two of which none has a capital letter, or a
 * number and a word.
 *
 * @param {string} output
 */
export function sentencesIn(output) {
  return output.split("\n").filter((line) => {
    if (DATA.some((data) => data.test(line))) return false;
    // A report in XML has the source in one line.
    let prose = line.replace(/&#10;\s*\d+ \|.*?&#10;/g, "|");
    for (const allowed of ALLOWED) prose = prose.replace(allowed, "|");
    prose = prose.replace(/`[^`]*`|"[^"]*"|'[^']*'/g, "|").replace(/[^\x20-\x7e]+/g, " | ");
    const words = prose.split(/[\s()]+/).filter(Boolean);
    // Options, files, arguments and keys are no words.
    const kinds = words.map((word) => (/^[A-Za-z]+[,.;:!?]?$/.test(word) ? word : /^\d+$/.test(word) ? "0" : "|"));
    return kinds.some((word, i) => {
      const [next = "|", third = "|"] = kinds.slice(i + 1);
      if (word === "|" || next === "|" || next === "0") return false;
      return third !== "|" || (/^(?:0$|[a-z])/.test(word) && /^[a-z]{3,}/.test(next));
    });
  });
}
