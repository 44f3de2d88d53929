// Keeps texts in the browser: a state, and the changes since. One page of the origin and path keeps them; further pages
// at the same time start empty and keep nothing.

/** Time for which a page waits for the lock of a page that is being closed, in ms. */
const LOCK_MS = 1000;

/** Size of the changes from which the whole state is written again, in UTF-16 units. */
const MAX_CHANGES = 1024 * 1024;

/** The keys of the state and its changes. The key of the answers is a text. */
const PARTS = () => IDBKeyRange.bound(0, Number.MAX_SAFE_INTEGER);

/** @typedef {{ state: string, answers: Record<string, any> }} Kept */

/**
 * Opens the store. Undefined if the browser keeps nothing for this page.
 *
 * @param {string} name
 */
export async function openStore(name) {
  try {
    await lock(name);
    const database = await open(name);
    return storeOf(database);
  } catch {
    return undefined;
  }
}

/** @param {IDBDatabase} database */
function storeOf(database) {
  let next = 0;
  let size = 0;
  let isIncomplete = false;
  let queue = Promise.resolve();

  /**
   * Runs after the writes before it. After a failed write, the whole state is written again.
   *
   * @param {(texts: IDBObjectStore) => void} act
   */
  function write(act) {
    queue = queue
      .then(() => run(database, "readwrite", act))
      .then(
        () => {},
        () => {
          isIncomplete = true;
        },
      );
    return queue;
  }

  return {
    /** @returns {Promise<Kept>} */
    async read() {
      const [parts, answers] = await Promise.all([
        run(database, "readonly", (texts) => texts.getAll(PARTS())),
        run(database, "readonly", (texts) => texts.get("answers")),
      ]);
      return { state: parts.join(""), answers: answers ?? {} };
    },

    /** Replaces the state and its changes. @param {string} state */
    replace(state) {
      next = 1;
      size = 0;
      isIncomplete = false;
      return write((texts) => {
        texts.delete(PARTS());
        texts.put(state, 0);
      });
    },

    /** Adds changes. True if the whole state should be written again. @param {string} changes */
    append(changes) {
      const key = next;
      next += 1;
      size += changes.length;
      void write((texts) => texts.put(changes, key));
      return isIncomplete || size > MAX_CHANGES;
    },

    /** @param {Record<string, any>} answers */
    putAnswers: (answers) => write((texts) => texts.put(answers, "answers")),
  };
}

/** @typedef {ReturnType<typeof storeOf>} Store */

/**
 * Holds a lock until the page is closed. Rejects if another page holds it.
 *
 * @param {string} name
 */
function lock(name) {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(LOCK_MS) };
    const held = () => (resolve(undefined), new Promise(() => {}));
    navigator.locks.request(name, options, held).catch(reject);
  });
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function open(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("texts");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("the database is in use"));
  });
}

/**
 * Runs one transaction. Returns the result of the request that `act` returns.
 *
 * @param {IDBDatabase} database
 * @param {"readonly" | "readwrite"} mode
 * @param {(texts: IDBObjectStore) => IDBRequest | void} act
 * @returns {Promise<any>}
 */
function run(database, mode, act) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction("texts", mode);
    const request = act(transaction.objectStore("texts"));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}
