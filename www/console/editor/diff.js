// The comparison of the definition that ran with the one in the editor: side by side, or as one text on narrow screens.

import { goToNextChunk, goToPreviousChunk, getChunks, MergeView, unifiedMergeView } from "@codemirror/merge";
import { openSearchPanel } from "@codemirror/search";
import { EditorView } from "@codemirror/view";
import { readOnly, rootOf, shared } from "./text.js";

const theme = EditorView.theme({
  "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": { backgroundColor: "var(--editor-removed)" },
  "&.cm-merge-b .cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--editor-added)" },
  "&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText": {
    background: "none",
    textDecoration: "line-through",
    textDecorationThickness: "1px",
  },
  "&.cm-merge-b .cm-changedText": { background: "none", textDecoration: "underline", textUnderlineOffset: "3px" },
  ".cm-changeGutter": { width: "1em" },
  "&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": {
    background: "none",
    "&::before": { content: '"−"' },
  },
  "&.cm-merge-b .cm-changedLineGutter": { background: "none", "&::before": { content: '"+"' } },
});

/** The default gives up too early for texts of 64 KB. */
const CONFIG = { scanLimit: 5000, timeout: 200 };

/**
 * @param {HTMLElement} host
 * @param {object} options
 * @param {string} options.before the definition that ran
 * @param {string} options.after the definition in the editor
 * @param {import("./text.js").Words} options.words
 * @param {boolean} options.isWide
 */
export function createDiff(host, { before, after, words, isWide }) {
  const root = rootOf(host);
  const extensions = (/** @type {string} */ label) => [shared(words, label), readOnly, theme];
  /** @type {MergeView | undefined} */
  let merge;
  /** @type {EditorView} */
  let view;
  if (isWide) {
    merge = new MergeView({
      a: { doc: before, extensions: extensions("definition.ranLabel") },
      b: { doc: after, extensions: extensions("definition.editorLabel") },
      parent: root,
      root,
      diffConfig: CONFIG,
    });
    // Both sides scroll together, in the outer element.
    merge.dom.style.height = "100%";
    view = merge.b;
  } else {
    view = new EditorView({
      doc: after,
      parent: root,
      root,
      extensions: [
        extensions("definition.diffLabel"),
        unifiedMergeView({ original: before, mergeControls: false, diffConfig: CONFIG }),
      ],
    });
  }

  /** @param {import("@codemirror/state").StateCommand} command */
  const go = (command) => {
    command(view);
    const { head } = view.state.selection.main;
    view.dispatch({ effects: EditorView.scrollIntoView(head, { y: "center" }) });
  };

  return {
    /** Number of changed places. */
    count: () => getChunks(view.state)?.chunks.length ?? 0,
    next: () => go(goToNextChunk),
    previous: () => go(goToPreviousChunk),
    focus: () => view.focus(),
    search: () => openSearchPanel(view),
    destroy() {
      if (merge) merge.destroy();
      else view.destroy();
    },
  };
}
