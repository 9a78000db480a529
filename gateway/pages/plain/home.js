// What is going on: looked at again whenever something happens, or, where that is not told, every few seconds.
import { ask, element, subscribe } from "./graphql.js";
import { showNone, showRuns } from "./runs.js";
import { configuration, onToken } from "./token.js";

const SECONDS = 5; // between looks while nobody tells what happens
const FOLLOWING_SECONDS = 60;
const RUNS_SECONDS = 300;

const NOW = `query Now {
  viewer { name scopes organization { name } }
  connectionRequestCounts { status count }
  connectionRequests(first: 6, filter: {status: {eq: PENDING}}) {
    totalCount
    nodes { id orgName kind reason requestedAt viewerCan { approve { isAllowed } } }
  }
}`;

const RUNS = `query Runs($window: TimeWindow!, $from: DateTime!) {
  integrations(first: 12, filter: {dueBetween: $window}) {
    totalCount
    nodes { ...Feed schedule { description nextRuns(first: 60, after: $from) } }
  }
}
fragment Feed on Integration { type integrationType connectionRequest { orgName } }`;

const NEXT = `query Next {
  integrations(first: 100) { nodes { ...Feed schedule { nextRuns(first: 1) } } }
}
fragment Feed on Integration { type integrationType connectionRequest { orgName } }`;

const EVENTS = `query Events {
  events(first: 8) {
    nodes { number type occurredAt door actor { fullName } subject { ... on ConnectionRequest { orgName } } }
  }
}`;

const HAPPENING = "subscription Happening { events { type } }";

const APPROVE = `# With dryRun it says what would be there, and changes nothing.
mutation Approve($id: ID!, $dryRun: Boolean = true) {
  approveConnectionRequest(input: {id: $id, dryRun: $dryRun}) {
    connectionRequest { orgName status }
    errors { code message path }
  }
}
`;

const find = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat();
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const words = (name) => name.toLowerCase().replaceAll("_", " ");

/** Shows something only where it differs from what is there: a screen reader says it once, and what has the focus keeps it. */
const shown = new Map();
function differs(name, value) {
  const text = JSON.stringify(value);
  if (shown.get(name) === text) return false;
  shown.set(name, text);
  return true;
}

function linkTo(query, variables) {
  const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables, null, 2) });
  return `${configuration.endpoint}#${parameters}`;
}

function showViewer({ name, scopes, organization }) {
  if (!differs("viewer", [name, scopes, organization])) return;
  const of = organization ? ` of ${organization.name}` : "";
  find("viewer").replaceChildren("You see what the token ", element("strong", {}, name), `${of} sees; it may ${scopes.join(", ")}.`);
}

function showStatuses(counts) {
  if (!differs("statuses", counts)) return;
  const most = Math.max(1, ...counts.map((each) => each.count));
  const rows = counts.map(({ status, count }) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    bar.setAttribute("viewBox", "0 0 100 10");
    bar.setAttribute("preserveAspectRatio", "none");
    bar.setAttribute("aria-hidden", "true");
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [key, value] of Object.entries({ width: count ? Math.max(1, (100 * count) / most) : 0, height: 10 })) rect.setAttribute(key, value);
    bar.append(rect);
    return element("div", { "data-status": status }, element("dt", {}, words(status)), element("dd", {}, bar, element("span", {}, numbers.format(count))));
  });
  find("statuses").replaceChildren(...rows);
}

function showPending({ totalCount, nodes }) {
  if (!differs("pending", [totalCount, nodes])) return;
  const items = nodes.map(({ id, orgName, kind, reason, requestedAt, viewerCan }) => {
    const what = element("strong", {}, orgName ?? reason ?? words(kind));
    const when = element("span", {}, ` asked on ${date.format(Date.parse(requestedAt))}`);
    const link = element("a", { href: linkTo(APPROVE, { id, dryRun: true }) }, "Approve in GraphiQL");
    return element("li", {}, element("span", {}, what, when), viewerCan.approve.isAllowed ? link : null);
  });
  if (!items.length) items.push(element("li", {}, "Nothing waits for a decision."));
  if (totalCount > nodes.length) items.push(element("li", {}, `And ${numbers.format(totalCount - nodes.length)} more.`));
  find("pending").replaceChildren(...items);
}

