// Answers in parts, as published clients ask for them and put them together: each ends with what it would have had at
// once, and has the first part before; and subscriptions whose results come as parts.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { ApolloClient, HttpLink, InMemoryCache, NetworkStatus, gql } from "@apollo/client";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import apollo3 from "apollo-client-3/core/core.cjs";
import { createClient } from "graphql-sse";
import { meros } from "meros/browser";
import relay from "relay-runtime";
import { authorization, post, url } from "./gateway.mjs";

const { ApolloClient: ApolloClient3, HttpLink: HttpLink3, InMemoryCache: InMemoryCache3 } = apollo3;
const headers = { authorization };
const uri = `${url}/graphql`;

const DETAILS = `fragment Details on ConnectionRequest { orgName requester { id fullName }
  integrations(first: 5) { nodes { id type } } comments(first: 5) { totalCount nodes { id body author { id fullName } } } }`;
const INBOX = `query Inbox($first: Int!, $filter: ConnectionRequestFilter) {
  connectionRequests(first: $first, filter: $filter) {
    nodes { id status ...Details @defer(label: "details") }
    ... @defer(label: "count") { totalCount }
  }
} ${DETAILS}`;
const ROWS = `query Rows($first: Int!, $filter: ConnectionRequestFilter) {
  connectionRequests(first: $first, filter: $filter) {
    edges @stream(initialCount: 2, label: "rows") { cursor node { id orgName integrations { nodes { id type } } } }
  }
}`;
const IDS = `query Ids($first: Int!, $filter: ConnectionRequestFilter) {
  connectionRequests(first: $first, filter: $filter) { nodes { id orgName } } }`;
const LIVE = "subscription Live { connectionRequestEvents { type node { orgName } } }";
const CREATE = `mutation ($input: CreateConnectionRequestInput!) {
  createConnectionRequest(input: $input) { errors { message } } }`;
const ours = `Parts ${Date.now()}`; // whatever else is made meanwhile has another name
const variables = { first: 5, filter: { orgName: { startsWith: ours } } };

async function create(input) {
  const { data } = await post(CREATE, { input });
  assert.deepEqual(data.createConnectionRequest.errors, []);
}

before(async () => {
  for (const number of [1, 2, 3, 4, 5])
    await create({ orgName: `${ours} ${number}`, integrations: [{ integrationType: "items" }], comment: "hello" });
});

/** The same at once, which every cache would have. */
async function whole(query) {
  const { data, errors } = await post(query, variables);
  assert.equal(errors, undefined);
  return data;
}

/** Without what caches add of their own. */
const plain = (data) => JSON.parse(JSON.stringify(data, (key, value) => (key === "__typename" ? undefined : value)));

/** The results of an observable until its last. */
function resultsOf(observable, isLast) {
  return new Promise((resolve, reject) => {
    const results = [];
    observable.subscribe({
      next(result) {
        results.push(result);
        if (isLast(result)) resolve(results);
      },
      error: reject,
      complete: () => resolve(results),
    });
  });
}

const kinds = [];
/** `fetch`, which notes what comes. */
async function noted(input, init) {
  const response = await fetch(input, init);
  kinds.push(response.headers.get("content-type"));
  return response;
}

for (const [name, Handler, parameter] of [
  ["the draft's form", GraphQL17Alpha9Handler, "incrementalSpec=v0.2"],
  ["the form of 2022", Defer20220824Handler, "deferSpec=20220824"],
]) {
  test(`Apollo Client 4 reads ${name}`, async () => {
    for (const query of [INBOX, ROWS]) {
      const client = new ApolloClient({
        link: new HttpLink({ uri, headers, fetch: noted }),
        cache: new InMemoryCache(),
        incrementalHandler: new Handler(),
      });
      const observable = client.watchQuery({ query: gql(query), variables, notifyOnNetworkStatusChange: true });
      const results = await resultsOf(observable, (each) => each.networkStatus === NetworkStatus.ready);
      assert.ok(results.some((each) => each.networkStatus === NetworkStatus.streaming), "no first part");
      assert.deepEqual(plain(results.at(-1).data), await whole(query));
      client.stop();
    }
    assert.deepEqual(kinds.splice(0), Array(2).fill(`multipart/mixed; boundary="-"; ${parameter}`));
  });
}

test("Apollo Client 3 reads the form of 2022", async () => {
  const client = new ApolloClient3({ link: new HttpLink3({ uri, headers }), cache: new InMemoryCache3() });
  const results = await new Promise((resolve, reject) => {
    const seen = [];
    client.watchQuery({ query: gql(INBOX), variables }).subscribe({
      next(result) {
        seen.push(result.data);
        if (result.data.connectionRequests.totalCount !== undefined && !result.loading) {
          const { nodes } = result.data.connectionRequests;
          if (nodes.every((each) => each.comments)) resolve(seen);
        }
      },
      error: reject,
    });
  });
  assert.equal(results[0].connectionRequests.nodes[0].comments, undefined);
  assert.deepEqual(plain(results.at(-1)), await whole(INBOX));
  client.stop();
});

