"""Counterfoil: self-hosted monetization, from price list to money.

The layers, top to bottom: ``bootstrap``, ``faces`` | ``worker`` | ``providers``, ``modules``, ``store``,
``settings``, ``core``.  Imports run downwards only (see ARCHITECTURE.md).
"""

__version__ = "0.1.0"
