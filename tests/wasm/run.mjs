// Run tests on Python as WebAssembly, which has no processes, no threads and nothing compiled:
//
//     npm install --no-save --prefix FOLDER/node pyodide@314.0.7
//     pip install --target FOLDER/site --platform any --only-binary=:all: \
//         pytest hypothesis cloudpickle
//     cp -R adapters tests pyproject.toml FOLDER
//     ulimit -s "$(ulimit -H -s)" && node --stack-size=60000 tests/wasm/run.mjs FOLDER
//
// Data nested deep need a stack of more than the usual 1 MB of node. What MODULES are about needs no
// processes, nothing compiled, and not minutes, as tables, levels and keys do; a test in them that
// asks for one is skipped. More arguments go to pytest, in place of MODULES. The exit code is
// pytest's.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const MODULES = `
    adapter audit audit_report copyreg_table cycles diagnosis frozendict forms giving key machine
    meter naming plain_pickler pickling provider reader rebuild rebuild_links reducer registry steps
    symbolic trusted_links wire_names
`;
// One of its arguments is the type that all objects of C have.
const LEFT_OUT = ["--deselect", "tests/test_adapter.py::test_unusable_arguments"];

const [folder, ...given] = process.argv.slice(2);
const chosen = MODULES.trim().split(/\s+/).map((name) => `tests/test_${name}.py`);
const { loadPyodide } = await import(
  pathToFileURL(resolve(folder, "node/node_modules/pyodide/pyodide.mjs"))
);
const python = await loadPyodide({ env: { HOME: "/home", PYTHONDONTWRITEBYTECODE: "1" } });
python.FS.mkdir("/project");
python.FS.mount(python.FS.filesystems.NODEFS, { root: resolve(folder) }, "/project");
python.globals.set("given", python.toPy(given.length ? given : ["-q", ...LEFT_OUT, ...chosen]));
let code = 1;
try {
  code = python.runPython(`
import os, sys

os.chdir("/project")
sys.path[:0] = ["/project", "/project/site"]
import adapters  # which needs none of what is put in place of others below

assert adapters.loads(adapters.dumps([{1: "one"}]), trusted=[]) == [{1: "one"}]
sys.path[:0] = ["/project/tests/wasm", "/project/tests/wasm/stand_ins"]
import pytest

print("Python", sys.version.split()[0], "on", sys.platform)
options = ["-p", "no:cacheprovider", "-o", "faulthandler_timeout=0", "-p", "wasm_plugin"]
int(pytest.main([*options, *given]))
`);
} catch (error) {
  console.error(error.message.slice(-2000)); // the rest is the source of Pyodide
}
process.exit(code);
