// What readers and tools of the published package see: its SBOM, its notices, the links of its documents, and the manifest
// as npm checks it before it publishes.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { anchors, links } from "./links.mjs";

/** The notices of the package. */
const NOTICES = ["THIRD-PARTY.txt", "cli/THIRD-PARTY.txt", "console/page/THIRD-PARTY.txt"];

/** The tests, which get a folder where the tarball is installed. */
export const publishingTests = (ROOT, tarball, run) => ({
  async "the SBOM follows the schema of CycloneDX 1.6"(dir) {
    const text = readFileSync(join(installed(dir), "sbom.cdx.json"), "utf8");
    const problems = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
    if (problems !== null) throw new Error(JSON.stringify(problems, null, 2));
    // Two builds of one commit have the same bytes.
    if (/"(timestamp|serialNumber)"/.test(text)) throw new Error("the SBOM names a time or a serial number");
    const { metadata } = JSON.parse(text);
    const { name, version } = JSON.parse(readFileSync(join(installed(dir), "package.json"), "utf8"));
    if (metadata.component.purl !== `pkg:npm/${name}@${version}`) throw new Error(metadata.component.purl);
  },

  async "the SBOM and the notices name the same components"(dir) {
    const folder = installed(dir);
    const { components } = JSON.parse(readFileSync(join(folder, "sbom.cdx.json"), "utf8"));
    const listed = components
      .filter(({ name }) => name !== "rust-std")
      .map(({ group, name, version }) => `${group ? `${group}/` : ""}${name} ${version}`);
    const texts = NOTICES.map((name) => readFileSync(join(folder, name), "utf8"));
    // A line of a group of components with one licence text: `name 1.2.3: LICENCE`.
    const noticed = texts.flatMap((text) =>
      text.split(/^={80}$/m).flatMap((section) =>
        section
          .trimStart()
          .split("\n\n", 1)[0]
          .split("\n")
          .map((line) => /^(\S+ \d\S*): /.exec(line)?.[1])
          .filter(Boolean),
      ),
    );
    expectSame("component", listed, noticed);
    if (listed.length < 30) throw new Error(`only ${listed.length} components`);

    const ofStd = components.find(({ name }) => name === "rust-std").components.map(({ name }) => name);
    const crates = [...texts[0].matchAll(/^Crates: (.+)$/gm)].flatMap(([, list]) => list.split(", "));
    expectSame("crate of the standard library", ofStd, crates);

    // No other file has notices.
    const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith("THIRD-PARTY.txt"));
    expectSame("file of notices", files, NOTICES);
  },

  async "links of the packed documents lead somewhere"(dir) {
    const folder = installed(dir);
    const { repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const address = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
    const documents = readdirSync(folder).filter((name) => name.endsWith(".md"));
    if (!documents.includes("README.md")) throw new Error("the package has no README.md");
    const problems = [];
    let count = 0;
    for (const name of documents) {
      const text = readFileSync(join(folder, name), "utf8");
      for (const link of links(text)) {
        count += 1;
        const problem = problemOf(link, { folder, name, address });
        if (problem) problems.push(`${name}: \`${link}\`: ${problem}`);
      }
    }
    if (problems.length > 0) throw new Error(problems.join("\n"));
    if (count < 20) throw new Error(`only ${count} links were found`);

    function problemOf(link, { folder, name, address }) {
      const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(link) ?? [];
      if (scheme && !["https", "mailto"].includes(scheme)) return `the scheme is \`${scheme}\``;
      const path = scheme ? inRepository(link, address) : link;
      if (path === undefined) return undefined;
      // An address of the repository names a file of this commit. A relative link names a file of the package.
      const [file, anchor] = decodeURI(path).split("#");
      const base = scheme ? ROOT : dirname(join(folder, name));
      const target = file === "" ? join(folder, name) : join(base, file);
      if (!existsSync(target)) return scheme ? "no such file in the repository" : "no such file in the package";
      if (anchor && !anchors(readFileSync(target, "utf8")).has(anchor)) return "no such heading";
      return undefined;
    }
  },

  // A dry run signs no provenance, inside of CI and outside: npm does so when it publishes. It reads the tarball, checks and
  // corrects the manifest, and reports what it would send. `--force` leaves out the comparison with published versions, which
  // fails between a release and the next version, and needs a network.
  async "npm accepts the tarball in a dry run"(dir) {
    const { name, version } = JSON.parse(readFileSync(join(installed(dir), "package.json"), "utf8"));
    const args = ["publish", tarball, "--dry-run", "--provenance", "--access", "public", "--force"];
    const output = await run("sh", ["-c", 'npm "$@" 2>&1', "npm", ...args], { cwd: dir });
    if (!output.includes(`\n+ ${name}@${version}`)) throw new Error(output);
    // npm corrects errors of a manifest, and the published one differs from the one in the tarball.
    const expected = /using --force|requires you to be logged in/;
    const warnings = output.split("\n").filter((line) => /^npm (warn|error)/i.test(line) && !expected.test(line));
    if (warnings.length > 0) throw new Error(warnings.join("\n"));
  },
});

/** The path that an address of a file of the repository names. */
const inRepository = (link, address) =>
  link.startsWith(`${address}/`)
    ? /^\/(?:blob|tree|raw)\/main\/(.*)$/.exec(link.slice(address.length))?.[1]
    : undefined;

const installed = (dir) => join(dir, "node_modules", "cloudflow-wasm");

function expectSame(what, first, second) {
  const [a, b] = [new Set(first), new Set(second)];
  const lines = [
    ...[...a].filter((name) => !b.has(name)).map((name) => `only in the SBOM: ${what} ${name}`),
    ...[...b].filter((name) => !a.has(name)).map((name) => `not in the SBOM: ${what} ${name}`),
  ];
  if (lines.length > 0) throw new Error(lines.join("\n"));
}
