"""``counterfoil apply``: a price list in a file becomes the state of an environment.

Owns: the file's form, what it says as plain state, the difference to what is there, and carrying it out.
Does not own: any rule about prices, customers or subscriptions; those are the modules' use cases.
Always holds: the same file twice changes nothing the second time; all of it happens in one transaction or
none; what the file does not mention stays as it is; every refusal names file, line and path.
"""
