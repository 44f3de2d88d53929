// The words of CodeMirror, from the dictionaries of the page.

import { EditorState } from "@codemirror/state";

/** Phrases of the packages, and their keys in the section `editor`. */
const PHRASES = {
  Find: "find",
  Replace: "replaceBy",
  next: "nextMatch",
  previous: "previousMatch",
  all: "allMatches",
  "match case": "matchCase",
  regexp: "regularExpression",
  "by word": "wholeWord",
  replace: "replace",
  "replace all": "replaceAll",
  close: "close",
  "current match": "currentMatch",
  "on line": "onLine",
  "replaced match on line $": "replacedOne",
  "replaced $ matches": "replacedAll",
  "Go to line": "goToLine",
  go: "go",
  "Selection deleted": "selectionDeleted",
  "Folded lines": "foldedLines",
  "Unfolded lines": "unfoldedLines",
  to: "to",
  "folded code": "foldedCode",
  unfold: "unfold",
  "Fold line": "foldLine",
  "Unfold line": "unfoldLine",
  Completions: "completions",
  "Control character": "controlCharacter",
  "New name": "newName",
  Rename: "rename",
  "the text has changed in the meantime": "renameTooLate",
};

/** @param {(key: string) => string} words */
export function phrases(words) {
  return EditorState.phrases.of(
    Object.fromEntries(Object.entries(PHRASES).map(([phrase, key]) => [phrase, words(`editor.${key}`)])),
  );
}
