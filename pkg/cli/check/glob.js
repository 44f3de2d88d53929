// Patterns of file names: `*`, `**`, `?`, `[a-z]`, `{a,b}`.

/** @param {string} text */
export function isGlob(text) {
  return /[*?[{]/.test(text);
}

/**
 * Returns a test for paths with `/`.
 *
 * @param {string} pattern
 * @returns {(path: string) => boolean}
 */
export function globTest(pattern) {
  let source = "";
  let depth = 0;
  for (let i = 0; i < pattern.length; i += 1) {
    const letter = pattern[i];
    if (letter === "*") {
      if (pattern[i + 1] === "*") {
        while (pattern[i + 1] === "*") i += 1;
        // `**/` also matches no folder.
        if (pattern[i + 1] === "/") source += ((i += 1), "(?:[^/]+/)*");
        else source += ".*";
      } else source += "[^/]*";
    } else if (letter === "?") source += "[^/]";
    else if (letter === "[") {
      const end = pattern.indexOf("]", i + 2);
      if (end < 0) source += "\\[";
      else {
        const set = pattern
          .slice(i + 1, end)
          .replace(/[\\\]^[]/g, (sign, at) => (sign === "^" && at === 0 ? "^" : `\\${sign}`));
        source += `[${set.replace(/^!/, "^")}]`;
        i = end;
      }
    } else if (letter === "{" && pattern.indexOf("}", i) > 0) source += ((depth += 1), "(?:");
    else if (letter === "}" && depth > 0) source += ((depth -= 1), ")");
    else if (letter === "," && depth > 0) source += "|";
    else source += letter.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  }
  if (depth > 0) source += ")".repeat(depth);
  let expression;
  try {
    expression = new RegExp(`^${source}$`, "su");
  } catch {
    return (path) => path === pattern;
  }
  return (path) => expression.test(path);
}

/**
 * Returns a test for ignored paths, in the manner of `.gitignore`: a pattern without `/` matches a name in any folder.
 *
 * @param {string[]} patterns
 */
export function ignoreTest(patterns) {
  const tests = patterns.flatMap((pattern) => {
    const bare = pattern.replace(/^\.?\//, "").replace(/\/+$/, "");
    const rooted = bare.includes("/") || /^\.?\//.test(pattern) ? bare : `**/${bare}`;
    return [globTest(rooted), globTest(`${rooted}/**`)];
  });
  return (/** @type {string} */ path) => tests.some((test) => test(path));
}
