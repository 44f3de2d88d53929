// Shows the line of the program in a page.

/** @param {Promise<string>} line */
export function show(line) {
  const put = (text) => {
    document.documentElement.dataset.line = text;
  };
  line.then(put, (error) => put(`${error?.code ?? ""} ${error?.stack ?? error}`));
}
