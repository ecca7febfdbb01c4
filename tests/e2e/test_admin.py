"""The admin's pages in a real browser, beside real workers: the whole story of an evening on call.

With RESQUE_SCREENSHOTS naming a folder, the pictures of the documentation are written there.
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.browsing import PHONE, SCHEMES, WIDE, Tabs, barriers, overflow
from tests.e2e.demonstration import Demo
from tests.e2e.running import children, title
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.e2e.browsing import Scheme

PAGES = {
    "overview": "",
    "queues": "queues/",
    "queue": "queues/images/",
    "working": "working/",
    "delayed": "delayed/",
    "delayed, by class": "delayed/classes/",
    "recurring": "recurring/",
    "find a job": "results/",
    "workers": "workers/",
    "failed": "failed/",
    "groups": "failed/groups/",
    "jobs": "jobs/",
    "job": "jobs/Archive/",
    "stats": "stats/",
    "keys": "stats/keys/",
}
_HALF_A_MINUTE = 30_000  # milliseconds
# Pages that the first row of another one leads to.
DETAILS = {
    "failure": "failed/",
    "queued-job": "queues/images/",
    "worker": "workers/",
    "key": "stats/keys/",
}
SLOWLY = 20_000  # milliseconds for what real workers do on a busy machine


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demonstration, with its web server, admin and workers."""
    running = Demo(tmp_path_factory.mktemp("admin"), "--port", str(free_port()))
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGINT)


@pytest.fixture(scope="module")
def tabs(demo: Demo, browser: Browser) -> Iterator[Tabs]:
    """A browser whose user has logged in as the demonstration told."""
    url = demo.find(r"Admin +(\S+)")
    demo.find(r"(Ctrl-C stops everything)")
    tabs = Tabs(browser)
    page = tabs.open(url)
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(demo.find(r"user admin, password (\S+)"))
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Queues, workers and failures").first.click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.close()
    yield tabs
    tabs.close()


@pytest.fixture(scope="module")
def root(demo: Demo) -> str:
    """Give the address of the first page."""
    return demo.find(r"Admin +(\S+)") + "django_resque/resque/"


@pytest.fixture(autouse=True)
def _nothing_refused(tabs: Tabs) -> Iterator[None]:
    """No page asks for what its Content-Security-Policy forbids, and no script of it fails."""
    tabs.complaints.clear()
    yield
    assert [] == tabs.complaints


def enqueue(tabs: Tabs, root: str, job: str, **arguments: str) -> None:
    """Run a job by its form on the page of the registry."""
    page = tabs.open(f"{root}jobs/{job}/")
    for name, value in arguments.items():
        page.get_by_label(name, exact=True).fill(value)
    page.get_by_role("button", name=re.compile("enqueue|run", re.IGNORECASE)).click()
    expect(page.locator(".messagelist")).to_be_visible()
    page.close()


def test_watch_and_kill(tabs: Tabs, root: str) -> None:
    """A job that is run by a form shows up among those at work, and can be killed there."""
    page = tabs.open(f"{root}working/")
    enqueue(tabs, root, "forge.jobs.doze", seconds="50")

    row = page.get_by_role("row").filter(has_text="forge.jobs.doze")
    expect(row).to_be_visible(timeout=SLOWLY)
    row.get_by_role("button", name=re.compile("^Kill")).click()
    expect(page.get_by_role("heading", name="Are you sure?")).to_be_visible()
    page.locator(".resque-danger").click()
    expect(row).to_have_count(0, timeout=SLOWLY)

    page.goto(f"{root}failed/")
    failure = page.get_by_role("row").filter(has_text="forge.jobs.doze")
    expect(failure.first).to_be_visible(timeout=SLOWLY)
    page.close()


