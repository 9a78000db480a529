// The editors for those who use a keyboard: Ctrl-Enter runs at once, Tab and Escape lead out again.
import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";

const ESCAPE = 9; // monaco.KeyCode.Escape
// Escape closes what the editor has opened first.
const NOTHING_OPEN = [
  "suggestWidgetVisible",
  "findWidgetVisible",
  "parameterHintsVisible",
  "renameInputVisible",
  "markersNavigationVisible",
  "messageVisible",
  "inSnippetMode",
  "editorHasMultipleSelections",
  "editorHoverVisible",
]
  .map((name) => `!${name}`)
  .join(" && ");

// It is one switch for all editors, no option of each; with it Tab takes a suggestion still while their list is open. It is
// loaded with the page, so that it is there before the editors are.
const tabFocus = import("monaco-editor/esm/vs/editor/browser/config/tabFocus.js");

async function letTabMoveFocus() {
  const { TabFocus } = await tabFocus;
  TabFocus.setTabFocusMode(true);
}

function leadOut(editor) {
  const action = editor.addAction({
    id: "gateway-leave-editor",
    label: "Leave the editor",
    keybindings: [ESCAPE],
    precondition: NOTHING_OPEN,
    run: () => editor.getContainerDomNode().closest("[tabindex='0']")?.focus(),
  });
  return () => action.dispose();
}

export function Keyboard() {
  const editors = useGraphiQL(pick("queryEditor", "variableEditor", "headerEditor", "responseEditor"));
  const { queryEditor, variableEditor, headerEditor, responseEditor } = editors;
  const { run } = useGraphiQLActions();

  useEffect(() => {
    if (queryEditor) letTabMoveFocus();
    const present = [queryEditor, variableEditor, headerEditor, responseEditor].filter(Boolean);
    const undo = present.map(leadOut);
    return () => undo.forEach((each) => each());
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);

  // Not where a finger points: focus would bring the screen's keyboard up over the page.
  const wasFocused = useRef(false);
  useEffect(() => {
    if (wasFocused.current || !queryEditor || !window.matchMedia("(pointer: fine)").matches) return;
    wasFocused.current = true;
    const elsewhere = document.activeElement && document.activeElement !== document.body;
    if (!elsewhere) queryEditor.focus();
  }, [queryEditor]);

  // The editors know it themselves and stop the event; this is for wherever else the focus is.
  useEffect(() => {
    const onKeyDown = (event) => {
      const isRun = event.key === "Enter" && (event.ctrlKey || event.metaKey);
      if (!isRun || event.defaultPrevented || event.target.closest?.("[role=dialog], [role=menu]")) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [run]);
  return null;
}
