// The look of the editor, by the custom properties of the page: light and dark need no other rules here.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** @param {string} severity */
const underlined = (severity) => ({
  // The pictures of the package are `data:` addresses, which the policy of the page forbids.
  backgroundImage: "none",
  textDecoration: `underline wavy var(--editor-${severity})`,
  textDecorationSkipInk: "none",
  textUnderlineOffset: "3px",
});

/**
 * @param {string} severity
 * @param {string} sign
 */
const marker = (severity, sign) => ({
  content: "normal",
  color: `var(--editor-${severity})`,
  "&::before": { content: `"${sign}"`, fontFamily: "var(--editor-font)" },
});

const theme = EditorView.theme({
  "&": {
    height: "100%",
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    fontSize: "var(--editor-size)",
  },
  // The outline of the host is not covered by the gutters.
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--editor-font)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", paddingBlock: "6px" },
  ".cm-gutters": {
    backgroundColor: "var(--surface)",
    color: "var(--text-2)",
    borderInlineEnd: "1px solid var(--line)",
  },
  ".cm-activeLine": { backgroundColor: "var(--editor-active)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--editor-active)", color: "var(--text)" },
  ".cm-selectedState, .cm-selectedState.cm-activeLine": {
    backgroundColor: "var(--editor-selected)",
    boxShadow: "inset 4px 0 var(--accent)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--accent)",
  },
  ".cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket": {
    backgroundColor: "transparent",
    outline: "1px dotted var(--editor-error)",
  },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--surface-2)",
    border: "1px solid var(--line)",
    color: "var(--text-2)",
    padding: "0 6px",
  },
  ".cm-foldGutter .cm-gutterElement": { minWidth: "16px", textAlign: "center", cursor: "pointer" },
  ".cm-searchMatch": { backgroundColor: "var(--editor-match)", outline: "1px solid var(--accent)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--editor-selected)", outline: "2px solid var(--accent)" },

  ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search, .cm-dialog": { padding: "6px 36px 6px 8px", font: "inherit" },
  ".cm-panel.cm-search label": { fontSize: "inherit" },
  ".cm-textfield": {
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
    font: "inherit",
    padding: "3px 6px",
    boxSizing: "border-box",
  },
  ".cm-button, .cm-fix": {
    backgroundImage: "none",
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    border: "1px solid var(--line-strong)",
    borderRadius: "4px",
    font: "inherit",
    padding: "3px 8px",
    cursor: "pointer",
  },
  ".cm-button:active": { backgroundImage: "none", backgroundColor: "var(--surface-2)" },
  ".cm-panel.cm-search [name=close], .cm-dialog-close": {
    color: "inherit",
    minWidth: "24px",
    minHeight: "24px",
    cursor: "pointer",
  },
  "button:focus-visible, input:focus-visible": { outline: "2px solid var(--focus)", outlineOffset: "1px" },

  ".cm-tooltip": {
    backgroundColor: "var(--surface-2)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "4px",
    maxWidth: "min(36rem, 90vw)",
    font: "inherit",
  },
  ".cm-diagnostic": { whiteSpace: "normal", overflowWrap: "anywhere", padding: "6px 10px" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--editor-error)" },
  ".cm-diagnostic-warning": { borderLeft: "4px dashed var(--editor-warning)" },
  ".cm-diagnostic-info": { borderLeft: "4px dotted var(--editor-info)" },
  ".cm-diagnostic code": { color: "var(--text-2)", fontFamily: "var(--editor-font)" },
  ".cm-related": { display: "block", marginTop: "4px", color: "var(--text-2)" },
  ".cm-fix": { display: "block", marginTop: "6px", textAlign: "start" },
  ".cm-lintRange-error": underlined("error"),
  ".cm-lintRange-warning": underlined("warning"),
  ".cm-lintRange-info": { ...underlined("info"), textDecorationStyle: "dotted" },
  ".cm-lintPoint:after": { borderBottomColor: "var(--editor-error)" },
  ".cm-lintPoint-warning:after": { borderBottomColor: "var(--editor-warning)" },
  ".cm-lintPoint-info:after": { borderBottomColor: "var(--editor-info)" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 2px" },
  ".cm-lint-marker-error": marker("error", "●"),
  ".cm-lint-marker-warning": marker("warning", "▲"),
  ".cm-lint-marker-info": marker("info", "■"),

  "@media (max-width: 720px), (pointer: coarse)": {
    // A smaller font makes phones zoom into the field.
    "&": { fontSize: "16px" },
    ".cm-button, .cm-fix, .cm-textfield": { minHeight: "44px" },
    ".cm-panel.cm-search [name=close], .cm-dialog-close": { minWidth: "44px", minHeight: "44px" },
    ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", minHeight: "44px" },
  },
  "@media (forced-colors: active)": {
    ".cm-selectedState, .cm-activeLine": { outline: "1px solid Highlight" },
  },
  "@media print": {
    "&": { height: "auto" },
    ".cm-scroller": { overflow: "visible" },
    ".cm-panels, .cm-tooltip": { display: "none" },
  },
});

/** Colours of the text. They distinguish parts of YAML only; states have no colour here. */
const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--editor-key)" },
  { tag: tags.string, color: "var(--editor-string)" },
  { tag: [tags.number, tags.atom], color: "var(--editor-number)" },
  { tag: tags.variableName, color: "var(--editor-expression)" },
  { tag: tags.comment, color: "var(--text-2)", fontStyle: "italic" },
  { tag: [tags.meta, tags.typeName, tags.labelName], color: "var(--text-2)" },
]);

export const look = [theme, syntaxHighlighting(colours)];
