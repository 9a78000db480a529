import { createClient } from "graphql-ws";
import {
  Environment,
  type FetchFunction,
  type GraphQLResponse,
  Network,
  Observable,
  type SubscribeFunction,
  type UploadableMap,
} from "relay-runtime";

const authorization = `Bearer ${import.meta.env.VITE_GATEWAY_TOKEN ?? "explorer-token"}`;

/** A request with files, as https://github.com/jaydenseric/graphql-multipart-request-spec has it. */
function multipart(operations: string, files: UploadableMap): FormData {
  const form = new FormData();
  form.set("operations", operations);
  form.set("map", JSON.stringify(Object.fromEntries(Object.keys(files).map((path) => [path, [`variables.${path}`]]))));
  for (const [path, file] of Object.entries(files)) form.set(path, file);
  return form;
}

/** What the gateway says instead of an answer; its codes are stable. */
export class Refusal extends Error {
  readonly codes: string[];

  constructor(errors: readonly { message: string; extensions?: Record<string, unknown> }[]) {
    super(errors.map((each) => each.message).join(" "));
    this.codes = errors.map((each) => String(each.extensions?.["code"]));
  }
}

const fetchOperation: FetchFunction = async (request, variables, _cacheConfig, files) => {
  const operation = JSON.stringify({ query: request.text, variables });
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      authorization,
      accept: "application/graphql-response+json",
      ...(!files && { "content-type": "application/json" }),
    },
    body: files ? multipart(operation, files) : operation,
  });
  if (!response.headers.get("content-type")?.includes("json")) throw new Error("The gateway does not answer.");
  const answer = await response.json();
  if (!answer.data) throw new Refusal(answer.errors ?? [{ message: `The gateway refused it (${response.status}).` }]);
  return answer;
};

const LONGEST = 10; // seconds between two tries; by itself the client waits twice as long each time, hours in the end

const SILENCE = 5_000; // milliseconds in which a ping is answered; whoever slept or changed the network hears nothing any more
let unanswered: number | undefined;

const socket = createClient({
  url: "/graphql",
  keepAlive: 10_000,
  on: {
    ping: (isReceived) => {
      if (!isReceived) unanswered = setTimeout(() => socket.terminate(), SILENCE);
    },
    pong: () => clearTimeout(unanswered),
    closed: () => clearTimeout(unanswered),
  },
  connectionParams: { Authorization: authorization },
  retryAttempts: Infinity,
  retryWait: (retries) =>
    new Promise((resolve) => setTimeout(resolve, (Math.min(2 ** retries, LONGEST) + Math.random()) * 1000)),
  shouldRetry: () => true,
});

/** Events from where they ended: an operation that is sent again, on another connection, has the last cursor. */
const subscribe: SubscribeFunction = (request, { after, ...variables }) =>
  Observable.create((sink) => {
    const resuming = {
      ...variables,
      get after() {
        return after;
      },
    };
    return socket.subscribe(
      { query: request.text!, variables: resuming },
      {
        next(result) {
          after = (result.data?.["told"] as { cursor: string } | undefined)?.cursor ?? after;
          sink.next(result as GraphQLResponse);
        },
        error: (problem) =>
          sink.error(Array.isArray(problem) ? new Refusal(problem) : new Error("The connection was refused.")),
        complete: () => sink.complete(),
      },
    );
  });

export const environment = new Environment({ network: Network.create(fetchOperation, subscribe) });
