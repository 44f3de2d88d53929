// Authorization by the tokens of Cloudflare Access.

import { ACCESS, checkNames, isObject, own, wrongOptions } from "../../shared/options.js";
import { ofEnv, texts, verifying } from "./jwt.js";
import { headerToken } from "./token.js";

/** The header that Access adds. A page that is signed in sends the cookie, and Access adds the header. */
const HEADER = "cf-access-jwt-assertion";

/**
 * @see https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 *
 * @type {typeof import("../auth.js").accessJwt}
 */
export function accessJwt(options) {
  const given = isObject(options) ? own(options, ACCESS) : { team: options };
  checkNames(given, ACCESS, "an option of `accessJwt`");
  const { team, audience = policyAudience, allow = () => true } = /** @type {any} */ (given);
  if (typeof allow !== "function") {
    throw wrongOptions(
      "accessJwt: `allow` must be a function of the payload that returns whether the request is allowed",
    );
  }
  const teamOf = ofEnv(team);
  const issuer = async (/** @type {any} */ env) => issuerOf(await teamOf(env));
  return verifying(
    {
      name: "accessJwt",
      tokenOf: (request) => headerToken(request, HEADER),
      issuer,
      jwks: async (env) => `${await issuer(env)}/cdn-cgi/access/certs`,
      audience: ofEnv(audience),
      algorithms: ["RS256"],
      clockToleranceSeconds: 5,
      allow,
    },
    [
      [team, issuerOf],
      [audience, (value) => texts("accessJwt", "audience", value)],
    ],
  );
}

/** @param {any} team */
function issuerOf(team) {
  if (typeof team === "string" && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(team)) {
    return `https://${team}.cloudflareaccess.com`;
  }
  throw wrongOptions(
    "accessJwt: `team` must be the name of the team, such as `acme` of `https://acme.cloudflareaccess.com`",
  );
}

/**
 * The variable of the documentation of Access. The keys of a team sign the tokens of all its applications: without an
 * audience, a token of another application would be accepted.
 *
 * @param {any} env
 */
function policyAudience(env) {
  const audience = env?.POLICY_AUD;
  if (typeof audience === "string" && audience !== "") return audience;
  throw wrongOptions(
    "accessJwt: set `audience`, or the variable `POLICY_AUD`, to the audience tag of the Access application",
  );
}
