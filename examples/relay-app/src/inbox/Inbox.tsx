import { graphql, useLazyLoadQuery } from "react-relay";
import { Heading } from "../Heading";
import { useRouting } from "../routing";
import { RequestList } from "./RequestList";
import { StatusTabs } from "./StatusTabs";
import type { ConnectionRequestStatus, InboxQuery } from "./__generated__/InboxQuery.graphql";

export function Inbox() {
  const { url, moves, fetchKey, navigate } = useRouting();
  const status = url.searchParams.get("status") as ConnectionRequestStatus | null;
  const search = url.searchParams.get("search") ?? "";
  const filter = { ...(status && { status: { eq: status } }), ...(search && { search }) };
  const data = useLazyLoadQuery<InboxQuery>(
    graphql`
      query InboxQuery($filter: ConnectionRequestFilter) {
        eventCursor
        ...StatusTabs_query
        ...RequestList_query @arguments(filter: $filter)
      }
    `,
    { filter },
    { fetchKey, fetchPolicy: "store-and-network" },
  );
  const look = (text: string) => {
    const found = new URL(location.href); // what is shown may be on its way there still
    if (text) found.searchParams.set("search", text);
    else found.searchParams.delete("search");
    navigate(found.href, { replace: true });
  };
  return (
    <>
      <Heading title="Inbox" />
      <StatusTabs query={data} after={data.eventCursor} />
      <search>
        <label>
          Search names, contacts and reasons
          <input key={moves} type="search" defaultValue={search} onChange={(event) => look(event.target.value)} />
        </label>
      </search>
      <RequestList key={JSON.stringify(filter)} query={data} filter={filter} after={data.eventCursor} />
    </>
  );
}
