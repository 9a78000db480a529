// What the page remembers beside the access token: tabs, history and layout, in localStorage.

const PREFIX = "gateway:";
const PERSIST_HEADERS = "graphiql:shouldPersistHeaders";
const HEADERS = "graphiql:headers";
const WITH_HEADERS = ["graphiql:tabState", "graphiql:queries", "graphiql:favorites"];

/** A storage that may be switched off by the browser's settings: then nothing is remembered. */
function available(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

const local = available("localStorage");

export function shouldPersistHeaders() {
  return local?.getItem(PREFIX + PERSIST_HEADERS) === "true";
}

function withoutHeaders(text) {
  return JSON.stringify(JSON.parse(text), (key, value) => (key === "headers" ? null : value));
}

function ownKeys() {
  return local ? Object.keys(local).filter((key) => key.startsWith(PREFIX)) : [];
}

/**
 * GraphiQL's storage under a prefix of our own, so that another GraphiQL on the same host and port keeps its tabs to itself.
 * GraphiQL's history would write the headers of every request, tokens included, to the disk, and its tabs are written half a
 * second late, after the user may have switched "Persist headers" off. So what reaches the disk is decided here, at the write.
 */
export const pageStorage = {
  get length() {
    return ownKeys().length;
  },
  clear() {
    for (const key of ownKeys()) local.removeItem(key);
  },
  getItem(key) {
    return local?.getItem(PREFIX + key) ?? null;
  },
  removeItem(key) {
    local?.removeItem(PREFIX + key);
  },
  setItem(key, value) {
    const persist = shouldPersistHeaders();
    if (key === HEADERS && !persist) return;
    local?.setItem(PREFIX + key, WITH_HEADERS.includes(key) && !persist ? withoutHeaders(value) : value);
    if (key === PERSIST_HEADERS && value !== "true") forgetHeaders();
  },
};

function forgetHeaders() {
  pageStorage.removeItem(HEADERS);
  for (const key of WITH_HEADERS) {
    const value = pageStorage.getItem(key);
    if (value) pageStorage.setItem(key, value);
  }
}
