"""Identity and signatures against an independent implementation of EIP-712."""

from dataclasses import replace

import pytest
from eth_abi import encode as abi_encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from settlement.errors import InputError
from settlement.identity import (
    FIELDS,
    Domain,
    agreement_id,
    decode,
    encode,
    signing_digest,
    solidity_name,
    template_id,
    template_of,
)
from settlement.signature import recover_signer
from settlement.terms import Terms
from settlement.terms_document import to_document
from tests.settlement.defaults import STANDARD, address, terms, word

DOMAIN = Domain(31337, address(9))
TEST_KEY = Account.from_key(b"\x11" * 32)  # a test key, worth nothing
OTHER_TEST_KEY = Account.from_key(b"\x22" * 32)  # a test key, worth nothing

# Written out from rule 0.1, not read off the package.
AGREEMENT_TYPE = (
    "Agreement(address aggregator,address prosumer,address dso,address mdc,bytes32 templateId,"
    "bytes32 ruleSet,uint32 startDay,uint32 endDay,int16 utcOffsetMinutes,uint8 clockRule,"
    "uint8 ispMinutes,uint256 window0,uint256 window1,uint256 window2,bytes32 elements,"
    "int32 amountW,uint16 maxActivations,uint16 maxRuntimeIsps,uint16 recoveryIsps,"
    "uint16 noticeIsps,uint32 volumeRate,uint32 penaltyRate,uint32 capacityRate,"
    "uint8 deliveryRule,uint16 deliveryBp,uint16 deliverySlope,uint16 penaltyCapBp,"
    "uint8 baselineMethod,uint8 x,uint8 y,uint8 adjustment,uint16 adjustmentIsps,"
    "uint16 adjustmentGapIsps,uint16 adjustmentCapBp,bytes32 salt,uint64 signBefore)"
)
MEMBERS = [one.split(" ") for one in AGREEMENT_TYPE[len("Agreement(") : -1].split(",")]


def typed_data(some_terms: Terms, domain: Domain):
    """The signed message as a wallet gets it."""
    document = to_document(some_terms)
    message = {
        name: int(document[name], 16) if kind == "uint256" else document[name]
        for kind, name in MEMBERS
    }
    return encode_typed_data(
        domain_data={
            "name": "FlexMarket",
            "version": "1",
            "chainId": domain.chain_id,
            "verifyingContract": "0x" + domain.market.hex(),
        },
        message_types={"Agreement": [{"name": name, "type": kind} for kind, name in MEMBERS]},
        message_data=message,
    )


VARIANTS = [
    STANDARD,
    terms(amount_w=2**31 - 1, utc_offset_minutes=-480),
    terms(window0=2**256 - 1, window2=2**160 - 1, sign_before=2**64 - 1),
    terms(amount_w=-1, salt=word(2**256 - 1), volume_rate=2**32 - 1),
]


def test_fields_are_those_of_the_rule():
    assert [[kind, name] for _, name, kind in FIELDS] == MEMBERS
    assert solidity_name("max_runtime_isps") == "maxRuntimeIsps"
    assert solidity_name("x") == "x"


@pytest.mark.parametrize("some_terms", VARIANTS)
def test_encoding_is_that_of_the_abi(some_terms):
    values = [
        "0x" + value.hex() if kind == "address" else value
        for kind, value in zip(
            [kind for kind, _ in MEMBERS],
            [getattr(some_terms, name) for name, _, _ in FIELDS],
            strict=True,
        )
    ]
    assert encode(some_terms) == abi_encode([kind for kind, _ in MEMBERS], values)


@pytest.mark.parametrize("some_terms", VARIANTS)
def test_id_is_the_struct_hash_and_the_digest_what_wallets_sign(some_terms):
    expected = typed_data(some_terms, DOMAIN)
    assert agreement_id(some_terms) == expected.body
    assert agreement_id(some_terms) == keccak(keccak(AGREEMENT_TYPE.encode()) + encode(some_terms))
    assert DOMAIN.separator() == expected.header
    digest = signing_digest(agreement_id(some_terms), DOMAIN)
    assert digest == keccak(b"\x19" + expected.version + expected.header + expected.body)


