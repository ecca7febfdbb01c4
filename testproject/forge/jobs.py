"""The forge's jobs: the work that Resque was made for, and the misfortunes it was made for."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.mail import send_mail
from dulwich.archive import tar_stream
from dulwich.repo import Repo
from PIL import Image

from django_resque import Retry, get_current_job, job
from forge.models import Repository, Result

if TYPE_CHECKING:
    from dulwich.objects import Commit, Tree

_EDGE = 240
_BLOCK = 8 * 2**20


@job(name="Archive", queue="file_serve", timeout=60)
def archive(repository_id: int, branch: str) -> None:
    """Pack a branch of a git repository into a tarball."""
    repository = Repository.objects.get(pk=repository_id)
    with Repo(str(repository.path)) as repo:
        commit, tree = _branch(repo, branch)
        prefix = f"{repository.name}-{branch}/".encode()
        chunks = tar_stream(repo.object_store, tree, commit.commit_time, prefix, format="gz")
        tarball = ContentFile(b"".join(chunks))
    size = tarball.size / 1024
    _record(
        "Archive",
        f"{repository.name} at {branch}, commit {commit.id.decode()[:8]}: {size:.1f} KiB",
        f"archives/{repository.name}-{branch}.tar.gz",
        tarball,
    )


@job(queue="caches")
def warm_cache(repository_id: int, branch: str) -> None:
    """Count a repository's lines of code, for this page to show from the cache."""
    repository = Repository.objects.get(pk=repository_id)
    lines: Counter[str] = Counter()
    with Repo(str(repository.path)) as repo:
        _, tree = _branch(repo, branch)
        for entry in repo.object_store.iter_tree_contents(tree.id):
            suffix = Path(os.fsdecode(entry.path or b"")).suffix or "no suffix"
            lines[suffix] += repo[entry.sha or b""].as_raw_string().count(b"\n")
    cache.set(f"lines:{repository_id}", dict(lines.most_common()), timeout=3600)
    _record("warm_cache", f"{repository.name} at {branch}: {lines.total()} lines counted")


@job(queue="critical", timeout=30)
def notify(address: str, subject: str) -> None:
    """Send a mail over SMTP."""
    body = "A job of the forge sent you this.\n\nIt left the front page at once and came by queue."
    send_mail(subject, body, None, [address])
    _record("notify", f"Sent “{subject}” to {address}")


@job(queue="images")
def thumbnail(picture: str) -> None:
    """Make a small copy of a large picture."""
    source = Result(file=picture).file
    with source.open("rb") as opened, Image.open(opened) as image:
        before = image.size
        image.thumbnail((_EDGE, _EDGE))
        small = BytesIO()
        image.save(small, "JPEG")
    _record(
        "thumbnail",
        f"{Path(picture).name}: {before[0]}x{before[1]} to {image.width}x{image.height}",
        f"thumbnails/{Path(picture).name}",
        ContentFile(small.getvalue()),
    )


@job(timeout=15)
def fetch(url: str) -> None:
    """Fetch a page of this web server."""
    if not url.startswith("http"):
        msg = f"{url} is no web address"
        raise ValueError(msg)
    began = time.perf_counter()
    with urlopen(url, timeout=10) as response:  # noqa: S310 looked at above
        size = len(response.read())
    took = (time.perf_counter() - began) * 1000
    _record("fetch", f"{url} answered {response.status}: {size} bytes in {took:.0f} ms")


@job
def fail() -> None:
    """Raise an exception."""
    msg = "The anvil is cold"
    raise RuntimeError(msg)


@job(retry=Retry(max_attempts=3, backoff=3, jitter=0))
def stumble() -> None:
    """Fail twice, and go well when it is retried for the second time."""
    current = get_current_job()
    attempt = current.attempt if current else 3
    if attempt < 3:  # noqa: PLR2004 the last one that the policy allows
        msg = f"Attempt {attempt} went wrong"
        raise RuntimeError(msg)
    _record("stumble", f"Went well at attempt {attempt}")


@job(timeout=60, result_ttl=3600)
def doze(seconds: int) -> str:
    """Sleep, so that you can watch a worker at work and how far it is, or stop it."""
    current = get_current_job()
    for second in range(1, seconds + 1):
        time.sleep(1)
        if current:
            current.progress(second, seconds, "seconds")
    _record("doze", f"Slept for {seconds} seconds")
    return "Well rested"


@job(max_memory="250M", timeout=60)
def leak() -> None:
    """Take ever more memory, until its limit of 250 MB stops it."""
    hoard = []
    while True:
        hoard.append(os.urandom(_BLOCK))
        time.sleep(0.02)


@job
def leave() -> None:
    """End the process with status 3, without a word."""
    os._exit(3)


@job
def crash() -> None:
    """Die by a signal, as broken C code does."""
    os.kill(os.getpid(), signal.SIGSEGV)


def _branch(repo: Repo, branch: str) -> tuple[Commit, Tree]:
    commit: Any = repo[f"refs/heads/{branch}".encode()]
    tree: Any = repo[commit.tree]
    return commit, tree


def _record(
    name: str, summary: str, path: str = "", content: ContentFile[bytes] | None = None
) -> None:
    result = Result(job=name, summary=summary)
    if content is not None:
        # Under a name of its own: whoever downloads an earlier one is left in peace.
        result.file.save(path, content, save=False)
    result.save()
