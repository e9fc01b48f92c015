"""The `adapters` command: list, explain, suggest, check, audit and bench."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

import adapters
from adapters._cli.object_reference import TargetError, namespace, resolve
from adapters._naming import qualified_name

EXIT_FINDINGS = 1  # something is wrong with the target; 2 means a wrong use of the command
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


class _Commands(click.Group):
    """Turns errors of object references and of this package into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (TargetError, adapters.AdapterError) as error:
            wrong_use = isinstance(error, TargetError)
            raise (click.UsageError if wrong_use else click.ClickException)(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pickling-adapters")
def command() -> None:
    """Objects of C and C++ extensions across process boundaries.

    TARGET is module:expression or script.py:expression, looked up from the current directory. The
    exit code is 0 where all is well, 1 where something is wrong with the target, 2 for a wrong use.

    Completion: eval "$(_ADAPTERS_COMPLETE=bash_source adapters)", or zsh_source, fish_source.
    """


@command.command("list")
@click.argument("modules", nargs=-1)
@click.option("--available", "all_of_them", is_flag=True, help="All modules that bring adapters.")
@_JSON
def list_adapters(modules: tuple[str, ...], all_of_them: bool, as_json: bool) -> None:
    """List the adapters that importing MODULES registers.

    With --available: the modules that bring adapters for the types of foreign packages, which are
    imported when a type is met.
    """
    if all_of_them:
        _list_available(as_json)
        return
    for module in modules:
        namespace(module)
    columns = ("name", "version", "type", "provider", "subclasses")
    rows = [
        (each.name, each.version, qualified_name(each.target), each.provided_by, each.subclasses)
        for each in adapters.registry
    ]
    if as_json:
        _print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif not rows:
        click.echo("no adapters; name modules that register some")
    else:
        _print_table([columns[:4], *(row[:4] for row in rows)])


def _list_available(as_json: bool) -> None:
    from adapters._batteries.available import Available, available

    found = available()
    if as_json:
        _print_json([each._asdict() for each in found])
        return
    rows = [each[:4] for each in found if each.installed]
    _print_table([Available._fields[:4], *rows])
    missing = dict.fromkeys(each.package for each in found if not each.installed)
    if missing:
        click.echo(f"not installed: {', '.join(missing)}")
    for package in dict.fromkeys(each.package for each in found if each.precedence > 1):
        first, *others = (each.module for each in found if each.package == package)
        click.echo(
            f"{package}: where several have an adapter for a type, that of {first} serves, not that"
            f" of {', '.join(others)}; your own adapters.register comes before all, entry points"
            " before adapters.libraries, and of those the distribution whose name sorts first"
        )


@command.command()
@click.argument("target")
@click.option("--check", is_flag=True, help="Also rebuild it in another process, and compare.")
@_JSON
def explain(target: str, check: bool, as_json: bool) -> None:
    """Name every part of TARGET that cannot cross a process."""
    from adapters._explain.explain import explain as explain_object

    place, _, expression = target.partition(":")
    found = explain_object(resolve(target), name=expression or place, check=check)
    _show(found, as_json)
    sys.exit(EXIT_FINDINGS if found else 0)


@command.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for all trials.",
)
@click.option("--no-batteries", is_flag=True, help="Search also where an adapter is brought.")
@click.option("--test", "with_test", is_flag=True, help="Print a conformance test, too.")
@_JSON
def suggest(
    targets: tuple[str, ...], timeout: float, no_batteries: bool, with_test: bool, as_json: bool
) -> None:
    """Find an adapter for the type of TARGET, prove it, and print it.

    Several TARGETs are several examples of one type: what holds for one by chance is found out.
    The trials run in forked children; nothing is registered. The exit code is 0 where the first
    adapter is proven.
    """
    from adapters._suggest.phrases import readable
    from adapters._suggest.suggest import suggest as suggest_adapter

    examples = [resolve(target) for target in targets]
    if len(kinds := {qualified_name(type(each)) for each in examples}) > 1:
        raise TargetError(f"examples of one type are needed, and these are {sorted(kinds)}")
    found = suggest_adapter(*examples, timeout=timeout, batteries=not no_batteries)
    _show(found, as_json)
    if with_test and not as_json and found:
        click.echo(f"\n{readable(found[0].test)}")
    sys.exit(0 if found and found[0].proven else EXIT_FINDINGS)


@command.command()
@click.argument("target")
@click.option("--examples", required=True, metavar="TARGET", help="A list of objects to try.")
@_JSON
def check(target: str, examples: str, as_json: bool) -> None:
    """Check an adapter against every promise, with examples of its objects.

    TARGET is an adapter, the type that it serves, or the module of its registration and its name:
    module:"name".
    """
    from adapters.testing import ConformanceError, check_adapter

    adapter = _adapter(target)
    objects = resolve(examples)
    try:
        report = check_adapter(adapter, objects() if callable(objects) else objects)
    except ConformanceError as error:
        _show(error.report, as_json)
        sys.exit(EXIT_FINDINGS)
    _show(report, as_json)


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_JSON
def audit(file: Path, as_json: bool) -> None:
    """Say what loading FILE would import, call and rebuild, without doing any of it.

    The exit code is 0 where it would rebuild objects of adapters, and do nothing else.
    """
    from adapters._payload.audit import audit as audit_payload

    found = audit_payload(file.read_bytes())
    _show(found, as_json)
    sys.exit(0 if found.only_adapters else EXIT_FINDINGS)


@command.command()
@click.argument("target")
@_JSON
def bench(target: str, as_json: bool) -> None:
    """Measure what one object costs on its way, and tell whether to share it.

    TARGET is the object, or a function without arguments that makes it.
    """
    from adapters._cli.bench import costs

    found = resolve(target)
    _show(costs(found() if callable(found) else found), as_json)


def _adapter(target: str) -> adapters.Adapter:
    place, colon, name = target.partition(":")
    if colon and name:
        names = namespace(place)
        if name in adapters.registry and name not in names:
            return adapters.registry[name]
    try:
        return adapters.registry.lookup(resolve(target))
    except adapters.UnknownAdapterError as error:
        raise TargetError(f"{target}: {error}") from error


def _show(result: Any, as_json: bool) -> None:
    """Print a result; with colours on a terminal, if rich is installed."""
    if as_json:
        _print_json(result.as_dict())
        return
    try:
        from rich.console import Console
    except ImportError:
        click.echo(str(result))
        return
    plain = not (hasattr(result, "__rich__") or hasattr(result, "__rich_console__"))
    shown = str(result) if plain else result
    Console(soft_wrap=True).print(shown, markup=False, highlight=False)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, default=str))


def _print_table(rows: list[tuple[Any, ...]]) -> None:
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell!s:<{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
