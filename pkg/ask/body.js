// Reads the body of a response, up to a maximum size.

/** Result for a body that is too large. */
const TOO_LARGE = Symbol("too large");

/**
 * Returns the text of a response, usually as a promise. A stream is read in chunks and cancelled at the maximum size;
 * `content-length` is not used. `signal` cancels the stream. Test doubles without a stream have only `text()`.
 *
 * @param {Response} response
 * @param {AbortSignal} signal
 * @param {number} maxBytes
 */
export function readText(response, signal, maxBytes) {
  const stream = streamOf(response);
  return stream === undefined ? response.text() : collect(stream.getReader(), signal, maxBytes);
}

/** @param {Response} response */
function streamOf(response) {
  try {
    const { body } = response;
    return body && typeof body.getReader === "function" ? body : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {AbortSignal} signal
 * @param {number} maxBytes
 */
async function collect(reader, signal, maxBytes) {
  const cancel = async () => {
    try {
      await reader.cancel();
    } catch {
      // The stream has failed already.
    }
  };
  signal.addEventListener("abort", cancel);
  try {
    // Deno and workerd remove a byte order mark from every part, where it is a character of a text.
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let text = "";
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return (text + decoder.decode()).replace(/^\ufeff/, "");
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        cancel();
        return TOO_LARGE;
      }
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
