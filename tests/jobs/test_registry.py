"""Names lead to jobs, and to nothing else."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import DuplicateJob, UnknownJob
from django_resque.jobs.arguments import Parameters
from django_resque.jobs.definition import Job
from django_resque.jobs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable


def first() -> int:
    """Be one job."""
    return 1


def second() -> int:
    """Be another."""
    return 2


def made(func: Callable[[], Any], name: str) -> Job[[], Any]:
    """Return a job that is not registered."""
    return Job(func, name, Parameters(name, signature(func)))


def test_a_job_is_found_by_its_name() -> None:
    """What was added can be got, found and asked for."""
    registry = Registry()
    job = made(first, "X")
    registry.add(job)
    assert job is registry.get("X")
    assert job is registry.find("X")
    assert "X" in registry
    assert 1 == len(registry)


def test_an_unknown_name_is_refused_with_similar_ones() -> None:
    """A mistyped name is easy to put right."""
    registry = Registry()
    registry.add(made(first, "shop.jobs.archive"))
    registry.add(made(second, "mail"))
    with pytest.raises(UnknownJob, match=r"Did you mean shop\.jobs\.archive") as refusal:
        registry.get("shop.jobs.archve")
    assert "shop.jobs.archve" == refusal.value.name
    assert registry.find("shop.jobs.archve") is None
    assert "shop.jobs.archve" not in registry


@pytest.mark.parametrize("name", ["os.system", "django.db.connection.close", "__import__", ""])
def test_nothing_is_imported_by_name(name: str) -> None:
    """A payload cannot reach code that no developer made a job."""
    with pytest.raises(UnknownJob):
        Registry().get(name)


def test_only_a_few_similar_names_are_given() -> None:
    """A page of names helps nobody."""
    registry = Registry()
    for number in range(10):
        registry.add(made(first, f"archive{number}"))
    assert 5 == len(registry.near("archive"))


def test_two_jobs_of_one_name_are_refused() -> None:
    """Both places are named, and the first one stays."""
    registry = Registry()
    job = made(first, "X")
    registry.add(job)
    with pytest.raises(DuplicateJob, match=r"'X': .*test_registry\.first and .*\.second"):
        registry.add(made(second, "X"))
    assert job is registry.get("X")


def test_the_same_code_imported_again_takes_its_place() -> None:
    """A module that is loaded anew brings the newer edition of its jobs."""
    registry = Registry()
    registry.add(made(first, "X"))
    newer = made(first, "X")
    registry.add(newer)
    assert newer is registry.get("X")


def test_jobs_are_listed_by_name() -> None:
    """The worker prints them in order, whatever order they were imported in."""
    registry = Registry()
    for name in ("b", "a", "C"):
        registry.add(made(first, name))
    assert ["C", "a", "b"] == [job.name for job in registry]
