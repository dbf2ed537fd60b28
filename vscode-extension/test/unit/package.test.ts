import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.join(__dirname, "../..");
const manifest = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

describe("the package", () => {
  it("holds the bundle, licences and what people read, nothing else", () => {
    const listed = execFileSync("npx", ["vsce", "ls", "--no-dependencies"], { cwd: root, encoding: "utf8" });
    const bundle = ["dist/THIRD-PARTY-NOTICES.txt", "dist/extension.js"];
    expect(listed.trim().split("\n").sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      ...bundle,
      "package.json",
    ]);
  });

  it("has the version of the server, and says in its changelog what is new", () => {
    const server = fs.readFileSync(path.join(root, "../fx_orm/__init__.py"), "utf8");
    expect(/^__version__ = "(.+)"$/m.exec(server)?.[1]).toBe(manifest.version);
    expect(fs.readFileSync(path.join(root, "CHANGELOG.md"), "utf8")).toContain(`## ${manifest.version}`);
  });
});
