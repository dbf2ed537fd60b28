"""What happens when a program touches a relationship that is not loaded.

It is loaded for all entities that were loaded together (`batches`), or this is reported or refused (`modes`).
`touching` stands between the attribute and SQLAlchemy's lazy loader, which does the rest.
"""
