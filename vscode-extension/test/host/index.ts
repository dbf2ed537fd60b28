/**
 * What VS Code loads into its extension host to run the tests in it (`extensionTestsPath`).
 */
import * as path from "node:path";
import { format } from "node:util";
import Mocha from "mocha";

// The lines of the report are marked, so that they can be told from what the editor itself logs.
Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => {
  for (const line of format(...parts).split("\n")) {
    console.log(`[mocha] ${line}`);
  }
};

export function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", timeout: 60_000, reporter: "spec", color: false });
  mocha.addFile(path.join(__dirname, "shop.test.js"));
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures ? reject(new Error(`${failures} tests failed`)) : resolve()));
  });
}
