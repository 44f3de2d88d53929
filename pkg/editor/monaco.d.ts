/**
 * Flow definitions in Monaco: a part of "cloudflow-wasm". Nothing is imported from `monaco-editor`: the program passes
 * its own copy.
 *
 * @module cloudflow-wasm/editor/monaco
 */

import type { ValidateOptions } from "../index.js";

/** What {@link registerFlowLanguage} uses of the module `monaco-editor`. */
export interface Monaco {
  /** The models, their events and their markers. */
  editor: {
    getModels(): readonly any[];
    onDidCreateModel(listener: (model: any) => void): Disposable;
    onWillDisposeModel(listener: (model: any) => void): Disposable;
    onDidChangeModelLanguage(listener: (event: any) => void): Disposable;
    setModelMarkers(model: any, owner: string, markers: any[]): void;
  };
  /** The functions `register…Provider` and the enumerations. */
  languages: object;
  /** The severities of markers. */
  MarkerSeverity: object;
}

/** Something that can be removed. */
export interface Disposable {
  /** Removes it. */
  dispose(): void;
}

/** Options of {@link registerFlowLanguage}: those of `openFlow`, and which models are definitions. */
export interface FlowLanguageOptions extends ValidateOptions {
  /** Language of the models. Default `yaml`. */
  language?: string | undefined;
  /** Whether a model of the language is a flow definition. By default, every one is. */
  isFlow?: ((model: any) => boolean) | undefined;
  /** Time from the last change to the check, in ms. Default 150. */
  delay?: number | undefined;
}

/**
 * Registers markers, fixes, completion, hover texts, signatures, definitions, references, renaming, the outline, folding,
 * selections, semantic colours, formatting and hints for all models of a language, present and future ones. `dispose()`
 * removes everything.
 */
export function registerFlowLanguage(monaco: Monaco, options?: FlowLanguageOptions): Disposable;
