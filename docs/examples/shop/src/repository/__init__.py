"""The shop's repositories: every query of the shop is here."""
