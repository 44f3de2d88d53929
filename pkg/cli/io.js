// The streams and the environment of a command.

import process from "node:process";
import { codeOf, failure, reason } from "./failure.js";

/** @import { Io } from "./command.js" */

/**
 * @param {Promise<unknown>} stopped
 * @returns {Io}
 */
export function createIo(stopped) {
  const { env, stdout, stderr } = process;
  return {
    out: writer(stdout),
    err: writer(stderr),
    get stdin() {
      return process.stdin;
    },
    env,
    color: wantsColor(env, stdout.isTTY === true),
    outIsTerminal: stdout.isTTY === true,
    errIsTerminal: stderr.isTTY === true,
    // A window can be resized.
    get columns() {
      return stdout.columns || 100;
    },
    stopped,
  };
}

/**
 * `FORCE_COLOR` decides before `NO_COLOR`, and both before the terminal.
 *
 * @param {Record<string, string | undefined>} env
 * @param {boolean} isTerminal
 */
export function wantsColor(env, isTerminal) {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if (env.NO_COLOR) return false;
  return isTerminal && env.TERM !== "dumb";
}

/** @param {NodeJS.WriteStream} stream */
function writer(stream) {
  /** @type {NodeJS.ErrnoException | undefined} */
  let broken;
  let listening = false;
  return (/** @type {string} */ text) => {
    if (!listening) {
      listening = true;
      stream.on("error", (error) => (broken = error));
    }
    return /** @type {Promise<void>} */ (
      new Promise((resolve, reject) => {
        const failed = (/** @type {NodeJS.ErrnoException} */ error) => {
          broken = error;
          reject(
            failure(
              ["EPIPE", "ERR_STREAM_DESTROYED"].includes(codeOf(error) ?? "")
                ? "the output was closed before its end"
                : `the output ${reason(error).replace("read", "written")}`,
            ),
          );
        };
        if (broken) return failed(broken);
        try {
          stream.write(text, (error) => (error ? failed(error) : resolve()));
        } catch (error) {
          // Deno throws some errors.
          failed(error);
        }
      })
    );
  };
}
