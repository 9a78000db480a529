// The schema by the rules of graphql-eslint: Relay's, and those of names, descriptions and identity.
import graphql from "@graphql-eslint/eslint-plugin";

const EMBEDDED = [
  "ConnectedAccountEvent", "ConnectionRequestEvent", "OrganizationEvent", // messages: what changed is their node
  "ConnectionRequestCount", "DeletedObjects", "EventCount", "PageInfo", "Permission", "RowChange", "Schedule",
  "UserError", "Viewer", "ViewerCan", "WebhookProgress",
];

export default [
  {
    files: ["**/schema.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "./schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/input-name": "error",
      "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
      // Lists of values, of errors and `nodes` beside `edges` are no pages.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // Whatever a cache should keep by itself has an id; these are parts of what holds them.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        { exceptions: { types: EMBEDDED, suffixes: ["Connection", "Edge", "Payload", "Result"] } },
      ],
      // `@oneOf` is the specification's own; printers write it out for those who read older ones.
      "@graphql-eslint/require-description": ["error", { types: true, rootField: true, ObjectTypeDefinition: true,
        FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true }],
      // `type` is the kind, `integrationType` the vendor's word for it.
      "@graphql-eslint/no-typename-prefix": "off",
    },
  },
];
