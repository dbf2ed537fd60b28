"""Migrations: generated from the entities, without a database to compare with, and run through Alembic.

`creation` writes a file, `running` applies files, `status` tells where a database stands, `comparison` what no file
says yet. What a migration file means, and how one is written, is `fx_orm.schema`'s.
"""
