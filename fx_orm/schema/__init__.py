"""The schema as plain data: tables, their differences, and the migration files that build them.

Pure: no database, no SQLAlchemy, no user code is run. The commands and the editor's server read and write the same data
with the same functions, so that they cannot disagree.
"""
