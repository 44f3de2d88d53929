// Entry "cloudflow-wasm/gateway/auth": ready-made functions for the option `authorize` of a gateway.

export { accessJwt } from "./auth/access.js";
export { bearer } from "./auth/bearer.js";
export { allOf, anyOf } from "./auth/combine.js";
export { jwt } from "./auth/jwt.js";
