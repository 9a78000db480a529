// What leaves the page by the clipboard: a link that carries a query, and the operation as a program. None has a secret token.
import { DropdownMenu, pick, ToolbarButton, Tooltip, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";
import { asCurl, asFetch, asPython } from "../shared/code.js";

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

function useEditors() {
  return useGraphiQL(pick("queryEditor", "variableEditor", "headerEditor", "operationName"));
}

export function CopyLinkButton({ announce }) {
  const { queryEditor, variableEditor, operationName } = useEditors();
  const copy = async () => {
    const query = queryEditor?.getValue() ?? "";
    await navigator.clipboard.writeText(linkTo({ query, variables: variableEditor?.getValue(), operationName }));
    announce("Link copied");
  };
  return (
    <ToolbarButton label="Copy a link to this query (no headers, no token)" onClick={copy}>
      <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
        <path strokeLinecap="round" d="M6.5 9.5a3 3 0 0 0 4.3 0l2.3-2.3a3 3 0 0 0-4.3-4.3l-1 1M9.5 6.5a3 3 0 0 0-4.3 0L2.9 8.8a3 3 0 0 0 4.3 4.3l1-1" />
      </svg>
    </ToolbarButton>
  );
}

const PROGRAMS = [
  ["curl", asCurl],
  ["fetch (JavaScript)", asFetch],
  ["Python", asPython],
];

function parsed(text) {
  return text?.trim() ? JSON.parse(text) : undefined;
}

/** @param {{endpoint: string, tokenInUse: string, publicTokens: string[], announce: (said: string) => void}} props */
export function CopyAsMenu({ endpoint, tokenInUse, publicTokens, announce }) {
  const { queryEditor, variableEditor, headerEditor, operationName } = useEditors();
  const asked = () => {
    const { headers, authorization } = splitHeaders(parsed(headerEditor?.getValue()) ?? {});
    const token = authorization?.replace(/^bearer +/i, "") ?? tokenInUse;
    return {
      url: new URL(endpoint, window.location.href).href,
      query: queryEditor?.getValue() ?? "",
      variables: parsed(variableEditor?.getValue()),
      operationName: operationName ?? undefined,
      headers,
      token: publicTokens.includes(token) ? token : null,
    };
  };
  const copy = async (name, program) => {
    let text;
    try {
      text = program(asked());
    } catch {
      announce("Variables or headers are not JSON");
      return;
    }
    await navigator.clipboard.writeText(text);
    announce(`Copied as ${name}`);
  };
  return (
    <DropdownMenu modal={false}>
      <Tooltip label="Copy as a program">
        <DropdownMenu.Button className="graphiql-toolbar-button" aria-label="Copy as a program">
          <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.4" aria-hidden="true">
            <path strokeLinecap="round" strokeLinejoin="round" d="M5 4.5 1.5 8 5 11.5M11 4.5 14.5 8 11 11.5M9.2 3 6.8 13" />
          </svg>
        </DropdownMenu.Button>
      </Tooltip>
      <DropdownMenu.Content>
        {PROGRAMS.map(([name, program]) => (
          <DropdownMenu.Item key={name} onSelect={() => copy(name, program)}>
            Copy as {name}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function splitHeaders(all) {
  const name = Object.keys(all).find((each) => each.toLowerCase() === "authorization");
  if (!name) return { headers: all, authorization: undefined };
  const { [name]: authorization, ...headers } = all;
  return { headers, authorization };
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
