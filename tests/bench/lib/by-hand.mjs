// The peer "by hand": what a careful user assembles today to check a flow and to say where it is
// wrong: `yaml` for a tree with places, `ajv` for its form, and own code for the names in it.

import Ajv from "ajv";
import { check } from "./by-hand-checks.mjs";
import { flowSchema, stateMachineSchema } from "./schemas.mjs";

let compiled;
function validators() {
  if (!compiled) {
    const ajv = new Ajv({ allErrors: true, discriminator: true, strict: false });
    compiled = { StateMachine: ajv.compile(stateMachineSchema), flow: ajv.compile(flowSchema) };
  }
  return compiled;
}

/** ajv alone, for the peers that keep no places. */
export const matchesSchema = (dialect, value) => validators()[dialect](value);

/** Every finding as { message, line, column }. */
export const checkByHand = (text) => check(text, validators());
