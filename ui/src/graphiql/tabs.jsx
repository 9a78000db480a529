// The operations' tabs, in place of GraphiQL's own, which put a button inside of a role of its own (WCAG 2.2, 4.1.2): a list of buttons.
import { Reorder } from "framer-motion";
import { createContext, useContext } from "react";

const Active = createContext(false);

function TabItem({ isActive, className, children, ...props }) {
  const classes = ["graphiql-tab", isActive && "graphiql-tab-active", className].filter(Boolean).join(" ");
  return (
    <Active.Provider value={Boolean(isActive)}>
      <Reorder.Item {...props} dragElastic={false} className={classes}>
        {children}
      </Reorder.Item>
    </Active.Provider>
  );
}

function TabButton({ className = "", "aria-controls": _, ...props }) {
  const current = useContext(Active) ? "true" : undefined;
  return <button {...props} type="button" aria-current={current} className={`graphiql-un-styled graphiql-tab-button ${className}`} />;
}

function TabClose(props) {
  return (
    <button {...props} type="button" aria-label="Close tab" className="graphiql-un-styled graphiql-tab-close">
      <svg viewBox="0 0 14 14" stroke="currentColor" fill="none" strokeWidth="2" aria-hidden="true">
        <path d="M1 1 13 13M13 1 1 13" />
      </svg>
    </button>
  );
}

export const Tab = Object.assign(TabItem, { Button: TabButton, Close: TabClose });

export function Tabs({ values, onReorder, className = "", ...props }) {
  return <Reorder.Group {...props} values={values} onReorder={onReorder} axis="x" className={`graphiql-tabs ${className}`} />;
}
