// Entry "cloudflow-wasm/editor/monaco": the language service as providers and markers of Monaco.

import { Followed } from "./followed.js";
import {
  ACTION_KIND,
  ITEM_KIND,
  LEGEND,
  hoverMarkdown,
  markdown,
  nameOf,
  orderOf,
  startsValue,
  tokenData,
} from "./protocol.js";

/** @import { FlowSymbol, OpenFlow, TextEdit } from "../editor.js" */
/** @import { Disposable, FlowLanguageOptions } from "./monaco.js" */

/** The owner of the markers. */
const OWNER = "cloudflow";

const SEVERITY = { error: "Error", warning: "Warning", info: "Info" };

/**
 * @param {any} monaco
 * @param {FlowLanguageOptions} [options]
 * @returns {Disposable}
 */
export function registerFlowLanguage({ editor, languages, MarkerSeverity }, options = {}) {
  const { language = "yaml", isFlow = () => true, delay = 150, ...checks } = options;
  /** @type {Map<any, { flow: Followed, close: () => void }>} */
  const opened = new Map();

  const open = (/** @type {any} */ model) => {
    if (opened.has(model) || model.getLanguageId() !== language || !isFlow(model)) return;
    const flow = new Followed(checks);
    const mark = () => {
      const found =
        flow.ask(
          () => model.getValue(),
          (flow) => flow.diagnostics(),
        ) ?? [];
      const markers = found.map(({ severity, code, message, range, related }) => ({
        ...rangeOf(range),
        severity: MarkerSeverity[SEVERITY[severity]],
        code,
        source: OWNER,
        message,
        relatedInformation: related?.map(({ message, range }) => ({ resource: model.uri, message, ...rangeOf(range) })),
      }));
      editor.setModelMarkers(model, OWNER, markers);
    };
    let timer = setTimeout(mark);
    const listener = model.onDidChangeContent((/** @type {any} */ { changes, isFlush, isEolChange }) => {
      if (isFlush || isEolChange) flow.replace(model.getValue());
      else for (const { rangeOffset: at, rangeLength, text } of changes) flow.edit(at, at + rangeLength, text);
      clearTimeout(timer);
      timer = setTimeout(mark, delay);
    });
    const close = () => {
      opened.delete(model);
      clearTimeout(timer);
      listener.dispose();
      flow.close();
      if (!model.isDisposed()) editor.setModelMarkers(model, OWNER, []);
    };
    opened.set(model, { flow, close });
  };
  const close = (/** @type {any} */ model) => opened.get(model)?.close();

  /**
   * A function of a provider: the answer of the definition of a model. The offset is that of the position.
   *
   * @param {(flow: OpenFlow, at: number, model: any, ...rest: any[]) => unknown} answer
   */
  const of =
    (answer) =>
    (/** @type {any} */ model, /** @type {any} */ ...rest) => {
      const at = rest[0]?.column === undefined ? 0 : model.getOffsetAt(rest[0]);
      const flow = opened.get(model)?.flow;
      return (
        flow?.ask(
          () => model.getValue(),
          (flow) => answer(flow, at, model, ...rest),
        ) ?? null
      );
    };
  /** @param {string} name @param {object} provider @returns {Disposable} */
  const provide = (name, provider) => languages[`register${name}Provider`](language, provider);
  /** @param {FlowSymbol} symbol @returns {object} */
  const symbolOf = (symbol) => ({
    ...nameOf(symbol),
    kind: languages.SymbolKind.Class,
    tags: [],
    range: rangeOf(symbol.range),
    selectionRange: rangeOf(symbol.nameRange),
    children: symbol.children.map(symbolOf),
  });

  const registered = [
    editor.onDidCreateModel(open),
    editor.onWillDisposeModel(close),
    editor.onDidChangeModelLanguage((/** @type {any} */ { model }) => (close(model), open(model))),
    provide("CompletionItem", {
      triggerCharacters: [".", "$", " "],
      provideCompletionItems: of((flow, at, model, position, { triggerCharacter }) => {
        const written = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
        if (triggerCharacter === " " && !startsValue(written)) return null;
        const { range, items } = flow.completion(at);
        const suggestions = items.map((item, index) => ({
          label: item.label,
          kind: languages.CompletionItemKind[ITEM_KIND[item.kind]],
          insertText: item.insertText,
          detail: item.detail,
          documentation: { value: markdown(item) },
          sortText: orderOf(index),
          range: rangeOf(range),
        }));
        return { suggestions };
      }),
    }),
    provide("Hover", {
      provideHover: of((flow, at) => {
        const found = flow.hover(at);
        return found && { range: rangeOf(found.range), contents: [{ value: hoverMarkdown(found) }] };
      }),
    }),
    provide("SignatureHelp", {
      signatureHelpTriggerCharacters: ["(", ","],
      provideSignatureHelp: of((flow, at) => {
        const found = flow.signatureHelp(at);
        if (found === null) return null;
        const { label, activeParameter } = found;
        const parameters = found.parameters.map((label) => ({ label }));
        const signatures = [{ label, parameters, documentation: { value: markdown(found) } }];
        return { value: { signatures, activeSignature: 0, activeParameter }, dispose() {} };
      }),
    }),
    provide("Definition", {
      provideDefinition: of((flow, at, { uri }) => {
        const range = flow.definition(at);
        return range && { uri, range: rangeOf(range) };
      }),
    }),
    provide("Reference", {
      provideReferences: of((flow, at, { uri }) =>
        flow.references(at).map((range) => ({ uri, range: rangeOf(range) })),
      ),
    }),
    provide("Rename", {
      resolveRenameLocation: of((flow, at, model, { lineNumber: line, column }) => {
        const found = flow.prepareRename(at);
        const range = rangeOf(found ?? { start: { line, column }, end: { line, column } });
        const text = model.getValueInRange(range);
        return found ? { range, text } : { range, text, rejectReason: "no state has this name" };
      }),
      provideRenameEdits: of((flow, at, model, _, name) => {
        try {
          return workspaceEdit(model, flow.rename(at, name));
        } catch (error) {
          return { edits: [], rejectReason: error.message };
        }
      }),
    }),
    provide("CodeAction", {
      provideCodeActions: of((flow, _, model, range, { markers }) => {
        const offset = (/** @type {any} */ position) => model.getOffsetAt(position);
        const found = flow.codeActions(offset(range.getStartPosition()), offset(range.getEndPosition()));
        const actions = found
          .filter(({ edits }) => edits.length > 0)
          .map(({ title, kind, edits, code }) => ({
            title,
            kind: ACTION_KIND[kind],
            isPreferred: kind === "fix",
            diagnostics: kind === "fix" ? markers.filter((/** @type {any} */ one) => one.code === code) : [],
            edit: workspaceEdit(model, edits),
          }));
        return { actions, dispose() {} };
      }),
    }),
    provide("DocumentSymbol", { provideDocumentSymbols: of((flow) => flow.symbols().map(symbolOf)) }),
    provide("FoldingRange", {
      provideFoldingRanges: of((flow) =>
        flow.folding().map(({ range: { start, end }, kind }) => ({
          start: start.line,
          end: end.line,
          kind: languages.FoldingRangeKind.fromValue(kind),
        })),
      ),
    }),
    provide("SelectionRange", {
      provideSelectionRanges: of((flow, _, model, positions) =>
        positions.map((/** @type {any} */ position) =>
          flow.selectionRanges(model.getOffsetAt(position)).map((range) => ({ range: rangeOf(range) })),
        ),
      ),
    }),
    provide("DocumentSemanticTokens", {
      getLegend: () => LEGEND,
      provideDocumentSemanticTokens: of((flow, _, model) => ({
        data: tokenData(flow.semanticTokens(), (offset) => {
          const { lineNumber, column } = model.getPositionAt(offset);
          return { line: lineNumber - 1, character: column - 1 };
        }),
      })),
      releaseDocumentSemanticTokens() {},
    }),
    provide("DocumentFormattingEdit", { provideDocumentFormattingEdits: of((flow) => editsOf(flow.format().edits)) }),
    provide("InlayHints", {
      provideInlayHints: of((flow) => {
        const hints = flow.inlayHints().map(({ position: { line, column }, label }) => ({
          position: { lineNumber: line, column },
          label,
          paddingLeft: true,
        }));
        return { hints, dispose() {} };
      }),
    }),
  ];
  for (const model of editor.getModels()) open(model);
  return {
    dispose() {
      for (const one of registered) one.dispose();
      for (const { close } of opened.values()) close();
    },
  };
}

/** Lines and columns of Monaco are those of the service. @param {{ start: Place, end: Place }} [range] the start of the text if absent */
function rangeOf({ start, end } = { start: FIRST, end: FIRST }) {
  return { startLineNumber: start.line, startColumn: start.column, endLineNumber: end.line, endColumn: end.column };
}

/** @typedef {{ line: number, column: number }} Place */
const FIRST = { line: 1, column: 1 };

/** @param {TextEdit[]} edits */
function editsOf(edits) {
  return edits.map(({ range, newText }) => ({ range: rangeOf(range), text: newText }));
}

/** @param {any} model @param {TextEdit[]} edits */
function workspaceEdit(model, edits) {
  const [resource, versionId] = [model.uri, model.getVersionId()];
  return { edits: editsOf(edits).map((textEdit) => ({ resource, versionId, textEdit })) };
}
