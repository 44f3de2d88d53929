// The editor: a text with undo, diagnostics and quick fixes. The page loads this file when it first shows a definition.

import {
  history,
  historyKeymap,
  indentLess,
  indentMore,
  isolateHistory,
  moveLineDown,
  moveLineUp,
  redo,
  redoDepth,
  standardKeymap,
  toggleComment,
  toggleTabFocusMode,
  undo,
  undoDepth,
} from "@codemirror/commands";
import { forEachDiagnostic, lintGutter, nextDiagnostic, previousDiagnostic, setDiagnostics } from "@codemirror/lint";
import { openSearchPanel } from "@codemirror/search";
import { ChangeSet, Compartment, Text } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { changesOf } from "../../../pkg/editor/protocol.js";
import { h } from "../app/dom.js";
import { repair } from "./fixes.js";
import { createTextView, markLine, reword, rootOf, shared, showRange, wrapOnPhones } from "./text.js";
import { Versions } from "./versions.js";

export { createTextView, markLine, openSearchPanel as openSearch, reword, showRange, wrapOnPhones };

/**
 * @typedef {import("../app/state.js").Checked} Checked
 * @typedef {import("../../../pkg/index.js").Diagnostic} Diagnostic
 * @typedef {import("./text.js").Words} Words
 */

const LABEL = "editor.label";

/** Line breaks as the editor has them. @param {string} text */
export const withPlainBreaks = (text) => text.replace(/\r\n?/g, "\n");

/**
 * @param {HTMLElement} host
 * @param {object} options
 * @param {string} options.text
 * @param {Words} options.words
 * @param {(text: string) => Promise<Checked>} options.check
 * @param {(text: string) => void} options.onChange called after each change by the user
 * @param {(message: string) => void} options.announce tells screen readers a message
 * @param {(offset: number) => void} [options.onPress] called after a click into the text
 * @param {() => Promise<import("@codemirror/state").Extension>} options.loadService loads the language service
 * @param {() => void} [options.onUpdate] called after each change of the text, the selection or the history
 */
