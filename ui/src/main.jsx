// The page: GraphiQL with the query builder and history, an access token field, and a hint when the gateway asks for a token.
import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useCallback, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { createFetcher } from "./fetcher.js";
import { CopyLinkButton, operationInAddress, SelectOperation } from "./links.jsx";
import { pageStorage, shouldPersistHeaders, storedToken, storeToken } from "./storage.js";
import { bearer, HeadersFollowToken, TokenField } from "./token.jsx";

const configuration = JSON.parse(document.getElementById("configuration").textContent);
const address = operationInAddress();
const plugins = [HISTORY_PLUGIN, { ...explorerPlugin({ showAttribution: false }), title: "Query builder" }];
const defaultHeaders = configuration.token
  ? JSON.stringify({ Authorization: bearer(configuration.token) }, null, 2)
  : undefined;

function Unauthorized({ hasToken }) {
  return (
    <p className="banner" role="alert">
      {hasToken
        ? "The gateway did not accept the token. Enter another under Access token, or add your token under Headers as "
        : "The gateway asks for a token. Enter it under Access token, or add your token under Headers as "}
      <code>{'{"Authorization": "Bearer …"}'}</code>. <code>gateway token create</code> makes one.
    </p>
  );
}

/** The token, a fetcher that sends it, and whether the last answer refused it. A new fetcher makes GraphiQL read the schema again. */
function useGateway() {
  const [token, setToken] = useState(() => storedToken() ?? configuration.token ?? "");
  const [unauthorized, setUnauthorized] = useState(false);
  const [generation, setGeneration] = useState(0);
  const schemaRefused = useRef(false);
  const retired = useRef(new Set(configuration.token ? [bearer(configuration.token)] : []));

  const onAnswer = useCallback(({ status, introspection }) => {
    setUnauthorized(status === 401);
    if (introspection) {
      schemaRefused.current = status === 401;
    } else if (status < 400 && schemaRefused.current) {
      schemaRefused.current = false;
      setGeneration((number) => number + 1);
    }
  }, []);
  const newest = useRef(null);
  const fetcher = useMemo(() => {
    newest.current = createFetcher(configuration.endpoint, token, onAnswer, (asking) => asking === newest.current);
    return newest.current;
  }, [token, onAnswer, generation]);
  const changeToken = (next) => {
    if (token) retired.current.add(bearer(token));
    storeToken(next);
    newest.current = null;
    setToken(next);
    setGeneration((number) => number + 1);
  };
  return { token, changeToken, fetcher, unauthorized, retired: retired.current };
}

function Page() {
  const { token, changeToken, fetcher, unauthorized, retired } = useGateway();
  return (
    <>
      {unauthorized && <Unauthorized hasToken={Boolean(token)} />}
      <GraphiQL
        fetcher={fetcher}
        storage={pageStorage}
        plugins={plugins}
        defaultQuery={configuration.query}
        defaultHeaders={defaultHeaders}
        initialQuery={address.query}
        initialVariables={address.variables}
        defaultEditorToolsVisibility={address.variables ? "variables" : false}
        shouldPersistHeaders={shouldPersistHeaders()}
        showPersistHeadersSettings
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo>
          <TokenField token={token} onChange={changeToken} attention={unauthorized} />
        </GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <CopyLinkButton />
            </>
          )}
        </GraphiQL.Toolbar>
        <HeadersFollowToken token={token} retired={retired} />
        {address.operationName && <SelectOperation name={address.operationName} />}
      </GraphiQL>
    </>
  );
}

createRoot(document.getElementById("page")).render(<Page />);
