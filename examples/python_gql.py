"""gql (https://gql.readthedocs.io): the pages of a list, one after the other.

python python_gql.py http://127.0.0.1:8000 demo-token
"""

import sys

from gql import Client, gql
from gql.transport.requests import RequestsHTTPTransport

address, token = sys.argv[1:] or ("http://127.0.0.1:8000", "demo-token")
transport = RequestsHTTPTransport(f"{address}/graphql", headers={"Authorization": f"Bearer {token}"})
inbox = gql("""query Inbox($after: String) {
  connectionRequests(first: 1, after: $after) { nodes { orgName status } pageInfo { hasNextPage endCursor } } }""")

with Client(transport=transport, fetch_schema_from_transport=True) as session:
    page = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        inbox.variable_values = {"after": page["endCursor"]}
        found = session.execute(inbox)["connectionRequests"]
        print(*(f"{each['status']} {each['orgName']}" for each in found["nodes"]), sep="\n")
        page = found["pageInfo"]
