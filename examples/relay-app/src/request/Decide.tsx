import { useState } from "react";
import { graphql, useFragment } from "react-relay";
import { useChange } from "../changing";
import { Problems } from "../Problems";
import type { DecideApproveMutation } from "./__generated__/DecideApproveMutation.graphql";
import type { DecideDenyMutation } from "./__generated__/DecideDenyMutation.graphql";
import type { Decide_request$key } from "./__generated__/Decide_request.graphql";

/** The two decisions. The page shows what was decided at once, and as it was where the gateway refuses. */
export function Decide({ request }: { request: Decide_request$key }) {
  const { id, version, status, viewerCan } = useFragment(
    graphql`
      fragment Decide_request on ConnectionRequest {
        id
        version
        status
        viewerCan {
          approve {
            isAllowed
            reason
          }
          deny {
            isAllowed
          }
        }
      }
    `,
    request,
  );
  const [approve, isApproving, notApproved] = useChange<DecideApproveMutation>(graphql`
    mutation DecideApproveMutation($input: ApproveConnectionRequestInput!) {
      change: approveConnectionRequest(input: $input) {
        connectionRequest {
          status
          ...Summary_request
          ...Decide_request
        }
        errors {
          message
          path
        }
      }
    }
  `);
  const [deny, isDenying, notDenied] = useChange<DecideDenyMutation>(graphql`
    mutation DecideDenyMutation($input: DenyConnectionRequestInput!) {
      change: denyConnectionRequest(input: $input) {
        connectionRequest {
          status
          ...Summary_request
          ...Decide_request
        }
        errors {
          message
          path
        }
      }
    }
  `);
  const [comment, setComment] = useState("");
  const input = { id, comment: comment || null, expectedVersion: version };
  const problems = [...notApproved, ...notDenied];

  if (status !== "PENDING") return <Problems problems={problems} />;
  if (!viewerCan.approve.isAllowed) return <p className="card">{viewerCan.approve.reason}</p>;
  return (
    <section className="card" aria-label="Decide">
      <label>
        Comment
        <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </label>
      <div className="buttons">
        <button
          className="primary"
          disabled={isApproving}
          onClick={() =>
            approve({
              variables: { input },
              optimisticUpdater: (store) => store.get(id)?.setValue("APPROVED", "status"),
            })
          }
        >
          Approve
        </button>
        <button
          disabled={isDenying || !viewerCan.deny.isAllowed}
          onClick={() =>
            deny({
              variables: { input },
              optimisticUpdater: (store) => store.get(id)?.setValue("DENIED", "status"),
            })
          }
        >
          Deny
        </button>
      </div>
      <Problems problems={problems} />
    </section>
  );
}
