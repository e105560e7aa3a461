"""The ways in which the outside calls us; each translates and holds no rule and no SQL."""
