"""What the ledger has credited, and what a claim would pay. Rule 0.9.

A claim adds the amount less what was last credited for the period to the agreement's account,
and pays the account out if that is positive.
"""

from collections.abc import Iterator

from settlement.bundle.records import Bundle
from settlement.chain.view import Account, ChainView, RunRecord
from settlement.checker.report import Check
from settlement.identity import agreement_id
from settlement.units import format_eur


def account_check(bundle: Bundle, chain: ChainView, run: RunRecord | None) -> Check:
    """Compare stated credits with the ledger, and say what a claim pays.

    Args:
        bundle: the bundle.
        chain: the ledger.
        run: the standing run of the period, None if there is none.
    """
    account = chain.account(agreement_id(bundle.terms), bundle.period.first_day)
    return Check(
        "ledger-account",
        "What was credited before is what the ledger says.",
        tuple(_findings(bundle, account)),
        tuple(_notes(bundle, account, run)),
    )


def _findings(bundle: Bundle, account: Account) -> Iterator[str]:
    told, version = bundle.credited, bundle.run.version
    if account.credited_version != version:
        # Nothing was claimed on this run yet, so what is stated is what has to stand.
        if (told.amount, told.version) != (account.credited, account.credited_version):
            yield (
                f"{format_eur(told.amount)} EUR are stated as credited for this period by version "
                f"{told.version} of its run; on the ledger it is {format_eur(account.credited)} "
                f"EUR by version {account.credited_version}."
            )
        return
    due = _due(bundle, account)
    if due is not None and account.credited != due:
        yield (
            f"This run credited {format_eur(account.credited)} EUR; "
            f"it should have been {format_eur(due)} EUR."
        )


def _due(bundle: Bundle, account: Account) -> int | None:
    """Return what this run owes: the amount that a challenge put in its place, or the stated."""
    if account.recomputed_version == bundle.run.version:
        return account.recomputed
    return bundle.stated.statement.amount if bundle.stated is not None else None


def _notes(bundle: Bundle, account: Account, run: RunRecord | None) -> Iterator[str]:
    version, due = bundle.run.version, _due(bundle, account)
    if run is not None and run.void:
        yield "The run is void: it pays nothing until a correction."
    if account.recomputed_version == version:
        amount = format_eur(account.recomputed)
        yield f"A challenge has put {amount} EUR in the place of the stated amount."
    if account.held_version == version:
        yield "A challenge has put the statement on hold: it pays nothing until a correction."
    if account.credited_version == version:
        yield f"The run has credited {format_eur(account.credited)} EUR already."
    elif due is not None:
        credited, balance = account.credited, account.balance
        pays = max(0, balance + due - credited)
        yield (
            f"A claim credits {format_eur(due)} EUR less {format_eur(credited)} EUR credited "
            f"before; with an account of {format_eur(balance)} EUR it pays {format_eur(pays)} EUR."
        )
