// What is run, and where: an answer belongs to the tab that asked, and what is pressed twice by mistake is run once.
import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useLayoutEffect } from "react";

/**
 * Ends a run when another tab takes the place of its own: GraphiQL would show its answer there.
 *
 * @param {{tab: {current: string | undefined}}} props the id of the tab in use, which is kept there
 */
export function RunsEndWithTheirTab({ tab }) {
  const { tabs, activeTabIndex } = useGraphiQL(pick("tabs", "activeTabIndex"));
  const { stop } = useGraphiQLActions();
  const id = tabs[activeTabIndex]?.id;
  useLayoutEffect(() => {
    tab.current = id;
    return stop;
  }, [tab, id, stop]);
  return null;
}

const isRunKey = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey);

/** Keeps a key that is held down, and the second click of two, from stopping what the first one has begun, or from running it again. */
function runOnce(event) {
  const isSecondClick = event.type === "click" && event.detail > 1 && event.target.closest?.(".graphiql-execute-button");
  if (!isSecondClick && !(event.repeat && isRunKey(event))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

window.addEventListener("click", runOnce, { capture: true });
window.addEventListener("keydown", runOnce, { capture: true });
