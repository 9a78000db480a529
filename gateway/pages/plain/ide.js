// A query page without any dependency, for servers whose GraphiQL bundle was not built.
import { accepted, configuration, onToken, refused, token } from "./token.js";

const [form, query, variables, hint, answer] = ["operation", "query", "variables", "hint", "answer"].map((id) =>
  document.getElementById(id),
);

let newest = 0;
let asking = null; // what no answer has come to yet
let unanswered = null; // what was asked last, and only for want of a good token had no answer

function show(text, problem = "") {
  answer.textContent = text;
  hint.textContent = problem;
  hint.hidden = !problem;
}

function requestBody(operationName) {
  const body = { query: query.value };
  if (variables.value.trim()) body.variables = JSON.parse(variables.value);
  if (operationName) body.operationName = operationName;
  return JSON.stringify(body);
}

/** Sends an operation, and shows its answer unless another one has been sent meanwhile. */
async function send(body, mine) {
  const headers = {
    Accept: "application/graphql-response+json, application/json;q=0.9",
    "Content-Type": "application/json",
  };
  const used = token();
  if (used) headers.Authorization = `Bearer ${used}`;
  const response = await fetch(configuration.endpoint, { method: "POST", headers, body });
  const text = await response.text();
  if (mine !== newest) return;
  if (response.status === 401 && used !== token()) {
    await send(body, mine); // the token that is in use by now has not been tried
    return;
  }
  unanswered = response.status === 401 ? body : null;
  if (unanswered) refused();
  else accepted();
  try {
    show(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    show(text, `The server answered ${response.status} without JSON.`);
  }
}

// After `#`, since a server that is asked for `?query=…` may answer the query itself.
const { hash, search } = window.location;
const address = new URLSearchParams(hash.startsWith("#query=") ? hash.slice(1) : search);
window.addEventListener("hashchange", () => window.location.reload());

async function run() {
  let body;
  try {
    body = requestBody(query.value === address.get("query") ? address.get("operationName") : null);
  } catch (error) {
    show("", `The variables are not JSON: ${error.message}`);
    return;
  }
  if (body === asking && /^\s*mutation\b/m.test(query.value)) return; // a second click does not change something twice
  await ask(body);
}

async function ask(body) {
  const mine = ++newest;
  asking = body;
  show("…");
  try {
    await send(body, mine);
  } catch (error) {
    if (mine === newest) show("", `No answer from ${configuration.endpoint} (${error.message}). Is the gateway running?`);
  }
  if (mine === newest) asking = null;
}

// A subscription has no single answer, and needs GraphiQL.
const beginnings = configuration.tabs.filter((each) => !/^subscription\b/m.test(each.query));
const examples = document.getElementById("examples");

function beginWith({ query: text, variables: values }) {
  query.value = text;
  variables.value = values ?? "";
}

examples.append(...beginnings.map(({ about }, index) => new Option(about, index)));
examples.addEventListener("change", () => examples.value && beginWith(beginnings[examples.value]));
if (address.get("query")) {
  examples.prepend(new Option("What the link says", "", true, true));
  beginWith({ query: address.get("query"), variables: address.get("variables") });
} else {
  beginWith(beginnings[0]);
}
onToken(() => unanswered && ask(unanswered));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!event.repeat) run(); // a key that is held down is pressed once
  }
});
