// Beside each operation its equivalent in the graph, and a link that opens it in GraphiQL.

const REQUIRED = /\$(\w+):\s*([\w[\]!]+)!(?=[\s,)=])/g;

const PLAIN = { Int: 1, Float: 1, Boolean: false, String: "", ID: "" };

/** Variables to fill in: those that the operation cannot do without. */
function skeleton(document) {
  const head = document.slice(0, document.indexOf("{"));
  const variables = {};
  for (const [, name, type] of head.matchAll(REQUIRED)) {
    variables[name] = type.startsWith("[") ? [] : (PLAIN[type] ?? {});
  }
  return Object.keys(variables).length ? JSON.stringify(variables, null, 2) : undefined;
}

function linkTo(endpoint, document) {
  const variables = skeleton(document);
  const parameters = new URLSearchParams({ query: document, ...(variables && { variables }) });
  return `${endpoint}#${parameters}`;
}

/** A plugin of Swagger UI's (https://swagger.io/docs/open-source-tools/swagger-ui/customization/plugin-api/). */
export const equivalents = (endpoint) => () => ({
  wrapComponents: {
    // What stands below an operation's summary, before its parameters.
    parameters: (Original, { React }) => {
      const make = React.createElement;
      return function ParametersWithEquivalent(props) {
        const document = props.specSelectors.specJson().getIn(["paths", ...props.pathMethod, "x-graphql", "document"]);
        return make(React.Fragment, null, make(Equivalent, { React, endpoint, document }), make(Original, props));
      };
    },
  },
});

function Equivalent({ React, endpoint, document }) {
  const make = React.createElement;
  if (!document) return make("div", { className: "equivalent" }, make("p", null, "The graph has no equivalent."));
  return make(
    "div",
    { className: "equivalent" },
    make("p", null, make("strong", null, "In GraphQL"), make("a", { href: linkTo(endpoint, document) }, "Open in GraphiQL")),
    make("details", null, make("summary", null, "Show the document"), make("pre", { tabIndex: 0 }, document)),
  );
}
