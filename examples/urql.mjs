// urql with its normalised cache: what a mutation answers changes every list that shows the object.
//   npm ci && node urql.mjs http://127.0.0.1:8000 demo-token
import { Client, fetchExchange, gql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

const [url = "http://127.0.0.1:8000", token = "demo-token"] = process.argv.slice(2);
const cache = cacheExchange({ resolvers: { Query: { connectionRequests: relayPagination() } } });
const fetchOptions = { headers: { authorization: `Bearer ${token}` } };
const client = new Client({ url: `${url}/graphql`, exchanges: [cache, fetchExchange], fetchOptions });

const INBOX = gql`{ connectionRequests(first: 20) { edges { node { id orgName status } } pageInfo { hasNextPage endCursor } } }`;
const ASK = gql`mutation { createConnectionRequest(input: { orgName: "Asked by urql" }) { connectionRequest { id status } } }`;
const DENY = gql`mutation ($id: ID!) { denyConnectionRequest(input: { id: $id }) { connectionRequest { id status } errors { message } } }`;
const { id } = (await client.mutation(ASK, {})).data.createConnectionRequest.connectionRequest;
const told = client.query(INBOX, {}).subscribe(({ data }) =>
  console.log(data.connectionRequests.edges.map(({ node }) => node.status).join(" ")));
await client.query(INBOX, {}).toPromise();
await client.mutation(DENY, { id });
told.unsubscribe();
