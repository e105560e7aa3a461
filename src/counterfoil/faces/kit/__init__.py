"""What every HTTP face shares: a transaction a request, authentication, errors, paging, exact JSON.

Owns: opening the unit of work, committing before the answer is sent, idempotency, rate limits, limits of
bodies, the reading of JSON without floats.  Does not own: any route or any vendor's form.
Always holds: an answer that was sent tells of what is committed.
"""
