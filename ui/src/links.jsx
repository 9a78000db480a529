// Links that carry a query: reading one that opened the page, and copying one for somebody else.
import { pick, ToolbarButton, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef, useState } from "react";

/**
 * The operation in the page's address, `#query=…&variables=…&operationName=…`; absent parameters are undefined. After `#`,
 * since a server that is asked for `?query=…` may answer the query itself; where it sends the page, that form is read too.
 */
export function operationInAddress() {
  const { hash, search } = window.location;
  const parameters = new URLSearchParams(hash.startsWith("#query=") ? hash.slice(1) : search);
  const read = (name) => parameters.get(name) || undefined;
  return { query: read("query"), variables: read("variables"), operationName: read("operationName") };
}

function linkTo({ query, variables, operationName }) {
  const parameters = new URLSearchParams({ query });
  if (variables?.trim()) parameters.set("variables", variables);
  if (operationName) parameters.set("operationName", operationName);
  return `${window.location.origin}${window.location.pathname}#${parameters}`;
}

// Another link pasted over this one changes the fragment only, which loads nothing by itself.
window.addEventListener("hashchange", () => window.location.reload());

export function CopyLinkButton() {
  const { queryEditor, variableEditor, operationName } = useGraphiQL(pick("queryEditor", "variableEditor", "operationName"));
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const query = queryEditor?.getValue() ?? "";
    await navigator.clipboard.writeText(linkTo({ query, variables: variableEditor?.getValue(), operationName }));
    setCopied(true);
  };
  const label = copied ? "Link copied" : "Copy a link to this query (no headers, no token)";
  return (
    <ToolbarButton label={label} onClick={copy} onMouseLeave={() => setCopied(false)}>
      <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
        <path strokeLinecap="round" d="M6.5 9.5a3 3 0 0 0 4.3 0l2.3-2.3a3 3 0 0 0-4.3-4.3l-1 1M9.5 6.5a3 3 0 0 0-4.3 0L2.9 8.8a3 3 0 0 0 4.3 4.3l1-1" />
      </svg>
    </ToolbarButton>
  );
}

/** Selects the named operation once the document that holds it is parsed. */
export function SelectOperation({ name }) {
  const operations = useGraphiQL((state) => state.operations);
  const { setOperationName } = useGraphiQLActions();
  const selected = useRef(false);
  useEffect(() => {
    if (selected.current || !operations?.some((operation) => operation.name?.value === name)) return;
    selected.current = true;
    setOperationName(name);
  }, [operations, name, setOperationName]);
  return null;
}
