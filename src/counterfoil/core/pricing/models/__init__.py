"""The pricing models, one file each: frozen ``Params`` and ``rate(params, used) -> parts``.

A model that must be told more of the usage than its quantity says so in ``Params.need``, and finds it in
``used``.  Always holds: no model imports another; ``Params.from_json(params.to_json()) == params``; ``rate``
is pure and exact, and is given usage of which no quantity is negative.
"""
