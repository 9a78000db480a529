// Sends one operation to the gateway and reads its answer (GraphQL over HTTP, POST).

const INTROSPECTION = "IntrospectionQuery";

function hasAuthorization(headers) {
  return Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
}

async function answerOf(response) {
  const type = response.headers.get("content-type") ?? "no content type";
  if (/^application\/(graphql-response\+)?json\b/.test(type)) return response.json();
  throw new Error(`The server answered ${response.status} ${response.statusText} with ${type} instead of JSON.`);
}

/**
 * @param {string} endpoint URL of the GraphQL endpoint, on this page's origin
 * @param {string} token sent as a bearer token unless the headers editor names an Authorization of its own; "" sends none
 * @param {(outcome: {status: number, introspection: boolean}) => void} onAnswer called with every answer's HTTP status
 * @param {(fetcher: Function) => boolean} isCurrent whether the page still uses this fetcher
 */
export function createFetcher(endpoint, token, onAnswer, isCurrent) {
  return async function fetcher({ query, variables, operationName }, { headers = {} } = {}) {
    const introspection = operationName === INTROSPECTION;
    const authorization = token && !hasAuthorization(headers) ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        Accept: "application/graphql-response+json, application/json;q=0.9",
        "Content-Type": "application/json",
        ...authorization,
        ...headers,
      },
      body: JSON.stringify({ query, variables, operationName: operationName ?? undefined }),
    }).catch((error) => {
      throw new Error(`No answer from ${endpoint} (${error.message}). Is the gateway running?`);
    });
    // GraphiQL shows a late refusal of the former token over the schema that the present one brought; an exception it drops.
    if (introspection && !isCurrent(fetcher)) throw new Error("Another token has taken the place of this one.");
    onAnswer({ status: response.status, introspection });
    return answerOf(response);
  };
}
