"""The pricing models, one file each: frozen ``Params`` and ``rate(params, quantity) -> parts``.

Always holds: no model imports another; ``Params.from_json(params.to_json()) == params``; ``rate`` is pure,
exact and refuses a negative quantity with ``InvalidInput``.
"""
