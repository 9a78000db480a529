import { graphql, useLazyLoadQuery } from "react-relay";
import { useFollowing } from "../following";
import { Heading } from "../Heading";
import { Link, useRouting } from "../routing";
import { Comments } from "./Comments";
import { Decide } from "./Decide";
import { Feeds } from "./Feeds";
import { Files } from "./Files";
import { Summary } from "./Summary";
import type { RequestPageCommentsSubscription } from "./__generated__/RequestPageCommentsSubscription.graphql";
import type { RequestPageQuery } from "./__generated__/RequestPageQuery.graphql";
import type { RequestPageSubscription } from "./__generated__/RequestPageSubscription.graphql";

export function RequestPage({ id }: { id: string }) {
  const { fetchKey, refresh } = useRouting();
  const { connectionRequest: request, eventCursor } = useLazyLoadQuery<RequestPageQuery>(
    graphql`
      query RequestPageQuery($id: ID!) {
        eventCursor
        connectionRequest(id: $id) {
          orgName
          ...Summary_request
          ...Decide_request
          ...Feeds_request
          ...Files_request
          ...Comments_request
        }
      }
    `,
    { id },
    { fetchKey, fetchPolicy: "store-and-network" },
  );
  useFollowing<RequestPageSubscription>({
    subscription: graphql`
      subscription RequestPageSubscription($after: String!, $id: ID!) {
        told: connectionRequestEvents(after: $after, filter: { nodes: [$id] }) {
          cursor
          type
          resync
          node {
            ...Summary_request
            ...Decide_request
            ...Feeds_request
            ...Files_request
            ...Comments_request
          }
        }
      }
    `,
    variables: { after: eventCursor, id },
  });
  // A comment is an object of its own, and leaves its request as it is.
  useFollowing<RequestPageCommentsSubscription>(
    {
      subscription: graphql`
        subscription RequestPageCommentsSubscription($after: String!) {
          told: events(after: $after, filter: { types: ["comment.created", "comment.updated", "comment.deleted"] }) {
            cursor
            type
            resync
            node {
              ... on Comment {
                connectionRequest {
                  ...Comments_request
                }
              }
            }
          }
        }
      `,
      variables: { after: eventCursor },
    },
    (type) => {
      if (type === "comment.deleted") refresh(); // what it belonged to is not told
    },
  );

  const back = <Link href="/">← Inbox</Link>;
  if (!request) {
    return (
      <article>
        {back}
        <Heading title="There is no such request" />
      </article>
    );
  }
  return (
    <article>
      {back}
      <Heading title={request.orgName ?? "A request"} />
      <Summary request={request} />
      <Decide request={request} />
      <Feeds request={request} />
      <Files request={request} />
      <Comments request={request} />
    </article>
  );
}