def test_retry_with_other_arguments(tabs: Tabs, root: str, demo: Demo) -> None:
    """A failure comes up by itself; retried with edited arguments, the job goes well."""
    page = tabs.open(f"{root}failed/")
    enqueue(tabs, root, "forge.jobs.fetch", url="nonsense")
    row = page.get_by_role("row").filter(has_text="nonsense is no web address")
    expect(row).to_be_visible(timeout=SLOWLY)

    row.get_by_role("link").first.click()
    expect(page.locator("pre", has_text="raise ValueError(msg)").first).to_be_visible()
    field = page.get_by_label("url", exact=True)
    expect(field).to_have_value("nonsense")
    field.fill(demo.find(r"The forge +(\S+)"))
    page.get_by_role("button", name="Retry with these arguments").click()

    expect(page.locator(".messagelist")).to_be_visible()
    once = "forge.jobs.fetch from queue default was performed"
    demo.find(rf"({once}\n(?:.*\n)*.*{once})")  # it was one of the first jobs as well
    page.close()


def test_pause_and_resume_a_queue(tabs: Tabs, root: str) -> None:
    """A paused queue keeps its jobs, and gives them out when it is resumed."""
    page = tabs.open(f"{root}queues/")
    page.get_by_role("button", name=re.compile("^Pause.* caches")).click()
    expect(page.locator(".messagelist")).to_contain_text("paused")
    enqueue(tabs, root, "forge.jobs.warm_cache", repository_id="1", branch="masterbrew")

    row = page.get_by_role("row").filter(has_text="caches")
    expect(row.locator(".resque-number").first).to_have_text("1", timeout=SLOWLY)
    page.goto(f"{root}queues/caches/")
    expect(page.get_by_role("row").filter(has_text="forge.jobs.warm_cache")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Resume")).click()
    expect(page.get_by_role("row").filter(has_text="forge.jobs.warm_cache")).to_have_count(
        0, timeout=SLOWLY
    )
    page.close()


def test_worker_obeys(tabs: Tabs, root: str) -> None:
    """A worker that is told to pause does so, and goes on when told to."""
    page = tabs.open(f"{root}workers/")
    page.get_by_role("row").filter(has_text="critical").first.get_by_role("link").first.click()
    page.get_by_role("button", name=re.compile("^Pause")).click()
    expect(page.locator(".resque-badge-paused").first).to_be_visible(timeout=SLOWLY)
    page.get_by_role("button", name=re.compile("^Resume")).click()
    expect(page.locator(".resque-badge-paused")).to_have_count(0, timeout=SLOWLY)
    page.close()


def test_refresh_leaves_the_reader_alone(tabs: Tabs, root: str) -> None:
    """When the page refreshes itself, focus, ticks and open parts stay as they are."""
    enqueue(tabs, root, "forge.jobs.fail")
    page = tabs.open(f"{root}failed/")
    tick = page.locator("#live input[type=checkbox]").first
    expect(tick).to_be_visible(timeout=SLOWLY)
    tick.check()
    tick.focus()
    count = page.locator("#live tbody tr").count()
    enqueue(tabs, root, "forge.jobs.fail")

    expect(page.locator("#live tbody tr")).to_have_count(count + 1, timeout=SLOWLY)
    ticked = page.locator("#live input[type=checkbox]:checked")
    expect(ticked).to_have_count(1)
    expect(ticked).to_be_focused()

    page.goto(root)
    details = page.locator("#chart-table")
    details.locator("summary").click()
    with page.expect_response(lambda response: "format=fragment" in response.url):
        pass
    with page.expect_response(lambda response: "format=fragment" in response.url):
        pass
    expect(details).to_have_attribute("open", "")
    page.close()


def test_hidden_tab_rests(tabs: Tabs, root: str) -> None:
    """A page that nobody looks at asks for nothing."""
    page = tabs.open("about:blank")
    page.clock.install()
    page.goto(root)
    with page.expect_response(lambda response: "format=fragment" in response.url):
        page.clock.run_for(_HALF_A_MINUTE)
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'));"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(_HALF_A_MINUTE)
    # Whatever was asked for before this answer would have been heard of.
    page.evaluate("fetch(location.href).then(() => true)")

    assert [root] == asked
    page.close()


def test_without_scripts(tabs: Tabs, root: str, browser: Browser) -> None:
    """Everything works without JavaScript as well: pages, buttons and questions."""
    context = browser.new_context(java_script_enabled=False, storage_state=tabs.login)
    page = context.new_page()
    page.goto(f"{root}queues/")
    page.get_by_role("button", name=re.compile("^Pause.* images")).click()
    expect(page.locator(".messagelist")).to_contain_text("paused")
    page.get_by_role("button", name=re.compile("^Resume.* images")).click()
    expect(page.locator(".messagelist")).to_contain_text("goes on")
    context.close()


@pytest.fixture(scope="module")
def scene(tabs: Tabs, root: str, demo: Demo) -> None:
    """Something of everything: failures and deaths, a job at work, a paused queue with jobs."""
    page = tabs.open(f"{root}queues/")
    page.get_by_role("button", name=re.compile("^Pause.* images")).click()
    expect(page.locator(".messagelist")).to_be_visible()
    for name in ("fail", "leave", "crash", "fail"):
        enqueue(tabs, root, f"forge.jobs.{name}")
    for _ in range(3):
        enqueue(tabs, root, "forge.jobs.thumbnail", picture="pictures/forge.jpg")
    page.goto(f"{root}failed/")
    for name in ("leave", "crash"):
        row = page.get_by_role("row").filter(has_text=f"forge.jobs.{name}")
        expect(row.first).to_be_visible(timeout=SLOWLY)
    enqueue(tabs, root, "forge.jobs.doze", seconds="300")
    page.goto(f"{root}working/")
    expect(page.locator("#live tbody tr").first).to_be_visible(timeout=SLOWLY)
    page.close()


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [*PAGES, *DETAILS])
def test_every_page(tabs: Tabs, root: str, name: str, scheme: Scheme) -> None:
    """Every page is fit for everybody: in light and dark, wide and narrow, without barriers."""
    page = tabs.open(root + (PAGES | DETAILS)[name], scheme=scheme)
    if name in DETAILS:
        page.locator("#live tbody tr a").first.click()
        expect(page.locator(".resque")).to_be_visible()
    found = []
    for width in (WIDE, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        found += barriers(page)
        assert 0 == overflow(page), f"wider than {width} pixels"
        picture(page, f"{name}-{scheme}-{'wide' if width == WIDE else 'phone'}")
    page.close()

    assert [] == found


def test_right_to_left(tabs: Tabs, root: str) -> None:
    """In a language that is written from the right, nothing falls off the page."""
    page = tabs.open(root)
    page.set_extra_http_headers({"Accept-Language": "ar"})
    page.goto(root)
    page.evaluate("document.documentElement.dir = 'rtl'")

    for width in (WIDE, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        assert 0 == overflow(page)
    page.close()


def test_clear(tabs: Tabs, root: str) -> None:
    """All failures can be cleared, and the page says so kindly."""
    enqueue(tabs, root, "forge.jobs.fail")
    page = tabs.open(f"{root}failed/")
    page.get_by_role("button", name=re.compile("^Clear all")).click()
    expect(page.get_by_role("heading", name="Are you sure?")).to_be_visible()
    page.locator(".resque-danger").click()

    expect(page.locator(".resque-empty").first).to_be_visible()
    page.close()


def test_redis_goes_away(tabs: Tabs, root: str, demo: Demo) -> None:
    """When Redis is gone the page says so in the admin, and recovers by itself: the last test."""
    page = tabs.open(root)
    (redis,) = [pid for pid in children(demo.process.pid) if "redis.sock" in title(pid)]
    os.kill(redis, signal.SIGSTOP)
    try:
        expect(page.locator(".resque-notice-error")).to_be_visible(timeout=60_000)
    finally:
        os.kill(redis, signal.SIGCONT)
    expect(page.locator(".resque-figures")).to_be_visible(timeout=60_000)
    page.close()


def picture(page: Page, name: str) -> None:
    """Keep a picture of a page, if somebody wants them."""
    if folder := os.environ.get("RESQUE_SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)
