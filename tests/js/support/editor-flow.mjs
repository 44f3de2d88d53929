// A small valid flow for the tests of the editor, and the check of the console without a page.

import { flowGraph, validateFlow } from "../../../pkg/dist/index.js";
import { checkText } from "../../../www/console/editor/check.js";

export const check = (text) => checkText(text, { flowGraph, validateFlow });

export const FLOW = `Type: StateMachine
Name: order
SpecVersion: v1
StartAt: Boil
States:
  - Type: Pass
    Name: Boil
    Next: Served
  - Type: Succeed
    Name: Served
`;
