"""The native API under ``/v1``: the whole of the business, one file a resource.

A file holds its wire types, their conversions (``from_wire``, ``to_wire``) and its routes, nothing else.
"""
