"""The shop's business logic: what changes several things at once, and must change all of them or none."""
