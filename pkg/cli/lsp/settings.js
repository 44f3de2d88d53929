// The configuration of the folder that the client has opened: the file that `check` reads, too.

import { fileURLToPath } from "node:url";
import { findConfig, readConfig } from "../check/config.js";

/** @import { Config } from "../check/config.js" */

/**
 * @param {any} params of the request `initialize`
 * @returns {Config}
 */
export function configOf({ workspaceFolders, rootUri }) {
  const uri = Array.isArray(workspaceFolders) ? workspaceFolders[0]?.uri : rootUri;
  if (typeof uri !== "string" || !/^file:/i.test(uri)) return {};
  const file = findConfig(fileURLToPath(uri));
  return file === undefined ? {} : readConfig(file).config;
}
