// The editors' colours where GraphiQL's are too faint on its backgrounds (WCAG 2.2, 1.4.3).
import { useMonaco } from "@graphiql/react";
import { useEffect } from "react";

// GraphiQL's own data, which it exports nowhere.
const shared = (primary, faint, background) => ({
  "editor.background": "#ffffff00",
  "scrollbar.shadow": "#ffffff00",
  "textLink.foreground": primary,
  "textLink.activeForeground": primary,
  "editorLink.activeForeground": primary,
  "editorHoverWidget.background": background,
  "editorSuggestWidget.background": background,
  "editorSuggestWidget.selectedBackground": faint,
  "editorSuggestWidget.selectedForeground": primary,
  "editorWidget.background": background,
  "menu.background": background,
  "menu.selectionBackground": faint,
  "menu.selectionForeground": primary,
  "list.hoverBackground": faint,
  "list.highlightForeground": primary,
  "list.focusHighlightForeground": primary,
  "quickInput.background": background,
  "quickInputList.focusBackground": faint,
  focusBorder: primary,
});

const THEMES = {
  "graphiql-LIGHT": {
    base: "vs",
    inherit: true,
    rules: [
      { token: "argument.identifier.gql", foreground: "#5250b8" },
      { token: "comment", foreground: "#3f6b35" },
      { token: "number", foreground: "#0b6a45" },
    ],
    colors: {
      ...shared("#c0047f", "#d6059019", "#ffffff"),
      "editorLineNumber.foreground": "#5a6676",
      "editorLineNumber.dimmedForeground": "#5a6676",
    },
  },
  "graphiql-DARK": {
    base: "vs-dark",
    inherit: true,
    rules: [
      { token: "argument.identifier.gql", foreground: "#a9a4ff" },
      { token: "comment", foreground: "#8fbf80" },
    ],
    colors: {
      ...shared("#ff7aaa", "#ff579419", "#212a3b"),
      "editorLineNumber.foreground": "#a3afbe",
      "editorLineNumber.dimmedForeground": "#a3afbe",
    },
  },
};

export function Colours() {
  const monaco = useMonaco((state) => state.monaco);
  useEffect(() => {
    if (!monaco) return;
    for (const [name, theme] of Object.entries(THEMES)) monaco.editor.defineTheme(name, theme);
  }, [monaco]);
  return null;
}
