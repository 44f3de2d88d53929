// When the functions of the package can be called. The start of a bundled page replaces `ready`; modules that are
// embedded are always ready.

export const modules = {
  /**
   * Loads a WebAssembly module, unless it is loaded. Resolves when its functions can be called.
   *
   * @type {(name: "ask" | "editor" | "language") => Promise<unknown>}
   */
  ready: () => Promise.resolve(),
};

/** Time after which a page without frames continues, in ms. A hidden page has none. */
const HIDDEN_MS = 300;

/** Resolves after the next frame: what the page does then does not delay what it shows now. */
export function afterFrame() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HIDDEN_MS);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      // The frame is drawn after its callbacks.
      setTimeout(resolve);
    });
  });
}
