// Bundles the pages into gateway/pages/static/: flat files with hashed names, each beside its compressed forms, and manifest.json,
// which names the entries of each page. The editor's workers are built first, since the page's code carries their hashed names.
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, "../gateway/pages/static");
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

const withOwnTabs = {
  name: "with-own-tabs",
  setup({ onResolve }) {
    onResolve({ filter: /[\\/]tabs[\\/]index\.js$/ }, ({ importer }) =>
      /@graphiql[\\/]react[\\/]dist/.test(importer) ? { path: join(here, "src/graphiql/tabs.jsx") } : undefined,
    );
  },
};

// GraphiQL calls its icons after the names of functions, which are a letter or two when minified.
const withNamesOfIcons = {
  name: "with-names-of-icons",
  setup({ onLoad }) {
    onLoad({ filter: /@graphiql[\\/]react[\\/]dist[\\/]icons[\\/]index\.js$/ }, async ({ path }) => {
      const contents = (await readFile(path, "utf8"))
        .replaceAll(/generateIcon\(Svg(\w+)\)/g, 'generateIcon(Svg$1, "$1")')
        .replace("generateIcon(RawComponent)", "generateIcon(RawComponent, name)")
        .replace('RawComponent.name.replace("Svg", "")', "name");
      return { contents };
    });
  },
};

const workerModules = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
};

/** The file names of the entries of one build, by entry name and extension (`graphiql.js`, `graphiql.css`). */
function entryFiles({ outputs }) {
  const files = {};
  for (const [path, { entryPoint }] of Object.entries(outputs)) {
    const match = /^(.+)-[0-9A-Z]{8}\.(js|css)$/.exec(basename(path));
    if (match && (entryPoint || match[2] === "css")) files[`${match[1]}.${match[2]}`] = basename(path);
  }
  return files;
}

/** Writes the compressed forms of a file, where they are worth their place. */
async function compress(path) {
  const content = await readFile(path);
  const forms = {
    br: await promisify(brotliCompress)(content, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
    }),
    gz: await promisify(gzip)(content, { level: 9 }),
  };
  for (const [ending, form] of Object.entries(forms)) {
    if (form.length < 0.9 * content.length) await writeFile(`${path}.${ending}`, form);
  }
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

const pages = await build({
  ...settings,
  format: "esm",
  splitting: true,
  jsx: "automatic",
  entryPoints: [
    { in: "src/graphiql/main.jsx", out: "graphiql" },
    { in: "src/reference/main.js", out: "reference" },
  ],
  define: { ...settings.define, WORKER_FILES: JSON.stringify(workerNames) },
  plugins: [withoutEditorStyles, withOwnTabs, withNamesOfIcons],
});
const files = entryFiles(pages.metafile);
const manifest = Object.fromEntries(
  ["graphiql", "reference"].map((name) => [name, { script: files[`${name}.js`], style: files[`${name}.css`] }]),
);
await writeFile(join(unfinished, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
const built = await readdir(unfinished);
await Promise.all(built.filter((name) => /\.(js|css|ttf)$/.test(name)).map((name) => compress(join(unfinished, name))));

// A server that starts meanwhile sees the old bundle or the new one, never half of one.
await rm(output, { recursive: true, force: true });
await rename(unfinished, output);
