"""Runs contestants in turn, round after round, and compares their medians."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OURS = "django-resque"
"""The name of the contestant that all others are compared with."""


@dataclass(frozen=True)
class Comparison:
    """Figures of django-resque beside those of others, and by how much it is to be better."""

    title: str
    unit: str
    contestants: Mapping[str, Callable[[], float]]
    """What takes the figure of one round, by contestant."""
    targets: Mapping[str, float]
    """How many times better than a contestant is enough; a contestant may have no target."""
    less_is_better: bool = False

    def run(self, rounds: int) -> bool:
        """Take the figures, print them and the verdicts; tell whether all targets are met."""
        print(f"\n{self.title}, {self.unit}", flush=True)
        figures: dict[str, list[float]] = {name: [] for name in self.contestants}
        for number in range(1, rounds + 1):
            # A B C A B C: whatever else the machine does meets all of them alike.
            for name, measure in self.contestants.items():
                figures[name].append(measure())
            latest = "   ".join(f"{name} {taken[-1]:.4g}" for name, taken in figures.items())
            print(f"  round {number}   {latest}", flush=True)
        medians = {name: median(taken) for name, taken in figures.items()}
        print("  median    " + "   ".join(f"{name} {each:.4g}" for name, each in medians.items()))
        passed = True
        for name, each in medians.items():
            if name != OURS:
                passed &= self._judge(name, self._times_better(medians[OURS], each))
        return passed

    def _times_better(self, ours: float, theirs: float) -> float:
        return theirs / ours if self.less_is_better else ours / theirs

    def _judge(self, name: str, times: float) -> bool:
        least = self.targets.get(name)
        if least is None:
            print(f"  ----  {times:.2f} times {name}")
            return True
        passed = times >= least
        print(f"  {'PASS' if passed else 'FAIL'}  {times:.2f} times {name} (at least {least:g})")
        return passed
