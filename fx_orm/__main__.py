"""`python -m fx_orm`: the command `fx-orm`."""

from fx_orm.cli import main

if __name__ == "__main__":
    main()
