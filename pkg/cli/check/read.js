// Reads a file that may be anything.

import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { failure, reason } from "../failure.js";

/** Maximum size of a file in bytes. The service takes definitions of far less. */
export const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Returns the text of a file. Throws an error whose message can follow the name of the file.
 *
 * @param {string} path
 */
export function readText(path) {
  if (path.includes("\ufffd")) throw failure("cannot be opened: its name is not valid UTF-8");
  let file;
  try {
    const found = statSync(path);
    if (found.isDirectory()) throw failure("is a folder");
    // Opening a pipe without a writer would not return.
    if (!found.isFile() && !/^\/(dev\/(stdin|fd\/)|proc\/self\/fd\/)/.test(path))
      throw failure("is not a regular file");
    if (found.size > MAX_BYTES) throw tooLarge();
    file = openSync(path, "r");
    return decode(readBytes(file, fstatSync(file).size));
  } catch (error) {
    if (error.exitCode !== undefined) throw error;
    throw failure(reason(error));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * @param {number} file
 * @param {number} size
 */
function readBytes(file, size) {
  let bytes = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    if (read === 0) return bytes.subarray(0, length);
    length += read;
    if (length > MAX_BYTES) throw tooLarge();
    if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length + 1024);
  }
}

/** @param {AsyncIterable<Uint8Array>} stream */
export async function readStream(stream) {
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
  try {
    // The byte order mark stays in the text: a fix writes it back.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw failure("is not UTF-8 text");
  }
}

function tooLarge() {
  return failure(`is larger than the maximum of ${MAX_BYTES / 1024 / 1024} MiB`);
}
