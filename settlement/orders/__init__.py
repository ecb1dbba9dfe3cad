"""Orders between a DSO and an aggregator: settled off chain, by `settlement/order_rules_1.md`.

contract, order           what was agreed and ordered; the activations that orders form
excess                    ordered ISPs that the contract does not oblige to
sharing, measured         what each order has of an ISP and of an activation
capacity, capacity_pay    what was reserved, requested and offered, and its pay
baseline                  the methods that a contract may name
settle, settled           the whole of a period; start here
"""
