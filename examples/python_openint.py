"""openint, OpenInt's published client, with nothing changed but its base URL.

python python_openint.py http://127.0.0.1:8000 demo-token
"""

import sys

from openint import Openint

address, token = sys.argv[1:] or ("http://127.0.0.1:8000", "demo-token")
with Openint(token=token, base_url=address) as client:
    for connection in client.list_connections(expand=["connector"]):
        print(connection.connector_name, connection.status, connection.id)
