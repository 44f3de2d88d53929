// Reads a file that may be anything.

import buffer from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { failure, reason } from "../failure.js";

/** Maximum size of a file in bytes. The service takes definitions of far less. */
export const MAX_BYTES = 16 * 1024 * 1024;

/** Most files fit into this buffer. The text is a copy of its content. */
const shared = Buffer.allocUnsafeSlow(128 * 1024);

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Streams of the process. Other pipes are not opened for reading: without a writer, that would not return. */
const STREAMS = /^\/(dev\/(stdin|fd\/)|proc\/self\/fd\/)/;

/**
 * Returns the text of a file. Throws an error whose message can follow the name of the file.
 *
 * @param {string} path
 */
export function readText(path) {
  if (path.includes("\ufffd")) throw failure("cannot be opened: its name is not valid UTF-8");
  let file;
  try {
    const isStream = STREAMS.test(path);
    file = openSync(path, isStream ? "r" : constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = fstatSync(file);
    if (found.isDirectory()) throw failure("is a folder");
    if (!found.isFile() && !isStream) throw failure("is not a regular file");
    if (found.size > MAX_BYTES) throw tooLarge();
    return decode(readBytes(file, found.isFile() ? found.size : 0));
  } catch (error) {
    if (error.exitCode !== undefined) throw error;
    throw failure(reason(error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * @param {number} file
 * @param {number} size what the system says; 0 for a stream, and for files such as those in /proc
 */
function readBytes(file, size) {
  let bytes = size < shared.length ? shared : Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    length += read;
    if (length > MAX_BYTES) throw tooLarge();
    if (read === 0 || (size > 0 && length === size)) return bytes.subarray(0, length);
    if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length + 1024);
  }
}

/**
 * Returns the text of the standard input, or throws an error with the code 130 if the command is stopped before its end.
 *
 * @param {Pick<import("../command.js").Io, "stdin" | "stopped">} io
 */
export function readInput({ stdin, stopped }) {
  const ended = stopped.then(() => {
    throw failure("stopped", { exitCode: 130 });
  });
  return Promise.race([readStream(stdin), ended]);
}

/** @param {AsyncIterable<Uint8Array>} stream */
async function readStream(stream) {
  const parts = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > MAX_BYTES) throw tooLarge();
    parts.push(part);
  }
  return decode(Buffer.concat(parts));
}

/** @param {Buffer} bytes */
function decode(bytes) {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) throw failure("is UTF-16 text: save it as UTF-8");
  if (bytes.subarray(0, 8000).includes(0)) throw failure("is a binary file");
  // The byte order mark stays in the text: a fix writes it back. In Node, these functions are several times as fast as
  // the decoder.
  if (buffer.isAscii?.(bytes)) return bytes.toString("latin1");
  if (buffer.isUtf8?.(bytes)) return bytes.toString("utf8");
  try {
    return decoder.decode(bytes);
  } catch {
    throw failure("is not UTF-8 text");
  }
}

function tooLarge() {
  return failure(`is larger than the maximum of ${MAX_BYTES / 1024 / 1024} MiB`);
}
