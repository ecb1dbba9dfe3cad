"""The bundle: one canonical JSON document with all that a party needs to check a statement.

records.py         its content
reader.py          from text to records; only the form is checked
stated_reader.py   the part that the DSO states
writer.py          from records to the one canonical text
"""
