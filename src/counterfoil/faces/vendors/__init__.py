"""Faces that speak other vendors' APIs, so that their official clients work here unchanged.

A face is a package: ``auth`` (where the secret stands), ``wire`` (the vendor's types), ``convert``
(``from_wire``, ``to_wire``), ``errors`` (the vendor's form), ``routes``; its ``__init__`` puts them together
as ``FACE``.  It holds no rule, no SQL and no state; what a vendor needs and the modules lack, the modules
get first.
"""