function showEvents(nodes) {
  find("log").hidden = false;
  if (!differs("events", nodes)) return;
  const items = nodes.map(({ type, occurredAt, door, actor, subject }) => {
    const what = element("strong", {}, words(type.replace(".", " ")));
    const whose = [subject?.orgName, actor?.fullName && `by ${actor.fullName}`, door && `over ${words(door)}`];
    const time = element("time", { datetime: occurredAt }, moment.format(Date.parse(occurredAt)));
    return element("li", {}, element("span", {}, what, ` ${whose.filter(Boolean).join(", ")}`), time);
  });
  find("events").replaceChildren(...(items.length ? items : [element("li", {}, "Nothing has happened yet.")]));
}

function isShown(isLive) {
  find("live").hidden = !isLive;
  find("asking").hidden = isLive;
  if (!isLive) {
    find("viewer").replaceChildren();
    shown.clear();
  }
}

async function lookNow() {
  const answer = await ask(NOW);
  if (!answer?.data) return answer;
  showViewer(answer.data.viewer);
  showStatuses(answer.data.connectionRequestCounts ?? []);
  showPending(answer.data.connectionRequests);
  isShown(true);
  const log = await ask(EVENTS);
  if (log?.data?.events) showEvents(log.data.events.nodes);
  else find("log").hidden = true;
  return answer;
}

async function lookAhead() {
  const from = Math.floor(Date.now() / 60_000) * 60_000;
  const instant = (milliseconds) => new Date(milliseconds).toISOString();
  const window = { from: instant(from), to: instant(from + 24 * 3600_000) };
  const answer = await ask(RUNS, { window, from: instant(from - 1000) });
  const feeds = answer?.data?.integrations;
  if (!feeds) return;
  if (feeds.nodes.length) {
    showRuns(find("runs"), feeds.nodes, feeds.totalCount ?? feeds.nodes.length, from);
    return;
  }
  const next = await ask(NEXT);
  if (next?.data) showNone(find("runs"), next.data.integrations.nodes);
}

async function lookAtHealth() {
  const response = await fetch(configuration.ready);
  const { status } = await response.json();
  find("health").textContent = status === "ok" ? "The process lives, and its store answers." : `Ready: ${status}.`;
}

let following = null;

/** Looks again at each event, until the stream ends; then the timer alone looks, and another stream is begun. */
async function followEvents() {
  const mine = new AbortController();
  following = mine;
  try {
    const results = await subscribe(HAPPENING, mine);
    if (results) for await (const { data } of results) if (data?.events?.type) look();
  } catch {
    // The next look says what is wrong.
  }
  if (following !== mine) return;
  following = null;
  lookLater();
}

function stopFollowing() {
  following?.abort();
  following = null;
}

let timer;
let aheadAt = -Infinity;
let round = 0;

function lookLater() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, (following ? FOLLOWING_SECONDS : SECONDS) * 1000);
}

/** Looks, and looks again later. Only the newest round goes on. */
async function look() {
  clearTimeout(timer);
  const mine = ++round;
  try {
    const answer = await lookNow();
    if (mine !== round) return;
    if (!answer?.data) isShown(false);
    if (!answer) return; // there is a token to be entered first
    if (answer.data && !following) followEvents();
    if (answer.data && performance.now() - aheadAt > RUNS_SECONDS * 1000) {
      aheadAt = performance.now();
      await lookAhead();
    }
  } catch {
    find("viewer").textContent = "The gateway does not answer at the moment.";
    shown.delete("viewer");
  }
  if (mine === round) lookLater();
}

onToken(() => {
  stopFollowing();
  aheadAt = -Infinity;
  isShown(false);
  look();
});
document.addEventListener("visibilitychange", () => (document.hidden ? stopFollowing() : look()));
lookAtHealth().catch(() => {});
look();
