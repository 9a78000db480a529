"""activecampaign-python, a published client of ActiveCampaign, with nothing changed but its base URL.

python python_activecampaign.py http://127.0.0.1:8000 demo-token
"""

import sys

from activecampaign.client import Client

address, token = sys.argv[1:] or ("http://127.0.0.1:8000", "demo-token")
shops = Client(address, token).deepdataintegrations
shop = {
    "service": "fooCommerce",
    "externalid": "toystore-python",
    "name": "Toystore",
    "logoUrl": "",
    "linkUrl": "",
}
made = shops.create_a_connection({"connection": shop})["connection"]
changed = shops.update_a_connection(made["id"], {"connection": {"name": "Toystore, Inc."}})["connection"]
print(changed["service"], changed["externalid"], changed["name"])
print(shops.delete_a_connection(made["id"]))