export function createEditor(host, { text, words, check, onChange, announce, onPress, onUpdate, loadService }) {
  let currentWords = words;
  const service = new Compartment();
  /** @type {Versions<ChangeSet>} */
  const versions = new Versions(withPlainBreaks(text));
  /** @type {Checked | undefined} */
  let checked;
  /** Changes since `checked`. @type {ChangeSet | null} */
  let sinceChecked = null;
  let isLoading = false;
  let isDestroyed = false;
  /** How often the service was started. */
  let starts = 0;

  const root = rootOf(host);
  const view = new EditorView({
    doc: versions.text,
    parent: root,
    root,
    extensions: [
      history(),
      lintGutter(),
      service.of([]),
      keymap.of([
        ...KEYS,
        { key: "F8", run: () => goToDiagnostic(nextDiagnostic), preventDefault: true },
        { key: "Shift-F8", run: () => goToDiagnostic(previousDiagnostic), preventDefault: true },
        { key: "Mod-.", run: fixAtCursor, preventDefault: true },
        ...historyKeymap,
        ...standardKeymap,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) {
          versions.add(update.state.doc.toString(), update.changes);
          if (checked) sinceChecked = sinceChecked ? sinceChecked.compose(update.changes) : update.changes;
          if (checked?.text === versions.text) {
            // Undone: no further check will come for this text. The marks of replaced text are lost.
            sinceChecked = null;
            queueMicrotask(drawDiagnostics);
          }
          if (!isLoading) onChange(versions.text);
        }
        if (update.docChanged || update.selectionSet) onUpdate?.();
        if (onPress && update.transactions.some((one) => one.isUserEvent("select.pointer"))) {
          const { main } = update.state.selection;
          if (main.empty) onPress(main.head);
        }
      }),
      shared(words, LABEL),
    ],
  });
  const unwrap = wrapOnPhones(view);

  /** The editor does not wait for the service, and works without it. The service is in the language of the page. */
  function startService() {
    starts += 1;
    const number = starts;
    loadService().then(
      (extension) => isDestroyed || number < starts || view.dispatch({ effects: service.reconfigure(extension) }),
      () => announce(currentWords("editor.serviceFailed")),
    );
  }
  startService();

  /** The place of a diagnostic now. @param {Diagnostic} diagnostic */
  function placeOf(diagnostic) {
    let place;
    forEachDiagnostic(view.state, (shown, from, to) => {
      if (/** @type {any} */ (shown).found === diagnostic) place = { from, to };
    });
    if (place || !diagnostic.range) return place;
    return mapped(diagnostic.range.start.offset, diagnostic.range.end.offset);
  }

  /**
   * A range of the checked text in the text now.
   *
   * @param {number} from
   * @param {number} to
   */
  function mapped(from, to) {
    if (!sinceChecked) return { from, to };
    return {
      from: sinceChecked.mapPos(from, 1),
      to: Math.max(sinceChecked.mapPos(to, -1), sinceChecked.mapPos(from, 1)),
    };
  }

  /**
   * Changes of the checked text in the text now. `undefined` if the user has edited one of their places since.
   *
   * @param {ChangeSet} changes
   */
  function now(changes) {
    if (!sinceChecked) return changes;
    let isTouched = false;
    changes.iterChangedRanges((from, to) => (isTouched ||= Boolean(sinceChecked?.touchesRange(from, to))));
    return isTouched ? undefined : changes.map(sinceChecked);
  }

  /**
   * @param {ChangeSet} changes
   * @returns {boolean} false if they do not fit the text any more
   */
  function apply(changes) {
    const fitting = now(changes);
    if (!fitting) return false;
    view.dispatch({
      changes: fitting,
      scrollIntoView: true,
      userEvent: "input.fix",
      annotations: isolateHistory.of("full"),
    });
    return true;
  }

  /** Applies the fix of a diagnostic. Returns whether it was possible. @param {Diagnostic} diagnostic */
  function applyFix(diagnostic) {
    if (!diagnostic.fix || !checked?.diagnostics.includes(diagnostic)) return false;
    const done = apply(ChangeSet.of(changesOf(diagnostic.fix.edits), checked.text.length));
    announce(done ? currentWords("editor.fixed", diagnostic.fix.title) : currentWords("editor.fixTooLate"));
    return done;
  }

  /** Applies all fixes, and those of the checks after them, as one change. Returns the number of fixes. */
  async function fixAll() {
    const start = checked;
    if (!start) return 0;
    let doc = Text.of(start.text.split("\n"));
    const { steps, fixed } = await repair(
      start.diagnostics,
      (changes) => {
        const step = ChangeSet.of(changes, doc.length);
        doc = step.apply(doc);
        return { step, text: doc.toString() };
      },
      check,
    );
    // A newer check has replaced the diagnostics meanwhile: its own fixes are offered.
    if (steps.length === 0 || checked !== start) return 0;
    const all = steps.reduce((before, step) => before.compose(step));
    const done = apply(all);
    announce(currentWords(done ? "editor.fixedAll" : "editor.fixTooLate", fixed));
    return done ? fixed : 0;
  }

  /** @param {(view: EditorView) => boolean} move */
  function goToDiagnostic(move) {
    move(view);
    const { from, to } = view.state.selection.main;
    let message = "";
    forEachDiagnostic(view.state, (shown, start, end) => {
      if (start <= to && end >= from) message ||= shown.message;
    });
    if (message) announce(message);
    return true;
  }

  /** Applies the fix at the cursor, otherwise one of its line. */
  function fixAtCursor() {
    const { from, to } = view.state.selection.main;
    const line = view.state.doc.lineAt(from);
    /** @type {Diagnostic | undefined} */
    let best;
    forEachDiagnostic(view.state, (shown, start, end) => {
      const { found } = /** @type {any} */ (shown);
      if (!found.fix || end < line.from || start > line.to) return;
      if (!best || (start <= to && end >= from)) best = found;
    });
    if (best) applyFix(best);
    else announce(currentWords("editor.noFix"));
    return true;
  }

  /** @param {Diagnostic} diagnostic */
  function describe(diagnostic) {
    const { code, message, related = [], fix } = diagnostic;
    return h(
      "div",
      {},
      currentWords("app.message", message),
      " ",
      h("code", {}, code),
      related.map(({ message: text, range }) =>
        h(
          "span",
          { class: "cm-related" },
          currentWords("editor.related", range.start.line, currentWords("app.message", text)),
        ),
      ),
      fix &&
        h(
          "button",
          { class: "cm-fix", type: "button", on: { click: () => applyFix(diagnostic) } },
          currentWords("editor.fix", currentWords("app.message", fix.title)),
        ),
    );
  }

  /** Shows the diagnostics of `checked` at their places now. */
  function drawDiagnostics() {
    const { length } = view.state.doc;
    const shown = (checked?.diagnostics ?? [])
      .filter(({ range }) => range)
      .map((found) => {
        const { from, to } = mapped(found.range.start.offset, found.range.end.offset);
        return {
          from: Math.min(from, length),
          to: Math.min(to, length),
          severity: found.severity,
          message: currentWords("app.message", found.message),
          renderMessage: () => describe(found),
          found,
        };
      });
    view.dispatch(setDiagnostics(view.state, shown));
  }

  return {
    view,
    placeOf,
    mapped,
    applyFix,
    fixAll,
    undo: () => undo(view),
    redo: () => redo(view),
    search: () => openSearchPanel(view),
    focus: () => view.focus(),
    canUndo: () => undoDepth(view.state) > 0,
    canRedo: () => redoDepth(view.state) > 0,

    /** The text. */
    text: () => versions.text,

    /** Replaces the text. The user can undo it. @param {string} text */
    load(text) {
      const plain = withPlainBreaks(text);
      if (plain !== versions.text) {
        isLoading = true;
        view.dispatch({
          changes: { from: 0, to: view.state.doc.length, insert: plain },
          selection: { anchor: 0 },
          effects: EditorView.scrollIntoView(0),
          annotations: isolateHistory.of("full"),
          userEvent: "input.load",
        });
        isLoading = false;
      }
      if (plain !== text) onChange(plain);
    },

    /** Shows what a check found. Results of other texts than the last ones are ignored. @param {Checked} result */
    show(result) {
      if (result === checked) return;
      const changes = versions.since(result.text);
      if (changes === undefined) return;
      checked = result;
      sinceChecked = changes;
      drawDiagnostics();
    },

    /** The check whose diagnostics are shown. */
    checked: () => checked,

    /** @param {Words} changed */
    setWords(changed) {
      currentWords = changed;
      reword(view, changed, LABEL);
      drawDiagnostics();
      startService();
    },

    destroy() {
      isDestroyed = true;
      unwrap();
      view.destroy();
    },
  };
}

/** Inserts spaces up to the next step: YAML allows no tabs. @param {EditorView} view */
function insertSpaces(view) {
  const { state } = view;
  if (state.readOnly) return false;
  if (!state.selection.main.empty) return indentMore(view);
  const column = state.selection.main.head - state.doc.lineAt(state.selection.main.head).from;
  view.dispatch(state.replaceSelection(" ".repeat(2 - (column % 2))), { scrollIntoView: true, userEvent: "input" });
  return true;
}

const KEYS = [
  { key: "Tab", run: insertSpaces, shift: indentLess },
  { key: "Mod-/", run: toggleComment },
  { key: "Alt-ArrowUp", run: moveLineUp },
  { key: "Alt-ArrowDown", run: moveLineDown },
  { key: "Ctrl-m", mac: "Shift-Alt-m", run: toggleTabFocusMode },
];

/** @typedef {ReturnType<typeof createEditor>} Editor */
