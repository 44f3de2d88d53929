// The theme of VitePress without its fonts: the pages use those of the system.

import { useData } from "vitepress";
import Theme from "vitepress/theme-without-fonts";
import { h } from "vue";
import Playground from "./Playground.vue";
import "./style.css";

/** A page with `playground: true` in its head ends in the playground. */
function Layout() {
  const { frontmatter } = useData();
  return h(Theme.Layout, undefined, {
    "doc-footer-before": () => (frontmatter.value.playground ? h(Playground) : undefined),
  });
}

export default { extends: Theme, Layout };
