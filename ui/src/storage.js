// What the page remembers: tabs, history and layout in localStorage; the access token in sessionStorage only.

const PREFIX = "gateway:";
const PERSIST_HEADERS = "graphiql:shouldPersistHeaders";
const HISTORY = ["graphiql:queries", "graphiql:favorites"];
const TOKEN = `${PREFIX}token`;

/** A storage that may be switched off by the browser's settings: then nothing is remembered. */
function available(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

const local = available("localStorage");
const session = available("sessionStorage");

export function shouldPersistHeaders() {
  return local?.getItem(PREFIX + PERSIST_HEADERS) === "true";
}

function withoutHeaders(text) {
  return JSON.stringify(JSON.parse(text), (key, value) => (key === "headers" ? undefined : value));
}

function ownKeys() {
  return local ? Object.keys(local).filter((key) => key.startsWith(PREFIX)) : [];
}

/**
 * GraphiQL's storage under a prefix of our own, so that another GraphiQL on the same host and port keeps its tabs to itself.
 * GraphiQL's history would write the headers of every request, tokens included, to the disk: they go in only if the user
 * switched "Persist headers" on.
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
    const kept = HISTORY.includes(key) && !shouldPersistHeaders() ? withoutHeaders(value) : value;
    local?.setItem(PREFIX + key, kept);
    if (key === PERSIST_HEADERS && value !== "true") {
      for (const name of HISTORY) {
        const entries = this.getItem(name);
        if (entries) local?.setItem(PREFIX + name, withoutHeaders(entries));
      }
    }
  },
};

export function storedToken() {
  return session?.getItem(TOKEN) ?? null;
}

export function storeToken(token) {
  session?.setItem(TOKEN, token);
}
