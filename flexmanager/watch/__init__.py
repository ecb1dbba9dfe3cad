"""Watching an order while it is delivered, and repairing it.

After each ISP its telemetry is compared with the plan (`judging`). What can still be expected of
the recorded activations follows from that (`outlook`). Where they will not do, new activations of
other agreements are chosen (`repairing`): what is recorded cannot be changed. Start at `watching`;
`journal` writes what happened for people. Nothing here reads a clock, a meter or a ledger.
"""
