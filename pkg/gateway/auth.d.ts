/**
 * Functions for the option `authorize` of a gateway: bearer secrets, JSON Web Tokens, Cloudflare Access, tickets.
 *
 * @module cloudflow-wasm/gateway/auth
 */

import type { GatewayCall } from "../gateway.js";

/** A function for the option `authorize` of `createGateway`. `Env` is the type of the Worker's `env`. */
export type Authorize<Env = unknown> = (request: Request, call: GatewayCall, env: Env) => boolean | Promise<boolean>;

/** A value, or a function that reads it from the Worker's `env`. */
export type FromEnv<T, Env = unknown> = T | ((env: Env) => T | Promise<T>);

/**
 * Allows the callers that send one of the secrets in the header `authorization: Bearer <secret>`. The comparison takes the
 * same time for every wrong secret. With several secrets, each of them is accepted: list the old and the new one
 * during a rotation. Entries that are `undefined` are left out.
 *
 * A secret has at least 16 ASCII characters without blanks. Throws `CloudFlowError` (`wrong-options`) for another one.
 *
 * @example
 * authorize: bearer((env) => [env.TOKEN, env.OLD_TOKEN]),
 */
export function bearer<Env = unknown>(
  secret: FromEnv<string | readonly (string | undefined)[] | undefined, Env>,
): (request: Request, call: GatewayCall, env: Env) => Promise<boolean>;

/** The claims of a verified token. */
export interface JwtPayload {
  /** Issuer of the token. */
  iss?: string;
  /** Subject: the user or the program that the token identifies. */
  sub?: string;
  /** Audience: the services for which the token is valid. */
  aud?: string | string[];
  /** Time at which the token expires, in seconds since 1970. */
  exp?: number;
  /** Time before which the token is not valid, in seconds since 1970. */
  nbf?: number;
  /** Time at which the token was issued, in seconds since 1970. */
  iat?: number;
  [claim: string]: unknown;
}

/** A set of public keys (JWKS, RFC 7517). */
export interface KeySet {
  /** The keys, each a JSON Web Key (JWK). */
  keys: object[];
}

/** Options of {@link jwt}. */
export interface JwtOptions<Env = unknown> {
  /** The public keys of the issuer: their https address, or the keys. Keys of an address are kept for 10 minutes. */
  jwks: FromEnv<string | URL | KeySet, Env>;
  /** Accepted values of the claim `iss`. */
  issuer: FromEnv<string | string[], Env>;
  /** Accepted values of the claim `aud`. */
  audience: FromEnv<string | string[], Env>;
  /** Returns `true` if the sender of a valid token may make the call. Every other value refuses the request. */
  allow: (payload: JwtPayload, call: GatewayCall, request: Request, env: Env) => boolean | Promise<boolean>;
  /** Accepted signature algorithms, with a key pair. Default: RS, PS and ES with 256, 384 and 512, EdDSA. */
  algorithms?: string[] | undefined;
  /** Tolerance of `exp` and `nbf`, in seconds, 0 to 600. Default 5. */
  clockToleranceSeconds?: number | undefined;
}

/**
 * Allows the callers that send a valid JSON Web Token in the header `authorization: Bearer <token>`, and that `allow`
 * accepts. A token must have the claims `iss`, `aud` and `exp`. A token that is not valid is refused. The function throws
 * only if the keys cannot be loaded.
 *
 * Needs the package `jose` (`npm install jose`).
 *
 * Throws `CloudFlowError` (`wrong-options`) for invalid options.
 *
 * @example
 * authorize: jwt({
 *   jwks: "https://login.example.com/.well-known/jwks.json",
 *   issuer: "https://login.example.com",
 *   audience: "cloudflow",
 *   allow: ({ groups }, { flowName }) => Array.isArray(groups) && groups.includes(`flow:${flowName}`),
 * }),
 */
export function jwt<Env = unknown>(
  options: JwtOptions<Env>,
): (request: Request, call: GatewayCall, env: Env) => Promise<boolean>;

/** Options of {@link accessJwt}. */
export interface AccessOptions<Env = unknown> {
  /** Name of the team: `acme` of `https://acme.cloudflareaccess.com`. */
  team: FromEnv<string, Env>;
  /** Audience tags (AUD) of the Access application. Default: the variable `POLICY_AUD` of `env`. */
  audience?: FromEnv<string | string[], Env> | undefined;
  /** Returns `true` if the sender of a valid token may make the call. Default: every sender. */
  allow?:
    | ((payload: JwtPayload, call: GatewayCall, request: Request, env: Env) => boolean | Promise<boolean>)
    | undefined;
}

/**
 * Allows the callers that Cloudflare Access has signed in. It verifies the header `cf-access-jwt-assertion` with the keys of
 * the team. The argument is the name of the team, or options.
 *
 * Needs the package `jose` (`npm install jose`).
 *
 * Throws `CloudFlowError` (`wrong-options`) for invalid options.
 *
 * @see https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 *
 * @example
 * authorize: accessJwt({ team: "acme", audience: (env) => env.POLICY_AUD }),
 */
export function accessJwt<Env = unknown>(
  options: FromEnv<string, Env> | AccessOptions<Env>,
): (request: Request, call: GatewayCall, env: Env) => Promise<boolean>;

/**
 * Allows the requests that at least one of the functions allows. They are called in this order. An exception counts if
 * no function allows the request.
 */
export function anyOf<Env = unknown>(
  ...rules: Authorize<Env>[]
): (request: Request, call: GatewayCall, env: Env) => Promise<boolean>;

/**
 * Allows the requests that all functions allow. They are called in this order, up to the first refusal.
 *
 * @example
 * authorize: allOf(bearer((env) => env.TOKEN), (request, { flowName }) => flowName === "orders"),
 */
export function allOf<Env = unknown>(
  ...rules: Authorize<Env>[]
): (request: Request, call: GatewayCall, env: Env) => Promise<boolean>;
