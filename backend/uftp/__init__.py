"""Settlement of orders as messages of the flexibility trading protocol UFTP, version 3.1.0.

    stated.py       what a settlement states: the numbers of the order profile, without XML
    isp_runs.py     numbered ISPs of a local day with run lengths
    writing.py      stated settlement -> FlexSettlement
    shape.py        which elements and attributes a received document may have
    document.py     hostile bytes -> checked document -> message classes
    reading.py      FlexSettlement -> stated settlement
    answering.py    the aggregator's answer from its own recomputation
    answer.py       the DSO reads that answer
    sealing.py      signatures
    memory.py       messages seen, periods settled
    desk.py         the two parties: receive, answer, read the answer
    endpoint.py     HTTP
    library.py      the one place that imports the protocol library

docs/uftp.md tells the mapping and every decision that the protocol leaves open.
"""
