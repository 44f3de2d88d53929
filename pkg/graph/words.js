// All texts of the component, in both languages.

const EN = {
  graph: {
    noName: "(no name)",
    default: "default",
    noMatch: "no match",
    anyError: "any error",
    start: "start",
    end: "end",
  },
};

/** @type {typeof EN} */
const ZH = {
  graph: {
    noName: "（未命名）",
    default: "默认",
    noMatch: "无匹配",
    anyError: "任意错误",
    start: "开始",
    end: "结束",
  },
};

/**
 * The texts in a language, given as a BCP 47 tag. English is the default.
 *
 * @param {string} [lang]
 */
export function wordsOf(lang) {
  return /^zh\b/i.test(lang ?? "") ? ZH : EN;
}
