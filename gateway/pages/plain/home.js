// What is going on: looked at again whenever something happens, or, where that is not told, every few seconds.
import { showDay } from "./day.js";
import { lookFor } from "./finding.js";
import { ask, element, linkTo, numbers, subscribe } from "./graphql.js";
import { forget, showEvents, showPending, showStatuses, showViewer } from "./overview.js";
import { showNone, showRuns } from "./runs.js";
import { changeToken, configuration, onToken, token } from "./token.js";

const SECONDS = 5; // between looks while nobody tells what happens
const FOLLOWING_SECONDS = 60;
const RUNS_SECONDS = 300;
const LANES = 12; // feeds that have a row each in the picture; where there are more, it is one of all together

const NOW = `query Now {
  eventCursor
  viewer { name scopes person { fullName jobTitle } organization { name } }
  connectionRequestCounts { status count }
  connectionRequests(first: 6, filter: {status: {eq: PENDING}}) {
    totalCount
    nodes { id orgName kind reason requestedAt requester { fullName } viewerCan { approve { isAllowed } } }
  }
}`;

const MOST = 500; // feeds of the picture; fewer are asked for where so many cost more than the gateway lets one operation cost

const RUNS = `query Runs($first: Int!, $window: TimeWindow!, $from: DateTime!, $to: DateTime!) {
  integrations(first: $first, filter: {dueBetween: $window, connectionRequest: {status: {in: [APPROVED, PENDING]}}}) {
    totalCount
    nodes { ...Feed schedule { description nextRuns(first: 100, after: $from, before: $to) } }
  }
}
fragment Feed on Integration { type integrationType connectionRequest { orgName } }`;

const NEXT = `query Next {
  integrations(first: 100) { nodes { ...Feed schedule { nextRuns(first: 1) } } }
}
fragment Feed on Integration { type integrationType connectionRequest { orgName } }`;

const EVENTS = `query Events {
  events(first: 7) {
    nodes {
      number type occurredAt door
      actor { fullName }
      subject {
        ... on ConnectionRequest { orgName reason }
        ... on Comment { connectionRequest { orgName reason } }
        ... on ConnectedAccount { account: name }
        ... on File { file: name }
      }
    }
  }
}`;

const HAPPENING = "subscription Happening($after: String!) { events(after: $after) { type } }";

const find = (id) => document.getElementById(id);

function isShown(isLive) {
  find("live").hidden = !isLive;
  find("asking").hidden = isLive;
  find("viewer").hidden = !isLive;
  if (!isLive) {
    for (const id of ["viewer", "runs", "events"]) find(id).replaceChildren(); // they come later than the rest
    find("log").hidden = true;
    aheadAt = -Infinity;
    forget();
  }
}

async function lookNow() {
  const answer = await ask(NOW);
  if (!answer?.data) return answer;
  showViewer(find("viewer"), answer.data.viewer);
  showStatuses(find("statuses"), answer.data.connectionRequestCounts ?? [], find("nothing"));
  showPending(find("pending"), answer.data.connectionRequests);
  isShown(true);
  const log = await ask(EVENTS);
  find("log").hidden = !log?.data?.events;
  if (log?.data?.events) showEvents(find("events"), log.data.events.nodes);
  return answer;
}

/** Shows the runs of the next 24 hours; whether they could be had. */
async function lookAhead() {
  const from = Math.floor(Date.now() / 60_000) * 60_000;
  const [start, end] = [from, from + 24 * 3600_000].map((each) => new Date(each).toISOString());
  const within = { window: { from: start, to: end }, from: new Date(from - 1000).toISOString(), to: end };
  let feeds;
  for (const first of [MOST, LANES]) feeds ??= (await ask(RUNS, { first, ...within }))?.data?.integrations;
  if (!feeds) return false;
  const total = feeds.totalCount ?? feeds.nodes.length;
  if (feeds.nodes.length > LANES) {
    showDay(find("runs"), feeds.nodes, total, from);
  } else if (feeds.nodes.length) {
    showRuns(find("runs"), feeds.nodes, from);
    const more = total - feeds.nodes.length;
    if (more > 0) find("runs").append(element("p", {}, `${numbers.format(more)} more feeds run in this time.`));
  } else {
    const next = await ask(NEXT);
    if (!next?.data) return false;
    showNone(find("runs"), next.data.integrations.nodes);
  }
  return true;
}

async function lookAtHealth() {
  const response = await fetch(configuration.ready);
  const { status } = await response.json();
  find("health").textContent = status === "ok" ? "The server and its database are up." : `Ready: ${status}.`;
}

let following = null;

/**
 * Looks again at each event, until the stream ends; then the timer alone looks, and another stream is begun.
 *
 * @param {string} after the cursor that was read with what is shown: what happens until the stream stands is told, too
 */
async function followEvents(after) {
  const mine = new AbortController();
  following = mine;
  try {
    const results = await subscribe(HAPPENING, { after }, mine);
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
    if (answer.data && !following) followEvents(answer.data.eventCursor);
    if (answer.data && performance.now() - aheadAt > RUNS_SECONDS * 1000) {
      const begun = (aheadAt = performance.now());
      if (!(await lookAhead()) && aheadAt === begun) aheadAt -= (RUNS_SECONDS - FOLLOWING_SECONDS) * 1000; // again in a minute
    }
  } catch {
    find("viewer").hidden = false;
    find("viewer").textContent = "The gateway does not answer at the moment. This page tries again by itself.";
    forget();
  }
  if (mine === round) lookLater();
}

/** The organizations of a demonstration, each a button that has the page show it. */
function offerDemonstrations() {
  const buttons = configuration.tokens.map(({ token: value, shows }) => {
    const button = element("button", { type: "button" }, element("strong", {}, shows), element("code", {}, value));
    button.addEventListener("click", () => changeToken(value));
    return [value, button];
  });
  const press = (used) => buttons.forEach(([value, button]) => button.setAttribute("aria-pressed", String(value === used)));
  onToken(press);
  press(token());
  find("demonstrations").append(...buttons.map(([, button]) => button));
  find("demonstrations").hidden = !buttons.length;
}

function offerOperations() {
  const items = configuration.operations.map(({ about, query, variables }) => {
    const [, name] = /^(?:query|mutation|subscription) (\w+)/m.exec(query);
    const [title, ...others] = name.split(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/);
    return element("li", {}, element("a", { href: linkTo(query, variables) }, element("strong", {}, [title, ...others.map((each) => each.toLowerCase())].join(" ")), " ", element("span", {}, about)));
  });
  find("try").replaceChildren(...items);
}

onToken(() => {
  stopFollowing();
  isShown(false);
  look();
});
document.addEventListener("visibilitychange", () => (document.hidden ? stopFollowing() : look()));
offerDemonstrations();
offerOperations();
lookFor(find("find"), find("words"), find("found"), find("matches"));
lookAtHealth().catch(() => {});
look();
