import type { CodegenConfig } from "@graphql-codegen/cli";

// The schema comes from a gateway that runs (`make serve`), or from the file that is committed with it.
const gateway = process.env.GATEWAY_URL;
const authorization = `Bearer ${process.env.GATEWAY_TOKEN ?? "demo-token"}`;

const config: CodegenConfig = {
  schema: gateway ? { [`${gateway}/schema.graphql`]: { headers: { authorization } } } : "../../schema.graphql",
  documents: ["src/**/*.ts"],
  ignoreNoDocuments: true,
  generates: {
    "./src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        // What the scalars are on the wire: README.md beside this file says it.
        scalars: {
          DateTime: { input: "string", output: "string" },
          BigInt: { input: "number | string", output: "number" },
          Upload: { input: "File", output: "never" },
          JSON: { input: "unknown", output: "unknown" },
        },
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
