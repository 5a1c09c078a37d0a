"""Renew README's picture from a real run: ``python -m tests.demo.take_picture``.

It plays the small day of seed 2 and draws the live view at two fifths of it. The plan in README is
of the same day: `groupage up` on the directory that this prints, then `groupage plan show`.
"""

import io
import os
import tempfile
from pathlib import Path

from rich.console import Console

from groupage.app.commands.demo import app
from groupage.app.demo import day, view

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "demo.svg"
SEED = "2"
AT = 0.4
COLUMNS, LINES = 116, 32


class Photographer(view.View):
    """The live view, of which one frame is kept."""

    taken = False
    every_s = 0.5

    def show(self, figures: view.Figures) -> None:
        """Draw the figures, and keep the first frame after `AT`."""
        super().show(figures)
        if not self.taken and figures.day_done >= AT:
            self.taken = True
            console = Console(record=True, file=io.StringIO(), width=COLUMNS, height=LINES)
            rate = self._meter.rate(figures.overview.records)
            console.print(view._picture(figures, rate, console))
            console.save_svg(str(PICTURE), title=f"groupage demo --scale small --seed {SEED}")


def main() -> None:
    """Play the day."""
    folder = tempfile.mkdtemp(prefix="groupage-picture-")
    os.environ["GROUPAGE_DATA_DIR"] = folder
    day.View = Photographer  # type: ignore[attr-defined]
    print(f"the day is on {folder}")  # noqa: T201
    app(["--exit", "--scale", "small", "--seed", SEED])


if __name__ == "__main__":
    main()
