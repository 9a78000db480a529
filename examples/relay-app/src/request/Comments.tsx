import { useState } from "react";
import { graphql, useFragment } from "react-relay";
import { useChange } from "../changing";
import { Problems } from "../Problems";
import { Time } from "../Time";
import type { CommentsAddMutation } from "./__generated__/CommentsAddMutation.graphql";
import type { CommentsDeleteMutation } from "./__generated__/CommentsDeleteMutation.graphql";
import type { Comments_request$key } from "./__generated__/Comments_request.graphql";

export function Comments({ request }: { request: Comments_request$key }) {
  const { id: connectionRequestId, comments } = useFragment(
    graphql`
      fragment Comments_request on ConnectionRequest {
        id
        comments(first: 100) @connection(key: "Comments_comments") {
          __id
          edges {
            node {
              id
              body
              createdAt
              author {
                fullName
              }
            }
          }
        }
      }
    `,
    request,
  );
  const connections = [comments.__id];
  const [add, isAdding, notSaid] = useChange<CommentsAddMutation>(graphql`
    mutation CommentsAddMutation($input: AddCommentInput!, $connections: [ID!]!) {
      change: addComment(input: $input) {
        commentEdge @appendEdge(connections: $connections) {
          cursor
          node {
            id
            body
            createdAt
            author {
              fullName
            }
          }
        }
        errors {
          message
          path
        }
      }
    }
  `);
  const [take, isTaking, notTaken] = useChange<CommentsDeleteMutation>(graphql`
    mutation CommentsDeleteMutation($input: DeleteCommentInput!, $connections: [ID!]!) {
      change: deleteComment(input: $input) {
        deletedId @deleteEdge(connections: $connections)
        errors {
          message
          path
        }
      }
    }
  `);
  const [body, setBody] = useState("");
  return (
    <section className="card">
      <h2>Comments</h2>
      <ul className="comments">
        {comments.edges.map(({ node }) => (
          <li key={node.id}>
            <small>
              {node.author?.fullName ?? "Somebody"}, <Time at={node.createdAt} />
            </small>
            <button
              className="quiet"
              disabled={isTaking}
              aria-label={`Delete the comment “${node.body}”`}
              onClick={() => take({ variables: { input: { id: node.id }, connections } })}
            >
              ✕
            </button>
            <p>{node.body}</p>
          </li>
        ))}
      </ul>
      <form
        action={() => {
          add({ variables: { input: { connectionRequestId, body }, connections }, onCompleted: () => setBody("") });
        }}
      >
        <label>
          Say something
          <input required value={body} onChange={(event) => setBody(event.target.value)} />
        </label>
        <button disabled={isAdding}>Say it</button>
        <Problems problems={[...notSaid, ...notTaken]} />
      </form>
    </section>
  );
}
