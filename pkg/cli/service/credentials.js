// The AccessKey pair and the region of a command: from the environment, or from the profiles of the CLI `aliyun`. Never from
// arguments, which other users of the machine can read.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { failure, reason } from "../failure.js";
import { nearest } from "../nearest.js";

/** @import { Credentials } from "../../index.js" */

const PREFIX = "ALIBABA_CLOUD_";
/** Modes of profiles that hold their key, with the field of their token. */
const MODES = new Set(["AK", "StsToken"]);

/**
 * @typedef {object} Account
 * @property {Credentials} [credentials]
 * @property {string} [region]
 * @property {string} source where the credentials come from
 */

/**
 * @param {Record<string, string | undefined>} env
 * @param {string | undefined} wanted name of a profile
 * @param {string} [home]
 * @returns {Account} without credentials if there are none at all
 */
export function readAccount(env, wanted, home = homedir()) {
  const value = (/** @type {string} */ name) => env[`${PREFIX}${name}`]?.trim() || undefined;
  const region = value("REGION_ID");
  const accessKeyId = value("ACCESS_KEY_ID");
  const accessKeySecret = value("ACCESS_KEY_SECRET");
  if (wanted === undefined && (accessKeyId !== undefined || accessKeySecret !== undefined)) {
    if (accessKeyId === undefined || accessKeySecret === undefined) {
      const [there, missing] = accessKeyId === undefined ? ["SECRET", "ID"] : ["ID", "SECRET"];
      throw failure(`${PREFIX}ACCESS_KEY_${there} is set, but ${PREFIX}ACCESS_KEY_${missing} is not`);
    }
    const credentials = withToken(accessKeyId, accessKeySecret, value("SECURITY_TOKEN"));
    return { credentials, ...(region ? { region } : {}), source: "the environment" };
  }
  const name = wanted ?? value("PROFILE");
  const profile = readProfile(join(home, ".aliyun", "config.json"), name);
  if (profile === undefined) return { ...(region ? { region } : {}), source: "" };
  const its = region ?? profile.region;
  return { ...profile, ...(its ? { region: its } : {}) };
}

/**
 * @param {string} file
 * @param {string | undefined} wanted
 * @returns {Account | undefined}
 */
function readProfile(file, wanted) {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" && wanted === undefined) return undefined;
    throw failure(`${file} ${reason(error)}`);
  }
  let config;
  try {
    config = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    // The message of the parser may quote a secret.
    throw failure(`${file} is not valid JSON`);
  }
  const profiles = (Array.isArray(config?.profiles) ? config.profiles : []).filter(
    (/** @type {any} */ profile) => typeof profile?.name === "string",
  );
  const name = wanted ?? config?.current ?? "default";
  const profile = profiles.find((/** @type {any} */ profile) => profile.name === name);
  if (profile === undefined) {
    if (wanted === undefined && profiles.length === 0) return undefined;
    const near = nearest(
      String(name),
      profiles.map((/** @type {any} */ profile) => profile.name),
    );
    throw failure(`${file} has no profile \`${name}\`${near === undefined ? "" : `: did you mean \`${near}\`?`}`);
  }
  const mode = profile.mode || "AK";
  if (!MODES.has(mode))
    throw failure(
      `the profile \`${name}\` has the mode \`${mode}\`, which is not supported: use the mode AK or StsToken, or set ${PREFIX}ACCESS_KEY_ID, ${PREFIX}ACCESS_KEY_SECRET and ${PREFIX}SECURITY_TOKEN`,
    );
  const [id, secret, token] = ["access_key_id", "access_key_secret", "sts_token"].map((key) =>
    typeof profile[key] === "string" && profile[key] !== "" ? profile[key] : undefined,
  );
  const missing = id === undefined ? "access_key_id" : secret === undefined ? "access_key_secret" : undefined;
  if (id === undefined || secret === undefined) throw failure(`the profile \`${name}\` in ${file} has no ${missing}`);
  if (mode === "StsToken" && token === undefined) throw failure(`the profile \`${name}\` in ${file} has no sts_token`);
  const region = typeof profile.region_id === "string" && profile.region_id !== "" ? profile.region_id : undefined;
  return {
    credentials: withToken(id, secret, mode === "StsToken" ? token : undefined),
    ...(region ? { region } : {}),
    source: `the profile \`${name}\``,
  };
}

/**
 * @param {string} accessKeyId
 * @param {string} accessKeySecret
 * @param {string | undefined} securityToken
 * @returns {Credentials}
 */
function withToken(accessKeyId, accessKeySecret, securityToken) {
  return { accessKeyId, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
}
