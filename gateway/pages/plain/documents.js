// An OpenAPI document for people who opened its address in a browser: shown once there is a token.
import { accepted, configuration, onToken, refused, token } from "./token.js";

const [hint, shown] = ["hint", "document"].map((id) => document.getElementById(id));
const address = window.location.pathname.endsWith(".json") ? window.location.pathname : configuration.document;

for (const link of document.querySelectorAll("#vendors a")) {
  if (link.pathname === address) link.setAttribute("aria-current", "true");
}

function show(text, said = "") {
  shown.textContent = text;
  shown.hidden = !text;
  hint.textContent = said;
  hint.hidden = !said;
}

let newest = 0;

async function read() {
  const mine = ++newest;
  const headers = { Accept: "application/json" };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  let response;
  let told;
  try {
    response = await fetch(address, { headers });
    told = await response.json();
  } catch (error) {
    if (mine === newest) show("", `No answer from ${address} (${error.message}). Is the gateway running?`);
    return;
  }
  if (mine !== newest) return; // another token has taken the place of the one that was sent
  if (response.status === 401) {
    refused();
    show("", "The document is shown to whoever has a token.");
    return;
  }
  accepted();
  show(JSON.stringify(told, null, 2));
}

onToken(read);
read();
