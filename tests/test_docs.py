"""The reference pages name what exists, all of it, and nothing else."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from argparse import SUPPRESS, ArgumentParser
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.dispatch import Signal
from django.utils.module_loading import import_string

import django_resque
from django_resque import exceptions, signals, wiring
from django_resque.conf import Settings
from django_resque.jobs import options
from django_resque.jobs.plugins import MOMENTS, Plugin
from django_resque.jobs.registry import registry
from django_resque.store.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest_django

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PACKAGE = ROOT / "django_resque"
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if not {"_build", "changelog.d"} & set(path.parts)
)
COMMANDS = sorted(path.stem for path in PACKAGE.glob("management/commands/resque_*.py"))

_FENCE = re.compile(r"^(`{3,}|:{3,})(.*)\n((?:.*\n)*?)\1$", re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def page(name: str) -> str:
    """Return a page's text."""
    return (DOCS / name).read_text()


def prose(text: str) -> str:
    """Return a text without its fenced blocks."""
    return _FENCE.sub("", text)


def fences(text: str) -> Iterator[tuple[str, str]]:
    """Iterate over the language and content of a text's fenced blocks."""
    for _mark, info, content in _FENCE.findall(text):
        yield info.replace("{code-block}", "").strip(), content


def spans(text: str) -> set[str]:
    """Return what stands in backticks outside fenced blocks."""
    return set(_SPAN.findall(prose(text)))


def defined(text: str) -> set[str]:
    """Return what headings and the first cells of tables name: what a page is about."""
    lines = prose(text).splitlines()
    about = [line for line in lines if line.startswith("#")]
    about += [line.split("|")[1] for line in lines if line.startswith("|")]
    return {name for line in about for name in _SPAN.findall(line)}


def section(text: str, name: str) -> str:
    """Return the part of a page from the heading that names something to the next like it."""
    match = re.search(rf"^(#+) .*`{re.escape(name)}`", text, re.MULTILINE)
    assert match, f"no heading names {name}"
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def command_parser(name: str) -> ArgumentParser:
    """Return the parser of one of our commands."""
    command: BaseCommand = load_command_class("django_resque", name)
    return command.create_parser("manage.py", name)


def own_options(name: str) -> set[str]:
    """Return the long options that a command has beyond those of every Django command."""
    django = BaseCommand().create_parser("manage.py", "any")
    common = {string for action in django._actions for string in action.option_strings}
    return {
        string
        for parser in _with_subparsers(command_parser(name))
        for action in parser._actions
        if action.help is not SUPPRESS
        for string in action.option_strings
        if string.startswith("--") and string not in common
    }


