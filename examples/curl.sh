#!/bin/sh
# Ask for a connection, approve it, and see it by Crux's path: curl alone.
#   sh curl.sh http://127.0.0.1:8000 demo-token
set -eu
url=${1:-http://127.0.0.1:8000} token=${2:-demo-token}

graph() { # the document, and its variables as JSON
  curl --silent --show-error --fail-with-body "$url/graphql" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' -d "{\"query\": \"$1\", \"variables\": $2}"
}
asked=$(graph 'mutation ($name: String) { createConnectionRequest(input: {orgName: $name}) { connectionRequest { id uuid } } }' '{"name": "Asked by curl"}')
id=$(expr "$asked" : '.*"id":"\([^"]*\)') uuid=$(expr "$asked" : '.*"uuid":"\([^"]*\)')
graph 'mutation ($id: ID!) { approveConnectionRequest(input: {id: $id}) { connectionRequest { orgName status } errors { message } } }' "{\"id\": \"$id\"}"
echo
curl --silent --show-error --fail-with-body "$url/organizations/connections/request/$uuid/" -H "Authorization: Token $token"
