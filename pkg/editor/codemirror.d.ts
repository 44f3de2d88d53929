/**
 * Flow definitions in CodeMirror 6: a part of "cloudflow-wasm". It needs the packages `@codemirror/autocomplete`,
 * `@codemirror/language`, `@codemirror/lint`, `@codemirror/state` and `@codemirror/view` of the program.
 *
 * @module cloudflow-wasm/editor/codemirror
 */

import type { Extension } from "@codemirror/state";
import type { ValidateOptions } from "../index.js";

/** Options of {@link cloudflow}: those of `openFlow`, and those of the marks. */
export interface CloudflowOptions extends ValidateOptions {
  /** Time from the last change to the check, in ms. Default 150. */
  delay?: number | undefined;
  /** Whether findings are marked. Default true. Set it to false if the program marks them itself. */
  marks?: boolean | undefined;
}

/**
 * Returns the extension: marks with fixes, completion, hover texts, folding, go to the definition of a state (F12, or
 * Ctrl or Cmd and a click), and rename a state (F2). It closes the definition with the view.
 */
export function cloudflow(options?: CloudflowOptions): Extension;
