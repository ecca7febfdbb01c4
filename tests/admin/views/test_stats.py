"""The pages of figures show what Redis tells, and its keys, without giving anything away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from django_resque.admin.views import stats
from tests.admin import reading

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer
    from tests.admin.conftest import MakeUser
    from tests.conftest import Configure
    from tests.trips import Trips

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("resque_store")]

ROOT = "/admin/django_resque/resque/"
SECRET = b'{"class":"shop.send","args":[{"password":"hunter2","to":"kim"}]}'


def page(client: Client, url: str = "stats/", **query: Any) -> Any:
    """Return the data of a page, whose other forms have nothing missing in them."""
    return reading.data_of_whole(client, ROOT + url, **query)


def html(client: Client, url: str = "stats/", **query: Any) -> str:
    """Return a page as text."""
    return client.get(ROOT + url, query).content.decode()


def test_figures(admin_client: Client, redis_client: redis.Redis, trips: Trips) -> None:
    """Resque's figures and those of Redis stand together, in a fixed number of round trips."""
    redis_client.sadd("resque:queues", "mail", "images")
    redis_client.rpush("resque:queue:mail", SECRET, SECRET)
    redis_client.sadd("resque:workers", "a:1:*", "b:1:*")
    redis_client.set("resque:worker:a:1:*", "{}")
    redis_client.mset({"resque:stat:processed": 12, "resque:stat:failed": 5})
    redis_client.rpush("resque:failed", "{}", "{}", "{}")
    trips.count()

    assert 200 == admin_client.get(ROOT + "stats/").status_code
    assert 8 == trips.count()
    shown = page(admin_client)
    totals = shown["totals"]
    assert (2, 12, 3, 5, 2, 2, 1) == (
        totals["pending"], totals["processed"], totals["failed"], totals["failures_counted"],
        totals["queues"], totals["workers"], totals["working"],
    )  # fmt: skip
    assert shown["server"]["version"]
    assert "resque" == shown["namespace"]
    assert shown["address"].startswith("unix:///")
    assert "Redis" in html(admin_client) or "Valkey" in html(admin_client)


def test_failed_lists(admin_client: Client, redis_client: redis.Redis) -> None:
    """The longest of many failed lists are shown, whatever they are called."""
    for number in range(30):
        name = f"<script>alert({number})</script>_failed"
        redis_client.sadd("resque:failed_queues", name)
        redis_client.rpush(f"resque:{name}", *["{}"] * (number + 1))

    totals = page(admin_client)["totals"]

    assert 20 == len(totals["failed_lists"])
    assert 30 == totals["failed_lists"][0]["size"]
    assert 11 == totals["more_lists"]
    assert "and 11 shorter ones" in html(admin_client)


def test_no_password(
    redis_client: redis.Redis, resque_settings: Configure, admin_client: Client
) -> None:
    """Where Redis is stands there without the password to it."""
    redis_client.execute_command("ACL", "SETUSER", "guest", "on", ">canary", "~*", "+@all")
    resque_settings(USERNAME="guest", PASSWORD="canary")

    shown = page(admin_client)

    assert "guest:***@" in shown["address"]
    for form in ("", "fragment", "json"):
        assert "canary" not in html(admin_client, format=form)


def test_what_redis_does_not_tell(
    redis_client: redis.Redis, resque_settings: Configure, admin_client: Client
) -> None:
    """A Redis that keeps itself to itself is said to, and the rest is shown."""
    rules = ("on", ">pw", "~*", "+@all", "-info", "-scan")
    redis_client.execute_command("ACL", "SETUSER", "guest", *rules)
    redis_client.rpush("resque:failed", "{}")
    resque_settings(USERNAME="guest", PASSWORD="pw")

    shown = page(admin_client)
    assert (1, None, []) == (shown["totals"]["failed"], shown["server"], shown["problems"])
    assert "info" in shown["denied"]
    assert "does not tell how it is" in html(admin_client)
    shown = page(admin_client, "stats/keys/")
    assert ([], "") == (shown["keys"], shown["next_url"])
    assert "scan" in shown["denied"]


def test_redis_is_away(admin_client: Client, redis_server: EmbeddedServer) -> None:
    """Without Redis there is a page that says so."""
    redis_server.stop()

    for url in ("stats/", "stats/keys/", "stats.txt", "stats/keys/resque:queues/"):
        assert 503 == admin_client.get(ROOT + url).status_code


