"""The SQL of usage.

Owns: how events are written and listed (``events``), and how meters read them (``readings``).
Does not own: what may be written; the service decides.
Always holds: every statement names the environment; a meter reads all its windows in one statement.
"""
