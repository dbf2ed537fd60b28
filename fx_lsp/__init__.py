"""fx_lsp: the language server that makes fx_orm's strings safe to write.

It works from source text alone: it never runs the user's code and needs no database.
"""
