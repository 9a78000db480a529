// Bundles the page into gateway/transport/static/graphiql/: flat files with hashed names, and manifest.json that names the entries.
// The editor's workers are built first, since the page's code carries their hashed names.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, "../gateway/transport/static/graphiql");
const unfinished = `${output}.new`;

const settings = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  outdir: unfinished,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};

// graphiql/style.css already holds the editor's style sheet; importing it again by way of the editor's modules would double it.
const withoutEditorStyles = {
  name: "without-editor-styles",
  setup({ onLoad }) {
    onLoad({ filter: /node_modules[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "css" }));
  },
};

const workerModules = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
};

/** The file names of the entries of one build, by entry name and extension (`main.js`, `main.css`). */
function entryFiles({ outputs }) {
  const files = {};
  for (const [path, { entryPoint }] of Object.entries(outputs)) {
    const match = /^(.+)-[0-9A-Z]{8}\.(js|css)$/.exec(basename(path));
    if (match && (entryPoint || match[2] === "css")) files[`${match[1]}.${match[2]}`] = basename(path);
  }
  return files;
}

await rm(unfinished, { recursive: true, force: true });
await mkdir(unfinished, { recursive: true });

const workers = await build({
  ...settings,
  format: "iife",
  entryPoints: Object.entries(workerModules).map(([out, module]) => ({ in: module, out: `${out}.worker` })),
});
const workerFiles = entryFiles(workers.metafile);
const workerNames = Object.fromEntries(Object.keys(workerModules).map((name) => [name, workerFiles[`${name}.worker.js`]]));

const page = await build({
  ...settings,
  format: "esm",
  splitting: true,
  jsx: "automatic",
  entryPoints: [{ in: "src/main.jsx", out: "main" }],
  define: { ...settings.define, WORKER_FILES: JSON.stringify(workerNames) },
  plugins: [withoutEditorStyles],
});
const pageFiles = entryFiles(page.metafile);
await writeFile(
  join(unfinished, "manifest.json"),
  `${JSON.stringify({ script: pageFiles["main.js"], style: pageFiles["main.css"] }, null, 2)}\n`,
);

// A server that starts meanwhile sees the old bundle or the new one, never half of one.
await rm(output, { recursive: true, force: true });
await rename(unfinished, output);