def test_each_field_changes_the_id():
    ids = {agreement_id(STANDARD)}
    for name, _, _ in FIELDS:
        value = getattr(STANDARD, name)
        other = bytes([value[0] ^ 1]) + value[1:] if isinstance(value, bytes) else value + 1
        ids.add(agreement_id(replace(STANDARD, **{name: other})))
    assert len(ids) == len(FIELDS) + 1


def test_domain_changes_the_digest():
    identity = agreement_id(STANDARD)
    digests = {
        signing_digest(identity, domain)
        for domain in (DOMAIN, Domain(1, address(9)), Domain(31337, address(8)))
    }
    assert len(digests) == 3


def test_template_has_no_trace_of_the_prosumer():
    template = template_of(STANDARD)
    zeroed = {name for name, _, _ in FIELDS if getattr(template, name) != getattr(STANDARD, name)}
    assert zeroed == {
        "template_id",
        "prosumer",
        "elements",
        "start_day",
        "end_day",
        "salt",
        "sign_before",
    }
    assert {getattr(template, name) for name in zeroed} == {0, bytes(20), bytes(32)}
    someone_else = terms(prosumer=address(77), elements=word(78), salt=word(79), start_day=1)
    assert template_id(someone_else) == template_id(STANDARD) == agreement_id(template)
    assert template_id(terms(amount_w=-2999)) != template_id(STANDARD)


@pytest.mark.parametrize("some_terms", VARIANTS)
def test_signer_of_a_wallet_signature_is_recovered(some_terms):
    signature = bytes(TEST_KEY.sign_message(typed_data(some_terms, DOMAIN)).signature)
    digest = signing_digest(agreement_id(some_terms), DOMAIN)
    assert recover_signer(digest, signature) == bytes.fromhex(TEST_KEY.address[2:])
    assert recover_signer(bytes(32), signature) != bytes.fromhex(TEST_KEY.address[2:])


def test_unusable_signatures_have_no_signer():
    digest = signing_digest(agreement_id(STANDARD), DOMAIN)
    good = bytes(TEST_KEY.sign_message(typed_data(STANDARD, DOMAIN)).signature)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high_s = order - int.from_bytes(good[32:64])
    flipped_v = bytes([55 - good[64]])
    unusable = [
        b"",
        good[:-1],
        good + b"\0",
        good[:64] + b"\x00",
        good[:64] + b"\x1d",
        bytes(64) + b"\x1b",
        good[:32] + high_s.to_bytes(32) + flipped_v,
        b"\xff" * 32 + good[32:],
    ]
    assert [recover_signer(digest, one) for one in unusable] == [None] * len(unusable)


def test_another_key_is_another_signer():
    digest = signing_digest(agreement_id(STANDARD), DOMAIN)
    signature = bytes(OTHER_TEST_KEY.sign_message(typed_data(STANDARD, DOMAIN)).signature)
    assert recover_signer(digest, signature) == bytes.fromhex(OTHER_TEST_KEY.address[2:])


@pytest.mark.parametrize("some_terms", [STANDARD, terms(amount_w=3000, utc_offset_minutes=-300)])
def test_encoded_terms_are_read_back(some_terms):
    assert decode(encode(some_terms)) == some_terms


def test_what_is_no_encoding_of_terms_is_refused():
    with pytest.raises(InputError, match="31 bytes; expected 36 words"):
        decode(bytes(31))
    data = bytearray(encode(STANDARD))
    data[32 * [name for name, _, _ in FIELDS].index("clock_rule") + 31] = 3
    with pytest.raises(InputError, match="encoded terms, clock_rule: 3"):
        decode(bytes(data))
