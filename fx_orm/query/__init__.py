"""From a query's shape and values to a kept statement, and from its rows to entities and typed rows.

The builder records (`shapes`), this package resolves the names, builds (`statements`), keeps (`plans`) and runs
(`execution`). It holds no session and decides no transaction.
"""
