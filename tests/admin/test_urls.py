"""Every URL, for every kind of user: who may not, sees nothing and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from django_resque.admin.urls import ROUTES, Route

if TYPE_CHECKING:
    import redis

    from tests.admin.conftest import MakeUser
    from tests.conftest import Configure

PERMISSIONS = {
    "view_resque",
    "view_arguments",
    "enqueue_job",
    "retry_job",
    "delete_job",
    "pause_queue",
    "control_worker",
    "manage_schedule",
}
EXAMPLES = {
    "queue": "mail",
    "digest": "0" * 40,
    "job": "shop.jobs.send",
    "worker": "web1~50e7c95d73be:411:mail",
    "list_name": "failed",
    "key": "resque:queues",
    "timestamp": "2000000000",
    "schedule": "nightly",
    "job_id": "f00",
}
PAGES = [route for route in ROUTES if "GET" in route.methods]
ACTIONS = [route for route in ROUTES if "GET" not in route.methods]


def url(route: Route) -> str:
    """Return an URL of a route."""
    kwargs = {name: value for name, value in EXAMPLES.items() if f":{name}>" in route.pattern}
    return reverse(f"admin:django_resque_{route.name}", kwargs=kwargs)


def named(route: Route) -> str:
    """Name a case by its route."""
    return route.name


@pytest.fixture(autouse=True)
def content(resque_settings: Configure, redis_client: redis.Redis, db: None) -> None:
    """Put something into Redis that could be seen and changed."""
    redis_client.sadd("resque:queues", "mail")
    redis_client.rpush("resque:queue:mail", '{"class":"shop.jobs.send","args":["canary"]}')
    redis_client.rpush("resque:failed", '{"payload":{"class":"shop.jobs.send","args":["canary"]}}')
    item = '{"class":"shop.jobs.send","args":["canary"],"queue":"mail","id":"f01"}'
    redis_client.zadd("resque:delayed_queue_schedule", {"2000000000": 2000000000})
    redis_client.rpush("resque:delayed:2000000000", item, item)
    entry = '{"every":"1h","class":"shop.jobs.send","args":["canary"],"queue":"mail"}'
    redis_client.hset("resque:persistent_schedules", "nightly", entry)
    result = '{"id":"f00","status":"succeeded","value":"canary","error":"canary"}'
    redis_client.set("resque:result:f00", result)
    redis_client.set("resque:result:f00:progress", '{"done":1,"message":"canary"}')
    redis_client.sadd("resque:workers", EXAMPLES["worker"])
    redis_client.set("resque:pause-all-workers", "true")


def dump(redis_client: redis.Redis) -> dict[bytes, bytes | None]:
    """Return all that lies in Redis."""
    return {key: redis_client.dump(key) for key in redis_client.scan_iter()}


def test_routes() -> None:
    """Every URL is either to be looked at or to be posted to, and asks for what exists."""
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    for route in ROUTES:
        assert route.methods in (("GET", "HEAD"), ("POST",))
        assert set(route.permissions) <= PERMISSIONS
        assert "view_resque" in route.permissions
    for route in ACTIONS:
        assert len(route.permissions) > 1


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_strangers(route: Route, redis_client: redis.Redis) -> None:
    """Whoever is nobody, or no staff, is led to the login, and nothing happens."""
    before = dump(redis_client)
    customer = Client()
    customer.force_login(User.objects.create_user("customer"))

    for client in (Client(), customer):
        for answer in (client.get(url(route)), client.post(url(route), {"confirmed": "1"})):
            assert 302 == answer.status_code
            assert answer["Location"].startswith("/admin/login/")
    assert before == dump(redis_client)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_each_permission_counts(route: Route, staff: MakeUser, redis_client: redis.Redis) -> None:
    """Who lacks any one of the permissions of a URL, with all others, is refused."""
    before = dump(redis_client)
    client = Client()
    for missing in ("all", *route.permissions):
        held = PERMISSIONS - {missing} if missing != "all" else set()
        client.force_login(staff(*held, name=f"without {missing}"))
        for answer in (client.get(url(route)), client.post(url(route), {"confirmed": "1"})):
            assert 403 == answer.status_code, missing
            assert b"canary" not in answer.content
    assert before == dump(redis_client)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("route", PAGES, ids=named)
def test_looking_changes_nothing(
    route: Route, admin_client: Client, redis_client: redis.Redis
) -> None:
    """A page is shown, whatever a browser sends with it, and never writes."""
    before = dump(redis_client)

    for query in ("", "?format=fragment", "?format=json"):
        answer = admin_client.get(url(route) + query)
        assert answer.status_code in (200, 404)
        assert b"%missing" not in answer.content
    assert 405 == admin_client.post(url(route)).status_code

    assert before == dump(redis_client)


@pytest.mark.parametrize("route", ACTIONS, ids=named)
def test_changes_are_posted(route: Route, admin_client: Client, redis_client: redis.Redis) -> None:
    """No link and no form of another site changes anything."""
    before = dump(redis_client)
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(User.objects.get(username="root"))

    assert 405 == admin_client.get(url(route)).status_code
    assert 403 == forged.post(url(route), {"confirmed": "1"}).status_code

    assert before == dump(redis_client)


@pytest.mark.parametrize("route", PAGES, ids=named)
def test_arguments_are_for_some(route: Route, staff: MakeUser) -> None:
    """Who may look, but not at arguments, sees none on any page."""
    client = Client()
    client.force_login(staff("view_resque"))

    # A part of the word, for what is searched for is shown again.
    for query in ("", "?format=json", "?q=canar", "?text=canar"):
        answer = client.get(url(route) + query)
        assert answer.status_code in (200, 403, 404)
        assert b"canary" not in answer.content


def test_index(staff: MakeUser) -> None:
    """The admin's index leads those who may look to the pages, and nobody else."""
    looking, blind = Client(), Client()
    looking.force_login(staff("view_resque"))
    blind.force_login(staff("retry_job", name="blind"))

    assert b"/admin/django_resque/resque/" in looking.get("/admin/").content
    assert b"django_resque" not in blind.get("/admin/").content


def test_another_site(admin_client: Client) -> None:
    """In a site of one's own every link stays in that site."""
    page = admin_client.get("/operations/django_resque/resque/queues/").content.decode()

    assert "/operations/django_resque/resque/queues/mail/" in page
    assert 'href="/admin/' not in page
