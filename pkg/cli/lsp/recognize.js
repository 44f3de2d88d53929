// Which documents are flow definitions: editors attach the server to all files of YAML and JSON.

/**
 * Keys of the language at the start of a line of YAML, or of a member of a JSON object. The types are words of CloudFlow
 * only: GitHub's workflows, Compose files and other YAML are not definitions.
 */
const YAML =
  /^(?:["']?(?:StartAt|SpecVersion)["']?[ \t]*:|["']?[Tt]ype["']?[ \t]*:[ \t]*["']?(?:StateMachine|flow)\b)/m;
const MEMBER = /"(?:StartAt|SpecVersion)"\s*:|"[Tt]ype"\s*:\s*"(?:StateMachine|flow)"/;

/**
 * @param {string} uri
 * @param {unknown} language
 * @param {string} text
 */
export function isDefinition(uri, language, text) {
  // A definition of another service, with keys of the same names.
  if (/\.asl\.(?:ya?ml|json)$/i.test(uri)) return false;
  if (language === "cloudflow" || /\.flow\.(?:ya?ml|json)$/i.test(uri)) return true;
  return /^\s*\{/.test(text) ? MEMBER.test(text) : YAML.test(text);
}