def _with_subparsers(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for child in action.choices.values():
                yield from _with_subparsers(child)


def test_settings() -> None:
    """Every setting has its place in the reference, with no other beside it."""
    named = {name for name in defined(page("reference/settings.md")) if name.isupper()}

    assert {field.name.upper() for field in fields(Settings)} == named


def test_commands() -> None:
    """Every command has a section, and no section is about a command that is not."""
    named = {name for name in defined(page("reference/commands.md")) if name.startswith("resque_")}

    assert set(COMMANDS) == named


@pytest.mark.parametrize("name", COMMANDS)
def test_options(name: str) -> None:
    """A command's section names each of its options and no other command's."""
    text = page("reference/commands.md")
    told = section(text, name)
    if name == "resque_workers":
        told += section(text, "resque_work")
    written = {span.split()[0].split("=")[0] for span in spans(told) if span.startswith("--")}

    assert own_options(name) == written


def test_environment() -> None:
    """Every environment variable that the commands read is in the reference."""
    sources = "".join(path.read_text() for path in (PACKAGE / "management").rglob("*.py"))
    read = set(re.findall(r'environ(?:ment)?(?:\.get)?\(\s*"([A-Z_]+)"', sources))
    read |= set(re.findall(r'_number\(\s*options,\s*"\w+",\s*"([A-Z_]+)"', sources))
    text = page("reference/commands.md")
    named = {span.split("=")[0] for span in spans(text)}

    assert len(read) > 10
    assert read - named == set()


def test_signals() -> None:
    """Every signal has its place in the reference, with no other beside it."""
    existing = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    arguments = {"payload", "reservation", "outcome"}

    assert existing == defined(page("reference/signals.md")) - arguments


def test_checks() -> None:
    """Every system check has its place in the reference, with no other beside it."""
    pattern = re.compile(r"\b[EWI]\d{3}\b")
    existing = set(pattern.findall((PACKAGE / "checks.py").read_text()))
    named = {
        match for name in defined(page("reference/checks.md")) for match in pattern.findall(name)
    }

    assert existing == named


def test_keys() -> None:
    """Every key that is written to Redis is in the reference, and no other passes for ours."""
    keys = Keys("resque")
    existing = {getattr(keys, field.name) for field in fields(Keys) if field.name != "namespace"}
    existing |= {
        keys.queue("<queue>"),
        keys.worker("<id>"),
        keys.started("<id>"),
        keys.settled("<id>"),
        keys.orders("<id>"),
        keys.delayed("<timestamp>"),
        keys.timestamps(b"<item>").decode(),
        keys.schedule_state("<name>"),
        keys.schedule_runs("<name>"),
        keys.failed_list("<queue>_failed"),
        keys.result("<id>"),
        keys.progress("<id>"),
        keys.recoveries("<digest>"),
        keys.waiting_job("<id>"),
        keys.waiting_open("<id>"),
        keys.dependents("<id>"),
        keys.status("<id>"),
        keys.lock("<name>"),
        keys.running("<limit>"),
        keys.rate("<limit>"),
        keys.parked("<limit>"),
        keys.claimed("<limit>"),
        *(keys.stat(name, worker) for name in ("processed", "failed") for worker in ("", "<id>")),
    }
    named = defined(page("reference/keys.md").partition("\n## ")[0])

    assert {key.removeprefix("resque:") for key in existing} == named


def test_exceptions() -> None:
    """Every exception is in the reference, and none there that does not exist."""
    existing = {
        name
        for name, value in vars(exceptions).items()
        if inspect.isclass(value) and value.__module__ == exceptions.__name__
    }
    named = spans(page("reference/exceptions.md"))

    assert existing - named == set()
    assert defined(page("reference/exceptions.md")) <= existing


def test_plugin_hooks() -> None:
    """Every hook of a plugin is in the reference with its arguments, and no other."""
    named = {name for name in defined(page("reference/plugins.md")) if "(" in name}
    hooks = [inspect.signature(getattr(Plugin, moment)) for moment in MOMENTS]
    existing = {
        f"{moment}({', '.join(list(hook.parameters)[1:])})"
        for moment, hook in zip(MOMENTS, hooks, strict=True)
    }

    assert existing == named


def test_job_options() -> None:
    """Every option of ``@job`` is in the reference, and no other in its table."""
    table = page("reference/jobs.md").partition("## Options")[2].partition("\n## ")[0]

    assert set(options._CHECKS) == defined(table)


def test_failure_backends() -> None:
    """Every failure backend that has a short name is in the reference."""
    assert set(wiring._BACKENDS) - spans(page("reference/failures.md")) == set()


def test_public_names() -> None:
    """Every name of ``django_resque.__all__`` is documented where its users look."""
    directives = re.findall(
        r"^\.\. (?:auto\w+|py:data):: (?:django_resque\.jobs\.)?(\w+)",
        page("reference/api.md"),
        re.MULTILINE,
    )

    assert [name for name in django_resque.__all__ if name not in directives] == []


def test_api_of_jobs() -> None:
    """The API page has every option of ``@job``, as an argument and as an attribute of a job."""
    text = page("reference/api.md")
    (arguments,) = re.findall(r"^\.\. autofunction:: job\((.*)\)$", text, re.MULTILINE)
    told = set(re.findall(r"(\w+)=", arguments)) - {"target"}

    assert set(options._CHECKS) == told
    assert set(options._CHECKS) - _members("Job") == set()


def test_api_of_handles() -> None:
    """What the page on jobs says of handles and of the job at work, the API page has too."""
    jobs = page("reference/jobs.md")
    for heading, name in (
        ("### The handle", "JobHandle"),
        ("### What came of it", "JobHandle"),
        ("## The job at work", "CurrentJob"),
    ):
        told = defined(jobs.partition(f"{heading}\n")[2].partition("\n#")[0])
        names = {each.removeprefix("await handle.").partition("(")[0] for each in told}

        assert names - _members(name) == set()


@pytest.mark.parametrize(
    "name",
    re.findall(
        r"^\.\. autoclass:: ([\w.]+)(?:\(\))?\n +:members: ", page("reference/api.md"), re.MULTILINE
    ),
)
def test_api_is_told(name: str) -> None:
    """What the API page lists of a class has a docstring: without one it would be left out."""
    shown = import_string(name if "." in name else f"django_resque.{name}")

    assert sorted(_members(name) - set(_told(shown))) == []


def _told(shown: type) -> Iterator[str]:
    """Iterate over the members of a class that have a docstring."""
    for name, value in inspect.getmembers(shown):
        if isinstance(value, (FunctionType, MethodType, property)) and value.__doc__:
            yield name
    for kind in shown.__mro__:
        if kind.__module__.startswith("django_resque"):
            yield from _told_attributes(ast.parse(dedent(inspect.getsource(kind))))


def _told_attributes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            for before, after in pairwise(node.body):
                if isinstance(before, ast.AnnAssign) and _is_text(after):
                    yield ast.unparse(before.target).removeprefix("self.")
                elif isinstance(before, ast.Assign) and _is_text(after):
                    yield from (ast.unparse(each).removeprefix("self.") for each in before.targets)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _members(name: str) -> set[str]:
    """Return the members that the API page shows of a class."""
    pattern = rf"^\.\. autoclass:: {re.escape(name)}(?:\(\))?\n +:members: (.*)$"
    (members,) = re.findall(pattern, page("reference/api.md"), re.MULTILINE)
    return set(members.split(", "))


def test_log_events() -> None:
    """Every event in the log is in the table of the deployment guide, and no other."""
    sources = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    existing = set(
        re.findall(r'"((?:delayed|failure|job|link|schedule|scheduler|worker)\.[a-z_]+)"', sources)
    )
    named = {name for name in defined(page("how-to/deploy.md")) if re.fullmatch(r"\w+\.\w+", name)}

    assert existing == named


def _command_lines() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "README.md", *PAGES):
        for line in path.read_text().splitlines():
            for match in re.finditer(r"manage\.py (resque_\w+[^`|#\\]*)", line):
                yield str(path.relative_to(ROOT)), match[1]


