"""What was measured, as a table a person reads and as JSON a program reads."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured figure; `met` is None where nothing was promised."""

    name: str
    value: str
    target: str
    met: bool | None


@dataclass
class Report:
    """The figures in the order they were measured, each printed as soon as it is there."""

    figures: list[Figure] = field(default_factory=list)
    console: Console = field(default_factory=lambda: Console(width=110))

    def add(self, name: str, value: str, *, target: str = "", met: bool | None = None) -> None:
        """Notes a figure."""
        self.figures.append(Figure(name, value, target, met))
        self.console.print(f"  {name}: [bold]{value}[/bold]")

    def show(self) -> None:
        """Prints the table."""
        table = Table("what", "measured", "promised", "")
        for each in self.figures:
            table.add_row(
                each.name, each.value, each.target, {True: "met", False: "[red]missed[/red]", None: ""}[each.met]
            )
        self.console.print(table)

    def save(self, path: Path) -> None:
        """Writes the figures as JSON."""
        path.write_text(json.dumps([asdict(each) for each in self.figures], ensure_ascii=False, indent=2) + "\n")
