// A list of which the rows come one after the other, and details of a request that come later, as Relay asks for them.
import { graphql } from "relay-runtime";

graphql`
  query partsInboxQuery($count: Int!, $filter: ConnectionRequestFilter) {
    connectionRequests(first: $count, filter: $filter)
    @stream_connection(key: "parts_connectionRequests", initial_count: 1) {
      edges { node { id orgName } }
    }
  }
`;
graphql`
  query partsRequestQuery($id: ID!) {
    connectionRequest(id: $id) { id orgName ...partsDetails @defer }
  }
`;
graphql`
  fragment partsDetails on ConnectionRequest {
    orgName
    requester { id fullName }
    integrations(first: 10) { edges { node { id type } } }
  }
`;
