// The body of an answer, read up to a limit.

/** Stands for a text that is too long. */
const TOO_LARGE = Symbol("too large");

/**
 * The text of an answer, usually a promise of it. A stream is read as it comes and cancelled behind the limit,
 * whatever `content-length` says; `signal` ends it. Doubles have no stream, only `text()`.
 */
export function readText(response, signal, mostBytes) {
  const stream = streamOf(response);
  return stream === undefined ? response.text() : collect(stream.getReader(), signal, mostBytes);
}

function streamOf(response) {
  try {
    const { body } = response;
    return typeof body?.getReader === "function" ? body : undefined;
  } catch {
    return undefined;
  }
}

async function collect(reader, signal, mostBytes) {
  const cancel = async () => {
    try {
      await reader.cancel();
    } catch {
      // It has failed already.
    }
  };
  signal.addEventListener("abort", cancel);
  try {
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > mostBytes) {
        cancel();
        return TOO_LARGE;
      }
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
