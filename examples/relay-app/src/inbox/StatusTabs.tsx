import { useEffect, useRef } from "react";
import { graphql, useRefetchableFragment } from "react-relay";
import { useFollowing } from "../following";
import { Link, useRouting } from "../routing";
import type { StatusTabs_query$key } from "./__generated__/StatusTabs_query.graphql";
import type { StatusTabsCountsQuery } from "./__generated__/StatusTabsCountsQuery.graphql";
import type { StatusTabsSubscription } from "./__generated__/StatusTabsSubscription.graphql";

const BURST = 250; // milliseconds in which events are counted together

/** How many requests have each status, and the links to them. It follows every event: the rows of the list, too, are told. */
export function StatusTabs({ query, after }: { query: StatusTabs_query$key; after: string }) {
  const [data, refetch] = useRefetchableFragment<StatusTabsCountsQuery, StatusTabs_query$key>(
    graphql`
      fragment StatusTabs_query on Query @refetchable(queryName: "StatusTabsCountsQuery") {
        connectionRequestCounts {
          status
          count
        }
      }
    `,
    query,
  );
  const timer = useRef<number>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const countAgain = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => refetch({}, { fetchPolicy: "store-and-network" }), BURST);
  };
  useFollowing<StatusTabsSubscription>(
    {
      subscription: graphql`
        subscription StatusTabsSubscription($after: String!) {
          told: connectionRequestEvents(after: $after) {
            cursor
            type
            resync
            node {
              ...RequestRow_request
            }
          }
        }
      `,
      variables: { after },
    },
    countAgain,
  );

  const { url, wanted } = useRouting();
  const current = url.searchParams.get("status");
  const counts = data.connectionRequestCounts ?? [];
  const all = counts.reduce((sum, each) => sum + each.count, 0);
  return (
    <nav aria-label="Status">
      <ul className="tabs">
        {[{ status: null, count: all }, ...counts].map(({ status, count }) => {
          const to = new URL(wanted);
          if (status) to.searchParams.set("status", status);
          else to.searchParams.delete("status");
          return (
            <li key={status}>
              <Link href={to.pathname + to.search} aria-current={status === current ? "page" : undefined}>
                {status ? inWords(status) : "All"} <span className="count">{count}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

export function inWords(status: string): string {
  return status.charAt(0) + status.slice(1).toLowerCase();
}
