// Runs every audit of graphql-http against the URL of the first argument, with the bearer token of the second,
// and prints one JSON object per audit: {id, name, status, reason}.
import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);

const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });

for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  console.log(JSON.stringify({ id, name, status, reason }));
}
