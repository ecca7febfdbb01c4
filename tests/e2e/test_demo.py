"""The demonstration: what it promises on its page and in the terminal, and that nothing stays."""

from __future__ import annotations

import re
import signal
import socket
import sys
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from forge.management.commands.demo import GOOD
from forge.visitor import Visitor
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.browsing import SCHEMES
from tests.e2e.demonstration import Demo
from tests.polling import eventually
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.browsing import OpenPage

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demonstration for those tests that only look on."""
    running = Demo(tmp_path_factory.mktemp("demo"), "--port", str(free_port()))
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGINT)


@pytest.fixture(scope="module")
def url(demo: Demo) -> str:
    """Give the address of its page."""
    return demo.find(r"The forge +(\S+)")


@pytest.fixture(scope="module")
def visitor(url: str) -> Visitor:
    """Give somebody who visits its page, when the first jobs are done."""
    visitor = Visitor(url)
    eventually(lambda: len(visitor.status()["results"]) >= len(GOOD), 60, "all results")
    return visitor


def test_first_jobs(visitor: Visitor) -> None:
    """Each good job has been performed by a worker, none failed."""
    status = visitor.status()

    assert {"Archive", "warm_cache", "notify", "thumbnail", "fetch"} == set(status["results"])
    assert {"file_serve", "caches", "critical", "images", "default"} == set(status["queues"])


def test_tarball(visitor: Visitor, url: str) -> None:
    """The archive is a tarball of the branch, not of another."""
    path = re.search(r'href="/(media/archives/[^"]+)"', visitor.get(""))
    assert path is not None
    with urlopen(url + path[1]) as response:
        packed = BytesIO(response.read())
    with tarfile.open(fileobj=packed) as tarball:
        names = tarball.getnames()

    assert "brewery-masterbrew/RECIPE.md" in names
    assert "brewery-masterbrew/src/jobs.py" in names


def test_thumbnail(visitor: Visitor, url: str) -> None:
    """The thumbnail is a small picture."""
    path = re.search(r'src="/(media/thumbnails/[^"]+)"', visitor.get(""))
    assert path is not None
    with urlopen(url + path[1]) as response, Image.open(BytesIO(response.read())) as image:
        assert (240, 150) == image.size


def test_cache(visitor: Visitor) -> None:
    """The page shows what a job has put into the cache."""
    assert re.search(r"<b>\d{2,}</b> \.py", visitor.get(""))


def test_mail(visitor: Visitor, demo: Demo) -> None:
    """The mail went over SMTP to the demonstration's own server."""
    assert "Your archive is ready" in demo.find(r"mail +\| ('.*') to smith@example\.com")


@pytest.mark.parametrize(
    ("button", "job", "told"),
    [
        ("fail", "forge.jobs.fail", "The anvil is cold"),
        ("leave", "forge.jobs.leave", "exited with status 3"),
        ("crash", "forge.jobs.crash", "SIGSEGV"),
        ("leak", "forge.jobs.leak", "250 MB"),
    ],
)
def test_misfortune(visitor: Visitor, button: str, job: str, told: str) -> None:
    """A job that comes to grief is told among the failures, with the reason, and only once."""
    visitor.press(button)

    def failures() -> list[dict[str, str]]:
        return [each for each in visitor.status()["failures"] if job == each["job"]]

    (failure,) = eventually(failures, 60, "a failure")
    assert told in failure["error"]
    assert failure["error"].partition(";")[0] in visitor.get("").replace("&#x27;", "'")


def test_retry(visitor: Visitor) -> None:
    """A job that stumbles comes back by itself, for which a scheduler runs; nothing has failed."""
    before = visitor.status()["failed"]
    visitor.press("stumble")

    eventually(lambda: "stumble" in visitor.status()["results"], 60, "the third attempt")
    assert before == visitor.status()["failed"]
    assert "Went well at attempt 3" in visitor.get("")


def test_schedule(demo: Demo) -> None:
    """A recurring job is enqueued by itself."""
    demo.find(r"mail +\| ('The fire still burns') to smith@example\.com")


