"""The one way to the chain: signed transactions out, receipts, views and normalised refusals back.

Only this package imports web3. `Chain.in_process` runs a whole chain inside this process (it
cannot live in the past, but can be moved forward); `Chain.connect` takes any JSON-RPC address.
"""

from ast import literal_eval
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_abi import decode
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.exceptions import ContractLogicError, Web3RPCError

from backend.chain.artifacts import load_artifact
from backend.chain.wallet import Wallet
from settlement.keccak import keccak256

_GAS_MARGIN = 1.2
_SELECTOR_BYTES = 4
_REFUSALS = (ContractLogicError, Web3RPCError, TransactionFailed)


class ContractRefused(Exception):
    """A contract refused a call with one of its errors.

    Attributes:
        name: name of the error.
        values: its arguments, such as the limit and the offending value.
    """

    def __init__(self, name: str, values: tuple[Any, ...]) -> None:
        super().__init__(f"{name}({', '.join(map(str, values))})")
        self.name, self.values = name, values


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    block: int
    gas_used: int
    contract_address: str | None


@dataclass(slots=True)
class Chain:
    """A connection with local signing and an own count of nonces.

    Attributes:
        web3: the connection.
        gas_limit: fixed limit per transaction, or None to estimate.
        advance_to: moves the chain's time forward to a UTC second; None where time is real.
        gas_used: gas of all transactions so far, by the label given to `send`.
    """

    web3: Web3
    gas_limit: int | None = None
    advance_to: Callable[[int], None] | None = None
    gas_used: dict[str, int] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    _nonces: dict[str, int] = field(default_factory=dict)

    @classmethod
    def in_process(cls) -> "Chain":
        """Start an empty chain inside this process."""
        backend = PyEVMBackend()
        tester = EthereumTester(backend)
        web3 = Web3(EthereumTesterProvider(tester))
        limit = web3.eth.get_block("latest")["gasLimit"] - 1_000_000
        return cls(web3, limit, tester.time_travel)

    @classmethod
    def connect(cls, url: str) -> "Chain":
        """Connect to a node."""
        return cls(Web3(HTTPProvider(url)))

    @property
    def chain_id(self) -> int:
        """Id of the chain."""
        return int(self.web3.eth.chain_id)

    def now_s(self) -> int:
        """Return the UTC second of the latest block."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def block_number(self) -> int:
        """Return the number of the latest block."""
        return int(self.web3.eth.block_number)

    def fund(self, accounts: list[Wallet]) -> None:
        """Give accounts coins for gas from the chain's own funded account (test chains only)."""
        source = self.web3.eth.accounts[0]
        for account in accounts:
            sent = self.web3.eth.send_transaction(
                {"from": source, "to": account.address, "value": Web3.to_wei(100, "ether")}
            )
            self.web3.eth.wait_for_transaction_receipt(sent)

    def send(self, sender: Wallet, transaction: dict[str, Any], label: str) -> Receipt:
        """Sign and send a transaction and wait for it.

        Raises:
            ContractRefused: the contract refused it.
        """
        nonce = self._nonces.get(sender.address)
        if nonce is None:
            nonce = self.web3.eth.get_transaction_count(sender.address)
        full = {
            "chainId": self.chain_id,
            "from": sender.address,
            "nonce": nonce,
            "value": 0,
            "maxFeePerGas": 2 * self._base_fee() + 10**9,
            "maxPriorityFeePerGas": 10**9,
            **transaction,
        }
        full["gas"] = self.gas_limit or int(self._estimate(full) * _GAS_MARGIN)
        signed = sender.sign_transaction({k: v for k, v in full.items() if k != "from"})
        sent = self.web3.eth.send_raw_transaction(signed.raw_transaction)
        self._nonces[sender.address] = nonce + 1
        receipt = self.web3.eth.wait_for_transaction_receipt(sent)
        if receipt["status"] != 1:
            self._estimate(full)
            raise ContractRefused("unknown", ())
        gas = int(receipt["gasUsed"])
        self.gas_used[label] = self.gas_used.get(label, 0) + gas
        self.transactions[label] = self.transactions.get(label, 0) + 1
        return Receipt(int(receipt["blockNumber"]), gas, receipt["contractAddress"])

    def _base_fee(self) -> int:
        return int(self.web3.eth.get_block("latest").get("baseFeePerGas", 0))

    def _estimate(self, transaction: dict[str, Any]) -> int:
        """Estimate gas; a refusal surfaces here with its error."""
        try:
            self.web3.eth.call({k: v for k, v in transaction.items() if k in _CALL_FIELDS})
            return int(self.web3.eth.estimate_gas(transaction)) if self.gas_limit is None else 0
        except _REFUSALS as error:
            raise refusal_of(error) from error


_CALL_FIELDS = ("from", "to", "data", "value")


def refusal_of(error: Exception) -> ContractRefused:
    """Turn what the different nodes raise into one refusal with name and values."""
    data = _revert_data(error)
    if len(data) < _SELECTOR_BYTES:
        return ContractRefused(str(error), ())
    for name in ("FlexMarket", "SettlementLedger", "TestEuro"):
        for entry in load_artifact(name).abi:
            if entry["type"] != "error":
                continue
            kinds = [_kind_of(part) for part in entry["inputs"]]
            selector = keccak256(f"{entry['name']}({','.join(kinds)})".encode())[:4]
            if data[:_SELECTOR_BYTES] == selector:
                values = decode(kinds, data[_SELECTOR_BYTES:])
                return ContractRefused(entry["name"], tuple(values))
    return ContractRefused("0x" + data.hex(), ())


def _revert_data(error: BaseException | None) -> bytes:
    """Find what the contract returned: nodes give hexadecimal, the in-process chain a literal."""
    while error is not None:
        data = getattr(error, "data", None)
        if isinstance(data, dict):
            data = data.get("data")
        if isinstance(data, str) and data.startswith("0x"):
            return bytes.fromhex(data[2:])
        for argument in error.args:
            if isinstance(argument, str) and argument.startswith(("b'", 'b"')):
                found = literal_eval(argument)
                assert isinstance(found, bytes), "the literal is one of bytes"
                return found
        error = error.__context__
    return b""


def _kind_of(part: dict[str, Any]) -> str:
    if not part["type"].startswith("tuple"):
        return str(part["type"])
    inner = ",".join(_kind_of(component) for component in part["components"])
    return f"({inner}){part['type'][len('tuple') :]}"


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract."""

    chain: Chain
    name: str
    address: str

    @classmethod
    def deploy(cls, chain: Chain, sender: Wallet, name: str, *arguments: Any) -> "Contract":
        """Deploy a contract from its artifact."""
        artifact = load_artifact(name)
        factory = chain.web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        data = factory.constructor(*arguments).data_in_transaction
        receipt = chain.send(sender, {"data": data}, "deploy")
        assert receipt.contract_address is not None, "a deployment yields an address"
        return cls(chain, name, receipt.contract_address)

    def send(self, sender: Wallet, function: str, *arguments: Any) -> Receipt:
        """Send a transaction to a function of the contract."""
        data = self._bound().encode_abi(function, arguments)
        return self.chain.send(sender, {"to": self.address, "data": data}, function)

    def view(self, function: str, *arguments: Any) -> Any:
        """Call a view function.

        Raises:
            ContractRefused: the contract refused it.
        """
        try:
            return self._bound().functions[function](*arguments).call()
        except _REFUSALS as error:
            raise refusal_of(error) from error

    def _bound(self) -> Any:
        return self.chain.web3.eth.contract(
            address=Web3.to_checksum_address(self.address), abi=load_artifact(self.name).abi
        )
