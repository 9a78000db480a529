// An operation as a program that sends it: for the shell, for JavaScript, for Python. No token but a public one is written.

const VARIABLE = "GATEWAY_TOKEN";

/**
 * @typedef {object} Asked an operation as it would be sent
 * @property {string} url of the endpoint
 * @property {string} query
 * @property {object | undefined} variables
 * @property {string | undefined} operationName
 * @property {Record<string, string>} headers beside the token's
 * @property {string | null} token that everybody may know; null for one that the reader has in GATEWAY_TOKEN
 */

function bodyOf({ query, variables, operationName }) {
  return { query, ...(variables && { variables }), ...(operationName && { operationName }) };
}

const inShell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @param {Asked} asked */
export function asCurl(asked) {
  const authorization =
    asked.token === null ? `"Authorization: Bearer $${VARIABLE}"` : inShell(`Authorization: Bearer ${asked.token}`);
  const headers = Object.entries({ "Content-Type": "application/json", ...asked.headers });
  return [
    `curl ${inShell(asked.url)}`,
    `-H ${authorization}`,
    ...headers.map(([name, value]) => `-H ${inShell(`${name}: ${value}`)}`),
    `--data ${inShell(JSON.stringify(bodyOf(asked)))}\n`,
  ].join(" \\\n  ");
}

const indented = (value, spaces) => JSON.stringify(value, null, 2).replaceAll("\n", `\n${" ".repeat(spaces)}`);

/** @param {Asked} asked */
export function asFetch(asked) {
  const token = asked.token === null ? `process.env.${VARIABLE}` : JSON.stringify(asked.token);
  const query = asked.query.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  const headers = { "Content-Type": "application/json", ...asked.headers };
  const members = [`query: \`${query}\``];
  if (asked.variables) members.push(`variables: ${indented(asked.variables, 4)}`);
  if (asked.operationName) members.push(`operationName: ${JSON.stringify(asked.operationName)}`);
  return `const response = await fetch(${JSON.stringify(asked.url)}, {
  method: "POST",
  headers: {
    Authorization: \`Bearer \${${token}}\`,
${Object.entries(headers)
  .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`)
  .join("\n")}
  },
  body: JSON.stringify({
    ${members.join(",\n    ")},
  }),
});
const { data, errors } = await response.json();
console.log(JSON.stringify(errors ?? data, null, 2));
`;
}

/** A JSON value as Python writes it. JSON's texts are Python's, but for the escape of a lone surrogate, which both have. */
function inPython(value, spaces) {
  const inner = " ".repeat(spaces + 4);
  const block = (open, items, close) => (items.length ? `${open}\n${items.map((each) => `${inner}${each},\n`).join("")}${" ".repeat(spaces)}${close}` : open + close);
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return block("[", value.map((each) => inPython(each, spaces + 4)), "]");
  if (typeof value === "object") {
    const items = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${inPython(each, spaces + 4)}`);
    return block("{", items, "}");
  }
  return JSON.stringify(value);
}

/** @param {Asked} asked */
export function asPython(asked) {
  const token = asked.token === null ? `os.environ[${JSON.stringify(VARIABLE)}]` : JSON.stringify(asked.token);
  const query = asked.query.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"');
  const headers = Object.entries({ "Content-Type": "application/json", ...asked.headers });
  return `import json
${asked.token === null ? "import os\n" : ""}from urllib.request import Request, urlopen

QUERY = """
${query.replace(/\n+$/, "")}
"""

request = Request(
    ${JSON.stringify(asked.url)},
    json.dumps(${inPython(bodyOf({ ...asked, query: "" }), 4).replace('"query": ""', '"query": QUERY')}).encode(),
    {
        "Authorization": "Bearer " + ${token},
${headers.map(([name, value]) => `        ${JSON.stringify(name)}: ${JSON.stringify(value)},`).join("\n")}
    },
)
with urlopen(request) as response:
    print(json.dumps(json.load(response), indent=2))
`;
}
