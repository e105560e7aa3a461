"""Between Flexprice's types and ours, a file a resource: ``…_from_wire`` and ``…_to_wire``."""
