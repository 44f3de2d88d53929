// The Worker thread of the language: checks large texts.

import { flowGraph, validateFlow } from "cloudflow-wasm";
import { checkText } from "./check.js";

addEventListener("message", ({ data: { id, text } }) => {
  let checked;
  try {
    checked = { ...checkText(text, { flowGraph, validateFlow }), text: "" };
  } catch {
    // The page checks the text itself, and has the error then.
  }
  postMessage({ id, checked });
});
