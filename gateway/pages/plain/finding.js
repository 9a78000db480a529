// Requests that are found by words, as they are typed.
import { ask, element, linkTo, numbers, words } from "./graphql.js";
import { onToken } from "./token.js";

const PAUSE = 250; // milliseconds between the last letter and the question

const FOUND = `query Found($words: String!) {
  connectionRequestCounts(filter: {search: $words}) { status count }
  connectionRequests(first: 6, filter: {search: $words}) {
    totalCount
    nodes { id orgName reason status additionalInformation }
  }
}`;

const ONE = `query Request($id: ID!) {
  connectionRequest(id: $id) {
    orgName
    orgContactFullName
    reason
    additionalInformation
    status
    requestedAt
    requester { fullName jobTitle }
    decision { outcome decidedAt comment decidedBy { fullName } }
    comments(first: 10) { nodes { body author { fullName } createdAt } }
    integrations(first: 10) { nodes { type schedule { description nextRuns(first: 2) } fileSpecs rules } }
    uploadedFiles(first: 5) { nodes { name contentType size downloadUrl } }
    connectedAccounts(first: 5) { nodes { service name status lastSyncedAt } }
    history(first: 10) { nodes { type occurredAt door actor { fullName } } }
  }
}
`;

function item({ id, orgName, reason, status, additionalInformation }) {
  const name = orgName ?? reason ?? "unnamed";
  const more = additionalInformation || (orgName ? reason : null);
  const link = element("a", { href: linkTo(ONE, JSON.stringify({ id }, null, 2)) }, name);
  const said = element("div", {}, element("strong", {}, link), more ? element("span", {}, more) : null);
  return element("li", {}, said, element("span", { class: "status", "data-status": status }, words(status)));
}

function said({ connectionRequestCounts: counts, connectionRequests: { totalCount, nodes } }) {
  if (!nodes.length) return "None has these words.";
  const parts = (counts ?? []).filter((each) => each.count).map(({ status, count }) => `${numbers.format(count)} ${words(status)}`);
  return `${numbers.format(totalCount ?? nodes.length)} found: ${parts.join(", ")}.`;
}

/** Looks for what is typed into a field; says how many were found, and lists the newest. */
export function lookFor(form, field, status, list) {
  let timer;
  let newest = 0;

  function clear() {
    status.textContent = "";
    list.replaceChildren();
  }

  async function look() {
    const mine = ++newest;
    const text = field.value.trim();
    if (!text) {
      clear();
      return;
    }
    let answer;
    try {
      answer = await ask(FOUND, { words: text });
    } catch {
      answer = { errors: [{ message: "The gateway does not answer at the moment." }] };
    }
    if (mine !== newest) return;
    if (!answer?.data?.connectionRequests) {
      status.textContent = answer?.errors?.[0]?.message ?? "";
      list.replaceChildren();
      return;
    }
    status.textContent = said(answer.data);
    list.replaceChildren(...answer.data.connectionRequests.nodes.map(item));
  }

  const lookNow = () => {
    clearTimeout(timer);
    look();
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    lookNow();
  });
  onToken(() => {
    clear(); // what another organization has
    lookNow();
  });
}
