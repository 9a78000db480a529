// Sends one operation to the gateway and reads its answer (GraphQL over HTTP, POST), with what it took; a subscription's as they come.
import { getOperationAST, Kind, parse } from "graphql";
import { follow } from "../../../gateway/pages/plain/events.js";

const INTROSPECTION = "IntrospectionQuery";

export function hasAuthorization(headers) {
  return Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
}

/**
 * The operation that is to be run, `{type, operationName}`, read off the text itself: what GraphiQL knows of it may still be that of
 * the tab before.
 */
function operationOf(query, operationName) {
  let document;
  try {
    document = parse(query);
  } catch {
    return { type: undefined, operationName }; // the server says what is wrong
  }
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const isThere = operations.some((each) => each.name?.value === operationName);
  const name = isThere || operations.length > 1 ? operationName : undefined;
  return { type: getOperationAST(document, name)?.operation, operationName: name };
}

/** The metrics of a field `Server-Timing`, by name: `operation;dur=2.9, price;desc="1021"`. */
function timings(field) {
  const found = {};
  for (const [, name, duration, description] of (field ?? "").matchAll(/([\w-]+)(?:;dur=([\d.]+))?(?:;desc="([^"]*)")?/g)) {
    found[name] = duration ?? description;
  }
  return found;
}

/** What an answer took and weighs: milliseconds here and at the server, bytes, and its price there. */
function factsOf(response, text, milliseconds) {
  const { operation, price } = timings(response.headers.get("server-timing"));
  return {
    status: response.status,
    milliseconds,
    serverMilliseconds: operation && Number(operation),
    bytes: new TextEncoder().encode(text).length,
    price: price && Number(price),
  };
}

function answerOf(response, text) {
  const type = response.headers.get("content-type") ?? "no content type";
  if (/^application\/(graphql-response\+)?json\b/.test(type)) return JSON.parse(text);
  throw new Error(`The server answered ${response.status} ${response.statusText} with ${type} instead of JSON.`);
}

/**
 * A run of an operation, as an observable: whoever unsubscribes ends the request. A mutation goes on, since nobody knows what it has
 * changed already: its result is still told.
 *
 * @param {(stopping: AbortController, next: (result: object) => void) => Promise<void>} run
 * @param {() => void} onStop called when it is stopped before its end
 */
function observable(run, isMutation, onStop) {
  return {
    subscribe(observer) {
      const stopping = new AbortController();
      let isStopped = false;
      const next = (result) => (isMutation || !isStopped) && observer.next(result);
      run(stopping, next).then(
        () => isStopped || observer.complete(),
        (error) => isStopped || observer.error(error),
      );
      const unsubscribe = () => {
        isStopped = true;
        if (isMutation) return;
        stopping.abort();
        onStop();
      };
      return { unsubscribe };
    },
  };
}

/**
 * @param {string} endpoint URL of the GraphQL endpoint, on this page's origin
 * @param {string} token sent as a bearer token unless the headers editor names an Authorization of its own; "" sends none
 * @param {object} page
 * @param {(outcome: {status?: number, introspection: boolean, facts: object, isCurrent?: boolean}) => void} page.onAnswer called with every
 *   answer, and without a status where an operation got none
 * @param {(fetcher: Function) => boolean} page.isCurrent whether the page still uses this fetcher
 * @param {() => string} page.tabInUse the id of the tab, to which the facts of its runs belong
 */
export function createFetcher(endpoint, token, { onAnswer, isCurrent, tabInUse }) {
  return function fetcher({ query, variables, operationName: named }, { headers = {} } = {}) {
    const { type, operationName } = operationOf(query, named);
    const isStream = type === "subscription";
    const introspection = operationName === INTROSPECTION;
    const authorization = token && !hasAuthorization(headers) ? { Authorization: `Bearer ${token}` } : {};
    const tab = tabInUse();
    const tell = (facts, status) => onAnswer({ status, introspection, facts: { tab, ...facts }, isCurrent: isCurrent(fetcher) });
    const begun = performance.now();

    async function ask(signal) {
      try {
        return await fetch(endpoint, {
          method: "POST",
          headers: {
            Accept: isStream ? "text/event-stream" : "application/graphql-response+json, application/json;q=0.9",
            "Content-Type": "application/json",
            "Want-Server-Timing": "?1",
            ...authorization,
            ...headers,
          },
          body: JSON.stringify({ query, variables, operationName }),
          signal,
        });
      } catch (error) {
        if (!introspection && !signal?.aborted) tell({ isLost: true });
        throw new Error(`No answer from ${endpoint} (${error.message}). Is the gateway running?`);
      }
    }

    async function readSchema() {
      const response = await ask();
      const text = await response.text();
      // GraphiQL shows a late refusal of the former token over the schema that the present one brought; an exception it drops.
      if (!isCurrent(fetcher)) throw new Error("Another token has taken the place of this one.");
      tell({ ...factsOf(response, text, performance.now() - begun), tab: tabInUse() }, response.status);
      return answerOf(response, text);
    }

    async function run(stopping, next) {
      const response = await ask(stopping.signal);
      if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
        tell({ isStream: true }, response.status);
        for await (const result of follow(response.body, stopping)) next(result);
        if (!stopping.signal.aborted) tell({ isStream: true, isEnded: true }, response.status);
        return;
      }
      const text = await response.text();
      if (tab === tabInUse()) {
        tell(factsOf(response, text, performance.now() - begun), response.status);
        next(answerOf(response, text));
      } else {
        tell({ isUnseen: true }, response.status); // of a mutation; GraphiQL would show it in the tab in use
      }
    }

    return introspection ? readSchema() : observable(run, type === "mutation", () => tell({ isStopped: true }));
  };
}
