// Keeps the errors of a page, for a browser whose driver does not report them.

globalThis.recordedProblems = [];
addEventListener("error", ({ message, error }) => recordedProblems.push(String(error?.stack ?? message)));
addEventListener("unhandledrejection", ({ reason }) => recordedProblems.push(`unhandled: ${reason?.stack ?? reason}`));
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  recordedProblems.push(`policy: ${violatedDirective} ${blockedURI}`),
);
const { error } = console;
console.error = (...values) => {
  recordedProblems.push(values.map(String).join(" "));
  error.apply(console, values);
};
