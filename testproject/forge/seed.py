"""Things for the jobs to work on: a git repository with two branches, and large pictures."""

from __future__ import annotations

import math
from pathlib import Path

from django.conf import settings
from dulwich import porcelain
from PIL import Image

from forge.models import Repository

REPOSITORY_ID = 44
BRANCH = "masterbrew"
PICTURES = ("pictures/sunrise.jpg", "pictures/forest.jpg", "pictures/sea.jpg")
_AUTHOR = b"A Smith <smith@example.com>"
_SIZE = (1600, 1000)
_COLOURS = (
    ((38, 24, 74), (255, 176, 84)),
    ((12, 48, 40), (180, 220, 120)),
    ((8, 30, 66), (130, 205, 230)),
)


def seed() -> None:
    """Create what is not there yet."""
    repository, _ = Repository.objects.get_or_create(pk=REPOSITORY_ID, defaults={"name": "brewery"})
    if not repository.path.exists():
        _make_repository(repository.path)
    for name, colours in zip(PICTURES, _COLOURS, strict=True):
        path = Path(settings.MEDIA_ROOT) / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _paint(*colours).save(path, quality=90)


def _make_repository(path: Path) -> None:
    """Commit this forge's own source, then a recipe on a branch."""
    path.mkdir(parents=True)
    with porcelain.init(str(path)) as repo:
        source = Path(__file__).parent
        for file in sorted(source.rglob("*.py")):
            _write(path / "src" / file.relative_to(source), file.read_text())
        porcelain.add(repo)
        porcelain.commit(repo, b"Light the fire", author=_AUTHOR, committer=_AUTHOR)
        porcelain.branch_create(repo, BRANCH)
        porcelain.checkout(repo, BRANCH)
        _write(path / "RECIPE.md", "# Master brew\n\nWater, malt, hops, yeast, patience.\n")
        porcelain.add(repo)
        porcelain.commit(repo, b"Brew", author=_AUTHOR, committer=_AUTHOR)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _paint(dark: tuple[int, int, int], light: tuple[int, int, int]) -> Image.Image:
    """Return a landscape of waves, from dark at the bottom to light at the top."""
    width, height = _SIZE
    # Painted small and enlarged: a million pixels by Python alone would take seconds.
    small = Image.new("RGB", (width // 8, height // 8))
    for x in range(small.width):
        wave = math.sin(x / 11) * 5 + math.sin(x / 29) * 9
        for y in range(small.height):
            share = min(max((y + wave) / small.height, 0), 1) ** 1.5
            red, green, blue = (
                round(low * share + high * (1 - share))
                for low, high in zip(dark, light, strict=True)
            )
            small.putpixel((x, y), (red, green, blue))
    return small.resize(_SIZE, Image.Resampling.BICUBIC)
