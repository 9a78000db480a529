import { useCallback, useEffect, useRef } from "react";
import { ConnectionHandler, graphql, usePaginationFragment } from "react-relay";
import type { RecordProxy, RecordSourceSelectorProxy } from "relay-runtime";
import { useFollowing } from "../following";
import { RequestRow } from "./RequestRow";
import type { ConnectionRequestFilter, RequestListArrivalsSubscription } from "./__generated__/RequestListArrivalsSubscription.graphql";
import type { RequestListPageQuery } from "./__generated__/RequestListPageQuery.graphql";
import type { RequestList_query$key } from "./__generated__/RequestList_query.graphql";

const PAGE = 20;

interface Props {
  query: RequestList_query$key;
  filter: ConnectionRequestFilter;
  after: string;
}

export function RequestList({ query, filter, after }: Props) {
  const { data, loadNext, hasNext, isLoadingNext } = usePaginationFragment<RequestListPageQuery, RequestList_query$key>(
    graphql`
      fragment RequestList_query on Query
      @refetchable(queryName: "RequestListPageQuery")
      @argumentDefinitions(
        count: { type: "Int", defaultValue: 20 }
        cursor: { type: "String" }
        filter: { type: "ConnectionRequestFilter" }
      ) {
        connectionRequests(first: $count, after: $cursor, filter: $filter) @connection(key: "RequestList_connectionRequests") {
          __id
          edges {
            node {
              id
              status
              requestedAt
              ...RequestRow_request
            }
          }
        }
      }
    `,
    query,
  );
  const { __id: connection, edges } = data.connectionRequests;
  useArrivals(connection, filter, after);

  // What is decided on meanwhile, here or elsewhere, is no longer among those that nobody has decided on.
  const wanted = filter.status?.eq;
  const shown = edges.filter(({ node }) => !wanted || node.status === wanted);
  if (shown.length === 0 && !hasNext) return <p className="card">There is no such request.</p>;
  return (
    <>
      <ul className="requests" aria-label="Connection requests">
        {shown.map(({ node }) => (
          <RequestRow key={node.id} request={node} />
        ))}
      </ul>
      {hasNext && <More isLoading={isLoadingNext} load={() => loadNext(PAGE)} />}
    </>
  );
}

/** Puts what comes to satisfy the filter, as the gateway says, into the list, which has the latest first. */
function useArrivals(connection: string, filter: ConnectionRequestFilter, after: string) {
  const updater = useCallback(
    (store: RecordSourceSelectorProxy) => {
      const node = store.getRootField("connectionRequestEvents")?.getLinkedRecord("node");
      const list = store.get(connection);
      if (!node || !list) return;
      const edges = list.getLinkedRecords("edges") ?? [];
      const nodes = edges.map((edge) => edge.getLinkedRecord("node")!);
      if (nodes.some((each) => each.getDataID() === node.getDataID())) return;
      const at = nodes.findIndex((each) => askedAt(each) < askedAt(node));
      if (at === -1 && list.getLinkedRecord("pageInfo")?.getValue("hasNextPage")) return; // it stands on a later page
      const edge = ConnectionHandler.createEdge(store, list, node, "ConnectionRequestEdge");
      list.setLinkedRecords(edges.toSpliced(at === -1 ? edges.length : at, 0, edge), "edges");
    },
    [connection],
  );
  useFollowing<RequestListArrivalsSubscription>({
    subscription: graphql`
      subscription RequestListArrivalsSubscription($after: String!, $filter: ConnectionRequestFilter) {
        told: connectionRequestEvents(after: $after, filter: { node: $filter }) {
          cursor
          type
          resync
          node {
            id
            status
            requestedAt
            ...RequestRow_request
          }
        }
      }
    `,
    variables: { after, filter },
    updater,
  });
}

function askedAt(request: RecordProxy): number {
  return Date.parse(request.getValue("requestedAt") as string);
}

/** The end of what is loaded: more is loaded when it comes into sight, or when somebody says so. */
function More({ isLoading, load }: { isLoading: boolean; load: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const watcher = new IntersectionObserver(([seen]) => seen?.isIntersecting && load(), { rootMargin: "50%" });
    watcher.observe(button.current!);
    return () => watcher.disconnect();
  });
  return (
    <button ref={button} onClick={load} disabled={isLoading} className="more">
      {isLoading ? "Loading …" : "Show more"}
    </button>
  );
}
