"""Which objects are ours: marks on registrations and record sets, and the rules that read them.

Imports the model. Start with the tables of `marks.py` and `registrations.py`.
"""
