// Server-sent events: the parser of an event stream, and the reader of a response.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

/** Maximum length of an event and of a line, in UTF-16 units. Polls have the same limit, in bytes: `MAX_RESPONSE_BYTES`. */
export const MAX_UNITS = 8 * 1024 * 1024;

/** Thrown for an event or a line that is too long. */
export class TooLong extends Error {}

/** @typedef {{ type: string, data: string, id: string }} Message */

/**
 * Returns a function that takes the next part of a decoded stream. A part may begin and end anywhere. The last event counts
 * only after the empty line behind it.
 *
 * @param {(message: Message) => void} onMessage
 * @param {(ms: number) => void} [onRetry] the server sets the pause before a reconnect
 * @param {number} [most] maximum length of an event and of a line
 * @returns {(text: string) => void} throws {@link TooLong}
 */
export function eventParser(onMessage, onRetry = () => {}, most = MAX_UNITS) {
  let line = "";
  let [type, data, id] = ["", "", ""];
  /** The last part ended with CR, whose LF may begin the next part. */
  let isAfterCr = false;

  /** @param {string} text */
  function feed(text) {
    if (text === "") return;
    let start = isAfterCr && text[0] === "\n" ? 1 : 0;
    isAfterCr = text.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = start;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      take(line + text.slice(start, end.index));
      line = "";
      start = ends.lastIndex;
    }
    line += text.slice(start);
    check(line.length);
  }

  /** @param {number} more */
  function check(more) {
    if (data.length + more > most) throw new TooLong(`an event has more than ${most} characters`);
  }

  /** @param {string} text a line without its end */
  function take(text) {
    if (text === "") {
      // Without data it is no event. `id` counts until the next one.
      if (data !== "") onMessage({ type: type || "message", data: data.slice(0, -1), id });
      [type, data] = ["", ""];
      return;
    }
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") {
      check(value.length);
      data += `${value}\n`;
    } else if (name === "event") type = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) onRetry(Number(value));
  }

  return feed;
}

/**
 * Reads the body of a response until its end, and passes on each part as text. A byte order mark at the beginning is
 * removed. The body is cancelled if `onText` throws, or by the signal.
 *
 * @param {Response} response
 * @param {AbortSignal} signal
 * @param {(text: string) => void} onText
 */
export async function readStream(response, signal, onText) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const cancel = async () => {
    try {
      await reader.cancel();
    } catch {
      // The stream has failed already.
    }
  };
  signal.addEventListener("abort", cancel);
  try {
    // As in body.js.
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for (let isFirst = true; !signal.aborted; ) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      const text = decoder.decode(value, { stream: true });
      onText(isFirst ? text.replace(/^\ufeff/, "") : text);
      isFirst &&= text === "";
    }
  } catch (error) {
    cancel();
    throw error;
  } finally {
    if (signal.aborted) cancel();
    signal.removeEventListener("abort", cancel);
  }
}
