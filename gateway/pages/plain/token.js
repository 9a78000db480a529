// The access token of plain pages: its form in the bar, and the banner of one that is refused or missing.

export const configuration = JSON.parse(document.getElementById("configuration").textContent);

const KEY = "gateway:token";
const CHOICE = "gateway:demonstration";
const form = document.getElementById("token-form");
const field = document.getElementById("access-token");
const button = form.querySelector("button");
const banner = document.getElementById("banner");
const listeners = [];
let current = "";

// The token stays in this browser tab: sessionStorage ends with it. It may be switched off by the browser's settings.
function remembered() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

// Other tabs begin with the demonstration that was chosen last, of which they remember what it shows, not the token.
function chosen() {
  try {
    const shows = localStorage.getItem(CHOICE);
    return configuration.tokens.find((each) => each.shows === shows)?.token;
  } catch {
    return undefined;
  }
}

function remember(value) {
  try {
    sessionStorage.setItem(KEY, value);
    const demonstration = configuration.tokens.find((each) => each.token === value);
    if (demonstration) localStorage.setItem(CHOICE, demonstration.shows);
  } catch {
    // The variable still holds it.
  }
}

/** The token in use; "" where there is none. */
export const token = () => current;

/** Calls a function whenever another token is used. */
export const onToken = (listener) => listeners.push(listener);

/** Uses a token from now on. */
export function changeToken(value) {
  current = value.trim();
  field.value = current;
  remember(current);
  accepted();
  for (const each of listeners) each(current);
}

function showButton() {
  const applied = field.value.trim() === current && banner.hidden;
  button.disabled = applied;
  button.textContent = applied && current ? "In use" : "Use";
}

/** Takes the banner away: the gateway took the token, or it is to be tried. */
export function accepted() {
  banner.hidden = true;
  form.classList.remove("attention");
  field.removeAttribute("aria-invalid");
  showButton();
}

/** Says on the page that the gateway did not accept the token, or wants one. */
export function refused() {
  const text = document.createElement("p");
  const command = document.createElement("code");
  command.textContent = "gateway token create";
  text.append(
    current ? "The gateway did not accept the token: enter another" : "The gateway asks for a token: enter it",
    " under Access token. ",
    command,
    " makes one.",
  );
  banner.replaceChildren(text, ...configuration.tokens.map(choice));
  banner.hidden = false;
  form.classList.add("attention");
  field.setAttribute("aria-invalid", "true");
  showButton();
}

function choice({ token: value, shows }) {
  const use = document.createElement("button");
  use.type = "button";
  use.textContent = `Use ${value}`;
  use.title = shows;
  use.addEventListener("click", () => changeToken(value));
  return use;
}

function demonstrations() {
  const select = document.createElement("select");
  select.setAttribute("aria-label", "Demonstration");
  select.append(...configuration.tokens.map(({ token: value, shows }) => new Option(shows, value)), new Option("Your own token", ""));
  const choose = (value) => {
    select.value = configuration.tokens.some((each) => each.token === value) ? value : "";
  };
  select.addEventListener("change", () => {
    if (select.value) {
      changeToken(select.value);
      return;
    }
    field.value = "";
    field.focus();
    showButton();
  });
  onToken(choose);
  choose(current);
  return select;
}

current = remembered() ?? chosen() ?? configuration.tokens[0]?.token ?? "";
field.value = current;
if (configuration.tokens.length > 1) form.prepend(demonstrations());
showButton();
field.addEventListener("input", showButton);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  changeToken(field.value);
});
// Who comes back to a page that the browser kept, as it was, may have chosen another token since.
window.addEventListener("pageshow", ({ persisted }) => {
  const latest = remembered() ?? current;
  if (persisted && latest !== current) changeToken(latest);
});
