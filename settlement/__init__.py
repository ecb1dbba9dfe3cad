"""Settlement rules: domain records and pure calculation, and the checker every party runs alone.

An afternoon's reading, in this order; each part needs only those above it.

    the rules of agreements (rule_set_1.md)
        units, clock, window     W and money, local time, the weekly window
        terms, identity          what was signed, and its id
        activation               what may be ordered, and the log of what was
        meter, merkle            readings and blobs; the tree under runs and commitments
        statement                period, statement and its leaf
        baselines/               what a site would have done
        delivery                 what it delivered
        settle                   lines and statement of a period: the heart
        run, commitment          statements, meter data and nominations under a root

    the rules of orders (order_rules_1.md), on the same units, clock, delivery and baselines
        orders/                  start at orders/settle.py

    the checker
        bundle/                  what a party is handed
        chain/                   what the ledger says
        checker/                 one against the other; start at checker/plausibility.py
        __main__                 the command

Files and words of documents (`document`, `terms_document`, `meter_file`, `day_list_file`,
`words`, `keccak`, `signature`) are read when they are met.
"""
