"""The application's own place is found in the tracebacks of every client."""

from __future__ import annotations

import time
import traceback

import pytest

from django_resque.reading.places import Place, is_library, own_place

LIBRARY = "/srv/venv/lib/python3.11/site-packages/requests/api.py"

PYTHON = f"""Traceback (most recent call last):
  File "/srv/shop/jobs.py", line 12, in send
    post(order)
    ~~~~^^^^^^^
  File "/srv/shop/http.py", line 7, in post
    return requests.post(url)
  File "{LIBRARY}", line 115, in post
    return request("post", url)
  File "<frozen importlib._bootstrap>", line 1030, in _gcd_import
requests.exceptions.ConnectionError: File "/x.py", line 1, in f"""

RUBY = """/usr/lib/ruby/3.1.0/net/http.rb:987:in `initialize'
/app/vendor/bundle/gems/faraday-2.0/lib/faraday.rb:1:in 'block in call'
/app/lib/mailer.rb:12:in `perform'
/app/lib/other.rb:3:in `work'"""

PHP = """#0 [internal function]: str_repeat('x', -1)
#1 /app/vendor/guzzle/Client.php(99): GuzzleHttp\\Client->request('POST', Array)
#2 /app/src/Mailer.php(12): App\\Http->post(Object(Order), '...')
#3 {main}"""

NODE = """    at node:internal/process/task_queues:95:5
    at async fetch (/app/node_modules/undici/index.js:1:2)
    at async Mailer.perform (/app/src/mailer.js:12:34)
    at /app/src/other.js:1:1"""


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        (PYTHON, "/srv/shop/http.py:7 in post"),
        (RUBY, "/app/lib/mailer.rb:12 in perform"),
        (PHP, "/app/src/Mailer.php:12 in App\\Http->post"),
        (NODE, "/app/src/mailer.js:12 in Mailer.perform"),
        ("    at file:///app/a.mjs:3:4", "/app/a.mjs:3"),
        (f'  File "{LIBRARY}", line 115, in post', f"{LIBRARY}:115 in post"),
        ("/usr/lib/ruby/a.rb:1:in `a'\n/usr/lib/ruby/b.rb:1:in `b'", "/usr/lib/ruby/a.rb:1 in a"),
        ('  | File "C:\\shop\\jobs.py", line 3, in send', "C:\\shop\\jobs.py:3 in send"),
    ],
)
def test_own_place(trace: str, expected: str) -> None:
    """It is the frame nearest to the raise that is no library's, or any if all are."""
    assert expected == str(own_place(trace.split("\n")))


def test_of_a_real_exception() -> None:
    """Of an exception that was raised while another was handled, the last one's place counts."""
    try:
        try:
            int("y")
        except ValueError:
            int("x")
    except ValueError as error:
        lines = "".join(traceback.format_exception(error)).split("\n")

    place = own_place(lines)

    assert place is not None
    assert (__file__, "test_of_a_real_exception") == (place.file, place.function)


@pytest.mark.parametrize(
    "trace", [[], [""], ["line one", "at last"], ['File "x", line 1'], [":in "]]
)
def test_none(trace: list[str]) -> None:
    """Lines that are no frames have no place."""
    assert own_place(trace) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/srv/releases/20261121/jobs.py", "/srv/releases/20261203/jobs.py"),
        ("/srv/4f2a91c/jobs.py", "/srv/00bb12a/jobs.py"),
        ("/tmp/x-6F1E2C3D4B/jobs.py", "/tmp/x-aa0012ffee/jobs.py"),
        (
            "/c/0b1c2d3e-aaaa-4bbb-8ccc-ddddeeeeffff/jobs.py",
            "/c/1b1c2d3e-bbbb-4ccc-9ddd-eeeeffff0000/jobs.py",
        ),
    ],
)
def test_address(one: str, other: str) -> None:
    """Lines move, and so do paths from one deployment to the next; functions and files do not."""
    address = Place(one, "12", "send").address

    assert address == Place(other, "99", "send").address
    assert address != Place(one, "12", "receive").address
    assert address != Place(one.replace("jobs", "tasks"), "12", "send").address


def test_words_are_kept_apart() -> None:
    """What merely looks like hexadecimal digits is part of the name."""
    assert (
        Place("/srv/decade/a.py", "1", "f").address != Place("/srv/facade/a.py", "1", "f").address
    )


@pytest.mark.parametrize(
    "line",
    [
        'File "' * 100_000,
        "#1 " + "(1" * 100_000 + "): ",
        "at " + "a (" * 100_000,
        "a:1:in " * 100_000,
        "at " + "1:" * 100_000,
    ],
    ids=["python", "php", "node", "ruby", "numbers"],
)
def test_hostile_lines(line: str) -> None:
    """However a line is made, it is looked at in no time."""
    begin = time.process_time()
    own_place([line] * 100)

    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("language", "file", "expected"),
    [
        ("python", "/srv/shop/jobs.py", False),
        ("python", "/srv/.venv/lib/python3.13/site-packages/x.py", True),
        ("python", "C:\\Python311\\Lib\\json\\decoder.py", True),
        ("ruby", "/srv/shop/jobs.rb", False),
        ("ruby", "/var/lib/gems/3.1.0/gems/x.rb", True),
        ("php", "/srv/vendor/x.php", True),
        ("php", "{main}", True),
        ("javascript", "/srv/node_modules/x.js", True),
        ("javascript", "<anonymous>", True),
        ("javascript", "/srv/x.js", False),
    ],
)
def test_libraries(language: str, file: str, expected: bool) -> None:
    """Files of libraries are told from those of the application, language by language."""
    assert expected == is_library(language, file)
