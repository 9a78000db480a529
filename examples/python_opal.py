"""opal-security, Opal's published client, with nothing changed but its base URL.

It knows statuses in upper case only, while the demo's are in lower case, as in Opal's documentation. Start the gateway
with upper case, or the client fails by “Input should be 'PENDING', 'APPROVED', …”:

    GATEWAY_OPAL_STATUS_CASE=upper make serve
    python python_opal.py http://127.0.0.1:8000 demo-token
"""

import sys

from opal_security import ApiClient, Configuration, CreateRequestInfo, RequestsApi
from opal_security.models import ApproveRequestRequest, CreateRequestCommentRequest

address, token = sys.argv[1:] or ("http://127.0.0.1:8000", "demo-token")
with ApiClient(Configuration(host=f"{address}/v1", access_token=token)) as client:
    requests = RequestsApi(client)
    wanted = [{"id": "761145e3-9a64-43af-ab06-2d02aa13c10c"}]
    made = requests.create_request(
        CreateRequestInfo(resources=[], groups=wanted, reason="on call", duration_minutes=60)
    )
    requests.create_request_comment(made.id, CreateRequestCommentRequest(comment="For tonight."))
    approved = requests.approve_request(made.id, ApproveRequestRequest(level="REGULAR"))
    print(approved.request.status.value, approved.request.reason)
    print(*(each.comment for each in requests.get_request_comments(made.id).comments))
