"""The command: what it prints, how it ends, and what it says where it cannot start."""

import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner

from chainrule.cli import main


def started(*arguments):
    command = [sys.executable, "-u", "-m", "chainrule", "studio", "--no-browser", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = next(line.strip() for line in process.stdout if "http://" in line)
    return process, address


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_it_prints_its_address_answers_and_ends_in_order():
    process, address = started("--port", "0")
    try:
        assert address.startswith("http://127.0.0.1:") and len(address.split("token=")[1]) >= 32
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert b"chainrule" in opener.open(address).read()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address.split("?")[0])
        training = opener.open(address.split("?")[0] + "api/train?steps=5000")
        training.readline()  # still under way
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0 and "The studio is closed." in out
    assert "Traceback" not in errors


def test_it_listens_on_this_machine_only():
    process, address = started("--port", "0")
    try:
        port = int(address.split(":")[2].split("/")[0])
        with socket.socket() as other, pytest.raises(OSError):
            other.connect(("127.0.0.2", port))  # also this machine, but not the address that is served
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_a_port_that_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(main, ["studio", "--no-browser", "--port", str(taken.getsockname()[1])])
    assert result.exit_code == 1
    assert "cannot be opened" in result.output and "--port" in result.output


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = CliRunner().invoke(main, ["studio", "--no-browser"])
    assert result.exit_code == 1
    assert 'pip install "chainrule[studio]"' in result.output


def test_the_other_commands_do_not_load_the_server():
    code = "import sys, chainrule.cli; assert not {'starlette', 'uvicorn', 'anyio'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
