// The features of a language service, each found by a call whose answer is looked at. A probe returns whether the answer is
// right, or a text for the table.

import { parseDocument } from "yaml";
import { languages } from "./editors.mjs";

/** @typedef {(service: any, language: import("./editors.mjs").Language) => unknown} Probe */

/** The place after a text, or before it. */
const after = (text, part) => text.indexOf(part) + part.length;
const at = (text, part) => text.indexOf(part);
/** The place inside of the name in a target. */
const inTarget = (text, { target, names: [name] }) => at(text, target(name)) + target(name).indexOf(name) + 1;
const flat = (symbols) => symbols.flatMap((one) => [one.name, ...flat(one.children ?? [])]);
const value = (text) => JSON.stringify(parseDocument(text).toJS());

/** @type {Record<string, Probe>} */
export const features = {
  "completion of a target": async (service, language) => {
    const flow = service.open(language.sound);
    const labels = await flow.completion(inTarget(language.sound, language));
    return labels.includes(language.names[1]);
  },
  "completion of a key": async (service, language) => {
    const [place, key] = language.newKey;
    const before = place.slice(0, place.indexOf("\n") + 1);
    const text = language.sound.replace(before.replace(",\n", "\n"), place);
    if (!text.includes("¦") && !language.sound.includes(before)) throw new Error("the place is absent");
    const marked = text.includes("¦") ? text : language.sound.replace(before, place);
    const labels = await service.open(marked.replace("¦", "")).completion(marked.indexOf("¦"));
    return labels.some((label) => label.replaceAll('"', "") === key);
  },
  hover: async (service, { sound, startKey }) =>
    (await service.open(sound).hover(at(sound, startKey) + 1)) !== undefined,
  definition: (service, language) => {
    const found = service.open(language.sound).definition(inTarget(language.sound, language));
    return found !== undefined && language.sound.slice(found.start, found.end) === language.names[0];
  },
  references: (service, language) => {
    const found = service.open(language.sound).references(inTarget(language.sound, language));
    return found?.length > 1 && found.every(({ start, end }) => language.sound.slice(start, end) === language.names[0]);
  },
  rename: (service, language) => {
    const text = service.open(language.sound).rename(inTarget(language.sound, language), "Renamed");
    return text !== undefined && !new RegExp(`\\b${language.names[0]}\\b`).test(text) && text.includes("Renamed");
  },
  folding: (service, { sound }) => service.open(sound).folding().length > 0,
  "symbols, with the states inside of lists": (service, { sound, names }) =>
    names.every((name) => flat(service.open(sound).symbols()).includes(name)),
  "code actions: a fix that removes the finding": async (service, language) => {
    const { target, names, sound } = language;
    const text = sound.replace(target(names[0]), target(`${names[0]}h`));
    const place = at(text, `${names[0]}h`);
    const flow = service.open(text);
    if ((await flow.diagnostics()).length === 0) throw new Error("the mistake is not found");
    for (const fixed of flow.codeActions(place, place) ?? [])
      if ((await service.open(fixed).diagnostics()).length === 0) return true;
    return false;
  },
  "format: keeps the meaning and comments, twice is once": (service, { sound, comment }) => {
    const apart = sound.replace(/^ /gm, "   ").replace(/: (?=\S)/g, ":   ");
    const wide = comment === undefined ? apart : apart.replace("\n", ` ${comment}\n`);
    const once = service.open(wide).format();
    const isKept = value(once) === value(sound) && (comment === undefined || once.includes(comment));
    return isKept && once !== wide && service.open(once).format() === once;
  },
  "format: also blanks after a colon": (service, { sound }) => {
    const once = service.open(sound.replace(/: (?=\S)/g, ":   ")).format();
    return !/: {2,}\S/.test(once);
  },
  "semantic tokens": (service, { sound }) => service.open(sound).semanticTokens()?.length > 0,
  "inlay hints": (service, { sound }) => service.open(sound).inlayHints()?.length > 0,
  "selection ranges": (service, language) => {
    const place = inTarget(language.sound, language);
    const found = service.open(language.sound).selectionRanges(place);
    const isInside = found.every(({ start, end }) => start <= place && place <= end);
    const grows = found.every(
      ({ start, end }, i) => i === 0 || (start <= found[i - 1].start && end >= found[i - 1].end),
    );
    return found.length > 3 && isInside && grows;
  },
  "signature help": (service, { sound, call }) => {
    if (call === undefined) return "the dialect has no functions";
    const [from, to] = call;
    const text = sound.replace(from, () => to);
    return service.open(text).signatureHelp(after(text, /\w+\(/.exec(to)?.[0] ?? "")) !== undefined;
  },
  "targets offered while a key is half-typed": broken,
  "cut at each 20th character: completion, hover and symbols answer": cut,
};

/** Each target in turn is empty, and the next line has half a key. */
async function broken(service, { sound, target, halfTyped, names }) {
  let [all, right] = [0, 0];
  const [prefix, suffix] = target("¦").split("¦");
  for (let place = at(sound, prefix); place >= 0; place = sound.indexOf(prefix, place + 1)) {
    const from = place + prefix.length;
    const end = sound.indexOf("\n", from);
    // A target in the name of a list has the states of that list.
    if (sound.slice(from, end).startsWith("Ship") || sound.slice(from, end).startsWith("ship")) continue;
    const quote = suffix.startsWith('"') ? '"' : "";
    const text = `${sound.slice(0, from)}${quote}\n${halfTyped}${sound.slice(end + 1)}`;
    all += 1;
    try {
      if ((await service.open(text).completion(from)).some((label) => label === names[1])) right += 1;
    } catch {
      // No answer.
    }
  }
  return { right, all };
}

async function cut(service, { sound }) {
  let [all, right] = [0, 0];
  for (let length = 20; length < sound.length; length += 20) {
    all += 1;
    try {
      const flow = service.open(sound.slice(0, length));
      await flow.completion(length);
      await flow.hover(length);
      flow.symbols();
      right += 1;
    } catch {
      // No answer.
    }
  }
  return { right, all };
}

/**
 * @param {any} service
 * @param {string} language
 * @returns {Promise<Record<string, { text: string, right: boolean }>>}
 */
export async function probe(service, language) {
  const found = {};
  for (const [feature, ask] of Object.entries(features)) {
    let text;
    let right = false;
    try {
      const answer = await ask(service, languages[language]);
      if (typeof answer === "string") {
        right = true;
        text = answer;
      } else if (typeof answer === "object") {
        right = answer.right === answer.all;
        text = `${answer.right} of ${answer.all}`;
      } else {
        right = answer === true;
        text = right ? "yes" : "no";
      }
    } catch (error) {
      text = `no (${error.message.split("\n", 1)[0].slice(0, 80)})`;
    }
    found[feature] = { text, right };
  }
  return found;
}
