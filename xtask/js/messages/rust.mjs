// The texts in Rust sources: string literals, and lists of parts that `.concat()` joins. A part that is not a literal is
// a hole, `{}`.

/**
 * The tokens of a source without comments and tests: texts, and all other characters.
 *
 * @param {string} source
 */
function tokens(source) {
  const list = [];
  const word = /[A-Za-z_]\w*/y;
  const raw = /b?r(#*)"([\s\S]*?)"\1/y;
  const character = /b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'])'/uy;
  let at = 0;
  let line = 1;
  const move = (end) => {
    for (; at < end; at += 1) if (source[at] === "\n") line += 1;
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    if (source.startsWith("//", at)) {
      const end = source.indexOf("\n", at);
      move(end < 0 ? source.length : end);
      continue;
    }
    if (source.startsWith("/*", at)) {
      move(source.indexOf("*/", at) + 2);
      continue;
    }
    const found = match(raw);
    if (found) {
      list.push({ text: found[2], line });
      move(at + found[0].length);
      continue;
    }
    if (source[at] === '"') {
      let end = at + 1;
      while (source[end] !== '"') end += source[end] === "\\" ? 2 : 1;
      list.push({ text: unescaped(source.slice(at + 1, end)), line });
      move(end + 1);
      continue;
    }
    const quoted = match(character);
    if (quoted) {
      list.push({ text: unescaped(quoted[0].replace(/^b?'|'$/g, "")), line, isCharacter: true });
      move(at + quoted[0].length);
      continue;
    }
    const name = match(word);
    if (name) {
      list.push({ word: name[0], line });
      move(at + name[0].length);
      continue;
    }
    if (!/\s/.test(source[at])) list.push({ word: source[at], line });
    move(at + 1);
  }
  return list;
}

/** @param {string} text */
const unescaped = (text) =>
  text
    .replace(/\\\n\s*/g, "")
    .replace(/\\(?:u\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|(.))/g, (_, long, short, one) =>
      one === undefined
        ? String.fromCodePoint(Number.parseInt(long ?? short, 16))
        : ({ n: "\n", r: "\r", t: "\t", 0: "\0" }[one] ?? one),
    );

const CLOSING = { "[": "]", "(": ")", "{": "}" };

/** The index behind the bracket that closes the one at `at`. */
function closed(list, at) {
  let depth = 0;
  for (let end = at; end < list.length; end += 1) {
    const { word } = list[end];
    if (word !== undefined && Object.hasOwn(CLOSING, word)) depth += 1;
    else if (word === "]" || word === ")" || word === "}") depth -= 1;
    if (depth === 0) return end + 1;
  }
  return list.length;
}

/** True if the words are at this place. */
const are = (list, at, ...words) => words.every((word, i) => list[at + i]?.word === word);

/**
 * The texts of a source: `{ text, line, whole }`. `whole` is true for a text that stands alone, false for a list of parts.
 *
 * @param {string} source
 */
export function rustTexts(source) {
  const list = tokens(source);
  const texts = [];
  read(0, list.length);
  return texts;

  function read(from, to) {
    for (let at = from; at < to; at += 1) {
      const token = list[at];
      if (are(list, at, "#", "[", "cfg", "(", "test", ")", "]")) {
        while (list[at]?.word !== "{" && list[at]?.word !== ";") at += 1;
        if (list[at]?.word === "{") at = closed(list, at) - 1;
      } else if (are(list, at, "#", "[") || are(list, at, "#", "!", "[")) {
        at = closed(list, list[at + 1].word === "[" ? at + 1 : at + 2) - 1;
      } else if (
        /^(debug_)?assert(_eq|_ne)?$|^(unreachable|panic)$/.test(token.word ?? "") &&
        are(list, at + 1, "!", "(")
      ) {
        at = closed(list, at + 2) - 1;
      } else if (token.word === "[" && isParts(at, to)) {
        parts(at);
        at = closed(list, at) - 1;
      } else if (token.text !== undefined && !token.isCharacter) {
        texts.push({ text: token.text, line: token.line });
      }
    }
  }

  /** True for a list that is joined, at once or by the name it is bound to. */
  function isParts(at) {
    const end = closed(list, at);
    if (are(list, end, ".", "concat", "(", ")") || are(list, at - 3, "cat", "(", "&")) return true;
    // `let message = ["`", key, "` is"]; … message.concat()`, `for part in ["; the", endpoint] {`.
    if (list[at - 1]?.word === "in" && list[end]?.word === "{") return true;
    if (list[at - 1]?.word !== "=" || list[end]?.word !== ";") return false;
    const name = list[at - 2]?.word;
    for (let next = end; next < Math.min(end + 40, list.length); next += 1)
      if (are(list, next, name, ".", "concat")) return true;
    return false;
  }

  function parts(at) {
    const end = closed(list, at) - 1;
    let text = "";
    let has = false;
    for (let item = at + 1; item < end; ) {
      // One item up to its comma.
      let stop = item;
      while (stop < end && list[stop].word !== ",") {
        stop = list[stop].word !== undefined && Object.hasOwn(CLOSING, list[stop].word) ? closed(list, stop) : stop + 1;
      }
      const literal = list.slice(item, stop).filter(({ word }) => word !== "&" && word !== "*");
      if (literal.length === 1 && literal[0].text !== undefined) {
        text += literal[0].text;
        has = true;
      } else {
        text += "{}";
        read(item, stop);
      }
      item = stop + 1;
    }
    if (has) texts.push({ text, line: list[at].line, joined: true });
  }
}
