// Apollo Client: objects by their id, pages joined by `relayStylePagination`.
//   npm ci && node apollo.mjs http://127.0.0.1:8000 demo-token
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

const [url = "http://127.0.0.1:8000", token = "demo-token"] = process.argv.slice(2);
const link = new HttpLink({ uri: `${url}/graphql`, headers: { authorization: `Bearer ${token}` } });
const typePolicies = { Query: { fields: { connectionRequests: relayStylePagination(["filter", "orderBy"]) } } };
const client = new ApolloClient({ link, cache: new InMemoryCache({ typePolicies }) });

const INBOX = gql`query Inbox($after: String) { connectionRequests(first: 2, after: $after) {
  edges { node { id orgName status } } pageInfo { hasNextPage endCursor } } }`;
const inbox = client.watchQuery({ query: INBOX });
inbox.subscribe({});
const { data } = await client.query({ query: INBOX });
await inbox.fetchMore({ variables: { after: data.connectionRequests.pageInfo.endCursor } });
for (const { node } of client.readQuery({ query: INBOX }).connectionRequests.edges) console.log(node.status, node.orgName);
client.stop();
