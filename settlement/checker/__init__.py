"""The checker: everything that is stated, against the rules, one's own meter and the ledger.

plausibility.py          all checks that need nothing but the bundle; start here
evidence.py              what a bundle lets one recompute
commitment_check.py      meter data and nominations lie under the committed roots
baseline_day_check.py    the days of the baselines
statement_check.py       lines and figures
correction_check.py      what a correction replaces
own_meter.py             one's own meter file
non_working.py           one's own list of non-working days
chain_check.py           the state of the ledger
log_check.py             the history of the ledger
account_check.py         what was credited and what a claim pays
report.py                findings for people and for machines
challenge.py             which findings the ledger itself would confirm
challenge_document.py    those, written down
"""
