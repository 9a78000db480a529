// Names for what GraphiQL's plugins leave without one, or with a wrong one (WCAG 2.2, 2.5.3 and 4.1.2).
import { useEffect } from "react";

/** What a field is for: the search of the documentation, or an argument or the operation's kind in the query builder. */
function nameOf(field) {
  if (field.closest(".graphiql-doc-explorer-search")) return "Search the documentation";
  const place = field.closest("[class*='graphiql-explorer-']");
  const name = place?.querySelector("span[title], span")?.textContent.trim();
  return name || "Kind of operation to add";
}

function label(root) {
  for (const field of root.querySelectorAll("input:not([aria-label]), select:not([aria-label])")) {
    if (!field.labels?.length) field.setAttribute("aria-label", nameOf(field));
  }
  // An entry of the history is called by its text.
  for (const entry of root.querySelectorAll(".graphiql-history-item-label[aria-label]")) entry.removeAttribute("aria-label");
}

/** Menus open at the end of the page, outside of all its parts. */
function labelMenus() {
  for (const menu of document.querySelectorAll("[data-radix-popper-content-wrapper]:not([role]) > [role=menu]")) {
    menu.parentElement.setAttribute("role", "region");
    menu.parentElement.setAttribute("aria-label", "Menu");
  }
}

export function Labels() {
  useEffect(() => {
    const pane = document.querySelector(".graphiql-plugin");
    const observers = [
      [pane, new MutationObserver(() => label(pane)), { childList: true, subtree: true }],
      [document.body, new MutationObserver(labelMenus), { childList: true }],
    ];
    for (const [place, observer, what] of observers) observer.observe(place, what);
    label(pane);
    return () => observers.forEach(([, observer]) => observer.disconnect());
  }, []);
  return null;
}
