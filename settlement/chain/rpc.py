"""The ledger over read-only JSON-RPC: the `ChainView` of a node."""

from collections.abc import Sequence

from settlement.activation import Activation
from settlement.chain.json_rpc import JsonRpc, hex_bytes, integer_of, words_of
from settlement.chain.rpc_logs import EARLIEST, LATEST, Log, read_logs
from settlement.chain.view import Account, AgreementRecord, CommittedRoot, PublishedRun, RunRecord
from settlement.clock import DAY_MAX
from settlement.errors import CallRefused, ChainError, InputError
from settlement.identity import TYPE_STRING, agreement_id, decode
from settlement.keccak import keccak256
from settlement.terms import Terms
from settlement.words import WORD_BYTES, address_word, bytes32_word, hex_of, uint_word

_TERMINATED = 2
_VOID = 3
"""The first of the two run statuses in which nothing is paid."""

_STATE_WORDS, _RUN_WORDS = 6, 10
_METER, _NOMINATION = 0, 1
_ACCEPTED = keccak256(b"isValidSignature(bytes32,bytes)")[:4]


def _event(signature: str) -> bytes:
    return keccak256(signature.encode())


_ACTIVATED = _event("Activated(bytes32,uint32,uint16,int32)")
_COMMITTED = _event("Committed(uint8,address,uint32,uint256,bytes32)")
_RUN_PUBLISHED = _event(
    "RunPublished(address,address,uint32,uint32,uint8,bytes32,uint64,uint8,bytes32,uint32)"
)
_TERMS_TYPES = ",".join(field.split()[0] for field in TYPE_STRING[10:-1].split(","))
_AGREEMENT_RECORDED = _event(f"AgreementRecorded(bytes32,address,address,({_TERMS_TYPES}))")


