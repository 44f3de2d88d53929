// `validateExecution` of the entry "cloudflow-wasm" for workerd.

import { runtime as ask } from "../ask/workerd.js";
import { runtime as language } from "../language/workerd.js";
import { createValidateExecution } from "./validate.js";

export const validateExecution = /*#__PURE__*/ createValidateExecution(ask, language);
