// A program that uses the types of `cloudflow-wasm/gateway/auth`. It is compiled and never run.

import { createGateway, type GatewayCall } from "cloudflow-wasm/gateway";
import { accessJwt, allOf, anyOf, bearer, jwt, type Authorize, type JwtOptions } from "cloudflow-wasm/gateway/auth";

interface Env {
  TOKEN: string;
  OLD_TOKEN?: string;
  POLICY_AUD: string;
  KEY_ID: string;
  KEY_SECRET: string;
}

const options: JwtOptions<Env> = {
  jwks: new URL("https://login.example.com/.well-known/jwks.json"),
  issuer: "https://login.example.com",
  audience: (env) => env.POLICY_AUD,
  allow: ({ sub, groups }, call: GatewayCall, request, env) =>
    sub !== undefined &&
    Array.isArray(groups) &&
    groups.includes(call.flowName) &&
    request.method === "GET" &&
    env.TOKEN !== "",
};

const authorize: Authorize<Env> = anyOf<Env>(
  bearer((env: Env) => [env.TOKEN, env.OLD_TOKEN]),
  allOf<Env>(accessJwt<Env>("acme"), (request, { flowName }) => flowName === "orders"),
  accessJwt<Env>({ team: "acme", audience: (env) => env.POLICY_AUD, allow: ({ email }) => email === "a@example.com" }),
  jwt(options),
);

export default createGateway<Env>({
  upstream: (env) => ({
    region: "cn-hangzhou",
    credentials: { accessKeyId: env.KEY_ID, accessKeySecret: env.KEY_SECRET },
  }),
  authorize,
});

// @ts-expect-error there is no default for `allow`
jwt({ jwks: { keys: [] }, issuer: "a", audience: "b" });
// @ts-expect-error a secret is a text
bearer(1);
