/**
 * The language service for flow definitions: a part of "cloudflow-wasm".
 *
 * All offsets count UTF-16 code units from 0, as `text.slice` and editors do. Every function answers for every text,
 * also while it is broken.
 *
 * @module cloudflow-wasm/editor
 */

import type { Diagnostic, GraphEdge, GraphNode, Position, Range, ValidateOptions } from "./index.js";

export { CloudFlowError } from "./index.js";
export type { Diagnostic, GraphEdge, GraphNode, Position, Range, ValidateOptions } from "./index.js";

/** Opens a flow definition of either dialect. Call `close()` when the editor closes it. */
export function openFlow(text: string, options?: ValidateOptions): OpenFlow;

/** The kinds of words: `semanticTokens` has their indices. */
export const TOKEN_KINDS: readonly [
  "comment",
  "key",
  "property",
  "keyword",
  "state",
  "target",
  "error",
  "text",
  "constant",
  "variable",
  "member",
  "function",
  "operator",
];

/** A definition that is open in an editor. After `close()`, every function throws `flow-closed`. */
export interface OpenFlow {
  /** Returns the current text. */
  text(): string;
  /** Replaces the text between two offsets. Offsets past the end are the end. */
  edit(start: number, end: number, newText: string): void;
  /** Returns the findings of `validateFlow`. */
  diagnostics(): Diagnostic[];
  /** Returns the result of `flowGraph`. */
  graph(): { nodes: GraphNode[]; edges: GraphEdge[]; diagnostics: Diagnostic[] };
  /** Returns the states as a tree, in the order of the text. */
  symbols(): FlowSymbol[];
  /** Returns the ranges that can be folded. The first line of each stays visible. */
  folding(): { range: Range; kind: "region" | "comment" }[];
  /** Returns the ranges that contain an offset, from the innermost one to the whole text. */
  selectionRanges(offset: number): Range[];
  /**
   * Returns the words of the text with their kinds, also inside of expressions: offset, length and index in
   * {@link TOKEN_KINDS} of each. The words are in one line, in ascending order, and do not overlap.
   */
  semanticTokens(): Uint32Array;
  /** Returns where states lead by default: a label such as `→ ship` after a position. */
  inlayHints(): { position: Position; label: string }[];
  /** Returns what can be written at an offset. Items are not filtered by the word that is there. */
  completion(offset: number): Completion;
  /** Returns what is at an offset, or `null`. */
  hover(offset: number): Hover | null;
  /** Returns the function whose call contains an offset, or `null`. */
  signatureHelp(offset: number): SignatureHelp | null;
  /** Returns the range of the name of the state that the name at an offset refers to, or `null`. */
  definition(offset: number): Range | null;
  /** Returns the name of the state at an offset and all references to it. */
  references(offset: number): Range[];
  /** Returns the range of the name that `rename` replaces at an offset, or `null`. */
  prepareRename(offset: number): Range | null;
  /**
   * Returns the edits that rename the state at an offset and all references to it. Comments stay unchanged. Throws
   * `rename-refused` if no name is at the offset, or if the new name is empty, has a line break, or exists in the list.
   */
  rename(offset: number, name: string): TextEdit[];
  /** Returns the changes that an editor offers for a range: the fixes of findings, and rewritings of a state. */
  codeActions(start: number, end?: number): CodeAction[];
  /**
   * Returns the edits of the usual layout. They keep the meaning, the comments and the blank lines. If the text has
   * syntax errors, `edits` is empty and `diagnostics` has the errors.
   */
  format(options?: FormatOptions): { edits: TextEdit[]; diagnostics: Diagnostic[] };
  /** Frees the definition. */
  close(): void;
}

/** A state in the tree of states. */
export interface FlowSymbol {
  /** Name. Empty if the state has none. */
  name: string;
  /** Type as written. Empty if the state has none. */
  type: string;
  /** The list that contains the state, such as `branches[0]`. Absent at the top level. */
  list?: string;
  /** Range of the state. */
  range: Range;
  /** Range of the name, or of the whole state. */
  nameRange: Range;
  /** The states inside. */
  children: FlowSymbol[];
}

/** One replacement in the text. The edits of one answer are in ascending order, for the same text. */
export interface TextEdit {
  /** The replaced range. Empty for an insertion. */
  range: Range;
  /** The replacement. */
  newText: string;
}

/** What can be written at an offset. */
export interface Completion {
  /** The range that an item replaces. It is in one line and contains the offset. */
  range: Range;
  /** The items, the most likely ones first. */
  items: CompletionItem[];
}

/** One item of a completion. */
export interface CompletionItem {
  /** Text in the list. */
  label: string;
  /** What the item is. */
  kind: "key" | "type" | "state" | "error" | "value" | "action" | "function" | "variable" | "member";
  /** Text to insert. */
  insertText: string;
  /** A remark beside the label: `required`, a signature, or where a member comes from. */
  detail?: string;
  /** Documentation: one or two sentences. */
  documentation?: string;
  /** Address of the page of the vendor. */
  page?: string;
}

/** What is at an offset. */
export interface Hover {
  /** The key, name or word. */
  range: Range;
  /** The name with its type or signature. */
  title: string;
  /** Documentation: one or two sentences. */
  documentation?: string;
  /** Address of the page of the vendor. */
  page?: string;
  /** What the flow says about it, in lines of Markdown. */
  summary?: string;
}

/** The function whose call contains an offset. */
export interface SignatureHelp {
  /** The signature: `hash(text, algorithm)`. */
  label: string;
  /** The names of the parameters. */
  parameters: string[];
  /** Index of the parameter at the offset, from 0. */
  activeParameter: number;
  /** Documentation: one sentence. */
  documentation?: string;
  /** Address of the page of the vendor. */
  page?: string;
}

/** A change that an editor offers. */
export interface CodeAction {
  /** The effect in the imperative. */
  title: string;
  /** `fix` fixes a finding, `refactor` rewrites a state. `migrate` has no edits: call `migrateFlow` of the local entry. */
  kind: "fix" | "refactor" | "migrate";
  /** The changes. */
  edits: TextEdit[];
  /** The code of the finding that the change fixes. */
  code?: string;
  /** The range of the finding. */
  range?: Range;
}

/** Options of `format`. */
export interface FormatOptions {
  /** Writes the keys of the language in the usual order. Default `false`. */
  sortKeys?: boolean | undefined;
}
