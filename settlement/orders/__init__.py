"""Orders between a DSO and an aggregator: settled off chain, by `settlement/order_rules_1.md`."""
