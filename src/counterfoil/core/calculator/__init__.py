"""The calculator: what something costs and why, from a request alone.

Owns: reading a request (a JSON-like mapping) strictly, and the answer to it: the amounts, each step in words,
the explanation as data, and the sum done again from that.
Does not own: any rule; it puts together those of pricing, rating, proration, commitments, calendar and tax.
Always holds: nothing but the request decides the answer; exact numbers are texts; a refusal names the field
(``params.tiers.1.up_to``); what one request may ask for is bounded.
"""

from counterfoil.core.calculator.changes import proration
from counterfoil.core.calculator.commitment import commitment
from counterfoil.core.calculator.periods import periods
from counterfoil.core.calculator.price import price
from counterfoil.core.calculator.taxes import tax

__all__ = ["commitment", "periods", "price", "proration", "tax"]
