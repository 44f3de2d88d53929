// Chinese words of the page. `en.js` has the same keys.

export const zh = {
  app: {},
  graph: {},
  timeline: {},
  events: {},
  definition: {},
  selection: {},
  editor: {},
  playground: {},
};
