// An error that a command reports in one line.

/**
 * @param {string} message
 * @param {{ exitCode?: number, help?: string }} [more] `exitCode`: 2 if the command could not run. `help`: the command
 *   that tells more.
 * @returns {Error & { exitCode: number, help?: string }}
 */
export function failure(message, { exitCode = 2, help } = {}) {
  // Not a class: each file of the package has a copy of this module.
  return Object.assign(new Error(message), help === undefined ? { exitCode } : { exitCode, help });
}

/** @type {Record<string, string>} */
const REASONS = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist: a part of its path is not a folder",
  EACCES: "cannot be accessed: permission denied",
  EPERM: "cannot be accessed: not permitted",
  EISDIR: "is a folder",
  ELOOP: "is part of a loop of symbolic links",
  EMFILE: "cannot be opened: too many files are open",
  ENAMETOOLONG: "does not exist: the name is too long",
  ENOSPC: "cannot be written: no space is left",
  EROFS: "cannot be written: the file system is read-only",
  EEXIST: "already exists",
};

/**
 * What is wrong with a file, in words.
 *
 * @param {NodeJS.ErrnoException} error
 */
export function reason(error) {
  return REASONS[codeOf(error) ?? ""] ?? `cannot be read: ${error.code ?? error.message}`;
}

/** Numbers of errors of Linux and macOS that Deno states in a message instead of a code. */
/** @type {Record<string, string>} */
const NUMBERS = { 1: "EPERM", 2: "ENOENT", 13: "EACCES", 21: "EISDIR", 28: "ENOSPC", 30: "EROFS", 32: "EPIPE" };

/**
 * The code of an error of the system.
 *
 * @param {NodeJS.ErrnoException} error
 * @returns {string | undefined}
 */
export function codeOf({ code, message }) {
  return code ?? NUMBERS[/\(os error (\d+)\)$/.exec(message)?.[1] ?? ""];
}
