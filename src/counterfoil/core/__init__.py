"""The rules of the business as pure functions on frozen dataclasses.

Owns: money, calendar, pricing, rating, tax, ledger, states, errors and the form of ids.
Does not own: storage, clocks, networks, wire formats.
Always holds: only the standard library is imported; no float, no clock, no randomness, no I/O; ``now`` is
an argument.
"""
