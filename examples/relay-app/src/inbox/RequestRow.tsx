import { graphql, useFragment } from "react-relay";
import { Link } from "../routing";
import { Time } from "../Time";
import { inWords } from "./StatusTabs";
import type { RequestRow_request$key } from "./__generated__/RequestRow_request.graphql";

export function RequestRow({ request }: { request: RequestRow_request$key }) {
  const { id, orgName, reason, status, requestedAt, requester, integrations } = useFragment(
    graphql`
      fragment RequestRow_request on ConnectionRequest {
        id
        orgName
        reason
        status
        requestedAt
        requester {
          fullName
        }
        integrations(first: 0) {
          totalCount
        }
      }
    `,
    request,
  );
  return (
    <li className="row">
      <Link href={`/requests/${encodeURIComponent(id)}`}>{orgName ?? reason ?? "Without a name"}</Link>
      <span className={`status ${status}`}>{inWords(status)}</span>
      <small>
        <Time at={requestedAt} />
        {requester?.fullName && ` · ${requester.fullName}`}
        {integrations.totalCount ? ` · ${integrations.totalCount}\u00a0${integrations.totalCount === 1 ? "feed" : "feeds"}` : ""}
      </small>
    </li>
  );
}
