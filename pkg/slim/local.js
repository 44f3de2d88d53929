// Entry "cloudflow-wasm/slim/local": the functions of "cloudflow-wasm/local". The caller passes the module to `init`.

import { createLocal } from "../local/emulator.js";
import { createSignRequest } from "../local/sign.js";
import { createModules, runtimeIn } from "../shared/init.js";
import { pick } from "../shared/runtime.js";
import { build, instantiate } from "../wasm/local.js";

export { CloudFlowError } from "../shared/error.js";

/** @type {Record<keyof import("./local.js").LocalModules, import("../shared/init.js").Kind>} */
const KINDS = { local: { mark: "emulatorCreate", build } };
const modules = /*#__PURE__*/ createModules(KINDS, "cloudflow-wasm/slim/local");
const runtime = /*#__PURE__*/ runtimeIn(modules, "local", instantiate);
const local = /*#__PURE__*/ createLocal(runtime);

export const init = /*#__PURE__*/ pick(modules, "init");

export const createEmulator = /*#__PURE__*/ pick(local, "createEmulator");
export const migrateFlow = /*#__PURE__*/ pick(local, "migrateFlow");
export const signRequest = /*#__PURE__*/ createSignRequest(runtime);
export const simulateFlow = /*#__PURE__*/ pick(local, "simulateFlow");
export const simulateState = /*#__PURE__*/ pick(local, "simulateState");
