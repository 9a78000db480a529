import { graphql } from "./gql";
import type { ConnectionRequestFilter, TypedDocumentString } from "./gql/graphql";

const INBOX = graphql(`
  query Inbox($filter: ConnectionRequestFilter, $after: String) {
    connectionRequestCounts {
      status
      count
    }
    connectionRequests(first: 20, after: $after, filter: $filter, orderBy: [{ field: ORG_NAME, nulls: LAST }]) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        orgName
        status
        requestedAt
        version
        approvedBy {
          id
          approvedAt
          person {
            id
            fullName
          }
        }
        uploadedFiles {
          nodes {
            id
            name
            size
          }
        }
      }
    }
  }
`);

/** An answer whose errors say what they are about: `extensions.code`, and `extensions.argumentPath` for a form. */
interface Answer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions: { code: string; argumentPath?: (string | number)[] } }[];
}

export async function execute<Result, Variables>(
  url: string,
  token: string,
  document: TypedDocumentString<Result, Variables>,
  ...[variables]: Variables extends Record<string, never> ? [] : [Variables]
): Promise<Result> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json",
      Authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const answer = (await response.json()) as Answer<Result>;
  if (!answer.data) throw new Error(answer.errors?.map((each) => each.message).join(" ") ?? response.statusText);
  return answer.data;
}

/** The requests that a search finds, a line each. */
export async function inbox(url: string, token: string, search: string): Promise<string[]> {
  const filter: ConnectionRequestFilter = { search, requestedAt: { gte: "2018-01-01" }, not: { status: { eq: "CANCELED" } } };
  const { connectionRequests } = await execute(url, token, INBOX, { filter });
  return connectionRequests.nodes.map((each) => {
    const asked: Date = new Date(each.requestedAt);
    const bytes = each.uploadedFiles.nodes.reduce((sum, file) => sum + (file.size ?? 0), 0);
    return `${each.orgName ?? "?"} ${each.status} ${asked.getUTCFullYear()} ${each.approvedBy?.person.fullName ?? ""} ${bytes}`;
  });
}
