"""Usage from files: reading rows, making events of them, and giving each an identity.

Owns: the three file forms (CSV, JSON lines, Parquet), the mapping of columns, ids of rows that bring none.
Does not own: what becomes of an event; that is the usage module's answer.
Always holds: a file may be larger than memory; a number keeps every digit that the file wrote; a row that
cannot be read is reported by its line and stops nothing; the same file gives the same ids each time.
"""
