// Links that carry a query: reading one that opened the page, and copying one for somebody else.
import { pick, ToolbarButton, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef, useState } from "react";

/** The operation in the page's address (`?query=…&variables=…&operationName=…`); absent parameters are undefined. */
export function operationInAddress() {
  const parameters = new URLSearchParams(window.location.search);
  const read = (name) => parameters.get(name) || undefined;
  return { query: read("query"), variables: read("variables"), operationName: read("operationName") };
}

function linkTo({ query, variables, operationName }) {
  const parameters = new URLSearchParams({ query });
  if (variables?.trim()) parameters.set("variables", variables);
  if (operationName) parameters.set("operationName", operationName);
  return `${window.location.origin}${window.location.pathname}?${parameters}`;
}

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
