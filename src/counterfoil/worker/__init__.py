"""Runs modules later: jobs, the relay of changes, and the schedule of what falls due."""
