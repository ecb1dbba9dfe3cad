"""Read-only access to the ledger, for a checker that takes nobody's word.

view.py       what is asked, and the records of the answers
rpc.py        the answers of a node's state
rpc_logs.py   the answers of its logs
json_rpc.py   the transport
lookup.py     what the ledger alone has of an agreement
"""
