// The test harness for all runtimes. It uses no module of a host, and only globals that all runtimes have.
//
// A suite is a module in tests/js/suite/ that exports `tests`: functions of the environment by name,
//
//     export const tests = {
//       "a flow without a name is reported": ({ cloudflow }) => { ... },
//     };
//
// The environment:
//   runtime    "node", "deno", "bun", "workerd" or "browser"
//   cloudflow, ask, language, slim, local, gateway, auth   the package's entries, as this runtime resolves them
//   createGateway                     the function of `gateway`
//   modules    the WebAssembly.Module of cloudflow-wasm/ask.wasm and language.wasm: { ask, language }
//   cases(family)             the cases of tests/cases/<family>: [{ name, files }], sorted; `files` maps part to text
//   readCase(family, name, part)   the text of one part
//   service                   the emulator's address on loopback, with ways to it that break: support/service.mjs
//   file                      the suite that runs; all without it
//   filter                    the part of a name that selected the tests of this run; "" selects every test
//   setOffline(offline)       in the browser only: switches the network off and on
//
// An unhandled rejection fails the test in which it occurs.

/**
 * Runs suites (`[[file, module]]`), one test after the other, and reports `{ name, ms, error }` of each.
 * A test runs if `file: name` contains `environment.filter`.
 */
export async function run(suites, environment, report = () => {}) {
  const filter = environment.filter ?? "";
  const totals = { passed: 0, failed: 0 };
  const uncaught = rejections();
  for (const [file, suite] of suites) {
    if (environment.file && file !== environment.file) continue;
    for (const [name, body] of Object.entries(suite.tests ?? {})) {
      if (!`${file}: ${name}`.includes(filter)) continue;
      const began = performance.now();
      const error = (await failure(body, environment)) ?? (await uncaught());
      totals[error === undefined ? "passed" : "failed"] += 1;
      report({ name: `${file}: ${name}`, ms: performance.now() - began, error });
    }
    if (!suite.tests) {
      totals.failed += 1;
      report({ name: file, ms: 0, error: "it exports no `tests`" });
    }
  }
  return totals;
}

/** The functions over the files of tests/cases, as the runner packed them: { family: { name: { part: text } } }. */
export function caseReaders(packed) {
  const family = (name) => {
    if (!packed[name]) throw new Error(`there is no family of cases \`${name}\``);
    return packed[name];
  };
  return {
    cases: (name) => Object.entries(family(name)).map(([name, files]) => ({ name, files })),
    readCase(name, which, part) {
      const text = family(name)[which]?.[part];
      if (text === undefined) throw new Error(`the case tests/cases/${name}/${which} has no part \`${part}\``);
      return text;
    },
  };
}

export const assert = {
  ok(value, what = "a true value") {
    if (!value) throw new Error(`expected ${what}, got ${show(value)}`);
  },
  equal(actual, expected, what = "") {
    if (!Object.is(actual, expected))
      throw new Error(`${what && `${what}: `}expected ${show(expected)}, got ${show(actual)}`);
  },
  deepEqual(actual, expected, what = "") {
    const [a, b] = [canonical(actual), canonical(expected)];
    if (a !== b) throw new Error(`${what && `${what}: `}expected ${b}, got ${a}`);
  },
  throws(body, check) {
    let thrown;
    try {
      body();
    } catch (error) {
      thrown = { error };
    }
    if (!thrown) throw new Error("nothing was thrown");
    check?.(thrown.error);
  },
  async rejects(promise, check, { withinMs = 5000 } = {}) {
    let timer;
    const late = new Promise(
      (resolve) => (timer = setTimeout(() => resolve({ what: `it did not settle within ${withinMs} ms` }), withinMs)),
    );
    const settled = Promise.resolve(promise).then(
      (value) => ({ what: `it resolved to ${show(value)}` }),
      (error) => ({ error }),
    );
    const outcome = await Promise.race([settled, late]);
    clearTimeout(timer);
    if (outcome.what) throw new Error(`expected a rejection, but ${outcome.what}`);
    check?.(outcome.error);
  },
};

/** Fails a test that does not end: after a trap, a promise may never settle. */
const LIMIT = 90_000;

async function failure(body, environment) {
  let timer;
  try {
    const late = new Promise(
      (_, reject) => (timer = setTimeout(() => reject(new Error(`no end after ${LIMIT / 1000} s`)), LIMIT)),
    );
    await Promise.race([Promise.resolve().then(() => body(environment)), late]);
    return undefined;
  } catch (error) {
    return wordsOf(error) || "a failure without words";
  } finally {
    clearTimeout(timer);
  }
}

/** Listens for unhandled rejections. Returns a function that returns each new one once. */
function rejections() {
  const reasons = [];
  const note = (reason) => reasons.push(`unhandled rejection: ${reason?.stack ? wordsOf(reason) : show(reason)}`);
  if (globalThis.process?.on) process.on("unhandledRejection", note);
  else {
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      note(event.reason);
    });
  }
  return async () => {
    // Hosts report them at the end of a turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    return reasons.splice(0).join("\n") || undefined;
  };
}

/** JSON with sorted keys. `undefined`, NaN, maps and similar values have their own representation. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object")
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (kind !== "Object") return `${kind}(${String(value)})`;
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(",")}}`;
}

function show(value) {
  return canonical(value).slice(0, 500);
}

/** Message and stack of an error. The stack of Firefox and WebKit has no message. */
function wordsOf(error) {
  const { message = "", stack } = Object(error);
  if (stack === undefined) return String(error);
  return stack.includes(message) ? String(stack) : `${message}\n${stack}`;
}
