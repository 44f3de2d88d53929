// All texts of the component, in both languages.

/** @import { GraphNode } from "../index.js" */
/** @import { GraphStatus } from "../graph.js" */

const EN = {
  graph: {
    noName: "(no name)",
    default: "default",
    noMatch: "no match",
    anyError: "any error",
    start: "start",
    end: "end",
  },
  type: /** @satisfies {Record<GraphNode["type"], string>} */ ({
    start: "start of the flow",
    end: "end of the flow",
    task: "task",
    pass: "pass",
    wait: "wait",
    choice: "choice",
    parallel: "parallel",
    foreach: "map",
    succeed: "succeed",
    fail: "fail",
    unknown: "unknown type",
  }),
  status: /** @satisfies {Record<GraphStatus, string>} */ ({
    notReached: "not reached",
    running: "running",
    waiting: "waiting",
    retrying: "retrying",
    succeeded: "succeeded",
    failed: "failed",
    caught: "failed, error caught",
    timedOut: "timed out",
    stopped: "stopped",
  }),
  /** @param {string} status @param {number} attempts */
  attempts: (status, attempts) => `${status} after ${attempts} attempts`,
  /** @param {number} attempts */
  attempt: (attempts) => `attempt ${attempts}`,
  /** @param {number} done @param {number | undefined} total */
  progress: (done, total) => (total === undefined ? `${done} done` : `${done} of ${total} done`),
  /** @param {number} count */
  inside: (count) => (count === 1 ? "1 state inside" : `${count} states inside`),
  /** @param {number} count */
  states: (count) => (count === 1 ? "Flow graph, 1 state" : `Flow graph, ${count} states`),
  help: "Arrow keys move from state to state. Enter selects a state, and opens it if it is selected.",
  separator: ", ",
  collapsed: "collapsed",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Show all",
  collapse: "Collapse",
  expand: "Expand",
  search: "Search states",
  /** @param {number} count */
  found: (count) => (count === 0 ? "no state found" : count === 1 ? "1 state found" : `${count} states found`),
  map: "Overview",
  empty: "No state to draw.",
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
  type: {
    start: "流程开始",
    end: "流程结束",
    task: "任务",
    pass: "传递",
    wait: "等待",
    choice: "选择",
    parallel: "并行",
    foreach: "循环",
    succeed: "成功",
    fail: "失败",
    unknown: "未知类型",
  },
  status: {
    notReached: "未执行",
    running: "运行中",
    waiting: "等待中",
    retrying: "重试中",
    succeeded: "已成功",
    failed: "已失败",
    caught: "失败，错误已捕获",
    timedOut: "已超时",
    stopped: "已停止",
  },
  attempts: (status, attempts) => `尝试 ${attempts} 次后${status}`,
  attempt: (attempts) => `第 ${attempts} 次尝试`,
  progress: (done, total) => (total === undefined ? `已完成 ${done}` : `已完成 ${done}/${total}`),
  inside: (count) => `内含 ${count} 个节点`,
  states: (count) => `流程图，共 ${count} 个节点`,
  help: "方向键在节点间移动。回车键选中节点，再按一次打开节点。",
  separator: "，",
  collapsed: "已折叠",
  zoomIn: "放大",
  zoomOut: "缩小",
  fit: "显示全部",
  collapse: "折叠",
  expand: "展开",
  search: "搜索节点",
  found: (count) => (count === 0 ? "未找到节点" : `找到 ${count} 个节点`),
  map: "缩略图",
  empty: "没有可显示的节点。",
};

/** @typedef {typeof EN} Words */

/**
 * The texts in a language, given as a BCP 47 tag. English is the default.
 *
 * @param {string} [lang]
 * @returns {Words}
 */
export function wordsOf(lang) {
  return /^zh\b/i.test(lang ?? "") ? ZH : EN;
}
