// English words of the page. `zh.js` has the same keys.

export const en = {
  app: {},
  graph: {},
  timeline: {},
  events: {},
  definition: {},
  selection: {},
  editor: {},
  playground: {},
};
