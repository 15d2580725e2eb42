// Builds the bundle and the file with the licences of what is in it. See README.md.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const target = new URL("../../plugins/newswatch_airflow/ui/static/", here);
const inHere = (name) => fileURLToPath(new URL(name, here));

// A test compares this with the recipe, so that the bundle cannot be older than it.
const recipe = createHash("sha256");
for (const name of ["build.mjs", "entry.js", "package-lock.json"]) recipe.update(readFileSync(inHere(name)));

const result = await build({
  absWorkingDir: inHere("."),
  entryPoints: ["entry.js"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "CodeMirror",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: {
    js: `/* CodeMirror 6 (MIT), see codemirror.licences.txt. Built by devtools/editor_bundle, recipe ${recipe.digest("hex")}. */`,
  },
  outfile: fileURLToPath(new URL("codemirror.js", target)),
  metafile: true,
});

const packages = new Set();
for (const file of Object.keys(result.metafile.inputs)) {
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file);
  if (found) packages.add(found[1]);
}
const texts = [...packages].sort().map((name) => {
  const folder = inHere(`node_modules/${name}`);
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (!licence) throw new Error(`${name} has no licence file`);
  return `${name} ${version}\n\n${readFileSync(`${folder}/${licence}`, "utf8").trim()}\n`;
});
writeFileSync(new URL("codemirror.licences.txt", target), texts.join(`\n${"-".repeat(72)}\n\n`));
console.log(`${packages.size} packages: ${[...packages].sort().join(", ")}`);
