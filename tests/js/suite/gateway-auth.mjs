// The functions of cloudflow-wasm/gateway/auth: what they allow and refuse, and their options.

import { assert } from "../harness.mjs";
import { base64url, bytes, hmacSigned, keyPair, part, pem, signed, unsigned } from "../support/tokens.mjs";

const SECRET = "a-secret-of-some-length";
const CALL = { flowName: "orders", executionName: "run:1", action: "DescribeExecution" };
const ISSUER = "https://login.example.com";
const AUDIENCE = "cloudflow";

export const tests = {
  "the auth entry exports the documented names": ({ auth }) => {
    assert.deepEqual(Object.keys(auth).sort(), ["accessJwt", "allOf", "anyOf", "bearer", "jwt"]);
  },

  "bearer allows a secret of the header only": async ({ auth }) => {
    const rule = auth.bearer(SECRET);
    for (const [header, allowed] of [
      [`Bearer ${SECRET}`, true],
      [`bearer  ${SECRET}`, true],
      [`BEARER ${SECRET}`, true],
      [undefined, false],
      ["", false],
      [SECRET, false],
      ["Bearer", false],
      ["Bearer ", false],
      [`Bearer${SECRET}`, false],
      [`Basic ${SECRET}`, false],
      [`Bearer ${SECRET}x`, false],
      [`Bearer ${SECRET.slice(1)}`, false],
      [`Bearer ${SECRET.toUpperCase()}`, false],
      [`Bearer ${SECRET} ${SECRET}`, false],
      [`Bearer ${SECRET}, Bearer ${SECRET}`, false],
      [`Bearer x, Bearer ${SECRET}`, false],
      [`Bearer undefined`, false],
      [`Bearer ${"x".repeat(100_000)}`, false],
    ]) {
      assert.equal(await rule(request({ authorization: header }), CALL, {}), allowed, `${header}`.slice(0, 80));
    }
    // The whole digest is compared: some of these have a byte in common with that of the secret.
    for (let i = 0; i < 1500; i += 1) {
      assert.equal(await rule(request({ authorization: `Bearer ${SECRET}${i}` }), CALL, {}), false);
    }
    // Neither the query nor a cookie is read: addresses are in logs.
    assert.equal(await rule(request({ cookie: `token=${SECRET}` }), CALL, {}), false);
  },

  "bearer accepts each of several secrets, from env": async ({ auth }) => {
    const rule = auth.bearer((env) => [env.TOKEN, env.OLD]);
    const env = { TOKEN: SECRET, OLD: "the-secret-of-last-month" };
    for (const secret of Object.values(env)) {
      assert.equal(await rule(request({ authorization: `Bearer ${secret}` }), CALL, env), true);
    }
    const rotated = { TOKEN: SECRET };
    assert.equal(await rule(request({ authorization: `Bearer ${env.OLD}` }), CALL, rotated), false);
    assert.equal(await rule(request({ authorization: `Bearer ${SECRET}` }), CALL, rotated), true);
    const later = auth.bearer(async (env) => env.TOKEN);
    assert.equal(await later(request({ authorization: `Bearer ${SECRET}` }), CALL, env), true);
  },

  "bearer refuses a secret that is absent, short or not for a header": async ({ auth }) => {
    for (const wrong of [
      undefined,
      null,
      "",
      "short",
      [],
      [undefined],
      1,
      {},
      "ä".repeat(20),
      "a blank in between it",
    ]) {
      assert.throws(() => auth.bearer(wrong), wrongOptions);
      const rule = auth.bearer(() => wrong);
      // Without a token too: the mistake is visible at the first request.
      await assert.rejects(rule(request(), CALL, {}), wrongOptions);
      await assert.rejects(rule(request({ authorization: `Bearer ${wrong}` }), CALL, {}), wrongOptions);
    }
    assert.throws(
      () => auth.bearer("tiny-secret"),
      ({ message }) => assert.ok(!message.includes("tiny"), message),
    );
  },

  "anyOf and allOf combine, and accept `true` only": async ({ auth }) => {
    const [yes, no] = [() => true, async () => false];
    const odd = () => 1;
    const broken = () => {
      throw new Error("keys cannot be loaded");
    };
    for (const [rule, allowed] of [
      [auth.anyOf(no, yes), true],
      [auth.anyOf(no, odd), false],
      [auth.anyOf(broken, yes), true],
      [auth.allOf(yes, yes), true],
      [auth.allOf(yes, no), false],
      [auth.allOf(yes, odd), false],
      [auth.allOf(no, broken), false],
      [
        auth.allOf(
          yes,
          auth.anyOf(no, async () => true),
        ),
        true,
      ],
    ]) {
      assert.equal(await rule(request(), CALL, {}), allowed);
    }
    await assert.rejects(auth.anyOf(no, broken)(request(), CALL, {}));
    await assert.rejects(auth.allOf(yes, broken)(request(), CALL, {}));
    const seen = [];
    await auth.allOf((...given) => seen.push(given) > 0)("request", "call", "env");
    assert.deepEqual(seen, [["request", "call", "env"]]);
    for (const combine of [auth.anyOf, auth.allOf]) {
      for (const wrong of [[], [true], [yes, undefined]]) assert.throws(() => combine(...wrong), wrongOptions);
    }
  },

  "jwt allows valid tokens that `allow` accepts": async ({ auth }) => {
    for (const alg of ["RS256", "ES256"]) {
      const key = await keyPair(alg, "k1");
      const seen = [];
      const rule = auth.jwt({
        jwks: { keys: [key.jwk] },
        issuer: ISSUER,
        audience: [AUDIENCE, "other"],
        allow: (...given) => seen.push(given) > 0 && given[0].sub === "alice",
      });
      const env = { a: 1 };
      const mine = request({ authorization: `Bearer ${await signed(key, claims())}` });
      assert.equal(await rule(mine, CALL, env), true);
      assert.equal(seen[0][0].sub, "alice");
      assert.deepEqual([seen[0][1], seen[0][3]], [CALL, env]);
      assert.ok(seen[0][2] === mine);
      assert.equal(
        await rule(request({ authorization: `Bearer ${await signed(key, claims({ sub: "eve" }))}` }), CALL),
        false,
      );
      assert.equal(await rule(request(), CALL, env), false);
    }
  },

  "jwt: `allow` must return true, and its exceptions are not hidden": async ({ auth }) => {
    const key = await keyPair("ES256", "k1");
    const token = { authorization: `Bearer ${await signed(key, claims())}` };
    const rule = (allow) => auth.jwt({ jwks: { keys: [key.jwk] }, issuer: ISSUER, audience: AUDIENCE, allow });
    for (const odd of [1, "yes", {}, undefined]) assert.equal(await rule(() => odd)(request(token), CALL, {}), false);
    const broken = rule(() => {
      throw new Error("no database");
    });
    await assert.rejects(broken(request(token), CALL, {}), ({ message }) => assert.equal(message, "no database"));
  },

  "jwt reads its values from env": async ({ auth }) => {
    const key = await keyPair("ES256", "k1");
    const rule = auth.jwt({
      jwks: async (env) => env.JWKS,
      issuer: (env) => env.ISSUER,
      audience: (env) => env.AUDIENCE,
      allow: () => true,
    });
    const env = { JWKS: { keys: [key.jwk] }, ISSUER, AUDIENCE };
    const token = request({ authorization: `Bearer ${await signed(key, claims())}` });
    assert.equal(await rule(token, CALL, env), true);
    assert.equal(await rule(token, CALL, { ...env, AUDIENCE: "other" }), false);
    // An unset variable must not switch a check off.
    for (const name of Object.keys(env)) {
      await assert.rejects(rule(token, CALL, { ...env, [name]: undefined }), wrongOptions);
      await assert.rejects(rule(token, CALL, { ...env, [name]: "" }), wrongOptions);
    }
  },

  "jwt: expired, forged and foreign tokens are refused": async ({ auth }) => {
    const [key, other] = [await keyPair("RS256", "k1"), await keyPair("RS256", "k1")];
    const elliptic = await keyPair("ES256", "k2");
    const { allowed, calls } = checking(auth, [key.jwk, elliptic.jwk]);
    assert.equal(await allowed(await signed(key, claims())), true);
    const second = Math.floor(Date.now() / 1000);
    const good = await signed(key, claims());
    const [head, body, signature] = good.split(".");
    const changed = part({ ...claims(), sub: "root" });
    const attacks = {
      "wrong key": await signed(other, claims()),
      "unknown key": await signed({ ...other, kid: "k9" }, claims()),
      "key of another algorithm": await signed({ ...other, kid: "k2" }, claims()),
      expired: await signed(key, claims({ exp: second - 60 })),
      "without exp": await signed(key, claims({ exp: undefined })),
      "exp as a text": await signed(key, claims({ exp: String(second + 600) })),
      "not yet valid": await signed(key, claims({ nbf: second + 600 })),
      "foreign issuer": await signed(key, claims({ iss: "https://evil.example.com" })),
      "issuer with a suffix": await signed(key, claims({ iss: `${ISSUER}.evil.example.com` })),
      "issuer in a list": await signed(key, claims({ iss: [ISSUER] })),
      "without issuer": await signed(key, claims({ iss: undefined })),
      "foreign audience": await signed(key, claims({ aud: "billing" })),
      "foreign audiences": await signed(key, claims({ aud: ["billing", `${AUDIENCE}2`] })),
      "without audience": await signed(key, claims({ aud: undefined })),
      "empty audience": await signed(key, claims({ aud: [] })),
      none: unsigned(claims()),
      "None with a key": unsigned(claims(), { alg: "None", kid: "k1" }),
      "none with a signature": `${unsigned(claims())}${signature}`,
      "no signature": `${head}.${body}.`,
      "HS256 with the public key as PEM": await hmacSigned(bytes(pem(key.spki)), claims(), { kid: "k1" }),
      "HS256 with the public key as DER": await hmacSigned(key.spki, claims(), { kid: "k1" }),
      "HS256 with the public key as JWK": await hmacSigned(bytes(JSON.stringify(key.jwk)), claims(), { kid: "k1" }),
      "HS256 with the modulus": await hmacSigned(bytes(key.jwk.n), claims(), { kid: "k1" }),
      "HS256 with an empty key": await hmacSigned(new Uint8Array(1), claims(), { kid: "k1" }),
      "RS256 in the header, HS256 signature": await hmacSigned(key.spki, claims(), { alg: "RS256", kid: "k1" }),
      "own key in the header": await signed(other, claims(), { jwk: other.jwk, kid: undefined }),
      "address of keys in the header": await signed(other, claims(), { jku: "https://evil.example.com/jwks.json" }),
      "certificate in the header": await signed(other, claims(), { x5c: ["MIIB"], x5u: "https://evil.example.com/" }),
      "unknown critical extension": await signed(key, claims(), { crit: ["x"], x: 1 }),
      "payload without base64": await signed(key, claims(), { crit: ["b64"], b64: false }),
      "changed payload": `${head}.${changed}.${signature}`,
      "changed signature": `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
      "swapped parts": `${body}.${head}.${signature}`,
      "four parts": `${good}.${signature}`,
      "five parts": `${head}.${body}.${signature}.${body}.${signature}`,
      "empty parts": "..",
      "one part": "x",
      "payload that is a list": await signed(key, [1]),
      "payload that is a text": await signed(key, "x"),
      "not JSON": `${base64url(bytes("{"))}.${body}.${signature}`,
      "null header": `${base64url(bytes("null"))}.${body}.${signature}`,
      "deep header": `${base64url(bytes(`${"[".repeat(5000)}${"]".repeat(5000)}`))}.${body}.${signature}`,
      "prototype in the header": `${base64url(bytes('{"alg":"__proto__","kid":"k1"}'))}.${body}.${signature}`,
      "constructor as the algorithm": `${base64url(bytes('{"alg":"constructor","kid":"k1"}'))}.${body}.${signature}`,
      "algorithm that is a list": `${base64url(bytes('{"alg":["RS256"],"kid":"k1"}'))}.${body}.${signature}`,
      "padded parts": good
        .split(".")
        .map((text) => `${text}=`)
        .join("."),
      "characters of plain base64": `${head}.${body}.+/${signature.slice(2)}`,
    };
    const before = calls.length;
    for (const [name, token] of Object.entries(attacks)) assert.equal(await allowed(token), false, name);
    assert.equal(calls.length, before, "`allow` gets payloads of valid tokens only");
  },

  "jwt: the ES256 signature of zeros is refused": async ({ auth }) => {
    const key = await keyPair("ES256", "k1");
    const { allowed } = checking(auth, [key.jwk]);
    const [head, body] = (await signed(key, claims())).split(".");
    for (const fill of [0, 255])
      assert.equal(await allowed(`${head}.${body}.${base64url(new Uint8Array(64).fill(fill))}`), false);
    assert.equal(await allowed(`${head}.${body}.`), false);
  },

  "jwt: clock tolerance and algorithms": async ({ auth }) => {
    const key = await keyPair("RS256", "k1");
    const second = Math.floor(Date.now() / 1000);
    const token = await signed(key, claims({ exp: second - 30 }));
    assert.equal(await checking(auth, [key.jwk]).allowed(token), false);
    assert.equal(await checking(auth, [key.jwk], { clockToleranceSeconds: 120 }).allowed(token), true);
    const valid = await signed(key, claims());
    assert.equal(await checking(auth, [key.jwk], { algorithms: ["RS256"] }).allowed(valid), true);
    assert.equal(await checking(auth, [key.jwk], { algorithms: ["ES256", "PS256"] }).allowed(valid), false);
  },

  "jwt: a token without `kid` is tried with each key of its type": async ({ auth }) => {
    const [old, current, foreign] = [
      await keyPair("RS256", "k1"),
      await keyPair("RS256", "k2"),
      await keyPair("RS256"),
    ];
    const { allowed } = checking(auth, [old.jwk, current.jwk]);
    for (const key of [old, current])
      assert.equal(await allowed(await signed(key, claims(), { kid: undefined })), true);
    assert.equal(await allowed(await signed(foreign, claims())), false);
    assert.equal(await allowed(await signed(current, claims({ aud: "billing" }), { kid: undefined })), false);
  },

  "jwt: a symmetric key in the set is not used": async ({ auth }) => {
    const secret = new Uint8Array(32).fill(7);
    const oct = { kty: "oct", k: base64url(secret), kid: "k1", alg: "HS256" };
    assert.equal(await checking(auth, [oct]).allowed(await hmacSigned(secret, claims(), { kid: "k1" })), false);
  },

  "jwt loads the keys of an address once": async ({ auth }) => {
    const key = await keyPair("ES256", "k1");
    const { allowed } = checking(auth, "https://login.example.com/jwks.json");
    const token = await signed(key, claims());
    await withFetch(
      () => json({ keys: [key.jwk] }),
      async (seen) => {
        for (let i = 0; i < 5; i += 1) assert.equal(await allowed(token), true);
        // Tokens with random key ids must not make the gateway load the keys each time.
        for (let i = 0; i < 20; i += 1)
          assert.equal(await allowed(await signed({ ...key, kid: `x${i}` }, claims())), false);
        assert.deepEqual(seen, ["https://login.example.com/jwks.json"]);
      },
    );
  },

  "jwt throws if the keys cannot be loaded": async ({ auth }) => {
    const key = await keyPair("ES256", "k1");
    const token = await signed(key, claims());
    for (const respond of [
      () => new Response("no", { status: 503 }),
      () => new Response("<html>"),
      () => json({ keys: 1 }),
      () => Promise.reject(new TypeError("connection refused")),
      () => new Response(null, { status: 302, headers: { location: "https://evil.example.com/" } }),
    ]) {
      const { allowed } = checking(auth, "https://login.example.com/jwks.json");
      await withFetch(respond, async () => {
        await assert.rejects(allowed(token), () => {});
        assert.equal(await allowed("no token"), false);
      });
    }
  },

  "jwt refuses wrong options": ({ auth }) => {
    const good = { jwks: { keys: [] }, issuer: ISSUER, audience: AUDIENCE, allow: () => true };
    auth.jwt(good);
    auth.jwt({ ...good, jwks: "http://127.0.0.1:8080/jwks.json" });
    for (const wrong of [
      undefined,
      "https://login.example.com",
      {},
      { ...good, allow: undefined },
      { ...good, allow: true },
      { ...good, issuer: undefined },
      { ...good, issuer: "" },
      { ...good, issuer: [] },
      { ...good, audience: undefined },
      { ...good, audience: [""] },
      { ...good, audience: [1] },
      { ...good, jwks: undefined },
      { ...good, jwks: {} },
      { ...good, jwks: [] },
      { ...good, jwks: "/jwks.json" },
      { ...good, jwks: "http://login.example.com/jwks.json" },
      { ...good, jwks: "http://127.0.0.1.evil.example.com/jwks.json" },
      { ...good, jwks: "file:///etc/passwd" },
      { ...good, algorithms: [] },
      { ...good, algorithms: ["none"] },
      { ...good, algorithms: ["RS256", "HS256"] },
      { ...good, algorithms: "RS256" },
      { ...good, clockToleranceSeconds: -1 },
      { ...good, clockToleranceSeconds: Number.NaN },
      { ...good, clockToleranceSeconds: 601 },
      { ...good, clockToleranceSeconds: "5" },
      { ...good, audiences: AUDIENCE },
    ]) {
      assert.throws(() => auth.jwt(wrong), wrongOptions);
    }
  },

  "accessJwt verifies the header of Cloudflare Access": async ({ auth }) => {
    const [key, other] = [await keyPair("RS256", "k1"), await keyPair("ES256", "k2")];
    const access = claims({ iss: "https://acme.cloudflareaccess.com", aud: ["a1b2"], email: "alice@example.com" });
    await withFetch(
      () => json({ keys: [key.jwk, other.jwk], public_cert: {}, public_certs: [] }),
      async (seen) => {
        const rule = auth.accessJwt("acme");
        const asked = (token, env = { POLICY_AUD: "a1b2" }) =>
          rule(request({ "cf-access-jwt-assertion": token }), CALL, env);
        assert.equal(await asked(await signed(key, access)), true);
        assert.deepEqual(seen, ["https://acme.cloudflareaccess.com/cdn-cgi/access/certs"]);
        assert.equal(await asked(await signed(key, { ...access, aud: ["other application"] })), false);
        assert.equal(await asked(await signed(key, { ...access, iss: "https://evil.cloudflareaccess.com" })), false);
        assert.equal(await asked(await signed(other, access)), false, "only RS256");
        assert.equal(await asked(undefined), false);
        const header = { authorization: `Bearer ${await signed(key, access)}` };
        assert.equal(await rule(request(header), CALL, { POLICY_AUD: "a1b2" }), false, "another header");
        const cookie = { cookie: `CF_Authorization=${await signed(key, access)}` };
        assert.equal(await rule(request(cookie), CALL, { POLICY_AUD: "a1b2" }), false, "a cookie");
        // Without an audience, a token for any other application of the team would be accepted.
        for (const env of [undefined, {}, { POLICY_AUD: "" }])
          await assert.rejects(asked(await signed(key, access), env ?? null), wrongOptions);

        const picky = auth.accessJwt({
          team: (env) => env.TEAM,
          audience: "a1b2",
          allow: ({ email }, { flowName }) => email === "alice@example.com" && flowName === "orders",
        });
        const token = request({ "cf-access-jwt-assertion": await signed(key, access) });
        assert.equal(await picky(token, CALL, { TEAM: "acme" }), true);
        assert.equal(await picky(token, { ...CALL, flowName: "salaries" }, { TEAM: "acme" }), false);
      },
    );
    for (const wrong of [
      undefined,
      "",
      "acme.cloudflareaccess.com",
      "https://acme.cloudflareaccess.com",
      "evil.example.com/",
      "Acme",
      {},
      { team: "acme", audience: "" },
      { team: "acme", allow: true },
      { team: "acme", aud: "x" },
    ]) {
      assert.throws(() => auth.accessJwt(wrong), wrongOptions);
    }
  },
};

function checking(auth, keys, more = {}) {
  const calls = [];
  const jwks = typeof keys === "string" ? keys : { keys };
  const allow = (payload) => calls.push(payload) > 0;
  const rule = auth.jwt({ jwks, issuer: ISSUER, audience: AUDIENCE, allow, ...more });
  return { calls, allowed: (token) => rule(request({ authorization: `Bearer ${token}` }), CALL, {}) };
}

function claims(change = {}) {
  const second = Math.floor(Date.now() / 1000);
  return { iss: ISSUER, aud: AUDIENCE, sub: "alice", iat: second, exp: second + 600, ...change };
}

/** A request with any headers. Some runtimes do not allow a script to set all of them. */
function request(headers = {}) {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return { method: "GET", url: "https://gateway.example.com/", headers: new Headers(given) };
}

function json(body) {
  return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
}

/** Replaces the global `fetch`, with which `jose` loads keys. */
async function withFetch(respond, run) {
  const { fetch } = globalThis;
  const seen = [];
  globalThis.fetch = async (url) => {
    seen.push(String(url));
    return respond(url);
  };
  try {
    await run(seen);
  } finally {
    globalThis.fetch = fetch;
  }
}

function wrongOptions(error) {
  assert.equal(`${error.name} ${error.code}`, "CloudFlowError wrong-options", error.stack);
}
