// Connects the language server with streams.

import { FrameReader, frame } from "./frames.js";
import { createServer } from "./server.js";

/** @import { Io } from "../command.js" */

const PARSE_ERROR = -32700;

/**
 * Serves until the client ends the server, closes its stream, or the command must stop. Returns the exit code.
 *
 * @param {Pick<Io, "stdin" | "out" | "stopped">} io
 * @param {{ version: string }} info
 * @returns {Promise<number>}
 */
export async function serve({ stdin, out, stopped }, info) {
  /** @type {(code: number) => void} */
  let end = () => {};
  const ended = new Promise((/** @type {(code: number) => void} */ resolve) => (end = resolve));
  const server = createServer((message) => {
    // Without a reader nothing can be reported.
    out(frame(message)).catch(() => end(1));
  }, info);
  const reader = new FrameReader();

  const listen = async () => {
    for await (const part of stdin) {
      for (const read of reader.read(part)) {
        if ("problem" in read) server.reject(PARSE_ERROR, read.problem);
        else {
          const code = server.receive(read.message);
          if (code !== undefined) return code;
        }
      }
    }
    // Answers of the last messages may still be on their way.
    await new Promise((resolve) => setTimeout(resolve, 0));
    return server.end();
  };
  const code = await Promise.race([listen().catch(() => 1), ended, stopped.then(() => 0)]);
  server.end();
  // What was sent is written before the process ends.
  await out("").catch(() => {});
  return code;
}
