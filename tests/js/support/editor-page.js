// The definition view alone on a page: the tests and the measurement of the editor drive it by `window.page`.

import { modules } from "../../../www/console/app/ready.js";
import { initialState } from "../../../www/console/app/state.js";
import { createStore } from "../../../www/console/app/store.js";
import { createLanguage } from "../../../www/console/editor/language.js";
import { createDefinitionView } from "../../../www/console/view/definition.js";
import { createWords, loadMessages, loadWords } from "../../../www/console/words/words.js";

await Promise.all([loadWords("en"), loadWords("zh")]);
const store = createStore(initialState());
const language = createLanguage();
const announced = [];
const keys = [];
const actions = {
  setText: (text) => store.set({ text }),
  select: (selection) => store.set({ selection }),
  announce: (text) => announced.push(text),
};
const words = (key, ...values) => createWords(store.get().lang)(key, ...values);

function start(state = {}, { follows = true } = {}) {
  store.set(state);
  if (follows) language.follow(store, loadMessages);
  const view = createDefinitionView(document.getElementById("definition"), {
    store,
    words,
    actions,
    language,
    modules,
    loadMessages,
  });
  view.update(store.get(), store.get());
  store.subscribe(view.update);
  return view;
}

// As the page does with its shortcuts.
addEventListener("keydown", ({ key }) => keys.push(key));
window.page = { store, language, actions, announced, keys, start, createLanguage, createStore };