for (const [name, Core] of [
  ["Apollo Client 3", apollo3],
  ["Apollo Client 4", { ApolloClient, HttpLink, InMemoryCache, gql }],
]) {
  test(`${name} subscribes by its HttpLink alone`, async () => {
    const client = new Core.ApolloClient({ link: new Core.HttpLink({ uri, headers }), cache: new Core.InMemoryCache() });
    const seen = [];
    const orgName = `Meanwhile, by ${name}, ${ours}`;
    await new Promise((resolve, reject) => {
      const following = client.subscribe({ query: Core.gql(LIVE) }).subscribe({
        next({ data: { connectionRequestEvents: event } }) {
          if (seen.length > 0 && event.node?.orgName !== orgName) return; // somebody else's
          seen.push(event);
          if (seen.length === 1) create({ orgName }).catch(reject);
          else resolve(following.unsubscribe());
        },
        error: reject,
        complete: reject,
      });
    });
    assert.deepEqual(plain(seen), [
      { type: null, node: null },
      { type: "connection_request.created", node: { orgName } },
    ]);
    client.stop();
  });
}

test("urql reads the form of 2022", async () => {
  for (const query of [INBOX, ROWS]) {
    const exchanges = [cacheExchange, fetchExchange];
    const client = new Client({ url: uri, exchanges, fetchOptions: { headers }, preferGetMethod: false });
    const results = [];
    await new Promise((resolve) => {
      client.query(query, variables).subscribe((result) => {
        results.push(result);
        if (!result.hasNext) resolve();
      });
    });
    assert.ok(results.length > 1, "no first part");
    assert.equal(results.at(-1).error, undefined);
    assert.deepEqual(plain(results.at(-1).data), await whole(query));
  }
});

test("graphql-sse is sent each part as an event", async () => {
  const client = createClient({ url: uri, headers });
  const parts = [];
  for await (const part of client.iterate({ query: INBOX, variables })) parts.push(part);
  assert.equal(parts[0].hasNext, true);
  assert.equal(parts.at(-1).hasNext, false);
  assert.ok(parts.flatMap((part) => part.incremental ?? []).every((each) => Array.isArray(each.path)));
});

/** A network of Relay's, which is told one label's data, or one item of a list, at a time. */
function fetchInParts(request, variables) {
  return relay.Observable.create((sink) => {
    (async () => {
      const response = await fetch(uri, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json", accept: "multipart/mixed, application/json" },
        body: JSON.stringify({ query: request.text, variables }),
      });
      const parts = await meros(response);
      if (parts instanceof Response) return sink.next(await parts.json());
      for await (const { body } of parts) {
        const { incremental, hasNext, ...first } = body;
        const told = "data" in first ? [first] : [];
        for (const { items, path, ...each } of incremental ?? []) {
          if (!items) told.push({ ...each, path });
          items?.forEach((data, n) => told.push({ ...each, data, path: [...path.slice(0, -1), path.at(-1) + n] }));
        }
        told.forEach((each, n) => sink.next({ ...each, extensions: { is_final: !hasNext && n === told.length - 1 } }));
      }
    })().then(() => sink.complete(), (error) => sink.error(error));
  });
}

test("Relay streams a connection and defers a fragment", async () => {
  const { Environment, Network, RecordSource, Store, createOperationDescriptor, fetchQuery, getSelector } = relay;
  const document = async (name) => (await import(`./relay/__generated__/${name}.graphql.js`)).default;
  const environment = new Environment({
    network: Network.create(fetchInParts),
    store: new Store(new RecordSource()),
    deferDeduplicatedFields: true,
  });
  const read = (operation) => environment.lookup(operation.fragment).data;
  const fetchAll = ({ request: { node, variables } }) =>
    new Promise((complete, error) => fetchQuery(environment, node, variables).subscribe({ complete, error }));

  const inbox = createOperationDescriptor(await document("partsInboxQuery"), { count: 4, filter: variables.filter });
  environment.retain(inbox);
  const sizes = [];
  const subscription = environment.subscribe(environment.lookup(inbox.fragment), ({ data }) =>
    sizes.push(data?.connectionRequests?.edges?.length));
  await fetchAll(inbox);
  subscription.dispose();
  const { connectionRequests } = await whole(IDS);
  const edges = read(inbox).connectionRequests.edges.map(({ node }) => ({ id: node.id, orgName: node.orgName }));
  assert.deepEqual(edges, connectionRequests.nodes.slice(0, 4));
  assert.equal(sizes[0], 1);

  const { id } = connectionRequests.nodes[0];
  const request = createOperationDescriptor(await document("partsRequestQuery"), { id });
  environment.retain(request);
  await fetchAll(request);
  const selector = getSelector(await document("partsDetails"), read(request).connectionRequest);
  const { data, isMissingData } = environment.lookup(selector);
  assert.equal(isMissingData, false);
  assert.ok(Array.isArray(data.integrations.edges));
});
