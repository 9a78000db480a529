// Drives graphql-ws and graphql-sse, as they are published, against a server, and prints what they saw: one JSON object
// by the names of what they did.
// Arguments: the server's host and port; a token that may read and write; one that is not known; host and port of a
// server that waits shortly for `connection_init`.
import { createClient as createEvents } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const [address, token, unknown, hasty] = process.argv.slice(2);
const NAME = "{ organization { name } }";
const LIVE = `subscription ($after: String) {
  connectionRequestEvents(after: $after) { cursor type node { orgName } } }`;

/** Settled once `settle` was called, by which the client tells of an end. */
function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.settle = resolve));
  return made;
}

async function create(name) {
  const query = `mutation ($name: String!) {
    createConnectionRequest(input: {orgName: $name}) { errors { code } } }`;
  const answer = await fetch(`http://${address}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ query, variables: { name } }),
  });
  if ((await answer.json()).data.createConnectionRequest.errors.length) throw new Error(`${name} was not made`);
}

/** What an error says that a sink is given: GraphQL's codes, or how the connection ended. */
function said(error) {
  if (Array.isArray(error)) return error.map((each) => each.extensions.code);
  if (error?.response) return { status: error.response.status };
  return { code: error.code, reason: error.reason };
}

/** Results up to the end of an operation: the data, then how it ended. */
function all(client, payload) {
  const seen = [];
  const { promise, settle } = deferred();
  client.subscribe(payload, {
    next: (result) => seen.push(result.errors ? said(result.errors) : result.data),
    error: (error) => settle([...seen, said(error)]),
    complete: () => settle([...seen, "complete"]),
  });
  return promise;
}

/** Names that a subscription is told of, over a connection that is cut behind the first of them. */
async function resumed(subscribe, cut) {
  const names = [];
  const { promise, settle } = deferred();
  let begun = false;
  const end = subscribe({
    async next(event) {
      if (event.node === null) {
        if (begun) return;
        begun = true;
        return create("one");
      }
      const told = names.push(event.node.orgName); // not asked again below: others come while this waits
      if (told === 1) {
        cut();
        await create("two");
        await create("three");
      }
      if (told === 3) settle();
    },
    error: (error) => settle(names.push(said(error))),
    complete: () => settle(names.push("complete")),
  });
  await promise;
  const seen = [...names];
  end();
  return seen;
}

function socketClient(options = {}) {
  const at = { url: `ws://${address}/graphql`, webSocketImpl: WebSocket, connectionParams: { token }, retryAttempts: 0 };
  return createSocket({ ...at, ...options });
}

/** How a client's connection ends that does something once the socket is open, or acknowledged. */
async function closedBehind(event, act, options = {}) {
  const { promise, settle } = deferred();
  const on = { [event]: act, closed: ({ code, reason }) => settle([code, reason]) };
  const client = socketClient({ lazy: false, onNonLazyError: () => {}, on, ...options });
  const ended = await promise;
  await client.dispose();
  return ended;
}

const text = (message) => JSON.stringify(message);

const sockets = {
  query: () => all(socketClient(), { query: NAME }),
  "an operation that does not fit": () => all(socketClient(), { query: "{ nothing }" }),
  "what is no GraphQL": () => all(socketClient(), { query: "no query" }),
  "a cursor that is none": () => all(socketClient(), { query: LIVE, variables: { after: "x" } }),
  "an unknown token": () => all(socketClient({ connectionParams: { token: unknown } }), { query: NAME }),
  "an unknown token that is renewed": () => {
    const tokens = [token, unknown];
    const options = { connectionParams: () => ({ token: tokens.pop() }), retryAttempts: 1, retryWait: async () => {} };
    return all(socketClient({ ...options, shouldRetry: () => true }), { query: NAME });
  },
  "an id twice": async () => {
    const client = socketClient({ generateID: () => "same" });
    const both = await Promise.all([all(client, { query: LIVE }), all(client, { query: LIVE })]);
    return both.map((each) => each.at(-1));
  },
  "no message": () => closedBehind("connected", (socket) => socket.send("no message")),
  "an operation before the first message": () =>
    closedBehind("opened", (socket) => socket.send(text({ id: "1", type: "subscribe", payload: { query: NAME } }))),
  "the first message twice": () =>
    closedBehind("connected", (socket) => socket.send(text({ type: "connection_init", payload: { token } }))),
  "no first message": () => {
    const options = { url: `ws://${hasty}/graphql`, connectionParams: () => new Promise(() => {}) };
    return closedBehind("opened", () => {}, options);
  },
  "a ping": async () => {
    const { promise, settle } = deferred();
    const on = { pong: (received, payload) => received && settle(payload ?? null) };
    const client = socketClient({ lazy: false, keepAlive: 20, on });
    const payload = await promise;
    await client.dispose();
    return payload;
  },
  "a lazy client": async () => {
    const seen = [];
    const { promise, settle } = deferred();
    const client = socketClient({
      on: { opened: () => seen.push("opened"), closed: ({ code }) => settle(seen.push(code)) },
    });
    const ended = deferred();
    const complete = client.subscribe(
      { query: LIVE },
      { next: () => (seen.push("told"), complete()), error: ended.settle, complete: ended.settle },
    );
    await ended.promise;
    seen.push("completed");
    await promise;
    return seen;
  },
  "several operations": async () => {
    const client = socketClient();
    return Promise.all([all(client, { query: NAME }), all(client, { query: "{ nothing }" }), all(client, { query: NAME })]);
  },
  "a connection that is cut": () => {
    let after = null;
    let open;
    const variables = { get after() { return after; } };
    const on = { opened: (socket) => (open = socket) };
    const client = socketClient({ on, retryAttempts: Infinity, retryWait: async () => {}, shouldRetry: () => true });
    return resumed(
      ({ next, ...sink }) =>
        client.subscribe({ query: LIVE, variables }, {
          ...sink,
          next({ data }) {
            after = data.connectionRequestEvents.cursor;
            return next(data.connectionRequestEvents);
          },
        }),
      () => open.terminate(),
    );
  },
};

function eventsClient(options = {}) {
  const headers = { authorization: `Bearer ${token}` };
  return createEvents({ url: `http://${address}/graphql`, headers, retryAttempts: 0, ...options });
}

const events = {
  query: () => all(eventsClient(), { query: NAME }),
  "an operation that does not fit": () => all(eventsClient(), { query: "{ nothing }" }),
  "what is no GraphQL": () => all(eventsClient(), { query: "no query" }),
  "a cursor that is none": () => all(eventsClient(), { query: LIVE, variables: { after: "x" } }),
  "no request": () => all(eventsClient(), { query: 1 }),
  "an unknown token": () => all(eventsClient({ headers: { authorization: `Bearer ${unknown}` } }), { query: NAME }),
  "a single connection": async () => {
    let body;
    const fetchFn = async (...asked) => {
      const answer = await fetch(...asked);
      body = (await answer.clone().json()).errors[0].message;
      return answer;
    };
    return [...(await all(eventsClient({ singleConnection: true, fetchFn }), { query: NAME })), body];
  },
  "who unsubscribes": async () => {
    const { promise, settle } = deferred();
    const end = eventsClient().subscribe({ query: LIVE }, { next: () => end(), error: settle, complete: () => settle("complete") });
    return promise;
  },
  "a connection that is cut": () => {
    let last;
    let cutting;
    const client = eventsClient({
      headers: async () => ({ authorization: `Bearer ${token}`, ...(last && { "last-event-id": last }) }),
      retryAttempts: Infinity,
      retry: async () => {},
      // What the network does: the body ends in the middle.
      fetchFn: async (url, options) => {
        const answer = await fetch(url, options);
        const cut = new Promise((_, reject) => (cutting = () => reject(new Error("The connection was cut."))));
        cut.catch(() => {});
        const reader = answer.body.getReader();
        const body = new ReadableStream({
          async pull(controller) {
            const { done, value } = await Promise.race([reader.read(), cut]);
            if (done) controller.close();
            else controller.enqueue(value);
          },
          cancel: () => reader.cancel(),
        });
        return new Response(body, answer);
      },
    });
    return resumed(
      ({ next, ...sink }) =>
        client.subscribe({ query: LIVE }, {
          ...sink,
          next({ data }) {
            last = data.connectionRequestEvents.cursor;
            return next(data.connectionRequestEvents);
          },
        }),
      () => cutting(),
    );
  },
};

const seen = { sockets: {}, events: {} };
for (const [way, told] of [[sockets, seen.sockets], [events, seen.events]])
  for (const [name, act] of Object.entries(way)) told[name] = await act();
console.log(JSON.stringify(seen));
process.exit(0);
