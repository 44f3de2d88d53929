// Entry "cloudflow-wasm/local" for workerd.

import { createLocal } from "./local/emulator.js";
import { runtime } from "./local/workerd.js";
import { createSignRequest } from "./local/sign.js";
import { signing } from "./local/sign.workerd.js";
import { pick } from "./shared/runtime.js";

export { CloudFlowError } from "./shared/error.js";

const local = /*#__PURE__*/ createLocal(runtime, { ownTimers: true });

export const createEmulator = /*#__PURE__*/ pick(local, "createEmulator");
export const migrateFlow = /*#__PURE__*/ pick(local, "migrateFlow");
export const signRequest = /*#__PURE__*/ createSignRequest(signing);
export const simulateFlow = /*#__PURE__*/ pick(local, "simulateFlow");
export const simulateState = /*#__PURE__*/ pick(local, "simulateState");
