// Sends one operation to the gateway and reads its answer (GraphQL over HTTP, POST), with what it took; a subscription's as they come.
import { getOperationAST, Kind, parse } from "graphql";
import { follow } from "../../../gateway/pages/plain/events.js";

const INTROSPECTION = "IntrospectionQuery";

export function hasAuthorization(headers) {
  return Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
}

/**
 * The operation that is to be run, `{isStream, operationName}`, read off the text itself: what GraphiQL knows of it may still be that of
 * the tab before.
 */
function operationOf(query, operationName) {
  let document;
  try {
    document = parse(query);
  } catch {
    return { isStream: false, operationName }; // the server says what is wrong
  }
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const isThere = operations.some((each) => each.name?.value === operationName);
  const name = isThere || operations.length > 1 ? operationName : undefined;
  return { isStream: getOperationAST(document, name)?.operation === "subscription", operationName: name };
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
 * @param {string} endpoint URL of the GraphQL endpoint, on this page's origin
 * @param {string} token sent as a bearer token unless the headers editor names an Authorization of its own; "" sends none
 * @param {(outcome: {status?: number, introspection: boolean, facts: object, isCurrent?: boolean}) => void} onAnswer called with every
 *   answer, and without a status where an operation got none
 * @param {(fetcher: Function) => boolean} isCurrent whether the page still uses this fetcher
 */
export function createFetcher(endpoint, token, onAnswer, isCurrent) {
  return async function fetcher({ query, variables, operationName: named }, { headers = {} } = {}) {
    const { isStream, operationName } = operationOf(query, named);
    const stopping = new AbortController();
    const introspection = operationName === INTROSPECTION;
    const authorization = token && !hasAuthorization(headers) ? { Authorization: `Bearer ${token}` } : {};
    const begun = performance.now();
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        Accept: isStream ? "text/event-stream" : "application/graphql-response+json, application/json;q=0.9",
        "Content-Type": "application/json",
        "Want-Server-Timing": "?1",
        ...authorization,
        ...headers,
      },
      body: JSON.stringify({ query, variables, operationName }),
      signal: stopping.signal,
    }).catch((error) => {
      if (!introspection) onAnswer({ introspection, facts: { isLost: true } });
      throw new Error(`No answer from ${endpoint} (${error.message}). Is the gateway running?`);
    });
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      onAnswer({ status: response.status, introspection, facts: { isStream: true }, isCurrent: isCurrent(fetcher) });
      return follow(response.body, stopping);
    }
    const text = await response.text();
    const facts = factsOf(response, text, performance.now() - begun);
    // GraphiQL shows a late refusal of the former token over the schema that the present one brought; an exception it drops.
    if (introspection && !isCurrent(fetcher)) throw new Error("Another token has taken the place of this one.");
    onAnswer({ status: response.status, introspection, facts, isCurrent: isCurrent(fetcher) });
    return answerOf(response, text);
  };
}
