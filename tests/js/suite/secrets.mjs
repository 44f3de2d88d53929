// A service, a network and functions of the caller that repeat secrets in every form: errors and logs must not contain
// a secret.

import { assert } from "../harness.mjs";
import { CALL, DONE, plain, rejection, scripted } from "../support/doubles.mjs";

const KEYS = {
  accessKeyId: "LTAI5tExampleKey",
  accessKeySecret: "s3cret/of+the=caller~30chars",
  securityToken: "CAIS+token/of==sts%2Band+more/of.it",
};
const base = (fetch, more) => ({
  endpoint: "https://service.example",
  fetch,
  dangerouslyAllowBrowser: true,
  retry: false,
  credentials: KEYS,
  ...more,
});

const lower = (text) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const FORMS = {
  raw: (text) => text,
  once: encode,
  "once, lower case": (text) => lower(encode(text)),
  twice: (text) => encode(encode(text)),
  "twice, lower case": (text) => lower(encode(encode(text))),
  "twice, mixed": (text) => encode(lower(encode(text))),
  thrice: (text) => encode(encode(encode(text))),
  "as in JSON": (text) => JSON.stringify(text).replaceAll("/", "\\/"),
};

/** All texts of an error: its message, its properties and its causes. */
function shown(error, seen = new Set()) {
  if (typeof error !== "object" || error === null || seen.has(error)) return String(error);
  seen.add(error);
  const parts = [String(error), String(error.stack), JSON.stringify(error) ?? ""];
  for (const name of Reflect.ownKeys(error)) parts.push(String(name), shown(error[name], seen));
  return parts.join("\n");
}

function assertClean(text, signature, what) {
  for (const secret of [KEYS.accessKeySecret, KEYS.securityToken, signature]) {
    if (!secret) continue;
    for (const [form, make] of Object.entries(FORMS)) {
      // A part of a secret is not allowed either.
      for (const half of [secret.slice(0, 12), secret.slice(-12)]) {
        const part = make(half).replace(/^"|"$/g, "");
        assert.ok(!text.includes(part), `${what}, ${form}: ${text.slice(0, 2000)}`);
      }
    }
  }
}

const signatureOf = (url, init) =>
  new URL(url).searchParams.get("Signature") ?? new Headers(init.headers).get("authorization")?.split("Signature=")[1];

