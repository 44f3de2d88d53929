// Parts of the page that are loaded when they are needed for the first time.

/**
 * @typedef {{ update: (state: any, previous: any) => void }} Part
 */

/**
 * Creates a part whose module is loaded when a state needs it, or when it is called.
 *
 * @template {Part} T
 * @param {(state: any) => boolean} isNeeded
 * @param {() => Promise<T>} load creates the part
 */
export function createLazyPart(isNeeded, load) {
  /** @type {T | undefined} */
  let part;
  /** @type {Promise<T> | undefined} */
  let loading;
  /** @type {any} */
  let latest;

  async function create() {
    try {
      part = await load();
    } catch (error) {
      // The next state that needs it tries again.
      loading = undefined;
      throw error;
    }
    part.update(latest, latest);
    return part;
  }
  const get = () => (loading ??= create());

  return {
    /** The part, which is loaded if necessary. */
    get,
    /** @param {any} state @param {any} previous */
    update(state, previous) {
      latest = state;
      if (part) part.update(state, previous);
      else if (!loading && isNeeded(state)) get().catch(reportError);
    },
  };
}
