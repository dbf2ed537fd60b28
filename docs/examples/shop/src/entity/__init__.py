"""The shop's entities: data, constraints and relations, no business logic."""
