"""Finding the contracts of a market on a node, and seeing that they belong together."""

from web3 import Web3
from web3.exceptions import Web3Exception

from backend.chain.adapter import Chain, Contract, ContractRefused
from backend.chain.ledger import Ledger
from backend.chain.market import Market
from settlement.errors import ChainError, InputError


def connect_contracts(url: str, market: bytes, ledger: bytes) -> tuple[Market, Ledger]:
    """Connect to a node and find market and ledger there.

    Args:
        url: address of a node that takes transactions.
        market: address of FlexMarket.
        ledger: address of SettlementLedger.

    Raises:
        ChainError: no node answers at the address.
        InputError: another contract or none is at one of the addresses, or the ledger is one of
            another market.
    """
    chain = Chain.connect(url)
    addresses = [Web3.to_checksum_address(one) for one in (market, ledger)]
    try:
        codes = [chain.web3.eth.get_code(address) for address in addresses]
        if not all(codes):
            missing = addresses[[bool(code) for code in codes].index(False)]
            raise InputError(f"no contract at {missing}", url, "the contracts of a market")
        found = Ledger(Contract(chain, "SettlementLedger", addresses[1]))
        own_market = found.contract.view("market")
    except (ContractRefused, Web3Exception) as error:
        what = f"{addresses[1]} does not answer as a ledger does ({type(error).__name__})"
        raise InputError(what, url, "the address of SettlementLedger") from None
    except (OSError, ValueError) as error:
        raise ChainError(f"{url} does not answer: {type(error).__name__}") from None
    if own_market != addresses[0]:
        raise InputError(f"the ledger is of market {own_market}", url, f"of {addresses[0]}")
    return Market(Contract(chain, "FlexMarket", addresses[0])), found
