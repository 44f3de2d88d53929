// The language server: one client, any number of documents.

import { ANSWERS, CAPABILITIES, diagnosticsOf, resolveAction } from "./answers.js";
import { resolveItem } from "./complete.js";
import { invalid, offsetOf } from "./convert.js";
import { Document } from "./document.js";
import { isDefinition } from "./recognize.js";
import { configOf } from "./settings.js";
import { commandLocale, isChinese } from "../../shared/words.js";

/** @import { Client } from "./answers.js" */

/** Time from a change to the report of the findings, in ms: the changes of one moment are reported once. */
const DELAY = 40;

const METHOD_NOT_FOUND = -32601;
const INVALID_REQUEST = -32600;
const INTERNAL = -32603;
const NOT_INITIALIZED = -32002;
const REQUEST_FAILED = -32803;

/** Level of a message for the user's log. */
const ERROR = 1;

/**
 * @param {(message: object) => void} send
 * @param {{ version: string }} info
 */
export function createServer(send, { version }) {
  /** @type {Map<string, Document>} */
  const documents = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  const timers = new Map();
  /** @type {"new" | "running" | "shut down"} */
  let phase = "new";
  /** @type {Client} */
  let client = clientOf({});
  /** @type {"Standard" | "Express" | undefined} */
  let chosen;
  /** @type {import("../check/config.js").Config} */
  let config = {};
  let servesAll = false;
  /** @type {import("../../index.js").Locale} */
  let locale = "en";

  const notify = (/** @type {string} */ method, /** @type {object} */ params) =>
    send({ jsonrpc: "2.0", method, params });
  /** A text in the language of the client. */
  let say = (/** @type {string} */ text) => text;
  const log = (/** @type {string} */ message) => notify("window/logMessage", { type: ERROR, message: say(message) });

  const publish = (/** @type {Document} */ document) => {
    timers.delete(document.uri);
    const { uri, version } = document;
    notify("textDocument/publishDiagnostics", {
      uri,
      version,
      diagnostics: diagnosticsOf(document, client, config.rules),
    });
  };
  const schedule = (/** @type {Document} */ document) => {
    clearTimeout(timers.get(document.uri));
    const report = () => {
      try {
        publish(document);
      } catch (error) {
        log(`${document.uri}: ${error.message}`);
      }
    };
    timers.set(document.uri, setTimeout(report, DELAY));
  };
  const close = (/** @type {string} */ uri) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    documents.get(uri)?.close();
    return documents.delete(uri);
  };

  /** @type {Record<string, (params: any) => unknown>} */
  const notifications = {
    initialized: () => {},
    "textDocument/didOpen": ({ textDocument: item }) => {
      if (typeof item?.uri !== "string" || typeof item.text !== "string")
        throw invalid("`textDocument` must have `uri` and `text`");
      close(item.uri);
      const isFlow = (/** @type {string} */ text) => servesAll || isDefinition(item.uri, item.languageId, text);
      // As `check` does: the name decides before the file.
      const mode = chosen ?? (/\.express\.\w+$/i.test(item.uri) ? "Express" : config.mode);
      const document = new Document(item, mode === undefined ? { locale } : { mode, locale }, isFlow);
      documents.set(item.uri, document);
      document.open();
      if (document.isServed) schedule(document);
    },
    "textDocument/didChange": ({ textDocument: { uri, version } = {}, contentChanges }) => {
      const document = documents.get(uri);
      if (document === undefined) throw invalid(`\`${uri}\` is not open`);
      if (!Array.isArray(contentChanges)) throw invalid("`contentChanges` must be a list");
      document.version = version;
      for (const change of contentChanges) {
        if (typeof change?.text !== "string") throw invalid("a change must have a `text`");
        if (change.range === undefined || change.range === null) {
          document.replace(change.text);
          continue;
        }
        const [start, end] = [offsetOf(document, change.range.start), offsetOf(document, change.range.end)];
        document.edit(Math.min(start, end), Math.max(start, end), change.text);
      }
      if (document.isServed) schedule(document);
    },
    "textDocument/didClose": ({ textDocument: { uri } = {} }) => {
      // The client keeps what was reported until the server reports something else.
      if (close(uri)) notify("textDocument/publishDiagnostics", { uri, diagnostics: [] });
    },
  };

  /** @type {Record<string, (params: any) => unknown>} */
  const requests = {
    initialize: (params) => {
      phase = "running";
      const { capabilities, initializationOptions } = params;
      client = clientOf(capabilities);
      const { mode, documents: which, locale: wanted, ...unknown } = initializationOptions ?? {};
      const begin = () => {
        try {
          config = configOf(params);
        } catch (error) {
          log(error.message);
        }
        if (mode === "Express" || mode === "Standard") chosen = mode;
        else if (mode !== undefined) log("the option `mode` must be `Standard` or `Express`");
        servesAll = which === "all";
        if (which !== undefined && which !== "all" && which !== "flows")
          log("the option `documents` must be `flows` or `all`");
        if (wanted !== undefined && wanted !== "en" && wanted !== "zh") log("the option `locale` must be `en` or `zh`");
        for (const name of Object.keys(unknown))
          log(`\`${name}\` is not an option: \`mode\`, \`documents\` and \`locale\` are`);
        return { capabilities: CAPABILITIES, serverInfo: { name: "cloudflow-wasm", version } };
      };
      // That of the client, such as `zh-cn`; otherwise that of the command.
      if (!isChinese(wanted ?? params.locale ?? commandLocale())) return begin();
      return import("../zh.js").then(({ chinese }) => {
        locale = "zh";
        say = chinese.message;
        return begin();
      });
    },
    shutdown: () => {
      phase = "shut down";
      for (const uri of [...documents.keys()]) close(uri);
      return null;
    },
    "completionItem/resolve": (params) => {
      const document = documents.get(params.data?.uri);
      if (document === undefined || !Number.isInteger(params.data.offset) || params.data.offset < 0) return params;
      return document.ask((flow) => resolveItem({ document, flow, params, client })) ?? params;
    },
    "codeAction/resolve": (params) => {
      const document = documents.get(params.data?.uri);
      if (document === undefined || document.version !== params.data.version) return params;
      return document.ask((flow) => resolveAction({ document, flow, params, client })) ?? params;
    },
  };
  for (const [method, answer] of Object.entries(ANSWERS)) {
    requests[method] = (params) => {
      if (typeof params.textDocument?.uri !== "string") throw invalid("`textDocument` must have a `uri`");
      const document = documents.get(params.textDocument.uri);
      return document?.ask((flow) => answer({ document, flow, params, client })) ?? null;
    };
  }

  /** @param {any} message */
  const request = async ({ id, method, params }) => {
    const refuse = (/** @type {number} */ code, /** @type {string} */ message) =>
      send({ jsonrpc: "2.0", id, error: { code, message } });
    if (phase === "new" && method !== "initialize")
      return refuse(NOT_INITIALIZED, "the first request must be `initialize`");
    if (phase === "shut down") return refuse(INVALID_REQUEST, "the server was shut down");
    if (phase === "running" && method === "initialize")
      return refuse(INVALID_REQUEST, "the server was initialized before");
    if (!Object.hasOwn(requests, method))
      return refuse(METHOD_NOT_FOUND, `\`${method}\` is not a request of this server`);
    try {
      const result = requests[method]?.(params ?? {});
      send({ jsonrpc: "2.0", id, result: (result instanceof Promise ? await result : result) ?? null });
    } catch (error) {
      refuse(error.rpc ?? (error.kind === "request" ? REQUEST_FAILED : INTERNAL), say(error.message));
    }
  };

  return {
    /**
     * Handles a message. Returns the exit code when the client ends the server.
     *
     * @param {any} message
     * @returns {number | undefined}
     */
    receive(message) {
      const { id, method, params } = message ?? {};
      const isRequest = typeof id === "string" || typeof id === "number";
      if (typeof method !== "string") {
        // The answer to a request of the server. It sends none.
        if (isRequest && ("result" in message || "error" in message)) return undefined;
        this.reject(INVALID_REQUEST, "a message must be an object with `method`", isRequest ? id : null);
        return undefined;
      }
      if (isRequest) return void request(message);
      if (id !== undefined) {
        this.reject(INVALID_REQUEST, "`id` must be a string or a number");
        return undefined;
      }
      if (method === "exit") return phase === "shut down" ? 0 : 1;
      if (phase !== "running" || !Object.hasOwn(notifications, method)) return undefined;
      try {
        notifications[method]?.(params ?? {});
      } catch (error) {
        log(`${method}: ${error.message}`);
      }
      return undefined;
    },
    /** Reports a message that cannot be read. @param {number} code @param {string} message @param {unknown} [id] */
    reject(code, message, id = null) {
      send({ jsonrpc: "2.0", id, error: { code, message } });
    },
    /** Ends the server without its client. Returns the exit code. */
    end() {
      for (const uri of [...documents.keys()]) close(uri);
      return phase === "shut down" ? 0 : 1;
    },
  };
}

/** @param {any} capabilities Some clients send `null` for what they lack. @returns {Client} */
function clientOf(capabilities) {
  const { textDocument, workspace } = capabilities ?? {};
  const has = (/** @type {unknown} */ list, /** @type {string} */ name) => Array.isArray(list) && list.includes(name);
  return {
    markdown: has(textDocument?.hover?.contentFormat, "markdown"),
    symbolTree: textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    versionedEdits: workspace?.workspaceEdit?.documentChanges === true,
    related: textDocument?.publishDiagnostics?.relatedInformation === true,
    sharesRange: has(textDocument?.completion?.completionList?.itemDefaults, "editRange"),
    sharesData: has(textDocument?.completion?.completionList?.itemDefaults, "data"),
    resolvesEdits: has(textDocument?.codeAction?.resolveSupport?.properties, "edit"),
  };
}
