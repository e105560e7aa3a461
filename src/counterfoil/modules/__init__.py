"""The business: one package a domain, each with its tables, its use cases and its public surface.

A use case takes a ``Uow``, loads with its repository, decides with core, saves.  Another module is reached
through its package's names only, never through its service or repository file.
"""
