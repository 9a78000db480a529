import { graphql, useFragment } from "react-relay";
import { inWords } from "../inbox/StatusTabs";
import { Time } from "../Time";
import type { Summary_request$key } from "./__generated__/Summary_request.graphql";

export function Summary({ request }: { request: Summary_request$key }) {
  const data = useFragment(
    graphql`
      fragment Summary_request on ConnectionRequest {
        status
        requestedAt
        reason
        primaryContactEmail
        requester {
          fullName
        }
        decision {
          outcome
          decidedAt
          comment
          decidedBy {
            fullName
          }
        }
      }
    `,
    request,
  );
  const { status, requestedAt, reason, requester, primaryContactEmail, decision } = data;
  return (
    <section className="card" aria-label="Summary">
      <p role="status">
        <span className={`status ${status}`}>{inWords(status)}</span>
        {decision?.decidedBy?.fullName && ` by ${decision.decidedBy.fullName}`}
        {decision?.decidedAt && (
          <>
            {", "}
            <Time at={decision.decidedAt} />
          </>
        )}
      </p>
      {decision?.comment && <blockquote>{decision.comment}</blockquote>}
      <dl>
        <dt>Asked</dt>
        <dd>
          <Time at={requestedAt} />
          {requester?.fullName && ` by ${requester.fullName}`}
        </dd>
        {primaryContactEmail && (
          <>
            <dt>Contact</dt>
            <dd>{primaryContactEmail}</dd>
          </>
        )}
        {reason && (
          <>
            <dt>Reason</dt>
            <dd>{reason}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
