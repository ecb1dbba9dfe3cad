"""Settlement of very many agreements at once, equal to the bit to `settlement.settle`.

Start at `settle.py`. Everything in this folder is pure and works on NumPy arrays; `bulk/` reads and
writes files and spreads partitions over processes and machines.
"""
