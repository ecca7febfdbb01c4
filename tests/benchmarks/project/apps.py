"""The project's app: loads as much code as a project of some years does."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig

_MODULES, _CLASSES, _METHODS = 35, 40, 10


class ProjectConfig(AppConfig):
    """Bring the process to the size of a grown Django project, about 70 MB."""

    name = "tests.benchmarks.project"

    def ready(self) -> None:
        """Compile and keep what stands for the project's own code and its libraries."""
        self.modules: list[dict[str, Any]] = []
        for number in range(_MODULES):
            module = {"__name__": f"library_{number}"}
            exec(compile(_source(number), f"library_{number}.py", "exec"), module)
            self.modules.append(module)


def _source(module: int) -> str:
    lines = []
    for number in range(_CLASSES):
        lines += [f"class Thing{number}:", f'    """Thing {number} of library {module}."""']
        for step in range(_METHODS):
            lines += [
                f"    def step_{step}(self, first, second=None, *, third={step}):",
                f'        """Do step {step} with thing {number}."""',
                f'        return [first + {number}, second, {{"{module}.{number}.{step}": third}}]',
            ]
    return "\n".join(lines)
