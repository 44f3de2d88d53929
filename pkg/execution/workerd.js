// `validateExecution` of the entry "cloudflow-wasm" for workerd.

import { parseExecution } from "../ask.workerd.js";
import { validateFlow } from "../language.workerd.js";
import { createValidateExecution } from "./validate.js";

export const validateExecution = /*#__PURE__*/ createValidateExecution(parseExecution, validateFlow);
