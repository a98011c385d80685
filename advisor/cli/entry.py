"""The group of commands: each is imported when it is called, and `check` may be left out."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from advisor import __version__
from advisor.cli.status import ERROR, INTERNAL, INTERRUPTED, UNREAD
from advisor.errors import InputError

COMMANDS = {
    "check": "advisor.cli.check",
    "show": "advisor.cli.show",
    "memory": "advisor.cli.memory",
    "report": "advisor.cli.report",
    "gpus": "advisor.cli.gpus",
    "schema": "advisor.cli.schema",
    "recipes": "advisor.cli.recipes",
    "compare": "advisor.cli.compare",
    "explain": "advisor.cli.explain",
    "rules": "advisor.cli.rules",
    "test-rules": "advisor.cli.pack_test",
}


class Commands(click.Group):
    """Commands by name, loaded on demand; a first word that is no command is a path for `check`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name]).command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in COMMANDS and args[0] not in ("--help", "-h", "--version"):
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, no_args_is_help=True)
@click.version_option(__version__, prog_name="rlhf-lint")
def group() -> None:
    """Hold a post-training configuration against published evidence before a GPU is booked.

    rlhf-lint config_dpo.yaml is short for rlhf-lint check config_dpo.yaml.
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (or these arguments) and give its exit status; whatever goes wrong is said in one line."""
    try:
        # Not `group.main`, which takes a reader that went away for a failure of its own and ends the process.
        with group.make_context("rlhf-lint", list(sys.argv[1:] if arguments is None else arguments)) as context:
            status = group.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo(err=True)  # ends the line on which a terminal shows ^C
        return INTERRUPTED
    except InputError as error:
        click.echo(f"rlhf-lint: {error}", err=True)
        return ERROR
    except BrokenPipeError:
        # The reader went away (`| head`). That is no fault to speak of, but no clean result either, and Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except Exception as error:
        if os.environ.get("RLHF_LINT_TRACEBACK"):
            raise
        told = f"rlhf-lint: internal error: {type(error).__name__}: {error}. Set RLHF_LINT_TRACEBACK=1 to see where, and please report it"
        click.echo(told, err=True)
        return INTERNAL
    return status if isinstance(status, int) else 0
