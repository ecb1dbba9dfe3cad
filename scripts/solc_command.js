#!/usr/bin/env node
// The compiler of the npm package `solc` behind the two options that py-solc-x uses:
// `--version`, and `--standard-json` with the input on stdin. Imports are read below contracts/ only.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const CONTRACTS = path.join(__dirname, "..", "contracts");
const MODULES = path.join(CONTRACTS, "node_modules");

function loadCompiler() {
  // The package ends the process on any later exception; errors shall reach the caller instead.
  const compiler = require(path.join(MODULES, "solc"));
  process.removeAllListeners("uncaughtException");
  process.removeAllListeners("unhandledRejection");
  return compiler;
}

function readImport(name) {
  const file = path.resolve(name.startsWith("@") ? MODULES : CONTRACTS, name);
  if (!file.startsWith(CONTRACTS + path.sep)) {
    return { error: `${name} lies outside of the contracts folder` };
  }
  try {
    return { contents: fs.readFileSync(file, "utf8") };
  } catch {
    return { error: `${name} does not exist` };
  }
}

function write(text) {
  const bytes = Buffer.from(text + "\n");
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(1, bytes, done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // a full pipe: try again
    }
  }
}

function main(options) {
  if (options.includes("--version")) {
    write(`solc, the solidity compiler commandline interface\nVersion: ${loadCompiler().version()}`);
  } else if (options.includes("--standard-json")) {
    const input = fs.readFileSync(0, "utf8");
    write(loadCompiler().compile(input, { import: readImport }));
  } else {
    process.stderr.write("usage: solc_command.js --version | --standard-json < input.json\n");
    process.exitCode = 2;
  }
}

main(process.argv.slice(2));
