// The messages in the sources of the package, as templates.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { javascriptTexts } from "./javascript.mjs";
import { rustTexts } from "./rust.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");

/** Where messages for people are written. The texts that the emulator sends are those of the service, which are English. */
const SOURCES = [
  "crates/base/src",
  "crates/reader/src",
  "crates/language/src",
  "crates/editor/src",
  "crates/service/src",
  "crates/local/src/migrate.rs",
  "crates/local/src/migrate",
  "crates/local/src/single.rs",
  "crates/local/src/single",
  "crates/local/src/emulate.rs",
  "crates/local/src/emulate/state.rs",
  "crates/local/src/simulation.rs",
  "crates/local/src/simulate/compile.rs",
  "crates/local/src/simulate/machine/single.rs",
  "crates/local/src/simulate/program.rs",
  "src",
  "pkg/shared",
  "pkg/ask",
  "pkg/language",
  "pkg/local",
  "pkg/editor",
  "pkg/execution",
];

/** Where the command writes messages for people, also about the options of a gateway. */
export const COMMAND = ["pkg/cli", "pkg/gateway/options.js", "pkg/gateway/limit.js", "pkg/gateway/log.js"];

/** The codes of errors: documentation, not messages. `hub`: what the parts of the gateway send to each other. */
const WITHOUT = [
  "pkg/cli/zh",
  "crates/base/src/diagnostic/error_code.rs",
  "crates/base/src/diagnostic/code.rs",
  "crates/service/src/hub",
  "crates/service/src/hub.rs",
  "src/gateway.rs",
  // Scripts, formats for programs, and responses of servers.
  "pkg/cli/report/machine.js",
  "pkg/cli/gateway-server.js",
  "pkg/cli/guard.js",
  "pkg/cli/serve.js",
];

/** A template has the holes `{}`, also where the source names them. */
const templateOf = (/** @type {string} */ text) => text.replace(/\{(?:[A-Za-z_]\w*)?(?::\?)?\}/g, "{}");

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesOf(path) {
  const whole = join(ROOT, path);
  if (!statSync(whole).isDirectory()) return [path];
  return readdirSync(whole, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(rs|js)$/.test(name))
    .sort()
    .map((name) => `${path}/${name}`);
}

/**
 * All texts of the sources: templates and where they are.
 *
 * @param {string[]} [sources]
 * @returns {Map<string, string>}
 */
export function textsOf(sources = SOURCES) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const path of sources.flatMap(filesOf)) {
    if (WITHOUT.some((other) => path === other || path.startsWith(`${other}/`))) continue;
    const source = readFileSync(join(ROOT, path), "utf8");
    for (const { text, line } of path.endsWith(".rs") ? rustTexts(source) : javascriptTexts(source)) {
      const template = templateOf(text);
      if (!texts.has(template)) texts.set(template, `${path}:${line}`);
    }
  }
  return texts;
}