export const tests = {
  "no encoding of a secret that the service repeats is in an error": async ({ cloudflow }) => {
    for (const signature of ["HMAC-SHA1", "ACS3-HMAC-SHA256"]) {
      for (const [form, make] of Object.entries(FORMS)) {
        const words = (url, init) => {
          const sent = signatureOf(url, init);
          const parts = [
            url,
            KEYS.accessKeySecret,
            KEYS.securityToken,
            sent,
            `Signature=${sent}`,
            `x${KEYS.accessKeySecret}x`,
          ];
          return parts.map(make).join(" | ");
        };
        const fill = (length) => "-".repeat(length);
        const answers = {
          message: (url, init) =>
            plain(
              {
                Code: "SignatureDoesNotMatch",
                Message: `server string to sign is: ${words(url, init)}`,
                RequestId: "r",
              },
              400,
            ),
          code: (url, init) => plain({ Code: words(url, init), Message: "m", RequestId: "r" }, 400),
          requestId: (url, init) => plain({ Code: "AccessDenied", Message: "m", RequestId: words(url, init) }, 403),
          "unknown error": (url, init) => plain({ message: words(url, init) }, 400),
          xml: (url, init) => plain(`<Error><Code>Other</Code><Message>${words(url, init)}</Message></Error>`, 400),
          page: (url, init) => plain(`<p>${words(url, init)}</p>`, 502),
          "a page that is cut inside a secret": () => plain(`${fill(65)}${make(KEYS.accessKeySecret)}`, 502),
          "a long page that is cut inside a secret": () => plain(`${" ".repeat(4080)}${make(KEYS.securityToken)}`, 502),
          "a message that is cut inside a secret": () =>
            plain({ Code: "Other", Message: `${fill(16_370)}${make(KEYS.securityToken)}` }, 400),
          "a time that is cut inside a secret": () =>
            plain({ ...DONE, Name: "", StartedTime: `${fill(27)}${make(KEYS.accessKeySecret)}` }),
          diagnostics: (url, init) =>
            plain({ ...DONE, FlowName: "", Status: words(url, init), StartedTime: make(KEYS.accessKeySecret) }),
          network: (url, init) =>
            Promise.reject(new TypeError(`cannot load ${words(url, init)}`, { cause: new Error(words(url, init)) })),
          "network, a text": (url, init) => Promise.reject(words(url, init)),
          body: (url, init) => ({ ...plain(""), text: () => Promise.reject(new Error(words(url, init))) }),
        };
        for (const [name, answer] of Object.entries(answers)) {
          let sent;
          const fetch = (url, init) => ((sent = signatureOf(url, init)), answer(url, init));
          const error = await rejection(cloudflow.describeExecution(CALL, base(fetch, { signature })));
          assert.equal(error.name, "CloudFlowError", name);
          assertClean(shown(error), sent, `${signature}, ${name}, ${form}`);
        }
      }
    }
  },

  "the secrets of earlier attempts are redacted": async ({ cloudflow }) => {
    let given = 0;
    const credentials = () => ({ ...KEYS, securityToken: `${KEYS.securityToken}-${(given += 1)}` });
    const old = `${KEYS.securityToken}-1`;
    const fetch = scripted(
      () => plain({ Code: "InvalidSecurityToken.Expired", Message: `the token ${old} is old` }, 400),
      () => new Promise(() => {}),
    );
    const error = await rejection(
      cloudflow.describeExecution(
        CALL,
        base(fetch, { credentials, timeoutMs: 500, retry: { baseDelayMs: 1, maxDelayMs: 2 } }),
      ),
    );
    assert.equal(error.kind, "timeout");
    assert.ok(/before that|time/.test(error.message));
    assertClean(shown(error), undefined, "an earlier token");
  },

  "a wrong option that holds a secret does not show it": async ({ cloudflow }) => {
    for (const more of [
      { region: KEYS.accessKeySecret, endpoint: undefined },
      { [KEYS.accessKeySecret]: 1 },
      { headers: { [`${KEYS.accessKeySecret} x`]: "1" } },
    ]) {
      assertClean(
        shown(await rejection(cloudflow.describeExecution(CALL, base(scripted(plain(DONE)), more)))),
        undefined,
        JSON.stringify(more),
      );
    }
  },

  "the cause of failed credentials is the original error, unless it contains a secret": async ({ cloudflow }) => {
    const url =
      "https://sts.example/?AccessKeyId=LTAI5tExampleKey&Signature=bm90IGEgc2lnbmF0dXJl&SecurityToken=CAIS%2Btoken";
    const dirty = [
      new Error(`cannot load ${url}`),
      new Error("cannot load", { cause: new Error("inner", { cause: new Error(url) }) }),
      new AggregateError([new Error("a"), new Error("b", { cause: url })], "all failed"),
      Object.assign(new Error("failed"), { code: `Signature=${"x".repeat(20)}` }),
      Object.assign(new Error("failed"), { request: { headers: { url: encodeURIComponent(url) } } }),
      Object.assign(new Error("failed"), { stack: `Error: failed\n at ${url}` }),
    ];
    for (const [at, thrown] of dirty.entries()) {
      const error = await rejection(
        cloudflow.describeExecution(CALL, base(scripted(plain(DONE)), { credentials: () => Promise.reject(thrown) })),
      );
      assert.equal(error.code, "credentials-failed");
      const text = shown(error);
      for (const part of ["LTAI5t", "bm90IGE", "CAIS", "xxxxxxxx"])
        assert.ok(!text.includes(part), `${at}: ${part} in ${text}`);
    }
    const circular = Object.assign(new Error("round"), { self: undefined });
    circular.cause = circular.self = circular;
    for (const thrown of [new Error("plain"), circular, new AggregateError([new Error("a")], "all")]) {
      const error = await rejection(
        cloudflow.describeExecution(CALL, base(scripted(plain(DONE)), { credentials: () => Promise.reject(thrown) })),
      );
      assert.equal(error.cause, thrown);
    }
    const hostile = {
      get message() {
        throw new Error("no");
      },
    };
    const error = await rejection(
      cloudflow.describeExecution(CALL, base(scripted(plain(DONE)), { credentials: () => Promise.reject(hostile) })),
    );
    assert.deepEqual([error.code, error.cause.name], ["credentials-failed", "Error"]);
  },

  "the log of the gateway contains no secret and one line per entry": async ({ createGateway }) => {
    const entries = [];
    const { error } = console;
    console.error = (...words) => entries.push(words.map(String).join(" "));
    const url = `https://vault.example/?Signature=bm90IGEgc2lnbmF0dXJl&SecurityToken=${encodeURIComponent(KEYS.securityToken)}`;
    const hostile = {
      get message() {
        throw new Error("no");
      },
      get stack() {
        throw new Error("no");
      },
    };
    const thrown = [
      new Error(url),
      new Error(`a\nb\r\n\u001b[2Jc\u2028d\u202ee ${url}`),
      url,
      hostile,
      Symbol("s"),
      undefined,
      new Error("x".repeat(1_000_000)),
    ];
    try {
      for (const reason of thrown) {
        const throws = () => {
          throw reason;
        };
        for (const options of [
          { authorize: throws, upstream: () => ({}) },
          { authorize: () => true, upstream: throws },
          {
            authorize: () => true,
            upstream: () => ({
              get region() {
                return throws();
              },
            }),
          },
        ]) {
          const query = "Action=DescribeExecution&Version=2019-03-15&ExecutionName=e&FlowName=f";
          const response = await createGateway(options).fetch(
            { method: "GET", headers: new Headers(), url: `https://g.example/?${query}` },
            {},
          );
          assert.deepEqual([response.status, (await response.json()).Code], [500, "InternalServerError"]);
        }
      }
    } finally {
      console.error = error;
    }
    assert.equal(entries.length, 3 * thrown.length);
    for (const entry of entries) {
      assert.ok(!/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/.test(entry) && entry.length < 5000, JSON.stringify(entry));
      for (const part of ["bm90IGE", "CAIS"]) assert.ok(!entry.includes(part), entry);
    }
  },
};