@pytest.mark.parametrize(
    ("told", "expected", "severe"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, "Jobs can be lost", True),
        ({"maxmemory_policy": "volatile-ttl"}, "keys that expire", False),
        ({"save": "", "aof_enabled": "0"}, "Nothing is saved", True),
        ({"rdb_last_bgsave_status": "err"}, "failed to save", True),
        ({"used_memory": "95", "maxmemory": "100"}, "nearly used up", True),
        ({"role": "slave", "master_host": "<b>", "master_link_status": "down"}, "replica", True),
    ],
)
def test_problems(
    admin_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, str],
    expected: str,
    *,
    severe: bool,
) -> None:
    """What threatens jobs stands on top, with what to do about it."""
    monkeypatch.setattr("django_resque.store.server.Server.info", lambda _: told)

    shown = page(admin_client)

    (problem,) = shown["problems"]
    assert expected in problem["text"]
    assert (True, severe) == (bool(problem["advice"]), problem["severe"])
    text = html(admin_client)
    assert problem["advice"] in text
    assert "<b>" not in text
    assert f'data-announce="{problem["text"]}"' in text


def test_no_problems(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis made for jobs has none, and one that tells little is not blamed for it."""
    good = {
        "maxmemory_policy": "noeviction", "aof_enabled": "1", "aof_last_write_status": "ok",
        "used_memory": "10", "maxmemory": "100", "role": "master", "connected_slaves": "2",
        "rdb_last_save_time": "1764265000", "rdb_changes_since_last_save": "3", "save": "60 1",
        "rdb_last_bgsave_status": "ok", "maxclients": "10", "connected_clients": "1",
    }  # fmt: skip
    for told in (good, {}):
        monkeypatch.setattr("django_resque.store.server.Server.info", lambda _, told=told: told)
        assert [] == page(admin_client)["problems"]
    monkeypatch.setattr("django_resque.store.server.Server.info", lambda _: good)
    assert "2 replicas" in html(admin_client)


def test_stats_txt(admin_client: Client, redis_client: redis.Redis, trips: Trips) -> None:
    """Ruby's lines come as plain text, which no name of a queue can break."""
    redis_client.sadd("resque:queues", "mail", "a\nresque.pending=9", "<b>", b"\xff")
    redis_client.rpush("resque:queue:mail", "{}", "{}")
    redis_client.rpush("resque:failed", "{}")
    redis_client.mset({"resque:stat:processed": 12, "resque:stat:failed": 5})
    redis_client.sadd("resque:workers", "a:1:*", "b:1:*")
    redis_client.set("resque:worker:a:1:*", "{}")
    trips.count()

    answer = admin_client.get(ROOT + "stats.txt")

    assert 7 == trips.count()
    assert "text/plain; charset=utf-8" == answer["Content-Type"]
    assert "nosniff" == answer["X-Content-Type-Options"]
    assert [
        "resque.pending=2",
        "resque.processed+=12",
        "resque.failed+=1",
        "resque.workers=2",
        "resque.working=1",
        "queues.<b>=0",
        "queues.a\\nresque.pending=9=0",
        "queues.mail=2",
        "queues.\\udcff=0",
    ] == answer.content.decode().split("\n")


def test_keys(admin_client: Client, redis_client: redis.Redis, trips: Trips) -> None:
    """Keys are gone through page by page, each with its type, size and time to live."""
    redis_client.mset({f"resque:stat:{number}": "x" * number for number in range(1, 2501)})
    redis_client.set("resque:lock", "x", ex=1000)
    redis_client.set("other:secret", "x")
    trips.count()

    admin_client.get(ROOT + "stats/keys/")
    assert 3 == trips.count()
    found, cursor = {}, "0"
    while cursor:
        shown = page(admin_client, "stats/keys/", cursor=cursor)
        found.update({row["key"]: row for row in shown["keys"]})
        assert (cursor == "0") == shown["first"]
        url = shown["next_url"]
        assert not url or f'href="{url}"' in html(admin_client, "stats/keys/", cursor=cursor)
        cursor = url.partition("?cursor=")[2]

    assert 2501 == len(found)
    row = found["resque:stat:77"]
    assert ("string", 77, None) == (row["type"], row["size"], row["ttl"])
    assert 900 < found["resque:lock"]["ttl"] <= 1000


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 500, "0\r\nFLUSHALL"])
def test_odd_cursors(admin_client: Client, redis_client: redis.Redis, cursor: str) -> None:
    """What is no cursor begins from the start."""
    redis_client.set("resque:a", "x")

    assert ["resque:a"] == [
        row["key"] for row in page(admin_client, "stats/keys/", cursor=cursor)["keys"]
    ]


