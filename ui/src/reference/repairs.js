// Where Swagger UI would ask twice for the token, repeat the page's heading, or leave a field without a name.

/** Whether browsers send no body with a method (Fetch Standard, 5.4). */
export const hasNoBody = (method) => /^(GET|HEAD)$/i.test(method);

/** A plugin of Swagger UI's. */
export const repairs = () => ({
  components: {
    // Its own layout has a title, servers and a main landmark, all of which the page has already.
    OperationsAlone: ({ getComponent, React }) => {
      const Operations = getComponent("operations", true);
      const Icons = getComponent("SvgAssets");
      const make = React.createElement;
      return make("div", { className: "swagger-ui" }, make(Icons), make("div", { className: "wrapper" }, make(Operations)));
    },
  },
  wrapComponents: {
    authorizeBtn: () => () => null,
    authorizeOperationBtn: () => () => null,
    // A body that would not be sent is shown, not filled in.
    RequestBody: (Original, { React }) => {
      const make = React.createElement;
      return function RequestBodyOfBrowsers(props) {
        if (!props.isExecute || !hasNoBody(props.specPath.get(-2))) return make(Original, props);
        const unsent = make("p", { className: "unsent" }, "Browsers send no body with this method: use the parameters here. Other clients may send it.");
        return make(React.Fragment, null, unsent, make(Original, { ...props, isExecute: false }));
      };
    },
  },
});

/** What a field is for, by the words around it. */
function nameOf(field) {
  const response = field.closest("tr.response");
  if (response) {
    const what = field.closest(".response-control-media-type") ? "Media type" : "Example";
    return `${what} of the answer ${response.dataset.code}`;
  }
  const parameter = field.closest("tr[data-param-name]");
  if (parameter) return `Parameter ${parameter.dataset.paramName}`;
  return field.tagName === "TEXTAREA" ? "Request body" : "Choice";
}

function mend(root) {
  for (const field of root.querySelectorAll(":is(select, textarea, input):not([aria-label])")) {
    if (!field.labels?.length) field.setAttribute("aria-label", nameOf(field));
  }
  // Two tables of an operation say that they are the same region.
  for (const table of root.querySelectorAll("table[role=region]")) table.removeAttribute("role");
  // What scrolls can be scrolled by keyboard.
  for (const code of root.querySelectorAll(":is(pre, .highlight-code):not([tabindex])")) code.tabIndex = 0;
  for (const nested of root.querySelectorAll(".highlight-code[tabindex] pre[tabindex]")) nested.parentElement.removeAttribute("tabindex");
}

/** Mends what Swagger UI draws inside of an element (WCAG 2.2, 2.1.1 and 4.1.2), for as long as it draws. */
export function keepMending(root) {
  const observer = new MutationObserver(() => mend(root));
  observer.observe(root, { childList: true, subtree: true });
  mend(root);
}
