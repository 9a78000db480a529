// What happens, as it happens: `fetch` and server-sent events, in any browser and in Node.js without a package.
//   node sse.mjs http://127.0.0.1:8000 demo-token
const [url = "http://127.0.0.1:8000", token = "demo-token"] = process.argv.slice(2);
const query = "subscription { connectionRequestEvents { cursor type node { id orgName status } } }";
const headers = { accept: "text/event-stream", "content-type": "application/json", authorization: `Bearer ${token}` };
const response = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });

let rest = "";
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const events = (rest + text).split("\n\n"); // an empty line ends an event; what is behind the last one goes on
  rest = events.pop();
  for (const event of events) {
    const data = /^data: (.+)$/m.exec(event)?.[1]; // comments, which keep the connection alive, have none
    if (data) console.log(JSON.parse(data).data.connectionRequestEvents);
  }
}
