// Connections that are cut: graphql-ws and graphql-sse, and Apollo Client, urql and Relay above them, are told of every
// event once, since `resuming.mjs` renews `after` whenever they come back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, subscriptionExchange } from "@urql/core";
import { createClient as createEvents } from "graphql-sse";
import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import WebSocket from "ws";
import { resuming } from "../resuming.mjs";
import { authorization, post, url } from "./gateway.mjs";

const LIVE = `subscription Live($after: String) {
  connectionRequestEvents(after: $after) { cursor type node { id orgName } } }`;
const CREATE = "mutation ($name: String) { createConnectionRequest(input: {orgName: $name}) { errors { message } } }";
const always = { retryAttempts: Infinity, retryWait: async () => {}, shouldRetry: () => true };

/** A client of graphql-ws, and what cuts its connection. */
function sockets() {
  let open;
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket, // Node.js has its own from 22 on, as browsers do
    connectionParams: { authorization },
    on: { opened: (socket) => (open = socket) },
    ...always,
  });
  return [resuming(client), () => open.terminate()];
}

/** A client of graphql-sse, and what cuts its connections. */
function events() {
  let cut;
  const client = createEvents({
    url: `${url}/graphql`,
    headers: { authorization },
    async fetchFn(input, init) {
      const answer = await fetch(input, init);
      const cutting = new Promise((_, reject) => (cut = () => reject(new Error("The connection was cut."))));
      cutting.catch(() => {});
      const reader = answer.body.getReader();
      const body = new ReadableStream({
        async pull(controller) {
          const { done, value } = await Promise.race([reader.read(), cutting]);
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => reader.cancel(),
      });
      return new Response(body, answer);
    },
    retryAttempts: Infinity,
    retry: async () => {},
  });
  return [resuming(client), () => cut()];
}

const subscribed = (client) => (sink) => client.subscribe({ query: LIVE }, sink);

/** How each client subscribes, and what cuts its connection; `sink.next` gets results as GraphQL has them. */
const CLIENTS = {
  "graphql-ws"() {
    const [client, cut] = sockets();
    return [subscribed(client), cut];
  },
  "graphql-sse"() {
    const [client, cut] = events();
    return [subscribed(client), cut];
  },
  "Apollo Client"() {
    const [client, cut] = sockets();
    const apollo = new ApolloClient({ link: new GraphQLWsLink(client), cache: new InMemoryCache() });
    return [
      (sink) => {
        const following = apollo.subscribe({ query: gql(LIVE) }).subscribe(sink);
        return () => following.unsubscribe();
      },
      cut,
    ];
  },
  urql() {
    const [client, cut] = sockets();
    const exchange = subscriptionExchange({
      forwardSubscription: (operation) => ({
        subscribe: (sink) => ({ unsubscribe: client.subscribe(operation, sink) }),
      }),
    });
    const urql = new Client({ url: `${url}/graphql`, exchanges: [exchange], preferGetMethod: false });
    const told = (sink) => ({ error, data }) => (error ? sink.error(error) : sink.next({ data }));
    return [(sink) => urql.subscription(LIVE, {}).subscribe(told(sink)).unsubscribe, cut];
  },
  Relay() {
    const [client, cut] = sockets();
    const { Environment, Network, Observable, RecordSource, Store, requestSubscription } = relay;
    const subscribe = ({ text: query }, variables) =>
      Observable.create((sink) => client.subscribe({ query, variables }, sink));
    const environment = new Environment({
      network: Network.create(() => Observable.create(() => {}), subscribe),
      store: new Store(new RecordSource()),
    });
    return [
      (sink) => {
        const onNext = (data) => sink.next({ data });
        const config = { subscription, variables: {}, onNext, onError: sink.error, onCompleted: sink.complete };
        return requestSubscription(environment, config).dispose;
      },
      cut,
    ];
  },
};
const { default: subscription } = await import("./relay/__generated__/liveSubscription.graphql.js");

for (const [name, begin] of Object.entries(CLIENTS)) {
  test(`${name} is told of every event once`, { timeout: 300_000 }, async () => {
    const [subscribe, cut] = begin();
    const seen = [];
    const prefix = `${name} ${Date.now()}`;
    const create = (number) => post(CREATE, { name: `${prefix} ${number}` });
    let begun = false;
    await new Promise((resolve, reject) => {
      const end = subscribe({
        async next({ data: { connectionRequestEvents: event } }) {
          if (event.type === null) {
            if (begun) return;
            begun = true; // the first message: from here on it is told
            return create(1);
          }
          if (!event.node?.orgName?.startsWith(prefix)) return; // somebody else's
          const told = seen.push(event.node.orgName); // not asked again below: others come while this waits
          if (told === 1) {
            cut();
            await create(2);
            await create(3);
          }
          if (told === 3) await create(4); // nothing comes late, or again, but before it
          if (told === 4) resolve(end());
        },
        error: reject,
        complete: reject,
      });
    });
    assert.deepEqual(seen, [1, 2, 3, 4].map((number) => `${prefix} ${number}`));
  });
}