/** True for a text with words. Names, keys, marks and signatures of functions have none. */
export const isProse = (/** @type {string} */ text) =>
  /[a-z]{2,}.* |^\W* ?[a-z]+ /.test(text.replace(/`[^`]*`/g, "`x`")) && !/^\w+\([\w, .]*\)$/.test(text);

/** Texts with words that are no messages: keys of definitions, notations, texts of responses, debug output. */
export const NO_MESSAGES = [
  "End: true, ",
  "End: true\n{}",
  "flowchart TD\n",
  "subgraph g",
  "in ",
  "{}Type: Fail\n{}Name: {}\n{}Code: Failed\n",
  "{}{}Detail: a state failed",
  ": every error",
  "{}  - Errors: [{}]{}    Description: {}",
  "    OutputConstructor: ",
  "    Next: ",
  "Credentials { .. }",
  "Form {{ {} }}",
  "SignedRequest {{ {} {} }}",
  "AccessKey {{ id: {}, .. }}",
  "not enabled",
  "not activated",
  "not been activated",
  "not open",
  "<!doctype html",
  "{} in {}",
  "length({}) > {}",
  "jsonMerge({}, {{",
  "jsonMerge({}, {})",
  "a request may have at most {} headers",
  "the path must be `/`, not `{}`",
  "the method must be GET or POST, not `{}`",
  "cloudflow-wasm emulator",
  "the execution has more than {} events",
  "too large",
  "2px 6px",
  ".cm-flow-note a",
];

/** Messages that the sources compose of several texts, by the first of these. */
export const COMPOSED = {
  // The name of the operation is replaced.
  "ask for a RAM policy that allows `fnf:DescribeExecution` on this flow": [
    "ask for a RAM policy that allows `fnf:{}` on this flow",
  ],
  "the module could not be loaded{}: {}": [
    "the module could not be loaded: {}",
    "the module could not be loaded from `{}`: {}",
  ],
  " from `{}`": [],
  " and `": [],
  "not `": [],
  "not the text `": ["not the text `{}`"],
  "{} of {}{}": ["{} of {}", "{} of {}, required"],
  "{}: {}{}": ["{}: {}, required"],
  " reference.": ["{} reference.", "{} references."],
  "cannot rename the {} `{}{}": [
    "cannot rename the {} `{}` as a whole: an anchor shares it, or another name is equal to it",
  ],
  "` as a whole: an anchor shares it, or another name is equal to it": [],
  "the response is not {}{}": ["the response is not a page of a list: {}", "the response is not an execution: {}"],
  "a page of a list: ": [],
  "an execution: ": [],
  "no response from {}": ["no response from {}: {}"],
  "; before that: ": ["; before that: {}"],
  "; it is {}{}": ["; it is {} minutes behind the service's", "; it is {} minutes ahead of the service's"],
  " minutes behind the service's": [],
  " minutes ahead of the service's": [],
  "the service answered `{}`": ["the service answered `{}`: {}"],
  "the response has the HTTP status {} without an error code of the service": [
    "the response has the HTTP status {} without an error code of the service: {}",
  ],
  " (it needs the permission `": [" (it needs the permission `{}`)"],
  "the response (HTTP status {}) is {}": [
    "the response (HTTP status {}) is {}, not JSON of the service: this endpoint is another server",
    "the response (HTTP status {}) is {}, `{}`, not JSON of the service: this endpoint is another server",
  ],
  ", not JSON of the service: this endpoint is another server": [],
};

/** How arguments, examples of the command, and parts of files that it writes begin. */
const STARTS = [
  ..."orders |flows/|order.yaml|cloudflow-wasm |cloudflow-wasm`|npm |npx |next      cd|bash > |zsh > |fish > ".split(
    "|",
  ),
  ..."complete -c|__fish|cd |cp |node |# |#compdef|// |Type: |version: |digraph|TAP|not ok|tests=|$(compgen".split("|"),
  ..."  node [|  edge [|{}subgraph|{}>|{}: the test file|{} -f -a|{}{}{}{} -d| -l {}| -s {}| -x -a".split("|"),
];

export const isCommandLine = (/** @type {string} */ text) =>
  STARTS.some((start) => text.startsWith(start)) || /^(--?\w|\s*<|\s*[}"{]$|\s*[}"{](?!\})| {4})/.test(text);

/** Texts of the command with words that are no messages. */
export const NO_COMMAND_MESSAGES = [
  // A header.
  "Bearer {}",
  "be read",
  "be written",
  "Flow with {} state{}",
  "  message: |",
  "\\ No newline at end of file\n",
  " after {}",
  "{} of `{}`{}",
  "branch {}",
  ": did you mean `$1`?",
  " in {}",
  "warning: ",
  "; a further option --host {} accepts it",
  "; --allow-origin {} allows it",
  " --save-dev cloudflow-wasm",
  ": did you mean `--{}`?",
  "Bearer {}",
  // Mistakes of a program that speaks the protocol of editors.
  "a position must have `line` and `character`, whole numbers of 0 or more",
  "no header ends within {} bytes",
  "a header without `Content-Length`",
  "a message of {} bytes; the most is {}",
  "the message was skipped",
  "not a message in JSON: {}",
  "a change must have a `text`",
  "the first request must be `initialize`",
  "the server was shut down",
  "the server was initialized before",
  "`{}` is not a request of this server",
  "a message must be an object with `method`",
  "`id` must be a string or a number",
  "`textDocument` must have a `uri`",
  "`textDocument` must have `uri` and `text`",
  "`newName` must be a string",
  "`contentChanges` must be a list",
  "`{}` is not open",
  "Content-Length: {}\r\n\r\n{}",
  "shut down",
  // What a gateway logs and answers.
  "the rate-limit binding threw",
  "Request was denied due to user flow control. Please try again later.",
  "cloudflow-wasm/gateway: {}",
  "a value that cannot be converted to text",
];

