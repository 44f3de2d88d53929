// The upstream call, listened in on: what the service said word for word, and with which key.

/**
 * The options to ask with, and what is heard meanwhile: `refusal`, the service's own words with the
 * status and the pause it asks for, and `key`, so that it can be kept out of answers.
 *
 * An error of the client words things for the gateway's owner; the asking client is to get the
 * service's own words, as if there were no gateway.
 */
export function listenIn(given) {
  const heard = { refusal: undefined, key: undefined };
  // No retries of our own unless asked for: the asking client repeats, and both would multiply.
  const options = { retry: false, ...given };

  const send = given?.fetch ?? ((url, init) => fetch(url, init));
  options.fetch = async (url, init) => {
    heard.refusal = undefined;
    const response = await send(url, init);
    if (!(response?.status >= 400 && response.status <= 599)) return response;
    const text = await response.text();
    heard.refusal = read(text, response);
    return new Response(text, { status: response.status, headers: response.headers });
  };

  const credentials = given?.credentials;
  if (typeof credentials === "function") options.credentials = async () => (heard.key = await credentials());
  else heard.key = credentials;
  return { options, heard };
}

/** A refusal in the service's JSON; undefined for a page of a proxy and the like. */
function read(text, { status, headers }) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const [code, message, requestId] = ["Code", "Message", "RequestId"].map((name) => body?.[name]);
  if (typeof code !== "string" || code === "") return undefined;
  return {
    status,
    code,
    message: typeof message === "string" ? message : "",
    requestId: typeof requestId === "string" ? requestId : undefined,
    retryAfter: headers?.get?.("x-acs-retry-after") ?? undefined,
  };
}
