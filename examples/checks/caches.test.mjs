// The normalised caches of Apollo Client and urql, as they come: objects by their id, pages joined.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { Client, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { buildSchema, introspectionFromSchema, isObjectType } from "graphql";
import { authorization, post, url } from "./gateway.mjs";

const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
const headers = { authorization };

const INBOX = gql`
  query Inbox($first: Int!, $after: String, $name: String!) {
    viewer { name organization { id name } person { id fullName } }
    connectionRequestCounts { status count }
    connectionRequests(first: $first, after: $after, filter: { orgName: { startsWith: $name } }) {
      totalCount
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
      edges {
        cursor
        node {
          id orgName status isApproved
          approvedBy { id approvedAt person { id fullName } }
          decision { id outcome decidedBy { id fullName } }
          viewerCan { approve { isAllowed reason } }
          integrations { edges { node { id type schedule { raw nextRuns(first: 2) } } } }
          comments { edges { node { id body } } }
        }
      }
    }
  }
`;
const REQUEST = gql`query Request($id: ID!) { connectionRequest(id: $id) { id status isApproved } }`;
const APPROVE = gql`
  mutation Approve($id: ID!) {
    approveConnectionRequest(input: { id: $id, comment: "fine" }) {
      connectionRequest {
        id status isApproved
        approvedBy { id approvedAt person { id fullName } }
        decision { id outcome decidedBy { id fullName } }
        viewerCan { approve { isAllowed reason } }
      }
      errors { code message path }
    }
  }
`;

async function ask(name) {
  const query = `mutation ($input: CreateConnectionRequestInput!) {
    createConnectionRequest(input: $input) { connectionRequest { id } errors { message } } }`;
  const feeds = [{ integrationType: "items", updateFrequency: "0 3 * * *" }];
  const { data } = await post(query, { input: { orgName: name, integrations: feeds, comment: "hello" } });
  assert.deepEqual(data.createConnectionRequest.errors, []);
  return data.createConnectionRequest.connectionRequest.id;
}

/** What is printed while a client runs: a cache warns of what it cannot keep by itself. */
function listening(context) {
  const said = [];
  for (const name of ["warn", "error"]) context.mock.method(console, name, (...words) => said.push(words.join(" ")));
  return said;
}

test("Apollo Client keeps objects by their id and joins pages", async (context) => {
  const said = listening(context);
  const name = `Apollo ${Date.now()}`;
  const ids = [await ask(`${name} 1`), await ask(`${name} 2`)].reverse();
  const fields = {
    connectionRequests: relayStylePagination(["filter", "orderBy"]),
    connectionRequest: (_, { args, toReference }) => toReference({ __typename: "ConnectionRequest", id: args.id }),
  };
  const cache = new InMemoryCache({ typePolicies: { Query: { fields }, Viewer: { keyFields: [] } } });
  const client = new ApolloClient({ cache, link: new HttpLink({ uri: `${url}/graphql`, headers }) });
  const first = { query: INBOX, variables: { first: 1, name } };
  const inbox = client.watchQuery(first);
  const watching = inbox.subscribe({});
  const { data } = await client.query(first);
  await inbox.fetchMore({ variables: { after: data.connectionRequests.pageInfo.endCursor } });
  const shown = () => client.readQuery(first).connectionRequests.edges.map(({ node }) => node);
  assert.deepEqual(shown().map((each) => each.id), ids);

  await client.mutate({ mutation: APPROVE, variables: { id: ids[1] } });
  assert.deepEqual(shown().map((each) => each.status), ["PENDING", "APPROVED"]);
  assert.equal(shown()[1].decision.outcome, "APPROVED");
  const { connectionRequest } = client.readQuery({ query: REQUEST, variables: { id: ids[1] } });
  assert.equal(connectionRequest.isApproved, true);

  const byId = Object.keys(cache.extract()).map((key) => key.split(":")[0]);
  const types = ["Approval", "Comment", "ConnectionRequest", "Decision", "Integration", "Organization", "Person", "Viewer"];
  assert.deepEqual([...new Set(byId)].filter((each) => !/^(ROOT_|__META)/.test(each)).sort(), types);
  watching.unsubscribe();
  client.stop();
  assert.deepEqual(said, []);
});

test("urql keeps objects by their id and joins pages", async (context) => {
  const said = listening(context);
  const name = `urql ${Date.now()}`;
  const ids = [await ask(`${name} 1`), await ask(`${name} 2`)].reverse();
  const cache = cacheExchange({
    schema: introspectionFromSchema(schema),
    keys: Object.fromEntries(embedded().map((each) => [each, () => null])),
    resolvers: { Query: {
      connectionRequests: relayPagination(),
      connectionRequest: (_, { id }) => ({ __typename: "ConnectionRequest", id }),
    } },
  });
  const client = new Client({ url: `${url}/graphql`, exchanges: [cache, fetchExchange], fetchOptions: { headers } });
  const page = (after) => client.query(INBOX, { first: 1, after, name }).toPromise();
  const { data, error } = await page(undefined);
  assert.equal(error, undefined);
  let shown = await page(data.connectionRequests.pageInfo.endCursor);
  const nodes = () => shown.data.connectionRequests.edges.map(({ node }) => node);
  assert.deepEqual(nodes().map((each) => each.id), ids);

  await client.mutation(APPROVE, { id: ids[1] }).toPromise();
  shown = client.readQuery(INBOX, { first: 1, after: data.connectionRequests.pageInfo.endCursor, name });
  assert.deepEqual(nodes().map((each) => each.status), ["PENDING", "APPROVED"]);
  assert.equal(nodes()[1].decision.outcome, "APPROVED");
  const kept = client.readQuery(REQUEST, { id: ids[1] });
  assert.equal(kept.data.connectionRequest.isApproved, true);
  assert.deepEqual(said, []);
});

/** The types without an id, which a cache keeps in what holds them. */
function embedded() {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) && !type.name.startsWith("__") && !type.getFields().id)
    .filter((type) => ![schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type))
    .map((type) => type.name);
}