class RpcChain:
    """Market and ledger contract behind one endpoint."""

    def __init__(self, rpc: JsonRpc, market: bytes, ledger: bytes) -> None:
        self._rpc, self._market, self._ledger = rpc, market, ledger

    def chain_id(self) -> int:
        """Return the id of the chain."""
        return _quantity(self._rpc.call("eth_chainId"), "its chain id")

    def now_s(self) -> int:
        """Return the block time of the last block, UTC seconds."""
        block = self._rpc.call("eth_getBlockByNumber", LATEST, False)
        moment = block.get("timestamp") if isinstance(block, dict) else block
        return _quantity(moment, "the time of its last block")

    def agreement(self, agreement_id: bytes) -> AgreementRecord:
        """Return what the market knows of an agreement."""
        key = bytes32_word(agreement_id, "agreement id")
        state = self._view(self._market, "agreementState(bytes32)", key, _STATE_WORDS)
        (head,) = self._view(self._market, "activationHead(bytes32)", key, 1)
        status, activations, _, _, last_day, _ = (integer_of(word) for word in state)
        terminated = status == _TERMINATED
        end_day = _day(last_day) if terminated else None
        return AgreementRecord(status != 0, activations, end_day, head)

    def run(self, dso: bytes, aggregator: bytes, period_first_day: int) -> RunRecord | None:
        """Return the standing run of a period, or None."""
        arguments = (
            address_word(dso, "dso")
            + address_word(aggregator, "aggregator")
            + uint_word(period_first_day, 32, "period_first_day")
        )
        words = self._view(self._ledger, "runOf(address,address,uint32)", arguments, _RUN_WORDS)
        root, rule_set = words[:2]
        total, _, published_at_s, block, last_day, depth, version, status = (
            integer_of(word) for word in words[2:]
        )
        if version == 0:
            return None
        return RunRecord(
            _day(last_day),
            root,
            total,
            depth,
            version,
            block,
            rule_set,
            published_at_s,
            status >= _VOID,
        )

    def meter_roots(
        self, mdc: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        """Return the last meter data root of each day committed before a block, or None."""
        return self._roots(_METER, mdc, first_utc_day, days, before_block)

    def nomination_roots(
        self, aggregator: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        """Return the last nomination root of each day committed before a block, or None."""
        return self._roots(_NOMINATION, aggregator, first_utc_day, days, before_block)

    def account(self, agreement_id: bytes, period_first_day: int) -> Account:
        """Return the money side of an agreement and one of its periods."""
        key = bytes32_word(agreement_id, "agreement id")
        place = key + uint_word(period_first_day, 32, "period_first_day")
        credit = self._view(self._ledger, "creditOf(bytes32,uint32)", place, 2)
        (balance,) = self._view(self._ledger, "accountOf(bytes32)", key, 1)
        dispute = self._view(self._ledger, "disputeOf(bytes32,uint32)", place, 3)
        credited, credited_version = (integer_of(word) for word in credit)
        recomputed_version, recomputed, held_version = (integer_of(word) for word in dispute)
        signed = int.from_bytes(balance, "big", signed=True)
        return Account(
            credited, credited_version, signed, recomputed, recomputed_version, held_version
        )

    def challenge_window_s(self) -> int:
        """Return the seconds between the publication of a run and the first claim."""
        (word,) = self._view(self._ledger, "challengeWindowS()", b"", 1)
        return integer_of(word)

    def accepts(self, account: bytes, digest: bytes, signature: bytes) -> bool:
        """Tell whether a smart account accepts a signature (ERC-1271); an address without code no.

        Raises:
            ChainError: the node does not answer. That the account refuses the call is a no.
        """
        data = (
            _ACCEPTED
            + bytes32_word(digest, "digest")
            + uint_word(2 * WORD_BYTES, 256, "offset")
            + uint_word(len(signature), 256, "length")
            + signature
            + bytes(-len(signature) % WORD_BYTES)
        )
        try:
            answer = self._rpc.call(
                "eth_call", {"to": hex_of(account), "data": hex_of(data)}, LATEST
            )
        except CallRefused:
            return False
        return hex_bytes(answer) == _ACCEPTED + bytes(WORD_BYTES - len(_ACCEPTED))

    def activations_in(self, agreement_id: bytes, block: int) -> Sequence[Activation]:
        """Return the activations of an agreement that a block recorded."""
        topics = (_ACTIVATED, bytes32_word(agreement_id, "agreement id"))
        logs = read_logs(self._rpc, self._market, topics, 3, hex(block), hex(block))
        return [_activation(log) for log in logs]

    def terms_of(self, agreement_id: bytes) -> Terms | None:
        """Return the recorded terms of an agreement from the logs, or None."""
        found = self._recorded((bytes32_word(agreement_id, "agreement id"),))
        return found[0] if found else None

    def agreements_of(self, prosumer: bytes) -> Sequence[Terms]:
        """Return the terms of all recorded agreements of a prosumer from the logs."""
        return self._recorded((None, None, address_word(prosumer, "prosumer")))

    def _recorded(self, topics: tuple[bytes | None, ...]) -> list[Terms]:
        words = TYPE_STRING.count(",") + 1
        asked = (_AGREEMENT_RECORDED, *topics)
        logs = read_logs(self._rpc, self._market, asked, words, EARLIEST, LATEST)
        return [_terms(log) for log in logs]

    def runs(self, dso: bytes, aggregator: bytes) -> Sequence[PublishedRun]:
        """Return all versions of all runs of an aggregator from the logs, oldest first."""
        parties = (address_word(dso, "dso"), address_word(aggregator, "aggregator"))
        asked = (_RUN_PUBLISHED, *parties)
        logs = read_logs(self._rpc, self._ledger, asked, 7, EARLIEST, LATEST)
        return [_published_run(log) for log in logs]

    def meter_commitments(self, mdc: bytes, utc_days: Sequence[int]) -> Sequence[CommittedRoot]:
        """Return all meter data roots of some days from the logs, oldest first."""
        if not utc_days:
            return []
        days = tuple(uint_word(day, 32, "utc_day") for day in utc_days)
        asked = (_COMMITTED, uint_word(_METER, 8, "kind"), address_word(mdc, "mdc"), days)
        logs = read_logs(self._rpc, self._ledger, asked, 2, EARLIEST, LATEST)
        return [
            CommittedRoot(
                integer_of(log.topics[3]), integer_of(log.words[0]) - 1, log.words[1], log.block
            )
            for log in logs
        ]

    def _roots(
        self, kind: int, committer: bytes, first_utc_day: int, days: int, before_block: int
    ) -> Sequence[bytes | None]:
        if days <= 0:
            return []
        arguments = (
            uint_word(kind, 8, "kind")
            + address_word(committer, "committer")
            + uint_word(first_utc_day, 32, "first_utc_day")
            + uint_word(days, 32, "days")
            + uint_word(before_block, 64, "before_block")
        )
        signature = "rootsBefore(uint8,address,uint32,uint32,uint64)"
        words = self._view(self._ledger, signature, arguments, days + 2)
        return [word if any(word) else None for word in words[2:]]

    def _view(self, contract: bytes, signature: str, arguments: bytes, words: int) -> list[bytes]:
        data = keccak256(signature.encode())[:4] + arguments
        call = {"to": hex_of(contract), "data": hex_of(data)}
        found = words_of(hex_bytes(self._rpc.call("eth_call", call, LATEST)))
        if len(found) != words:
            raise ChainError(f"{signature} answered {len(found)} words, expected {words}")
        return found


def _quantity(value: object, what: str) -> int:
    try:
        return int(value, 16)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError):
        raise ChainError(f"the node answered {value!r:.60} as {what}") from None


def _day(day: int) -> int:
    if day > DAY_MAX:
        raise ChainError(f"the node answered {day} as a day")
    return day


def _activation(log: Log) -> Activation:
    ordered_w = int.from_bytes(log.words[2], "big", signed=True)
    return Activation(integer_of(log.words[0]), integer_of(log.words[1]), ordered_w)


def _terms(log: Log) -> Terms:
    """Read recorded terms; they are known by their hash, so a node cannot make them up."""
    try:
        terms = decode(b"".join(log.words))
    except InputError as error:
        raise ChainError(f"the node answered terms that are none: {error}") from None
    if len(log.topics) < 2 or agreement_id(terms) != log.topics[1]:
        raise ChainError("the node answered terms of another agreement")
    return terms


def _published_run(log: Log) -> PublishedRun:
    last_day, version, root, total, depth, _, _ = log.words
    return PublishedRun(
        _day(integer_of(log.topics[3])),
        _day(integer_of(last_day)),
        integer_of(version),
        root,
        integer_of(total),
        integer_of(depth),
        log.block,
    )
