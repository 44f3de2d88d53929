// The Chinese messages of the package. The language is not added here: the functions that have options would be in a file
// of their own, which the page loads at its start.

export { speaker, translate } from "../../../pkg/zh/chinese.js";
