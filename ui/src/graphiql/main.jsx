// The page: GraphiQL with the query builder and history, what an answer took, and the access token of the bar above it.
import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./graphiql.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { accepted, configuration, onToken, refused, token as tokenInUse } from "../../../gateway/pages/plain/token.js";
import { AnswerFacts } from "./answer.jsx";
import { Colours } from "./colours.jsx";
import { createFetcher } from "./fetcher.js";
import { Keyboard } from "./keyboard.jsx";
import { Labels } from "./labels.jsx";
import { CopyAsMenu, CopyLinkButton, operationInAddress, SelectOperation } from "./links.jsx";
import { RunsEndWithTheirTab } from "./runs.jsx";
import { pageStorage, shouldPersistHeaders } from "./storage.js";
import { bearer, HeadersFollowToken } from "./token.jsx";

const address = operationInAddress();
const plugins = [HISTORY_PLUGIN, { ...explorerPlugin({ showAttribution: false }), title: "Query builder" }];
const publicTokens = configuration.tokens.map(({ token }) => token);
const [first] = publicTokens;
const defaultHeaders = first ? JSON.stringify({ Authorization: bearer(first) }, null, 2) : undefined;
const tabs = (address.query ? [address, ...configuration.tabs] : configuration.tabs).map(({ query, variables }) => ({
  query,
  variables,
  headers: defaultHeaders,
}));

/** The token, a fetcher that sends it, and what the last answer of each tab took. A new fetcher makes GraphiQL read the schema again. */
function useGateway() {
  const [token, setToken] = useState(tokenInUse);
  const [facts, setFacts] = useState(new Map());
  const [generation, setGeneration] = useState(0);
  const schemaRefused = useRef(false);
  const retired = useRef(new Set(publicTokens.map(bearer)));
  const newest = useRef(null);
  const tab = useRef(undefined);

  const onAnswer = useCallback(({ status, introspection, facts: found, isCurrent }) => {
    const keep = () => setFacts((former) => new Map(former).set(found.tab, found));
    if (!isCurrent) {
      keep(); // of an operation; that its token was refused says nothing of the one that is used by now
      return;
    }
    if (status === 401) refused();
    else if (status) accepted();
    // A schema that is refused is shown in the place of the last answer.
    if (!introspection || status >= 400) keep();
    if (introspection) {
      schemaRefused.current = status === 401;
      return;
    }
    if (status < 400 && schemaRefused.current) {
      schemaRefused.current = false;
      setGeneration((number) => number + 1);
    }
  }, []);
  const fetcher = useMemo(() => {
    newest.current = createFetcher(configuration.endpoint, token, {
      onAnswer,
      isCurrent: (asking) => asking === newest.current,
      tabInUse: () => tab.current,
    });
    return newest.current;
  }, [token, onAnswer, generation]);
  useEffect(() => {
    onToken((next) => {
      setToken((former) => {
        if (former) retired.current.add(bearer(former));
        return next;
      });
      newest.current = null;
      setGeneration((number) => number + 1);
    });
  }, []);
  return { token, fetcher, facts, tab, retired: retired.current };
}

const BREATH = 100; // milliseconds without words, so that what is said a second time is news again
const HEARD = 3000; // milliseconds that words stay

/** Something said for a moment, to eyes and to screen readers. */
function useAnnouncement() {
  const [said, setSaid] = useState("");
  const timer = useRef(undefined);
  const announce = useCallback((text) => {
    clearTimeout(timer.current);
    setSaid("");
    timer.current = setTimeout(() => {
      setSaid(text);
      timer.current = setTimeout(() => setSaid(""), HEARD);
    }, BREATH);
  }, []);
  return [said, announce];
}

function Page() {
  const { token, fetcher, facts, tab, retired } = useGateway();
  const [said, announce] = useAnnouncement();
  return (
    <>
      <h1 className="unseen">GraphiQL</h1>
      <GraphiQL
        fetcher={fetcher}
        storage={pageStorage}
        plugins={plugins}
        defaultQuery={configuration.tabs[0].query}
        defaultTabs={tabs}
        defaultHeaders={defaultHeaders}
        initialQuery={address.query}
        initialVariables={address.variables}
        defaultEditorToolsVisibility={address.variables ? "variables" : false}
        shouldPersistHeaders={shouldPersistHeaders()}
        showPersistHeadersSettings
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <CopyLinkButton announce={announce} />
              <CopyAsMenu endpoint={configuration.endpoint} tokenInUse={token} publicTokens={publicTokens} announce={announce} />
            </>
          )}
        </GraphiQL.Toolbar>
        <GraphiQL.Footer>
          <AnswerFacts facts={facts} />
        </GraphiQL.Footer>
        <RunsEndWithTheirTab tab={tab} />
        <HeadersFollowToken token={token} retired={retired} />
        <Colours />
        <Labels />
        <Keyboard />
        {address.operationName && <SelectOperation name={address.operationName} />}
      </GraphiQL>
      <p className={said ? "said" : "said silent"} role="status">
        {said}
      </p>
    </>
  );
}

createRoot(document.getElementById("page")).render(<Page />);
