// The gateway that the checks ask: its address and its token, and requests to it as the clients' networks send them.
export const url = process.env.GATEWAY_URL ?? "http://127.0.0.1:8000";
export const authorization = `Bearer ${process.env.GATEWAY_TOKEN ?? "demo-token"}`;

export async function post(query, variables, file) {
  const operation = JSON.stringify({ query, variables });
  const headers = { authorization, accept: "application/graphql-response+json" };
  if (!file) {
    headers["content-type"] = "application/json";
    return (await fetch(`${url}/graphql`, { method: "POST", headers, body: operation })).json();
  }
  const body = new FormData(); // https://github.com/jaydenseric/graphql-multipart-request-spec
  body.set("operations", operation);
  body.set("map", JSON.stringify({ 0: ["variables.input.file"] }));
  body.set("0", file);
  return (await fetch(`${url}/graphql`, { method: "POST", headers, body })).json();
}
