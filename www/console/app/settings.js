// What the browser keeps: settings for all pages of the address, texts for the tab.

import { preferredLanguage } from "../words/words.js";

const SETTINGS = "cloudflow-console";
const TEXTS = "cloudflow-console-texts";

/**
 * The settings of an earlier visit, or those of the browser.
 *
 * @returns {{ lang: "en" | "zh", theme: "system" | "light" | "dark", shortcuts: boolean }}
 */
export function loadSettings() {
  const { lang, theme, shortcuts } = read(() => localStorage, SETTINGS);
  return {
    lang: lang === "en" || lang === "zh" ? lang : preferredLanguage(navigator.languages ?? [navigator.language]),
    theme: theme === "light" || theme === "dark" ? theme : "system",
    shortcuts: shortcuts !== false,
  };
}

/** @param {import("./state.js").State} state */
export function saveSettings({ lang, theme, shortcuts }) {
  write(() => localStorage, SETTINGS, { lang, theme, shortcuts });
}

/**
 * The texts of the tab before a reload.
 *
 * @returns {{ text?: string, input?: string, owner?: string, inputOf?: string }}
 */
export function loadTexts() {
  const kept = read(() => sessionStorage, TEXTS);
  return Object.fromEntries(
    ["text", "input", "owner", "inputOf"].filter((key) => typeof kept[key] === "string").map((key) => [key, kept[key]]),
  );
}

/** @param {import("./state.js").State} state */
export function saveTexts({ text, input, form }) {
  write(() => sessionStorage, TEXTS, { text, input, owner: form.owner, inputOf: form.inputOf });
}

/**
 * Without a storage (blocked, or full), the page works and forgets.
 *
 * @param {() => Storage} storage
 * @param {string} key
 * @returns {any}
 */
function read(storage, key) {
  try {
    const value = JSON.parse(storage().getItem(key) ?? "{}");
    return value !== null && typeof value === "object" ? value : {};
  } catch {
    return {};
  }
}

/** @param {() => Storage} storage @param {string} key @param {object} value */
function write(storage, key, value) {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // See `read`.
  }
}
