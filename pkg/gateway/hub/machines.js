// The machines of the objects of this isolate. An object is discarded without notice, so the machine that was not used
// for the longest time is released when there are many. Its object opens it again with what is stored.

/** Maximum number of machines. One takes some KB. */
const MOST = 4096;

/**
 * The place of an object's machine. Without a number, the machine is not open.
 *
 * @typedef {{ id: number | undefined }} Cell
 */

/** @typedef {ReturnType<typeof machinesOf>} Machines */

/** @param {import("../../shared/runtime.js").Runtime} runtime */
export function machinesOf(runtime) {
  /** In the order of their last use. @type {Set<Cell>} */
  const cells = new Set();

  /** @param {Cell} cell */
  function release(cell) {
    cells.delete(cell);
    const { id } = cell;
    cell.id = undefined;
    if (id !== undefined) runtime.call("machineClose", id);
  }

  return {
    call: runtime.call,
    release,

    /**
     * Uses a machine. One that is not open, or was lost with its instance, is opened first.
     *
     * @template T
     * @param {Cell} cell
     * @param {() => number} open
     * @param {(id: number) => T} act
     * @returns {T}
     */
    use(cell, open, act) {
      cells.delete(cell);
      cells.add(cell);
      if (cells.size > MOST) {
        const [oldest] = cells;
        release(oldest);
      }
      if (cell.id !== undefined) {
        try {
          return act(cell.id);
        } catch {
          cell.id = undefined;
        }
      }
      cell.id = open();
      return act(cell.id);
    },
  };
}
