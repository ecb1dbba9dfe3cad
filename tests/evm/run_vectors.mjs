// RulesHarness on the EVM of ethereumjs: calldata in, what the contract returns out, both in
// hexadecimal, a line each. A call that fails answers `failed: ` and the reason.
//
// usage: node run_vectors.mjs RulesHarness.json
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import { createVM } from "@ethereumjs/vm";

const GAS_LIMIT = 60_000_000n;

async function deploy(evm, artifactFile) {
  const artifact = JSON.parse(readFileSync(artifactFile, "utf8"));
  const made = await evm.runCall({ data: hexToBytes(artifact.bytecode), gasLimit: GAS_LIMIT });
  if (made.execResult.exceptionError) {
    throw new Error(`the deployment failed: ${made.execResult.exceptionError.error}`);
  }
  return made.createdAddress;
}

async function answer(evm, to, calldata) {
  const { execResult } = await evm.runCall({ to, data: hexToBytes(calldata), gasLimit: GAS_LIMIT });
  if (execResult.exceptionError) {
    return `failed: ${execResult.exceptionError.error} ${bytesToHex(execResult.returnValue)}`;
  }
  return bytesToHex(execResult.returnValue);
}

const vm = await createVM({
  common: new Common({ chain: Mainnet, hardfork: Hardfork.Prague }),
});
const harness = await deploy(vm.evm, process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(await answer(vm.evm, harness, line));
}
