// Finds definitions inside other files: ROS templates, Serverless Devs, Funcraft, Terraform.

import { blocksOfHcl } from "./embed-hcl.js";
import { blocksOfJson, blocksOfYaml } from "./embed-yaml.js";

/** @import { Embedded } from "./map.js" */

/** A file that describes resources. The keys are those of ROS, Funcraft and Serverless Devs. */
const YAML_TEMPLATE = /^["']?(?:ROSTemplateFormatVersion|Resources|resources|services|edition|Transform)["']?[ \t]*:/m;
const JSON_TEMPLATE = /"(?:ROSTemplateFormatVersion|Resources)"\s*:/;
/** A flow as the whole file. In a template, a definition is indented. */
const YAML_FLOW = /^["']?[tT]ype["']?[ \t]*:[ \t]*["']?(?:flow|StateMachine)\b/m;
/** A resource of CloudFlow in such a file. */
const RESOURCE = /ALIYUN::FNF::Flow|Aliyun::Serverless::Flow|^[ \t]*component:[ \t]*["']?(?:[\w-]+\/)?fnf\b/m;

/** @param {string} text */
export function looksLikeFlow(text) {
  return (
    /^[ \t]*["']?[tT]ype["']?[ \t]*:[ \t]*["']?(?:flow|StateMachine)\b/m.test(text) ||
    /[{,]\s*"[tT]ype"\s*:\s*"(?:flow|StateMachine)"/.test(text) ||
    (/^[ \t]*["']?(?:steps|States)["']?[ \t]*:/m.test(text) &&
      /^[ \t]*["']?(?:version|SpecVersion|StartAt)["']?[ \t]*:/m.test(text))
  );
}

/**
 * What a file holds: `"flow"`, `"other"` for a file that is neither a flow nor a template, or the definitions that a
 * template contains.
 *
 * @param {string} name
 * @param {string} text
 * @returns {"flow" | "other" | Embedded[]}
 */
export function definitionsOf(name, text) {
  if (/\.tf$/i.test(name)) return blocksOfHcl(text).filter((block) => block.named || looksLikeFlow(block.text));
  if (YAML_FLOW.test(text)) return "flow";
  const isJson = /^\s*\{/.test(text);
  if (isJson ? JSON_TEMPLATE.test(text) : YAML_TEMPLATE.test(text)) {
    const certain = RESOURCE.test(text);
    const blocks = isJson ? blocksOfJson(text) : blocksOfYaml(text);
    return blocks.filter((block) => (certain && block.named) || looksLikeFlow(block.text));
  }
  return looksLikeFlow(text) ? "flow" : "other";
}
