"""`python -m chainrule`: the same as the `chainrule` command."""

from chainrule.cli import main

if __name__ == "__main__":  # a process that the studio starts imports this file again
    main(prog_name="chainrule")
