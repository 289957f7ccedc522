"""``python -m nudipole``: the command line without its entry point."""

from nudipole.cli import main

if __name__ == "__main__":
    main(prog_name="nudipole")
