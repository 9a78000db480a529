// Beside each operation its equivalent in the graph, and a link that opens it in GraphiQL.

const REQUIRED = /\$(\w+):\s*([\w[\]!]+)!(?=[\s,)=])/g;

const PLAIN = { Int: 1, Float: 1, Boolean: false, String: "", ID: "" };

/** Variables to fill in: those that the operation cannot do without. The text that a read asks for is the id of its path. */
function skeleton(document, id) {
  const head = document.slice(0, document.indexOf("{"));
  const plain = { ...PLAIN, String: id ?? PLAIN.String };
  const variables = {};
  for (const [, name, type] of head.matchAll(REQUIRED)) {
    variables[name] = type.startsWith("[") ? [] : (plain[type] ?? {});
  }
  return Object.keys(variables).length ? JSON.stringify(variables, null, 2) : undefined;
}

function linkTo(endpoint, document, id) {
  const variables = skeleton(document, id);
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
        const operation = props.specSelectors.specJson().getIn(["paths", ...props.pathMethod]);
        const document = operation.getIn(["x-graphql", "document"]);
        const named = operation.get("parameters").find((each) => each.get("in") === "path");
        const id = named?.get("example");
        return make(React.Fragment, null, make(Equivalent, { React, endpoint, document, id }), make(Original, props));
      };
    },
  },
});

function Equivalent({ React, endpoint, document, id }) {
  const make = React.createElement;
  if (!document) return make("div", { className: "equivalent" }, make("p", null, "The graph has no equivalent."));
  return make(
    "div",
    { className: "equivalent" },
    make("p", null, make("strong", null, "In GraphQL"), make("a", { href: linkTo(endpoint, document, id) }, "Open in GraphiQL")),
    make("details", null, make("summary", null, "Show the document"), make("pre", { tabIndex: 0 }, document)),
  );
}
