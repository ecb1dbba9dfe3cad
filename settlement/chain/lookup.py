"""For a party that was handed no bundle: what the ledger alone shows of its agreement."""

from collections.abc import Iterator

from settlement.activation import EMPTY_HEAD
from settlement.chain.view import ChainView, PublishedRun
from settlement.clock import DAY_MAX, date_of
from settlement.errors import InputError
from settlement.terms import Terms
from settlement.units import format_eur
from settlement.words import hex_of


def describe_agreement(chain: ChainView, agreement_id: bytes) -> str:
    """Say which runs cover an agreement, and what each has credited to it.

    Raises:
        InputError: the ledger does not know the agreement.
        ChainError: the ledger does not answer.
    """
    record, terms = chain.agreement(agreement_id), chain.terms_of(agreement_id)
    if not record.recorded or terms is None:
        raise InputError(hex_of(agreement_id), "ledger", "an agreement that is recorded")
    last_day = min(terms.end_day, DAY_MAX if record.end_day is None else record.end_day)
    first_day = min(terms.start_day, DAY_MAX)
    lines = [
        f"Agreement {hex_of(agreement_id)}",
        f"From {date_of(first_day)} to {date_of(last_day)}, {record.activations} activations stand"
        + ("." if record.log_head != EMPTY_HEAD else ", none was ever ordered."),
        f"Settled by the DSO {hex_of(terms.dso)} for the aggregator {hex_of(terms.aggregator)}.",
        "",
        *_runs(chain, agreement_id, terms, first_day, last_day),
        "",
        "Ask the DSO for the bundle of each of these runs: a run is one root over all statements, "
        "and only your bundle shows whether yours is under it. Claims open when the challenge "
        "window has closed.",
    ]
    return "\n".join(lines) + "\n"


def _runs(
    chain: ChainView, agreement_id: bytes, terms: Terms, first_day: int, last_day: int
) -> Iterator[str]:
    found = [
        run
        for run in chain.runs(terms.dso, terms.aggregator)
        if run.period_first_day <= last_day and first_day <= run.period_last_day
    ]
    if not found:
        yield "No run covers a day of it yet."
    standing = {run.period_first_day: run.version for run in found}
    for run in found:
        yield _describe(chain, agreement_id, run, standing[run.period_first_day])


def _describe(chain: ChainView, agreement_id: bytes, run: PublishedRun, standing: int) -> str:
    text = (
        f"  {date_of(run.period_first_day)} to {date_of(run.period_last_day)}, version "
        f"{run.version} in block {run.block}, {format_eur(run.sum)} EUR in all: "
    )
    if run.version < standing:
        return text + f"superseded by version {standing}."
    account = chain.account(agreement_id, run.period_first_day)
    if account.credited_version == 0:
        return text + "nothing was credited to you yet."
    return text + (
        f"{format_eur(account.credited)} EUR were credited to you by version "
        f"{account.credited_version}."
    )
