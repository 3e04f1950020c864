"""What can the trading club be asked to do?"""

from __future__ import annotations

import typer

from monazite.cli.options import app, helped

club = typer.Typer(help=helped("club_market"), no_args_is_help=True)
app.add_typer(club, name="club")
