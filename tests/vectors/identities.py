"""Vectors of agreement ids, template ids and what parties sign."""

from random import Random

from settlement.identity import Domain, agreement_id, signing_digest, template_id
from settlement.terms_document import to_document
from settlement.words import hex_of
from tests.vectors.samples import random_bytes, random_terms

CASES = 24


def build(random: Random) -> object:
    return [_case(random) for _ in range(CASES)]


def _case(random: Random) -> dict[str, object]:
    terms = random_terms(random)
    domain = Domain(random.randrange(1, 2**40), random_bytes(random, 20))
    identity = agreement_id(terms)
    return {
        "terms": to_document(terms),
        "agreementId": hex_of(identity),
        "templateId": hex_of(template_id(terms)),
        "chainId": domain.chain_id,
        "market": hex_of(domain.market),
        "domainSeparator": hex_of(domain.separator()),
        "digest": hex_of(signing_digest(identity, domain)),
    }
