// The kinds of words of a definition.

/** The kinds of words, in the order of their numbers in `semanticTokens`. */
export const TOKEN_KINDS = /*#__PURE__*/ Object.freeze(
  /** @type {const} */ ([
    "comment",
    "key",
    "property",
    "keyword",
    "state",
    "target",
    "error",
    "text",
    "constant",
    "variable",
    "member",
    "function",
    "operator",
  ]),
);
