"""Rows of invoicing.

Owns: every statement on issuers, invoices and their lines, in sets: a batch costs as many statements as one.
Does not own: any decision.  Always holds: each statement names the environment.
"""