/** Messages that the command composes of several texts, by one of these. */
export const COMPOSED_BY_COMMAND = {
  // The library that reads the arguments.
  "cloudflow-wasm {}": [
    "Usage:",
    "Arguments:",
    "Options:",
    "unknown option `{}`",
    "unknown option `{}`: did you mean `{}`?",
    "missing required argument `{}`",
    "too many arguments. Expected {} argument but got {}",
    "too many arguments. Expected {} arguments but got {}",
    "option `{}` argument missing",
    "option `{}` argument `{}` is invalid. {}",
    "option `{}` argument `{}` is invalid. Allowed choices are {}",
    "command-argument value `{}` is invalid for argument `{}`. Allowed choices are {}",
  ],
  "cloudflow-wasm --help` lists the commands": ["`cloudflow-wasm --help` lists the commands"],
  "cloudflow-wasm explain` lists the codes": ["`cloudflow-wasm explain` lists the codes"],
  "cloudflow-wasm {} --help` describes the command": ["`cloudflow-wasm {} --help` describes the command"],
  "{} {}{}": ["{} errors", "{} error", "{} warnings", "{} warning", "{} notes", "{} note", "{} files", "{} file"],
  "{} correction{} applied": ["{} corrections applied", "{} correction applied"],
  "{} of {} file{}": ["{} of {} files", "{} of {} file"],
  "cannot be read: {}": ["cannot be written: {}"],
  "not reached: {}{}": ["not reached: {}", "not reached: {}, line {}"],
  ", line {}": [],
  "failed in {}{}: {}": ["failed in {}: {}", "failed in {}, line {} of the definition: {}"],
  ", line {} of the definition": [],
  "flow {}: {}{}, {}": [
    "flow {}: loaded, {}",
    "flow {}: loaded as Express, {}",
    "flow {}: changed, {}",
    "flow {}: changed as Express, {}",
    "flow {}: unchanged, {}",
    "flow {}: valid again, changed, {}",
    "flow {}: valid again, unchanged, {}",
    "flow {}: valid again, loaded, {}",
  ],
  "valid again, ": [],
  "unknown option `{}`{}": ["unknown option `{}`", "unknown option `{}`: did you mean `{}`?"],
  "execution {}/{}: {}{}{}": [
    "execution {}: {}",
    "execution {}: {}, {}",
    "execution {}: {} in {}",
    "execution {}: {} in {}, {}",
    "Local.NoTaskHandler: no handler in --tasks matches `{}` of `{}`",
  ],
  "the config `{}` {}": ["the config `{}` cannot be loaded: {}", "the config `{}` has wrong options: {}"],
  // What the emulator says about a task without a handler.
  "{} attempts": ["no handler in `tasks` matches `{}` of `{}`"],
  "an option of the gateway": ["`{}` is not {}; expected one of: {}"],
  " as Express": [],
  "flow {}: {} is invalid{}": ["flow {}: {} is invalid", "flow {}: {} is invalid; the last valid definition is kept"],
  "; the last valid definition is kept": [],
  "{} of `{}`; if that process has ended, remove `{}`": [
    "the state file `{}` is in use by process {} of `{}`; if that process has ended, remove `{}`",
  ],
  "{} since {}; stop that process, or use another state file (the lock is `{}`)": [
    "the state file `{}` is in use by process {} since {}; stop that process, or use another state file (the lock is `{}`)",
  ],
};