@pytest.mark.parametrize(("where", "line"), sorted(set(_command_lines())))
def test_command_lines(where: str, line: str) -> None:
    """A command line anywhere in the pages is one that the command takes."""
    name, *argv = shlex.split(line)

    command_parser(name).parse_args(argv)


@pytest.mark.parametrize("path", [ROOT / "README.md", *PAGES], ids=lambda path: path.stem)
def test_tables(path: Path) -> None:
    """Every row of a table belongs to one, and has as many cells as its head."""
    blocks = re.findall(r"(?:^\|.*\n)+", prose(path.read_text()), re.MULTILINE)
    for head, rule, *rows in map(str.splitlines, blocks):
        assert re.fullmatch(r"(\|---)+\|", rule), f"a table without a head: {head}"
        assert [row for row in rows if len(_cells(row)) != len(_cells(head))] == []


def _cells(row: str) -> list[str]:
    return re.split(r"(?<!\\)\|", row)


def test_modules() -> None:
    """The modules that the architecture page names are there."""
    text = page("explanation/architecture.md")
    named = re.findall(r"\b\w+(?:/\w+)*/\w+\.(?:py|md)\b", text)
    linked = set(re.findall(r"\]\((?:\.\./)*([^)#]+)", text))

    assert "jobs/definition.py" in named
    assert [
        name
        for name in named
        if name not in linked and not (ROOT / name).exists() and not (PACKAGE / name).exists()
    ] == []


def test_readme_links() -> None:
    """What the README links to in the repository is there."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text())

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readme_figures() -> None:
    """Ratios in the README are those that the page on performance has."""
    compared = (ROOT / "README.md").read_text().partition("## Beside others")[2]
    figures = re.findall(r"\d+\.\d+ to \d+\.\d+", compared)
    measured = page("explanation/performance.md").partition("## Measured")[2]

    assert figures
    assert [figure for figure in figures if figure not in measured] == []


def _python_blocks() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "README.md", *PAGES):
        for number, (language, code) in enumerate(fences(path.read_text())):
            if language == "python":
                without_options = re.sub(r"\A(:\w+:.*\n)+", "", code)
                yield f"{path.relative_to(ROOT)} block {number}", without_options


@pytest.mark.parametrize(("where", "code"), list(_python_blocks()))
def test_python_blocks(where: str, code: str) -> None:
    """Python in the pages is Python."""
    compile(code, where, "exec", dont_inherit=True)


@pytest.fixture
def plugins_page() -> Iterator[dict[str, Any]]:
    """Run the Python of the plugins guide; its jobs are forgotten afterwards."""
    known = dict(registry._jobs)
    namespace: dict[str, Any] = {"__name__": "docs.plugins"}
    for language, code in fences(page("how-to/write-a-plugin.md")):
        if language == "python" and "class " in code:
            exec(code, namespace)
    yield namespace
    registry._jobs.clear()
    registry._jobs.update(known)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Begin with an empty cache: the plugins of the guide keep their locks there."""
    cache.clear()


def test_plugin_once(plugins_page: dict[str, Any], resque_settings: object) -> None:
    """The guide's ``Once`` refuses a job while an equal one waits, and no longer."""
    rebuild_index = plugins_page["rebuild_index"]

    assert [True, False, True] == [bool(rebuild_index.enqueue(shop)) for shop in (7, 7, 8)]
    assert 1 == rebuild_index.dequeue(7)
    assert rebuild_index.enqueue(7)


def test_plugin_alone(plugins_page: dict[str, Any], settings: pytest_django.Settings) -> None:
    """The guide's ``Alone`` skips a job while another of its name runs, and lets the next one."""
    settings.RESQUE = {"INLINE": True}
    performed = []

    @django_resque.job(name="Alone", plugins=[plugins_page["Alone"](60)])
    def alone(depth: int) -> None:
        performed.append(depth)
        if depth:
            alone.enqueue(depth - 1)

    alone.enqueue(1)
    alone.enqueue(5)

    assert [1, 5] == performed