def test_empty_pages_of_keys(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without keys says whether to look on."""
    assert "There are no keys in the namespace resque" in html(admin_client, "stats/keys/")
    assert "No more keys" in html(admin_client, "stats/keys/", cursor="7")
    monkeypatch.setattr("django_resque.store.server.Server.scan", lambda *_: ("5", []))
    text = html(admin_client, "stats/keys/")
    assert "Look on." in text
    assert "?cursor=5" in text


def test_hostile_keys(admin_client: Client, redis_client: redis.Redis) -> None:
    """Whatever a key is called, it is text, and leads to its own page."""
    names = [b"<script>alert(1)</script>", b"\xff", b'"><img src=x>', b"a/b?c#d", b"", b"x" * 5000]
    for name in names:
        redis_client.set(b"resque:" + name, name or "x")

    shown = page(admin_client, "stats/keys/")

    assert len(names) == len(shown["keys"])
    for row in shown["keys"]:
        key = page(admin_client, row["url"].removeprefix(ROOT))
        assert row == key["key"]
        assert 1 == len(key["entries"])


@pytest.mark.parametrize("kind", ["list", "set", "zset", "hash", "string", "stream"])
def test_one_key(admin_client: Client, redis_client: redis.Redis, kind: str, trips: Trips) -> None:
    """A key shows its first entries, masked, whatever its type is."""
    if kind == "list":
        redis_client.rpush("resque:key", *[SECRET] * 50)
    elif kind == "set":
        redis_client.sadd("resque:key", SECRET, "x")
    elif kind == "zset":
        redis_client.zadd("resque:key", {SECRET: 1.5})
    elif kind == "hash":
        redis_client.hset("resque:key", "<b>", SECRET)
    elif kind == "string":
        redis_client.set("resque:key", SECRET)
    else:
        redis_client.xadd("resque:key", {"<b>": "kim"})
    trips.count()

    text = html(admin_client, "stats/keys/resque:key/")

    assert 3 == trips.count()
    assert "hunter2" not in text
    assert "<b>" not in text
    assert "kim" in text
    shown = page(admin_client, "stats/keys/resque:key/")
    assert (kind, kind == "list") == (shown["key"]["type"], shown["more"])
    assert len(shown["entries"]) <= 20
    assert ("only the beginning" in text) == (kind == "list")


def test_large_values(admin_client: Client, redis_client: redis.Redis, trips: Trips) -> None:
    """Megabytes are not read, or cut before they are shown."""
    redis_client.set("resque:text", "y" * 10_000_000)
    redis_client.rpush("resque:list", "z" * 10_000_000, "z" * 10_000_000)
    trips.received()

    answer = admin_client.get(ROOT + "stats/keys/resque:text/")
    assert trips.received() < 100_000
    assert b"only the beginning" in answer.content
    assert len(answer.content) < 50_000
    answer = admin_client.get(ROOT + "stats/keys/resque:list/")
    assert trips.received() < 10_100_000
    assert b"zzz" in answer.content
    assert len(answer.content) < 50_000


def test_no_such_key(admin_client: Client, redis_client: redis.Redis) -> None:
    """What is gone, or of somebody else, is not found."""
    redis_client.mset({"other:key": "x", "resque": "x"})

    for name in ("other:key", "resque", "resque:gone", "!", "_", "resquette:x"):
        assert 404 == admin_client.get(f"{ROOT}stats/keys/{name}/").status_code


def test_who_may_look_into_keys(
    admin_client: Client, redis_client: redis.Redis, staff: MakeUser
) -> None:
    """The content of keys is for those who may see arguments; the others get no link to it."""
    redis_client.rpush("resque:queue:mail", SECRET)
    watcher = Client()
    watcher.force_login(staff("view_resque"))

    url = f"{ROOT}stats/keys/resque:queue:mail/"
    assert 403 == watcher.get(url).status_code
    assert f'href="{url}"' not in html(watcher, "stats/keys/")
    assert f'href="{url}"' in html(admin_client, "stats/keys/")


def test_every_problem_has_its_text() -> None:
    """Each problem has words and advice of its own."""
    texts = [str(text) for _severe, text, _advice in stats._PROBLEMS]

    assert len(set(texts)) == len(texts)
