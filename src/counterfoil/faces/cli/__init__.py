"""The command line.

Owns: the commands, what they read (price lists, files of usage) and how they answer people and pipes.
Does not own: any rule; a command calls the same use cases as the HTTP faces.
Always holds: results on stdout and everything else on stderr; an error is one sentence and an exit code; a
secret is printed once, when it is made; nothing heavy is imported before a command runs.
"""

from counterfoil.faces.cli.app import main
from counterfoil.faces.cli.starters import Starters

__all__ = ["Starters", "main"]
