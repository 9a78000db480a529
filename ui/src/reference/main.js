// The REST reference: Swagger UI with the access token of the bar above it, one vendor at a time, and the graph's equivalents.
import "swagger-ui-dist/swagger-ui.css";
import "../../../gateway/pages/plain/prose.css";
import "./reference.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { accepted, configuration, onToken, refused, token } from "../../../gateway/pages/plain/token.js";
import { equivalents } from "./equivalents.js";
import { hasNoBody, keepMending, repairs } from "./repairs.js";

const place = document.getElementById("reference");
const links = [...document.querySelectorAll("#vendors a")];

function chosen() {
  const [name] = window.location.hash.slice(1).split("/");
  return configuration.vendors.find((each) => each.name === name) ?? configuration.vendors[0];
}

/** Puts the token where a vendor's callers put it. */
function authorized(request, { header, scheme }) {
  if (hasNoBody(request.method ?? "GET")) {
    delete request.body;
    delete request.headers["Content-Type"];
  }
  if (token()) request.headers[header] = [scheme, token()].filter(Boolean).join(" ");
  return request;
}

/** The description of a vendor's paths; null where the page has it not, or needs another one by now. */
async function read(vendor, isWanted) {
  const response = await fetch(vendor.document, { headers: token() ? { Authorization: `Bearer ${token()}` } : {} });
  if (!isWanted()) return null;
  if (response.status === 401) {
    refused();
    place.replaceChildren(said("The descriptions of the paths are shown to whoever has a token."));
    return null;
  }
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  accepted();
  return response.json();
}

function said(text) {
  const paragraph = document.createElement("p");
  paragraph.className = "said";
  paragraph.textContent = text;
  return paragraph;
}

let asked = 0;

async function show() {
  const vendor = chosen();
  for (const link of links) {
    if (link.hash === `#${vendor.name}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.title = `${vendor.title}: REST reference`;
  const number = ++asked;
  const isWanted = () => number === asked;
  let spec;
  try {
    spec = await read(vendor, isWanted);
  } catch (error) {
    if (isWanted()) place.replaceChildren(said(`No description: ${error.message} Is the gateway running?`));
    return;
  }
  if (!spec || !isWanted()) return;
  if (configuration.root) spec.servers = [{ url: configuration.root }];
  const heading = document.createElement("h2");
  heading.className = "unseen";
  heading.textContent = vendor.title;
  const node = document.createElement("div");
  place.replaceChildren(heading, node);
  SwaggerUI({
    spec,
    domNode: node,
    layout: "OperationsAlone",
    plugins: [equivalents(configuration.endpoint), repairs],
    requestInterceptor: (request) => authorized(request, vendor),
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    validatorUrl: null,
    syntaxHighlight: { activated: false },
    tryItOutEnabled: false,
    requestSnippetsEnabled: false,
  });
}

keepMending(place);
onToken(show);
window.addEventListener("hashchange", show);
show();
