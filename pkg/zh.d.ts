/**
 * Chinese messages. The import makes `locale: "zh"` work in all functions of the package. A program that does not import
 * this entry does not contain the Chinese texts.
 *
 * ```js
 * import { validateFlow } from "cloudflow-wasm";
 * import "cloudflow-wasm/zh";
 *
 * validateFlow("type: flow", { locale: "zh" }); // "缺少 `steps`：流程需要它"
 * ```
 *
 * @module cloudflow-wasm/zh
 */

/**
 * Translates a message of the package that was written in English, for example one that a server has sent. Returns other
 * texts unchanged.
 *
 * @param message a message of a diagnostic or of a `CloudFlowError`
 */
export function translate(message: string): string;
