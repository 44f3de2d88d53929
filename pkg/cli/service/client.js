// What the commands that ask the service share.

import { failure } from "../failure.js";
import { isLoopback } from "../loopback.js";
import { safeLine } from "../line.js";
import { fitted, widthOf } from "../width.js";
import { readAccount } from "./credentials.js";
import { say } from "../../shared/words.js";

/** @import { Client, Execution } from "../../index.js" */
/** @import { Io, OptionDefinition } from "../command.js" */

/** @type {OptionDefinition[]} */
export const SERVICE_OPTIONS = [
  { flags: "--region <region>", text: "region of the service, such as cn-hangzhou" },
  { flags: "--endpoint <url>", text: "another endpoint: a VPC host, a gateway, the emulator" },
  { flags: "--profile <name>", text: "profile of ~/.aliyun/config.json" },
  { flags: "-o, --output <format>", text: "form of the output", choices: ["text", "json"], default: "text" },
];

export const SERVICE_NOTES = `Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
ALIBABA_CLOUD_SECURITY_TOKEN, otherwise from the profile of ~/.aliyun/config.json that --profile or ALIBABA_CLOUD_PROFILE
names, otherwise from its current profile (modes AK and StsToken). The region comes from --region,
ALIBABA_CLOUD_REGION_ID or the profile. With --endpoint and without credentials, requests are not signed: for a gateway,
which gets the token of CLOUDFLOW_GATEWAY_TOKEN. If this variable is set, requests to an --endpoint are never signed.`;

export const FLOW = { name: "<flow>", text: "name of the flow" };
export const EXECUTION = { name: "<execution>", text: "name of the execution" };

/**
 * Calls the service until `use` has settled, or the command is stopped.
 *
 * @param {Record<string, any>} options
 * @param {Io} io
 * @param {(client: Client, signal: AbortSignal) => Promise<number>} use
 * @returns {Promise<number>} 130 if the command was stopped
 */
export async function withClient({ region, endpoint, profile }, io, use) {
  const token = endpoint === undefined ? undefined : io.env.CLOUDFLOW_GATEWAY_TOKEN?.trim() || undefined;
  /** @type {Partial<import("./credentials.js").Account>} */
  const account = token === undefined ? readAccount(io.env, profile) : {};
  if (account.credentials === undefined && endpoint === undefined)
    throw failure(
      "there are no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run `aliyun configure`",
    );
  const place = endpoint === undefined ? { region: region ?? account.region } : { endpoint };
  if (endpoint === undefined && place.region === undefined)
    throw failure("the region is missing: use --region, or set ALIBABA_CLOUD_REGION_ID");
  if (token !== undefined && isReadable(endpoint))
    throw failure("CLOUDFLOW_GATEWAY_TOKEN is not sent over plain http, except to this machine: use https");
  const { createClient } = await import("../../ask.js");
  const stop = new AbortController();
  const reason = new Error("stopped");
  io.stopped.then(() => stop.abort(reason));
  try {
    const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    return await use(createClient({ ...place, headers, credentials: account.credentials }), stop.signal);
  } catch (error) {
    if (error === reason) return 130;
    if (error?.kind === undefined) throw error;
    if (token === undefined && account.credentials === undefined && isAboutCredentials(error))
      throw failure(
        `the service answered \`${error.code}\`; the request was not signed: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or CLOUDFLOW_GATEWAY_TOKEN for a gateway`,
      );
    // The message of the service contains its code.
    throw failure(error.message.includes(error.code) ? error.message : `${error.code}: ${say(error.message)}`);
  }
}

/** Whether the service or a gateway refused a request for what it has not. @param {any} error */
function isAboutCredentials({ kind, status, message }) {
  return kind === "service" && (status === 401 || status === 403 || /AccessKey|Signature/.test(message));
}

/** Whether others on the network can read what is sent to an address. @param {string} endpoint */
function isReadable(endpoint) {
  const { protocol, hostname } = URL.canParse(endpoint) ? new URL(endpoint) : { protocol: "", hostname: "" };
  return protocol === "http:" && !isLoopback(hostname.replace(/^.+\.(?=localhost$)|[[\]]/g, ""));
}

/**
 * @param {Execution} execution
 * @param {number} [now]
 */
export function durationOf({ startedTime, stoppedTime }, now = Date.now()) {
  if (startedTime === undefined) return "";
  const ms = (stoppedTime === undefined ? now : Date.parse(stoppedTime)) - Date.parse(startedTime);
  return Number.isFinite(ms) ? period(Math.max(0, ms)) : "";
}

/** @param {number} ms */
export function period(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/**
 * The color of a status.
 *
 * @param {string} status
 * @param {import("../style.js").Style} style
 */
export function shownStatus(status, style) {
  if (status === "Succeeded") return style.green(status);
  if (status === "Failed" || status === "TimedOut") return style.red(status);
  if (status === "Stopped") return style.yellow(status);
  return style.blue(safeLine(status));
}

/**
 * Rows with aligned columns.
 *
 * @param {string[][]} rows
 * @param {(text: string, column: number, row: number) => string} [tint]
 * @param {number} [columns] width of the terminal, to which the last column is cut; a narrow one has no room for it
 */
export function table(rows, tint = (text) => text, columns = Infinity) {
  const widths = rows[0].map((_, column) => rows.reduce((most, row) => Math.max(most, widthOf(row[column])), 0));
  const rest = columns - widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = rest < 8 ? 0 : rest;
  return rows
    .map((row, number) =>
      row
        .map((whole, column) => {
          const text =
            column === row.length - 1 && columns !== Infinity ? (room === 0 ? "" : fitted(whole, room)) : whole;
          const padding = column === row.length - 1 ? "" : " ".repeat(widths[column] - widthOf(text));
          return `${tint(text, column, number)}${padding}`;
        })
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * JSON that a terminal shows as it is.
 *
 * @param {unknown} value
 * @param {number} [space]
 */
export function safeJson(value, space) {
  return JSON.stringify(value, null, space).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) =>
    letter.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}
