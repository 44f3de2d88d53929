// 24 mistakes, one at a time: which of them is found, on the right line, at the right column, and
// how much else is said. Errors and warnings count; notes do not.

import { checkByAws } from "../lib/aws.mjs";
import { checkByHand } from "../lib/by-hand.mjs";
import { mistakes, sound } from "../lib/mistakes.mjs";
import { finish, loadOurs, report } from "../lib/part.mjs";

const ours = await loadOurs();
const raw = {};

const checkByUs = (text) =>
  ours
    .validateFlow(text)
    .diagnostics.filter(({ severity }) => severity !== "info")
    .map(({ code, message, range }) => ({
      message: `${code}: ${message}`,
      line: range?.start.line,
      column: range?.start.column,
    }));

async function score(language, check) {
  const before = await check(sound[language]);
  const total = { of: 0, found: 0, line: 0, column: 0, surplus: before.length, missed: [] };
  for (const { name, text, places } of mistakes(language)) {
    const findings = await check(text);
    const onLine = findings.some((finding) => places.some((place) => place.line === finding.line));
    const onColumn = findings.some((finding) =>
      places.some((place) => place.line === finding.line && place.column === finding.column),
    );
    total.of += 1;
    total.found += findings.length > 0;
    total.line += onLine;
    total.column += onColumn;
    total.surplus += Math.max(0, findings.length - 1);
    if (!onColumn || findings.length > 1) total.missed.push({ name, places, findings });
  }
  if (before.length > 0) total.missed.unshift({ name: "the sound flow", places: [], findings: before });
  return total;
}

const show = ({ of, found, line, column, surplus }) =>
  `${found} / ${line} / ${column} / ${surplus}${of === 24 ? "" : ` of ${of}`}`;

const aws = await score("asl", checkByAws);
raw["asl, amazon-states-language-service"] = aws;
for (const dialect of ["StateMachine", "flow"]) {
  const byHand = await score(dialect, checkByHand);
  const mine = ours && (await score(dialect, checkByUs));
  raw[`${dialect}, by hand`] = byHand;
  raw[`${dialect}, ours`] = mine;
  report({
    what: `24 seeded mistakes: found / right line / right column / surplus, ${dialect}`,
    where: "-",
    ours: mine && show(mine),
    unit: "text",
    peers: {
      "yaml + ajv + checks": show(byHand),
      ...(dialect === "StateMachine" && { "amazon-states-language-service, its own dialect": show(aws) }),
    },
    goal: "24 / 24 / 24 / 0",
    met: mine ? show(mine) === "24 / 24 / 24 / 0" : null,
  });
}
finish(raw);
