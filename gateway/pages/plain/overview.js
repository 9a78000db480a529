// What there is at the moment: who looks, how many requests there are, which of them wait, what happened last.
import { element, linkTo, numbers, words } from "./graphql.js";
import { draw } from "./runs.js";

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const STEPS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];
const DAYS = 30; // from which on a date says more than its distance

const OF_STATUS = `query OfStatus($status: ConnectionRequestStatus!) {
  connectionRequests(first: 20, filter: {status: {eq: $status}}) {
    totalCount
    nodes {
      orgName
      reason
      requestedAt
      requester { fullName }
      decision { decidedAt comment decidedBy { fullName } }
    }
  }
}
`;

const APPROVE = `# With dryRun: true it shows the result without changing anything.
mutation Approve($id: ID!, $dryRun: Boolean = true) {
  approveConnectionRequest(input: {id: $id, dryRun: $dryRun}) {
    connectionRequest { orgName status }
    errors { code message path }
  }
}
`;

/** Events in the words of a person, where there are such. */
const DONE = {
  "connection_request.created": "requested a connection",
  "connection_request.updated": "changed a request",
  "connection_request.approved": "approved a request",
  "connection_request.denied": "denied a request",
  "connection_request.canceled": "withdrew a request",
  "comment.created": "commented on a request",
  "file.created": "uploaded a file",
  "connected_account.created": "connected an account",
  "connected_account.updated": "changed an account",
};

const DOORS = {
  GRAPHQL: "through GraphQL",
  CLI: "by the command line",
  CRUX: "through Crux Connect's API",
  OPAL: "through Opal's API",
  ACTIVECAMPAIGN: "through ActiveCampaign's API",
  OPENINT: "through OpenInt's API",
};

/** Shows something only where it differs from what is there: a screen reader says it once, and what has the focus keeps it. */
const shown = new Map();
function differs(name, value) {
  const text = JSON.stringify(value);
  if (shown.get(name) === text) return false;
  shown.set(name, text);
  return true;
}

/** Has everything shown anew. */
export const forget = () => shown.clear();

/** When something was, as its distance where it is near. The server's clock may be ahead of this one: nothing was in the future. */
function distance(at) {
  const ago = Math.max(0, Date.now() - at);
  const [unit, length] = STEPS.find(([, each]) => ago >= each) ?? STEPS.at(-1);
  const count = Math.floor(ago / length);
  return unit === "day" && count > DAYS ? moment.format(at) : relative.format(-count, unit);
}

function timeOf(text) {
  const at = Date.parse(text);
  return element("time", { datetime: text, title: moment.format(at), class: "ago" }, distance(at));
}

/** Tells the distances anew of what is shown already. */
export function tellTimes() {
  for (const time of document.querySelectorAll("time.ago")) {
    const told = distance(Date.parse(time.dateTime));
    if (time.textContent !== told) time.textContent = told;
  }
}

export function showViewer(place, { name, scopes, person, organization }) {
  if (!differs("viewer", [name, scopes, person, organization])) return;
  const strong = (text) => element("strong", {}, text);
  const who = person?.fullName ? ["You are ", strong(person.fullName), person.jobTitle ? `, ${person.jobTitle}` : "", " at "] : ["You see "];
  const where = strong(organization?.name ?? "an organization");
  place.replaceChildren(...who, where, ", with the token ", element("code", {}, name), ` (${scopes.join(", ")}).`);
}

export function showStatuses(place, counts, nothing) {
  if (!differs("statuses", counts)) return;
  nothing.hidden = counts.some((each) => each.count);
  const all = Math.max(1, counts.reduce((sum, each) => sum + each.count, 0));
  const tiles = counts.map(({ status, count }) => {
    const share = draw("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" });
    share.append(draw("rect", { width: count ? Math.max(1.5, (100 * count) / all) : 0, height: 6 }));
    const link = element(
      "a",
      { href: linkTo(OF_STATUS, JSON.stringify({ status }, null, 2)) },
      element("strong", {}, numbers.format(count)),
      " ",
      element("span", {}, words(status)),
      share,
    );
    return element("li", { "data-status": status }, link);
  });
  place.replaceChildren(...tiles);
}

export function showPending(place, { totalCount, nodes }) {
  if (!differs("pending", [totalCount, nodes])) return;
  const items = nodes.map(({ id, orgName, kind, reason, requestedAt, requester, viewerCan }) => {
    const what = element("strong", {}, orgName ?? reason ?? words(kind));
    const asked = element("span", {}, requester?.fullName ? `requested by ${requester.fullName}, ` : "requested ", timeOf(requestedAt));
    const operation = linkTo(APPROVE, JSON.stringify({ id, dryRun: true }, null, 2));
    const name = `Approve in GraphiQL: ${what.textContent}`; // beside the others in a screen reader's list of links
    const link = viewerCan.approve.isAllowed ? element("a", { href: operation, "aria-label": name }, "Approve in GraphiQL") : null;
    return element("li", {}, element("div", {}, what, asked), link);
  });
  if (!items.length) items.push(element("li", {}, "No request is waiting for a decision."));
  if (totalCount > nodes.length) {
    const all = linkTo(OF_STATUS, JSON.stringify({ status: "PENDING" }, null, 2));
    items.push(element("li", {}, element("a", { href: all }, `And ${numbers.format(totalCount - nodes.length)} more.`)));
  }
  place.replaceChildren(...items);
}

function subjectOf(subject) {
  const of = subject?.connectionRequest ?? subject;
  return of?.orgName ?? of?.account ?? of?.file ?? of?.reason ?? null;
}

export function showEvents(place, nodes) {
  if (!differs("events", nodes)) return;
  const items = nodes.map(({ type, occurredAt, door, actor, subject }) => {
    const done = actor?.fullName && DONE[type];
    const what = done ? [element("strong", {}, actor.fullName), ` ${done}`] : [element("strong", {}, words(type.replace(".", " ")))];
    const about = subjectOf(subject);
    const by = !done && actor?.fullName ? `by ${actor.fullName}, ` : "";
    const whence = element("span", {}, by, door ? `${DOORS[door] ?? words(door)}, ` : "", timeOf(occurredAt));
    return element("li", {}, element("div", {}, element("p", {}, ...what, about ? `: ${about}` : ""), whence));
  });
  place.replaceChildren(...(items.length ? items : [element("li", {}, "Nothing has happened yet.")]));
}
