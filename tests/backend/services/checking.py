"""What a party can check of a bundle: on its own, against the ledger, by its own meter."""

from settlement.bundle.records import Bundle
from settlement.chain.json_rpc import JsonRpc
from settlement.chain.rpc import RpcChain
from settlement.checker.chain_check import check_against_chain
from settlement.checker.own_meter import check_own_meter
from settlement.checker.plausibility import Check, check_bundle
from tests.backend.defaults import DEALS
from tests.backend.meters import own_readings
from tests.backend.town import Town

NAMES = [deal.name for deal in DEALS]


def chain_view(town: Town, url: str) -> RpcChain:
    return RpcChain(JsonRpc(url), town.market.address, town.ledger.address)


def checks_of(town: Town, bundle: Bundle, url: str, site_id: str) -> list[Check]:
    """Every check of a bundle."""
    report, evidence = check_bundle(bundle)
    assert evidence is not None
    checks = list(report.checks)
    checks += check_against_chain(bundle, evidence, chain_view(town, url))
    checks.append(check_own_meter(bundle, evidence, own_readings(site_id)))
    return checks


def findings(checks: list[Check]) -> list[str]:
    return [finding for check in checks for finding in check.findings]
