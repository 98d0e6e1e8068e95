"""The command `chainrule studio`."""

import functools
import secrets
import socket

import click

_PORT = 8765
_TRIED = 20  # ports after it, where it is taken


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help=f"The port; by default {_PORT} or the next free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option(
    "--run-code",
    is_flag=True,
    help="Let the page run Python that you type, in a process with limits on time and memory. It is no cage: the "
    "code runs as you.",
)
@click.option(
    "--open",
    "report",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="A report saved by explain (JSON or HTML), or the file that watch(save=...) writes: it is followed while it "
    "changes.",
)
def studio(port, no_browser, run_code, report):
    """Open a page on this machine that shows derivatives, graphs and backward passes in motion.

    The address that is printed holds a token; without it the page answers nobody. Ctrl-C ends it.
    """
    try:
        import uvicorn

        from chainrule.studio.pool import Pool
        from chainrule.studio.server import application
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f'the studio needs {error.name}, which is not installed\n  what to do: pip install "chainrule[studio]"'
        ) from None
    listener = _listener(port)
    port = listener.getsockname()[1]
    token = secrets.token_urlsafe(24)
    address = f"http://127.0.0.1:{port}/?token={token}" + ("#explain" if report else "")
    pool = Pool()
    made = functools.partial(application, token, port, pool, run_code, lambda: server.should_exit, report)
    server = uvicorn.Server(_config(uvicorn, made))
    click.echo(f"The studio is open at\n\n    {address}\n\nCtrl-C ends it.")
    if not no_browser:
        click.launch(address)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn has shut down in order, and passes the signal on
        pass
    finally:
        listener.close()
        pool.close()
    click.echo("The studio is closed.")


def _config(uvicorn, application):
    return uvicorn.Config(
        application,
        factory=True,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
        limit_concurrency=500,
        h11_max_incomplete_event_size=32 * 1024,
    )


def _listener(port):
    """A socket on this machine's own address, at the port or the next free one."""
    wanted = [port] if port is not None else range(_PORT, _PORT + _TRIED)
    for number in wanted:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", number))
            listener.listen(128)
        except OSError as error:
            listener.close()
            reason = error.strerror or str(error)
        else:
            return listener
    taken = f"port {port}" if port is not None else f"every port from {_PORT} to {_PORT + _TRIED - 1}"
    raise click.ClickException(f"{taken} cannot be opened: {reason}\n  what to do: choose another with --port")
