// A subscription that goes on behind a cursor, as Relay asks for it.
import { graphql } from "relay-runtime";

graphql`
  subscription liveSubscription($after: String) {
    connectionRequestEvents(after: $after) { cursor type node { id orgName } }
  }
`;
