// A query page without any dependency, for servers whose GraphiQL bundle was not built.

const configuration = JSON.parse(document.getElementById("configuration").textContent);
const [form, token, query, variables, hint, answer] = ["operation", "token", "query", "variables", "hint", "answer"].map((id) =>
  document.getElementById(id),
);

// The token stays in this browser tab: sessionStorage ends with it. It may be switched off by the browser's settings.
const remembered = {
  read: () => {
    try {
      return sessionStorage.getItem("gateway:token");
    } catch {
      return null;
    }
  },
  write: (value) => {
    try {
      sessionStorage.setItem("gateway:token", value);
    } catch {
      // The field itself still holds it.
    }
  },
};

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

async function send(body) {
  const headers = {
    Accept: "application/graphql-response+json, application/json;q=0.9",
    "Content-Type": "application/json",
  };
  const credential = token.value.trim();
  remembered.write(credential);
  if (credential) headers.Authorization = `Bearer ${credential}`;
  const response = await fetch(configuration.endpoint, { method: "POST", headers, body });
  const text = await response.text();
  const problem =
    response.status === 401
      ? `The gateway ${credential ? "did not accept the token" : "asks for a token"}: enter it under Access token. The command gateway token create makes one.`
      : "";
  try {
    show(JSON.stringify(JSON.parse(text), null, 2), problem);
  } catch {
    show(text, problem || `The server answered ${response.status} without JSON.`);
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
  show("…");
  try {
    await send(body);
  } catch (error) {
    show("", `No answer from ${configuration.endpoint} (${error.message}). Is the gateway running?`);
  }
}

query.value = address.get("query") || configuration.query;
variables.value = address.get("variables") || "";
token.value = remembered.read() ?? configuration.token ?? "";
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
