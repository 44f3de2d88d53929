// The definition: the editor with its problems, the definition that ran, and the comparison of the two.

import "../app/shared.js";
import { h } from "../app/dom.js";
import { createProblems, summary } from "../editor/problems.js";

/**
 * @typedef {import("../app/state.js").State} State
 * @typedef {import("../app/state.js").Checked} Checked
 * @typedef {import("../../../pkg/index.js").Range} Range
 * @typedef {"edit" | "ran" | "diff"} Mode
 * @typedef {object} Context
 * @property {import("../app/store.js").Store} store
 * @property {(key: string, ...values: any[]) => string} words
 * @property {any} actions
 * @property {{ check(text: string): Promise<Checked> }} language
 * @property {typeof import("../app/ready.js").modules} modules
 * @property {typeof import("../words/words.js").loadMessages} loadMessages
 */

/** Time without a change after which the number of problems is announced, in ms. */
const ANNOUNCE_MS = 1200;

/** Line breaks as the editor has them. @param {string} text */
const plain = (text) => text.replace(/\r\n?/g, "\n");

/** The parts of the editor, which are loaded when the view is first shown. */
const loadEditor = () => import("../editor/editor.js");
const loadDiff = () => import("../editor/diff.js");

/**
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function createDefinitionView(element, context) {
  const { words, actions, store } = context;
  /** @type {Mode} */
  let mode = "edit";
  /** @type {Awaited<ReturnType<typeof loadEditor>> | undefined} */
  let parts;
  /** @type {import("../editor/editor.js").Editor | undefined} */
  let editor;
  /** @type {ReturnType<Awaited<ReturnType<typeof loadEditor>>["createTextView"]> | undefined} */
  let ranView;
  /** @type {ReturnType<Awaited<ReturnType<typeof loadDiff>>["createDiff"]> | undefined} */
  let diff;
  /** The state that the parts show. */
  let state = store.get();
  let wantsFocus = false;
  let shownDiffers = false;
  let isDestroyed = false;
  /** Counts comparisons: an older one that is still loading is not shown. */
  let comparisons = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let announcing;
  let announced = "";

  const notice = h("div", { class: "definition-notice", hidden: true });
  const tools = h("div", { class: "definition-tools", role: "toolbar" });
  const hosts = {
    edit: h("div", { class: "editor-host" }),
    ran: h("div", { class: "editor-host", hidden: true }),
    diff: h("div", { class: "editor-host", hidden: true }),
  };
  const loading = h("p", { class: "definition-loading" });
  const hint = h("p", { class: "definition-hint" });
  const problemsElement = h("section", { class: "problems" });
  element.classList.add("definition");
  element.replaceChildren(notice, tools, loading, hosts.edit, hosts.ran, hosts.diff, hint, problemsElement);

  const problems = createProblems(problemsElement, {
    onOpen(diagnostic) {
      const place = editor?.placeOf(diagnostic);
      if (place) showInEditor(place);
    },
    onOpenRange({ start, end }) {
      if (editor) showInEditor(editor.mapped(start.offset, end.offset));
    },
    onFix: (diagnostic) => void editor?.applyFix(diagnostic),
    onFixAll: () => void editor?.fixAll(),
  });

  /** Completion, hover texts, go to a state, rename, folding: the editor is drawn before them. */
  async function loadService() {
    const { lang } = store.get();
    const [{ service }, , messages] = await Promise.all([
      import("../editor/service.js"),
      context.modules.ready("editor"),
      context.loadMessages(lang),
    ]);
    return service(lang === "zh" ? messages?.speaker : undefined);
  }

  /** @param {{ from: number, to: number }} place */
  function showInEditor({ from, to }) {
    setMode("edit");
    if (editor) parts?.showRange(editor.view, from, to);
  }

  const differs = () => state.definition !== undefined && plain(state.definition) !== plain(state.text);
  const query = matchMedia("(min-width: 1100px)");
  const onWidth = () => mode === "diff" && void compare();
  query.addEventListener("change", onWidth);

  // ---- Loading

  async function load() {
    loading.replaceChildren(words("editor.loading"));
    try {
      parts = await loadEditor();
    } catch {
      loading.replaceChildren(
        h("span", { role: "alert" }, words("editor.loadFailed")),
        " ",
        h("button", { type: "button", on: { click: load } }, words("editor.loadAgain")),
      );
      return;
    }
    if (isDestroyed) return;
    loading.hidden = true;
    state = store.get();
    editor = parts.createEditor(hosts.edit, {
      text: state.text,
      words,
      check: context.language.check,
      loadService: loadService,
      onChange: (text) => actions.setText(text),
      announce: (message) => actions.announce(message),
      onPress: selectAt,
      onUpdate: drawHistory,
    });
    if (plain(state.text) !== state.text) actions.setText(plain(state.text));
    drawAll();
    if (state.mark) showMark(state.mark.range);
    else markSelection({ scroll: true });
    if (wantsFocus) focus();
  }

  // ---- Modes

  /** @param {Mode} next */
  function setMode(next) {
    const before = mode;
    mode = next;
    if (before === "diff" && next !== "diff") closeDiff();
    for (const [name, host] of Object.entries(hosts)) host.hidden = name !== next;
    hint.hidden = next !== "edit";
    problemsElement.hidden = next !== "edit";
    drawNotice();
    drawTools();
  }

  function closeDiff() {
    comparisons += 1;
    diff?.destroy();
    diff = undefined;
  }

  function showRan() {
    if (!parts || state.definition === undefined) return;
    const text = plain(state.definition);
    if (ranView && ranView.state.doc.toString() !== text) {
      ranView.destroy();
      ranView = undefined;
    }
    setMode("ran");
    ranView ??= parts.createTextView(hosts.ran, { doc: text, words, label: "definition.ranLabel" });
  }

  async function compare() {
    if (state.definition === undefined) return;
    closeDiff();
    const number = comparisons;
    const { createDiff } = await loadDiff();
    if (number !== comparisons || isDestroyed || state.definition === undefined) return;
    setMode("diff");
    diff = createDiff(hosts.diff, {
      before: plain(state.definition),
      after: plain(state.text),
      words,
      isWide: query.matches,
    });
    drawTools();
    actions.announce(words("definition.changes", diff.count()));
  }

  function loadRan() {
    if (state.definition === undefined) return;
    // The editor makes this one change, which can be undone.
    const text = plain(state.definition);
    setMode("edit");
    editor?.load(text);
    actions.setText(text);
    actions.announce(words("definition.loaded"));
    editor?.focus();
  }

  // ---- Drawing

  /** @param {string} key @param {() => void} click @param {object} [more] */
  const button = (key, click, more = {}) =>
    h("button", { type: "button", dataset: { key }, on: { click }, ...more }, words(key));

  /** @param {HTMLElement} parent @param {...any} children */
  function redraw(parent, ...children) {
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    const key = active && parent.contains(active) ? active.dataset.key : undefined;
    parent.replaceChildren(...children.filter(Boolean));
    if (key === undefined) return;
    const same = /** @type {HTMLElement | null} */ (parent.querySelector(`[data-key="${key}"]:not(:disabled)`));
    (same ?? /** @type {HTMLElement | null} */ (parent.querySelector("button:not(:disabled)")))?.focus();
  }

  function drawNotice() {
    shownDiffers = differs();
    notice.hidden = !shownDiffers && mode === "edit";
    redraw(
      notice,
      h("p", {}, words(shownDiffers ? "definition.otherRan" : "definition.sameRan")),
      h(
        "div",
        { class: "definition-actions" },
        mode !== "edit" && button("definition.showEditor", () => (setMode("edit"), focus())),
        mode !== "ran" && button("definition.showRan", () => (showRan(), markSelection({ scroll: true }), focus())),
        mode !== "diff" && shownDiffers && button("definition.compare", () => void compare()),
        shownDiffers && button("definition.load", loadRan),
      ),
    );
  }

  function drawTools() {
    tools.setAttribute("aria-label", words("editor.tools"));
    if (mode === "diff") {
      redraw(
        tools,
        button("definition.previousChange", () => diff?.previous()),
        button("definition.nextChange", () => diff?.next()),
        h("span", { class: "definition-count" }, words("definition.changes", diff?.count() ?? 0)),
        h("span", { class: "definition-count" }, words("definition.legend")),
      );
    } else if (mode === "ran") {
      redraw(tools, h("span", { class: "definition-count" }, words("definition.readOnly")));
    } else {
      redraw(
        tools,
        button("editor.undo", () => (editor?.undo(), editor?.focus())),
        button("editor.redo", () => (editor?.redo(), editor?.focus())),
        button("editor.search", () => editor?.search()),
      );
      drawHistory();
    }
  }

  function drawHistory() {
    if (mode !== "edit") return;
    const [undo, redo, search] = /** @type {any} */ (tools.children);
    undo.disabled = !editor?.canUndo();
    redo.disabled = !editor?.canRedo();
    search.disabled = !editor;
  }

  /** @param {{ force?: boolean }} [options] */
  function drawProblems({ force = false } = {}) {
    const { checked } = state;
    if (!checked || !editor) return;
    editor.show(checked);
    problems.show(checked.diagnostics, words, { force });
    announceProblems(checked);
  }

  /** Announces the number of problems after it changed, when the user pauses. @param {Checked} checked */
  function announceProblems(checked) {
    const now = summary(checked.diagnostics, words);
    clearTimeout(announcing);
    // The first result is no change.
    announced ||= now;
    if (now === announced) return;
    announcing = setTimeout(() => {
      if (hosts.edit.contains(document.activeElement)) actions.announce(now);
      announced = now;
    }, ANNOUNCE_MS);
  }

  function drawAll() {
    hint.textContent = words("editor.hints", words("editor.leaveHint"), words("editor.keysHint"));
    setMode(mode);
    drawProblems({ force: true });
  }

  // ---- Selection

  /** The range of the name of the selected state in a text. @param {Checked | undefined} checked */
  const selectedRange = (checked) => {
    const { node } = state.selection;
    return node === undefined ? undefined : checked?.graph.nodes.find(({ id }) => id === node)?.range;
  };

  /** @param {{ scroll?: boolean }} [options] */
  function markSelection({ scroll = false } = {}) {
    if (!parts || !editor) return;
    const checked = editor.checked();
    const range = selectedRange(checked);
    parts.markLine(editor.view, range && editor.mapped(range.start.offset, range.end.offset).from, { scroll });
    if (ranView) parts.markLine(ranView, selectedRange(state.ran)?.start.offset, { scroll });
  }

  /** Selects the state whose name is in the line of a click. @param {number} offset */
  function selectAt(offset) {
    const checked = editor?.checked();
    if (!editor || !checked) return;
    const { from, to } = editor.view.state.doc.lineAt(offset);
    const node = checked.graph.nodes.find(({ range }) => {
      if (!range) return false;
      const place = editor?.mapped(range.start.offset, range.end.offset);
      return place && place.from >= from && place.to <= to;
    });
    if (node && node.id !== state.selection.node) actions.select({ node: node.id });
  }

  /** Shows a range of the definition that ran, otherwise of the one in the editor. @param {Range} range */
  function showMark({ start, end }) {
    if (!parts || !editor) return;
    if (state.ran && plain(state.ran.text) !== plain(state.text)) {
      showRan();
      if (!ranView) return;
      parts.markLine(ranView, start.offset, { scroll: true });
      parts.showRange(ranView, start.offset, end.offset);
    } else {
      setMode("edit");
      // Ranges of the definition that ran are those of an equal text.
      const isOfRan = state.ran !== undefined || !editor.checked();
      const { from, to } = isOfRan ? { from: start.offset, to: end.offset } : editor.mapped(start.offset, end.offset);
      parts.markLine(editor.view, from, { scroll: true });
      parts.showRange(editor.view, from, to);
    }
  }

  /** Opens the search of the text that is shown. Returns false if there is none yet. */
  function search() {
    if (mode === "diff") return diff ? diff.search() : false;
    if (!parts || !editor) return false;
    return mode === "ran" && ranView ? parts.openSearch(ranView) : editor.search();
  }

  function focus() {
    wantsFocus = !editor;
    if (mode === "ran") ranView?.focus();
    else if (mode === "diff") diff?.focus();
    else editor?.focus();
  }

  drawTools();
  void load();

  return {
    /**
     * @param {State} next
     * @param {State} previous
     */
    update(next, previous) {
      state = next;
      if (!editor || !parts) {
        if (next.lang !== previous.lang) loading.replaceChildren(words("editor.loading"));
        return;
      }
      if (next.text !== editor.text()) editor.load(next.text);
      if (next.lang !== previous.lang) {
        editor.setWords(words);
        if (ranView) parts.reword(ranView, words, "definition.ranLabel");
        drawAll();
        if (mode === "diff") void compare();
      }
      if (next.definition !== previous.definition || next.text !== previous.text) {
        if (next.definition === undefined) {
          if (mode !== "edit") setMode("edit");
        } else if (next.definition !== previous.definition) {
          if (mode === "ran") showRan();
          if (mode === "diff") void compare();
        }
        // Each key changes the text, but seldom whether it differs.
        if (differs() !== shownDiffers || next.definition !== previous.definition) drawNotice();
      }
      if (next.checked !== previous.checked || editor.checked() !== next.checked) drawProblems();
      const isSelected = next.selection.node !== previous.selection.node;
      if (isSelected || next.checked !== previous.checked || next.ran !== previous.ran) {
        markSelection({ scroll: isSelected });
      }
      if (next.mark && next.mark !== previous.mark) showMark(next.mark.range);
    },

    focus,

    search,

    destroy() {
      isDestroyed = true;
      clearTimeout(announcing);
      query.removeEventListener("change", onWidth);
      closeDiff();
      ranView?.destroy();
      editor?.destroy();
    },
  };
}
