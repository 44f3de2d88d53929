// Messages in Chinese, per call.

import { assert } from "../harness.mjs";
import { englishIn, textsOf } from "../support/chinese.mjs";

const zh = { locale: "zh" };

/** Fails if a text does not match. */
const matches = (text, pattern, name = "") => assert.ok(pattern.test(text), `${name} ${text}`);

const CALL = { flowName: "f", executionName: "e" };

/** Fails if one of the texts is not Chinese. Texts of the user may have an odd number of backticks. */
function areChinese(texts, english, name) {
  for (const [i, text] of texts.entries()) {
    assert.ok(text !== english[i] || !/[a-z]{2,} [a-z]{2,}/.test(text.replace(/`[^`]*`/g, "")), `${name}: ${text}`);
    if (text.split("`").length % 2 === 1) assert.deepEqual(englishIn(text), [], `${name}: ${text}`);
  }
}

/** The findings without their texts. */
const plain = (diagnostics) =>
  diagnostics.map(({ message, related, fix, ...others }) => [others, related?.map(({ range }) => range), fix?.edits]);

async function thrown(act) {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** A `fetch` that answers with a status and a body. */
const answers = (status, body) => async () =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status });

export const tests = {
  "every finding of every case of `check` and `yaml` is Chinese, and differs in its texts only": ({
    cases,
    cloudflow,
  }) => {
    for (const family of ["check", "yaml"]) {
      for (const { name, files } of cases(family)) {
        const options = files["options.json"] && JSON.parse(files["options.json"]);
        const english = cloudflow.validateFlow(files.yaml, options);
        const chinese = cloudflow.validateFlow(files.yaml, { ...options, ...zh });
        assert.deepEqual(plain(chinese.diagnostics), plain(english.diagnostics), name);
        areChinese(textsOf(chinese.diagnostics), textsOf(english.diagnostics), name);
        assert.deepEqual(cloudflow.parseFlow(files.yaml, zh).flow, cloudflow.parseFlow(files.yaml).flow, name);
      }
    }
  },

  "every finding of every case of `execution` and `migrate` is Chinese": ({ cases, cloudflow, local }) => {
    for (const { name, files } of cases("execution")) {
      const body = files["response.json"];
      const english = cloudflow.validateExecution(body);
      const chinese = cloudflow.validateExecution(body, zh);
      assert.deepEqual(plain(chinese), plain(english), name);
      // What the service says is not translated.
      const own = (found) => textsOf(found.filter(({ code }) => code !== "service-fault"));
      areChinese(own(chinese), own(english), name);
      areChinese(own(cloudflow.parseExecution(body, zh).diagnostics), own(english), name);
    }
    for (const { name, files } of cases("migrate")) {
      const english = local.migrateFlow(files["flow.yaml"]);
      const chinese = local.migrateFlow(files["flow.yaml"], zh);
      assert.equal(chinese.text, english.text, name);
      areChinese(textsOf(chinese.diagnostics), textsOf(english.diagnostics), name);
    }
  },

  "the message of every case of `fault` is Chinese, except what the service says": async ({ cases, cloudflow }) => {
    for (const { name, files } of cases("fault")) {
      const [head, ...rest] = files["answer.txt"].split(/\r?\n/);
      const status = Number(/\d{3}/.exec(head)?.[0] ?? 200);
      if (status < 200 || [204, 205, 304].includes(status)) continue;
      const body = rest.slice(rest.indexOf("") + 1).join("\n");
      const options = { endpoint: "http://localhost", fetch: answers(status, body), retry: { maxAttempts: 1 } };
      const english = await cloudflow.describeExecution(CALL, options).then(undefined, (error) => error);
      if (!(english instanceof cloudflow.CloudFlowError)) continue;
      const chinese = await thrown(() => cloudflow.describeExecution(CALL, { ...options, ...zh }));
      assert.ok(chinese instanceof cloudflow.CloudFlowError, name);
      assert.deepEqual({ ...chinese, diagnostics: 0 }, { ...english, diagnostics: 0 }, name);
      assert.ok(chinese.message !== english.message, name);
      matches(chinese.message, /[\u4e00-\u9fff]/, name);
      assert.ok(chinese.stack === undefined || !chinese.stack.includes(english.message), name);
    }
  },

  "two languages at the same time do not mix": async ({ cloudflow, local }) => {
    const fetch = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return new Response("<html>", { status: 502 });
    };
    const options = { endpoint: "http://localhost", fetch, retry: { maxAttempts: 1 } };
    const clients = {
      en: cloudflow.createClient({ ...options, locale: "en" }),
      zh: cloudflow.createClient({ ...options, ...zh }),
    };
    const calls = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? "en" : "zh"));
    const errors = await Promise.all(calls.map((locale) => thrown(() => clients[locale].describeExecution(CALL))));
    for (const [i, { message }] of errors.entries())
      assert.equal(/[\u4e00-\u9fff]/.test(message), calls[i] === "zh", message);
    // The option of a call replaces that of the client.
    matches((await thrown(() => clients.zh.describeExecution(CALL, { locale: "en" }))).message, /^the response/);
    matches((await thrown(() => clients.en.describeExecution(CALL, zh))).message, /^响应/);
    const emulator = local.createEmulator(zh);
    matches((await thrown(() => emulator.restore("x"))).message, /^此文本/);
    matches((await thrown(() => local.createEmulator().restore("x"))).message, /^the text/);
    // The emulator answers as the service does.
    matches(await (await emulator.fetch("http://localhost/")).text(), /The HTTP query/);
    emulator.close();
  },

  "errors of waits, of iterators and of `onRetry` are in the language of the call": async ({ cloudflow }) => {
    const retries = [];
    const options = {
      endpoint: "http://localhost",
      fetch: answers(502, "x"),
      retry: { maxAttempts: 2, baseDelayMs: 1 },
      onRetry: ({ error, attempt }) => retries.push([attempt, error.message]),
      ...zh,
    };
    const error = await thrown(() => cloudflow.waitForExecution(CALL, { ...options, timeoutMs: 500 }));
    matches(error.message, /[\u4e00-\u9fff]/);
    assert.equal(retries[0][0], 1);
    for (const [, message] of retries) matches(message, /^响应/);
    const { onRetry, ...plainOptions } = options;
    const iterators = {
      watch: () => cloudflow.watchExecution(CALL, { ...plainOptions, timeoutMs: 50 }),
      events: () => cloudflow.executionEvents(CALL, plainOptions),
      follow: () => cloudflow.executionEvents(CALL, { ...plainOptions, follow: true, timeoutMs: 50 }),
      wrong: () => cloudflow.executionEvents(CALL, { ...plainOptions, follow: 1 }),
      transport: () => cloudflow.watchExecution(CALL, { ...plainOptions, transport: "x" }),
      executions: () => cloudflow.flowExecutions({ flowName: "f" }, plainOptions),
    };
    for (const [name, open] of Object.entries(iterators)) {
      const { message } = await thrown(async () => {
        for await (const one of open()) throw new Error(`${name}: ${one}`);
      });
      matches(message, /[\u4e00-\u9fff]/, `${name}: ${message}`);
    }
  },

  "another language is refused, and errors of the caller are not changed": async ({ cloudflow, local, slim }) => {
    for (const locale of ["fr", "ZH", "", 1, {}, "__proto__", "constructor"]) {
      for (const call of [
        () => cloudflow.validateFlow("type: flow", { locale }),
        () => cloudflow.parseFlow("type: flow", { locale }),
        () => cloudflow.parseExecution("{}", { locale }),
        () => cloudflow.describeExecution(CALL, { endpoint: "http://localhost", locale }),
        () => local.createEmulator({ locale }),
        () => local.simulateFlow("type: flow", { locale }),
        () => slim.flowGraph("type: flow", { locale }),
      ]) {
        const error = await thrown(call);
        assert.ok(error instanceof cloudflow.CloudFlowError, String(error));
        assert.equal(error.code, "wrong-options");
      }
    }
    for (const locale of ["en", undefined, null])
      matches(cloudflow.validateFlow("type: flow", { locale }).diagnostics[0].message, /is missing/);
    const own = new Error("not found");
    const caught = await thrown(() =>
      cloudflow.describeExecution(CALL, {
        get endpoint() {
          throw own;
        },
        ...zh,
      }),
    );
    assert.ok(caught === own);
    // An option of `Array.prototype.map` is no option.
    assert.equal(["type: flow"].map(cloudflow.parseFlow)[0].dialect, "flow");
  },

  "the translation of a message is available to programs": ({ zh }) => {
    assert.equal(zh.translate("unknown key `a` in a flow"), "流程中的键 `a` 未知");
    assert.equal(zh.translate("Flow 'f' does not exist"), "Flow 'f' does not exist");
  },
};
