// Entry "cloudflow-wasm/editor/monaco": the language service as providers and markers of Monaco.

import { openFlow } from "../editor.js";
import { ITEM_KIND, LEGEND, hoverMarkdown, markdown, tokenData } from "./protocol.js";

/** @import { CodeAction, Diagnostic, FlowSymbol, OpenFlow, Range, TextEdit } from "../editor.js" */
/** @import { Disposable, FlowLanguageOptions } from "./monaco.js" */

/** The owner of the markers. */
const OWNER = "cloudflow";

/**
 * @param {any} monaco
 * @param {FlowLanguageOptions} [options]
 * @returns {Disposable}
 */
export function registerFlowLanguage(monaco, options = {}) {
  const { language = "yaml", isFlow = () => true, delay = 150, ...checks } = options;
  const { editor, languages, MarkerSeverity } = monaco;
  /** @type {Map<any, { flow: OpenFlow, timer?: ReturnType<typeof setTimeout>, listener: Disposable }>} */
  const opened = new Map();

  const open = (/** @type {any} */ model) => {
    if (opened.has(model) || model.getLanguageId() !== language || !isFlow(model)) return;
    const flow = openFlow(model.getValue(), checks);
    const listener = model.onDidChangeContent((/** @type {any} */ { changes, isFlush, isEolChange }) => {
      try {
        if (isFlush || isEolChange) flow.edit(0, 0xffffffff, model.getValue());
        else for (const change of changes) edit(flow, change);
      } catch {
        // The text is too long, or the module was lost.
        close(model);
        open(model);
      }
      schedule(model);
    });
    opened.set(model, { flow, listener });
    schedule(model, 0);
  };
  const close = (/** @type {any} */ model) => {
    const entry = opened.get(model);
    if (entry === undefined) return;
    opened.delete(model);
    clearTimeout(entry.timer);
    entry.listener.dispose();
    entry.flow.close();
    if (!model.isDisposed()) editor.setModelMarkers(model, OWNER, []);
  };
  const schedule = (/** @type {any} */ model, after = delay) => {
    const entry = opened.get(model);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      const markers = entry.flow.diagnostics().map((found) => ({
        ...rangeOf(model, found.range),
        severity: MarkerSeverity[SEVERITY[found.severity]],
        code: found.code,
        source: OWNER,
        message: found.message,
        relatedInformation: found.related?.map((other) => ({
          resource: model.uri,
          message: other.message,
          ...rangeOf(model, other.range),
        })),
      }));
      editor.setModelMarkers(model, OWNER, markers);
    }, after);
  };

  /**
   * Answers with the definition of a model, or with nothing for other models.
   *
   * @template T
   * @param {any} model
   * @param {(flow: OpenFlow) => T} answer
   */
  const ask = (model, answer) => {
    const flow = opened.get(model)?.flow;
    return flow === undefined ? null : answer(flow);
  };
  const at = (/** @type {any} */ model, /** @type {any} */ position) => model.getOffsetAt(position);
  const location = (/** @type {any} */ model, /** @type {Range} */ range) => ({
    uri: model.uri,
    range: rangeOf(model, range),
  });
  const editsOf = (/** @type {any} */ model, /** @type {TextEdit[]} */ edits) =>
    edits.map(({ range, newText }) => ({ range: rangeOf(model, range), text: newText }));
  const workspaceEdit = (/** @type {any} */ model, /** @type {TextEdit[]} */ edits) => ({
    edits: editsOf(model, edits).map((textEdit) => ({
      resource: model.uri,
      versionId: model.getVersionId(),
      textEdit,
    })),
  });
  const symbolsOf = (/** @type {any} */ model, /** @type {FlowSymbol[]} */ symbols) => {
    /** @type {(symbol: FlowSymbol) => object} */
    const symbolOf = ({ name, type, list, range, nameRange, children }) => ({
      name: name || type || "?",
      detail: [list, name && type].filter(Boolean).join(" "),
      kind: languages.SymbolKind.Class,
      tags: [],
      range: rangeOf(model, range),
      selectionRange: rangeOf(model, nameRange),
      children: children.map(symbolOf),
    });
    return symbols.map(symbolOf);
  };

  /** @type {Record<string, object>} */
  const providers = {
    CompletionItem: {
      triggerCharacters: [".", "$", " "],
      provideCompletionItems: (
        /** @type {any} */ model,
        /** @type {any} */ position,
        /** @type {any} */ { triggerCharacter },
      ) =>
        ask(model, (flow) => {
          // A space is written for other reasons, too.
          const written = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
          if (triggerCharacter === " " && !/[:-] $/.test(written)) return null;
          const { range, items } = flow.completion(at(model, position));
          const suggestions = items.map((item, i) => ({
            label: item.label,
            kind: languages.CompletionItemKind[ITEM_KIND[item.kind]],
            insertText: item.insertText,
            detail: item.detail,
            documentation: { value: markdown(item) },
            sortText: String(i).padStart(5, "0"),
            range: rangeOf(model, range),
          }));
          return { suggestions };
        }),
    },
    Hover: {
      provideHover: (/** @type {any} */ model, /** @type {any} */ position) =>
        ask(model, (flow) => {
          const found = flow.hover(at(model, position));
          return found && { range: rangeOf(model, found.range), contents: [{ value: hoverMarkdown(found) }] };
        }),
    },
    SignatureHelp: {
      signatureHelpTriggerCharacters: ["(", ","],
      provideSignatureHelp: (/** @type {any} */ model, /** @type {any} */ position) =>
        ask(model, (flow) => {
          const found = flow.signatureHelp(at(model, position));
          if (found === null) return null;
          const { label, activeParameter } = found;
          const parameters = found.parameters.map((label) => ({ label }));
          const signatures = [{ label, parameters, documentation: { value: markdown(found) } }];
          return { value: { signatures, activeSignature: 0, activeParameter }, dispose() {} };
        }),
    },
    Definition: {
      provideDefinition: (/** @type {any} */ model, /** @type {any} */ position) =>
        ask(model, (flow) => {
          const range = flow.definition(at(model, position));
          return range && location(model, range);
        }),
    },
    Reference: {
      provideReferences: (/** @type {any} */ model, /** @type {any} */ position) =>
        ask(model, (flow) => flow.references(at(model, position)).map((range) => location(model, range))),
    },
    Rename: {
      resolveRenameLocation: (/** @type {any} */ model, /** @type {any} */ position) =>
        ask(model, (flow) => {
          const range = flow.prepareRename(at(model, position));
          if (range === null) return { range: wordAt(position), text: "", rejectReason: "no state has this name" };
          return { range: rangeOf(model, range), text: flow.text().slice(range.start.offset, range.end.offset) };
        }),
      provideRenameEdits: (/** @type {any} */ model, /** @type {any} */ position, /** @type {string} */ name) =>
        ask(model, (flow) => {
          try {
            return workspaceEdit(model, flow.rename(at(model, position), name));
          } catch (error) {
            return { edits: [], rejectReason: error.message };
          }
        }),
    },
    CodeAction: {
      provideCodeActions: (/** @type {any} */ model, /** @type {any} */ range, /** @type {any} */ { markers }) =>
        ask(model, (flow) => {
          const found = flow.codeActions(
            at(model, { lineNumber: range.startLineNumber, column: range.startColumn }),
            at(model, { lineNumber: range.endLineNumber, column: range.endColumn }),
          );
          const actions = found
            .filter(({ edits }) => edits.length > 0)
            .map(({ title, kind, edits, code }) => ({
              title,
              kind: kind === "fix" ? "quickfix" : "refactor.rewrite",
              isPreferred: kind === "fix",
              diagnostics: kind === "fix" ? markers.filter((/** @type {any} */ one) => one.code === code) : [],
              edit: workspaceEdit(model, edits),
            }));
          return { actions, dispose() {} };
        }),
    },
    DocumentSymbol: {
      provideDocumentSymbols: (/** @type {any} */ model) => ask(model, (flow) => symbolsOf(model, flow.symbols())),
    },
    FoldingRange: {
      provideFoldingRanges: (/** @type {any} */ model) =>
        ask(model, (flow) =>
          flow.folding().map(({ range, kind }) => ({
            start: model.getPositionAt(range.start.offset).lineNumber,
            end: model.getPositionAt(range.end.offset).lineNumber,
            kind: kind === "comment" ? languages.FoldingRangeKind.Comment : languages.FoldingRangeKind.Region,
          })),
        ),
    },
    SelectionRange: {
      provideSelectionRanges: (/** @type {any} */ model, /** @type {any[]} */ positions) =>
        ask(model, (flow) =>
          positions.map((position) =>
            flow.selectionRanges(at(model, position)).map((range) => ({ range: rangeOf(model, range) })),
          ),
        ),
    },
    DocumentSemanticTokens: {
      getLegend: () => LEGEND,
      provideDocumentSemanticTokens: (/** @type {any} */ model) =>
        ask(model, (flow) => ({
          data: tokenData(flow.semanticTokens(), (offset) => {
            const { lineNumber, column } = model.getPositionAt(offset);
            return { line: lineNumber - 1, character: column - 1 };
          }),
        })),
      releaseDocumentSemanticTokens() {},
    },
    DocumentFormattingEdit: {
      provideDocumentFormattingEdits: (/** @type {any} */ model) =>
        ask(model, (flow) => editsOf(model, flow.format().edits)),
    },
    InlayHints: {
      provideInlayHints: (/** @type {any} */ model) =>
        ask(model, (flow) => {
          const hints = flow.inlayHints().map(({ position, label }) => ({
            position: model.getPositionAt(position.offset),
            label,
            paddingLeft: true,
          }));
          return { hints, dispose() {} };
        }),
    },
  };

  /** @type {Disposable[]} */
  const registered = Object.entries(providers).map(([name, provider]) =>
    languages[`register${name}Provider`](language, provider),
  );
  registered.push(
    editor.onDidCreateModel(open),
    editor.onWillDisposeModel(close),
    editor.onDidChangeModelLanguage((/** @type {any} */ { model }) => (close(model), open(model))),
  );
  for (const model of editor.getModels()) open(model);
  return {
    dispose() {
      for (const one of registered) one.dispose();
      for (const model of [...opened.keys()]) close(model);
    },
  };
}

/** @type {Record<Diagnostic["severity"], string>} */
const SEVERITY = { error: "Error", warning: "Warning", info: "Info" };

/**
 * @param {OpenFlow} flow
 * @param {{ rangeOffset: number, rangeLength: number, text: string }} change
 */
function edit(flow, { rangeOffset, rangeLength, text }) {
  flow.edit(rangeOffset, rangeOffset + rangeLength, text);
}

/** @param {any} model @param {Range | undefined} range */
function rangeOf(model, range) {
  const start = model.getPositionAt(range?.start.offset ?? 0);
  const end = model.getPositionAt(range?.end.offset ?? 0);
  return {
    startLineNumber: start.lineNumber,
    startColumn: start.column,
    endLineNumber: end.lineNumber,
    endColumn: end.column,
  };
}

/** @param {{ lineNumber: number, column: number }} position An empty range. */
function wordAt({ lineNumber, column }) {
  return { startLineNumber: lineNumber, startColumn: column, endLineNumber: lineNumber, endColumn: column };
}
