// Operations sent to the gateway with the access token of the page.
import { follow } from "./events.js";
import { accepted, configuration, refused, token } from "./token.js";

export const PATIENCE = 60_000; // milliseconds: a connection that died while the computer slept answers nothing, and fails by nothing

/**
 * The answer to an operation, `{data, errors}`; null where the token is missing or refused, which the page then says, or where another
 * has taken its place. Plain JSON is asked for: a part that cannot be had is a member of the answer, and no status of a failure.
 */
export async function ask(query, variables = {}) {
  const used = token();
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  if (used) headers.Authorization = `Bearer ${used}`;
  const request = { method: "POST", headers, body: JSON.stringify({ query, variables }), signal: AbortSignal.timeout(PATIENCE) };
  const response = await fetch(configuration.endpoint, request);
  const answer = await response.json();
  if (used !== token()) return null;
  if (response.status === 401) {
    refused();
    return null;
  }
  accepted();
  return answer;
}

/**
 * The results of a subscription as they come, from `follow`; null where there are none to be had.
 *
 * @param {AbortController} stopping ends it
 */
export async function subscribe(query, variables, stopping) {
  const headers = { Accept: "text/event-stream", "Content-Type": "application/json", Authorization: `Bearer ${token()}` };
  const request = { method: "POST", headers, body: JSON.stringify({ query, variables }), signal: stopping.signal };
  const response = await fetch(configuration.endpoint, request);
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  return isStream ? follow(response.body, stopping) : null;
}

/** The address of GraphiQL with an operation in a tab; its variables are JSON text. */
export function linkTo(query, variables) {
  return `${configuration.endpoint}#${new URLSearchParams({ query, ...(variables && { variables }) })}`;
}

export const numbers = new Intl.NumberFormat();

/** The words of a name in capitals. */
export const words = (name) => name.toLowerCase().replaceAll("_", " ");

/** An element with its text and attributes; a null child is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...children.filter((each) => each !== null && each !== ""));
  return made;
}
