// What is going on: looked at again whenever something happens, or, where that is not told, every few seconds.
import { showDay } from "./day.js";
import { lookFor } from "./finding.js";
import { ask, element, linkTo, numbers, PATIENCE, subscribe } from "./graphql.js";
import { forget, showEvents, showPending, showStatuses, showViewer, tellTimes } from "./overview.js";
import { showNone, showRuns } from "./runs.js";
import { changeToken, configuration, onToken, token } from "./token.js";

const SECONDS = 5; // between looks while nobody tells what happens
const FOLLOWING_SECONDS = 60;
const RUNS_SECONDS = 300;
const BREATH = 200; // milliseconds between two looks while one thing happens after the other
const LANES = 12; // feeds that have a row each in the picture; where there are more, it is one of all together

const NOW = `query Now {
  eventCursor
  viewer { name scopes person { fullName jobTitle } organization { name timezone } }
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

const HAPPENING = "subscription Happening($after: String!) { events(after: $after) { type resync } }";

const find = (id) => document.getElementById(id);

/** An answer without data, whose words are the gateway's own. */
class Refusal extends Error {}

/** What another organization has is gone before anything of the next one comes. */
function clear() {
  find("live").hidden = true;
  find("log").hidden = true;
  for (const id of ["viewer", "runs", "events"]) find(id).replaceChildren(); // they come later than the rest
  aheadAt = -Infinity;
  forget();
}

/** What stands where nothing can be seen yet. */
function wait(text, isPatient = false) {
  find("asking").textContent = text;
  find("asking").classList.toggle("patient", isPatient);
  find("asking").hidden = false;
}

function say(text) {
  if (find("viewer").textContent !== text) find("viewer").textContent = text;
  forget();
}

/** Shows what there is; null where there is a token to be entered first. */
async function lookNow() {
  const answer = await ask(NOW);
  if (!answer) return null;
  if (!answer.data) throw new Refusal(answer.errors?.[0]?.message ?? answer.detail ?? "The gateway gives no answer.");
  showViewer(find("viewer"), answer.data.viewer);
  showStatuses(find("statuses"), answer.data.connectionRequestCounts ?? [], find("nothing"));
  showPending(find("pending"), answer.data.connectionRequests);
  find("live").hidden = false;
  find("asking").hidden = true;
  const log = await ask(EVENTS);
  if (!log) return null;
  find("log").hidden = !log.data?.events;
  if (log.data?.events) showEvents(find("events"), log.data.events.nodes);
  tellTimes();
  return answer;
}

/**
 * Shows the runs of the next 24 hours; whether they could be had.
 *
 * @param {() => boolean} isWanted whether the page still uses the token that they were asked for with
 * @param {string} zone IANA name of the time zone that the schedules mean
 */
async function lookAhead(isWanted, zone) {
  const from = Math.floor(Date.now() / 60_000) * 60_000;
  const [start, end] = [from, from + 24 * 3600_000].map((each) => new Date(each).toISOString());
  const within = { window: { from: start, to: end }, from: new Date(from - 1000).toISOString(), to: end };
  let feeds;
  for (const first of [MOST, LANES]) {
    feeds ??= (await ask(RUNS, { first, ...within }))?.data?.integrations;
    if (!isWanted()) return false;
  }
  if (!feeds) return false;
  const total = feeds.totalCount ?? feeds.nodes.length;
  if (feeds.nodes.length > LANES) {
    showDay(find("runs"), feeds.nodes, total, from);
  } else if (feeds.nodes.length) {
    showRuns(find("runs"), feeds.nodes, from, zone);
    const more = total - feeds.nodes.length;
    if (more > 0) find("runs").append(element("p", {}, `${numbers.format(more)} more feeds run in this time.`));
  } else {
    const next = await ask(NEXT);
    if (!next?.data || !isWanted()) return false;
    showNone(find("runs"), next.data.integrations.nodes);
  }
  return true;
}

let newestHealth = 0;

async function lookAtHealth() {
  const mine = ++newestHealth;
  let said = "The server does not answer.";
  try {
    const response = await fetch(configuration.ready, { signal: AbortSignal.timeout(PATIENCE) });
    const { status } = await response.json();
    said = status === "ok" ? "The server and its database are up." : `Ready: ${status}.`;
  } catch {
    // That is what is said.
  }
  if (mine === newestHealth) find("health").textContent = said;
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
    if (results) for await (const { data } of results) if (data?.events?.type || data?.events?.resync) look();
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
let aheadAt = -Infinity; // by the clock of the day: others stop while the computer sleeps
let tokensUsed = 0; // one after the other
let isLooking = false;
let isToLookAgain = false;
let isLost = false;

function lookLater() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, (following ? FOLLOWING_SECONDS : SECONDS) * 1000);
}

/** Looks ahead where that was long ago; again in a minute where nothing could be had. */
async function lookAheadWhereDue(isWanted, zone) {
  if (Math.abs(Date.now() - aheadAt) < RUNS_SECONDS * 1000) return;
  aheadAt = Date.now();
  const isSeen = await lookAhead(isWanted, zone).catch(() => false);
  if (!isSeen && isWanted()) aheadAt = Date.now() - (RUNS_SECONDS - FOLLOWING_SECONDS) * 1000;
}

async function lookOnce(isWanted) {
  try {
    const answer = await lookNow();
    if (!isWanted()) return;
    if (!answer) {
      stopFollowing();
      clear();
      wait("Enter an access token above to see what is going on.");
      return; // there is nothing to look at until another token comes
    }
    if (isLost) lookAtHealth();
    isLost = false;
    // Not behind other tabs: a browser opens six connections at most, which those that are looked at need.
    if (!following && !document.hidden) followEvents(answer.data.eventCursor);
    lookAheadWhereDue(isWanted, answer.data.viewer.organization?.timezone);
  } catch (error) {
    if (!isWanted()) return;
    find("asking").hidden = true;
    const what = error instanceof Refusal ? error.message : "The gateway does not answer at the moment.";
    say(`${what} This page tries again by itself.`);
    isLost = true;
    lookAtHealth();
  }
  lookLater();
}

/** Looks, and looks again later. What happens meanwhile is looked at afterwards: no answer comes after a newer one. */
async function look() {
  clearTimeout(timer);
  isToLookAgain = isLooking;
  if (isLooking) return;
  const mine = tokensUsed;
  const isWanted = () => mine === tokensUsed;
  isLooking = true;
  await lookOnce(isWanted);
  if (isToLookAgain) await new Promise((later) => setTimeout(later, BREATH));
  if (!isWanted()) return; // the next one's look is under way
  isLooking = false;
  if (isToLookAgain) look();
}

/** Begins anew, with the token that is used from now on. */
function begin() {
  tokensUsed += 1;
  isLooking = false;
  stopFollowing();
  clear();
  wait("Asking the gateway …", true);
  look();
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

onToken(begin);
document.addEventListener("visibilitychange", () => (document.hidden ? stopFollowing() : look()));
// What was followed over another network is not heard of any more.
window.addEventListener("online", () => {
  stopFollowing();
  look();
});
offerDemonstrations();
offerOperations();
lookFor(find("find"), find("words"), find("found"), find("matches"));
lookAtHealth();
begin();