def test_sleep_can_be_watched(visitor: Visitor) -> None:
    """A job that sleeps does not keep the other worker from the next job."""
    before = visitor.status()["results"].count("fetch")
    visitor.press("doze")
    visitor.press("fetch")

    eventually(lambda: visitor.status()["results"].count("fetch") > before)
    status = visitor.status()

    assert "doze" not in status["results"]
    assert ("working", "forge.jobs.doze") in [
        (worker["state"], worker["job"]) for worker in status["workers"]
    ]


def test_admin(visitor: Visitor, demo: Demo) -> None:
    """The login that was printed opens the admin."""
    password = demo.find(r"user admin, password (\S+)")
    fields = {"username": "admin", "password": password, "next": "/admin/"}
    page = visitor.post("admin/login/", fields, of="admin/login/")

    assert "/admin/forge/result/" in page


def test_page_is_strict(url: str) -> None:
    """The page allows no scripts from anywhere else, and enqueues for its own forms only."""
    with urlopen(url) as response:
        policy = response.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'self';")
    for method, status in (("GET", 405), ("POST", 403)):
        with pytest.raises(HTTPError) as refusal:
            urlopen(Request(f"{url}enqueue/fail/", method=method))
        with refusal.value as answer:
            assert status == answer.code


def test_unknown_button(visitor: Visitor) -> None:
    """A button that there is not enqueues nothing."""
    with pytest.raises(HTTPError) as refusal:
        visitor.press("no-such-job")

    with refusal.value as answer:
        assert 404 == answer.code


def test_browser(visitor: Visitor, url: str, open_page: OpenPage) -> None:
    """In a browser a click enqueues; nothing is refused, and nothing is wider than a phone."""
    page = open_page(url)
    page.get_by_role("button", name="Enqueue Fetch").click()

    expect(page.locator(".note").first).to_contain_text("Fetch is on queue default")

    grounds = set()
    for scheme in SCHEMES:
        phone = open_page(url, scheme=scheme, width=320)
        grounds.add(phone.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert 320 == phone.evaluate("document.documentElement.scrollWidth")

    assert 2 == len(grounds)


@linux
def test_bounded(tmp_path: Path) -> None:
    """With --seconds it ends by itself when the first jobs are done, and leaves nothing."""
    demo = Demo(tmp_path, "--seconds", "60", "--port", str(free_port()))

    assert 0 == demo.process.wait(90), demo.said()
    assert "All 5 jobs are done" in demo.said()
    assert [] == demo.remains()
    assert [] == list(demo.temporary.iterdir())


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_end(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and the like end everything, also when somebody is impatient."""
    demo = Demo(tmp_path, "--port", str(free_port()))
    demo.find(r"(Ctrl-C stops everything)")
    for _ in range(100):
        demo.process.send_signal(number)
    status = demo.end(number)

    assert 0 == status, demo.said()
    assert [] == demo.remains()
    assert [] == list(demo.temporary.iterdir())


@linux
def test_end_while_it_starts(tmp_path: Path) -> None:
    """Ctrl-C before all is up is no error either, and leaves nothing."""
    demo = Demo(tmp_path, "--port", str(free_port()))
    eventually(lambda: any(" migrate " in command for command in demo.remains()), 60, "a start")
    status = demo.end(signal.SIGINT)

    assert 0 == status, demo.said()
    assert "Everything is stopped" in demo.said()
    assert [] == demo.remains()
    assert [] == list(demo.temporary.iterdir())


@linux
def test_killed(tmp_path: Path) -> None:
    """Even killed it leaves no process behind."""
    demo = Demo(tmp_path, "--port", str(free_port()))
    demo.find(r"(Ctrl-C stops everything)")
    demo.end(signal.SIGKILL)

    eventually(lambda: not demo.remains(), 30, "no process left")


@linux
def test_taken_port(tmp_path: Path) -> None:
    """A port that is taken is told, with an error status, and leaves nothing."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        demo = Demo(tmp_path, "--port", str(other.getsockname()[1]))

        assert 1 == demo.process.wait(60), demo.said()
    assert "already in use" in demo.said()
    assert "Traceback" not in demo.said()
    assert [] == demo.remains()
