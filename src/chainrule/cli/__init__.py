"""The `chainrule` command: parse, call, print. One file a command."""

import click

from chainrule.cli.derive import derive
from chainrule.cli.explain import explain
from chainrule.cli.practice import practice
from chainrule.cli.studio import studio


def _version(context, option, wanted):
    if wanted and not context.resilient_parsing:
        from importlib import metadata

        try:
            click.echo(f"chainrule {metadata.version('chainrule')}")
        except metadata.PackageNotFoundError:
            click.echo("chainrule (not installed; run from its source)")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="The version")
def main():
    """Exact gradients of the Python you already write, and the chain rule that produced them."""


main.add_command(explain)
main.add_command(derive)
main.add_command(practice)
main.add_command(studio)
