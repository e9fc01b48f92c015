"""The layer that is written by hand for objects of an extension, and the call that replaces it.

A native.WordList holds its words in the memory of C, and pickle refuses it. What one does about
that is to write a layer by hand: a serializer, which extracts the essential information, and a
factory, which makes a new object of it in the other process. Then all code that sends or receives
such an object has to call the layer, and an object inside a list or a dict needs code of its own.

adapters is that layer, written once: after one `adapters.register` the objects themselves travel,
inside of containers, too, and the child process calls neither function.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.context import BaseContext
from typing import Any, TypeAlias

import adapters
from demos._support import arguments, checks, clusters
from demos._support.progress import progress
from native import WordList  # which registers nothing: the adapters of `native` are in native.specs


def palindromes(words: WordList) -> WordList:
    """The work of a child process: a new WordList of the words that are palindromes."""
    return WordList(words.palindromes())


# The layer: two functions, whether they are called by hand or registered.


def extract(words: WordList) -> list[str]:
    """The serializer: the essential information of a WordList is its words."""
    return list(words)


def make(state: list[str]) -> WordList:
    """The factory: a new WordList, in the memory of the process that calls it."""
    return WordList(state)


# By hand: the parent and the child both call the layer, for all that they send and receive.


def palindromes_by_hand(state: list[str]) -> list[str]:
    """The child makes an object of what it receives, and extracts what it returns."""
    words = make(state)
    found = palindromes(words)
    return extract(found)


def find_by_hand(executor: adapters.Executor, lists: list[WordList]) -> list[WordList]:
    """The parent extracts what it sends, and makes objects of what it receives."""
    states = [extract(words) for words in lists]
    found = executor.map(palindromes_by_hand, states)
    return [make(state) for state in found]


# With adapters: the objects themselves travel, here as the values of dicts.

ByLanguage: TypeAlias = dict[str, WordList]


def palindromes_of_each(lists: ByLanguage) -> ByLanguage:
    """The child receives and returns the objects."""
    return {language: palindromes(words) for language, words in lists.items()}


def find(executor: adapters.Executor, dicts: list[ByLanguage]) -> list[ByLanguage]:
    """The parent sends and receives the objects."""
    return list(executor.map(palindromes_of_each, dicts))


def register() -> None:
    """The one call, with the two functions of the layer."""
    adapters.register(WordList, extract, make)


def register_lambdas() -> None:
    """The same with lambdas, which cannot be imported: the adapter travels with the objects."""
    adapters.register(WordList, lambda words: list(words), lambda state: WordList(state))


# What follows does this in another process, one way after the other, and prints what happens.

ENGLISH = ["level", "word", "noon", "stone", "kayak", "radar", "paper"]
GERMAN = ["rentner", "wort", "reliefpfeiler", "stein", "anna", "papier"]

_BY_HAND = """\
2. with a layer written by hand

     parent, before it sends:    state = extract(words)
     child, when it receives:    words = make(state)
     child, before it returns:   state = extract(found)
     parent, when it receives:   found = make(state)
"""
_ELSEWHERE = """\
   Each program that sends a WordList has these calls. Inside of a list or a dict the layer does
   not help:
"""
_REGISTERED = """\
3. with one register call

     adapters.register(WordList, extract, make)

     parent: [found] = executor.map(palindromes_of_each, [{"english": words, ...}])
     child:  calls neither extract nor make; pickle does
"""
_LAMBDAS = """\
4. with a lambda adapter

     adapters.register(WordList, lambda words: list(words), lambda state: WordList(state))
"""
_ALREADY = """\
demos by_hand: error: this process has registered an adapter of WordList already, so that there is
no error to show; run the demo in a process of its own: python -m demos by_hand"""


def main(argv: Sequence[str]) -> int:
    """Run the demo; return its exit code."""
    options = arguments.parser("by_hand", __doc__, processes=1).parse_args(argv)
    if any(adapter.target is WordList for adapter in adapters.registry):
        print(_ALREADY, file=sys.stderr)
        return 1
    context, children = arguments.context(options), options.processes
    english, german = WordList(ENGLISH), WordList(GERMAN)

    print("1. with nothing\n")
    _print_error("words", english)
    print(_BY_HAND)
    results: list[Any] = [*_by_hand(context, [english] * children)]
    print(_ELSEWHERE)
    _print_error('{"english": words}', {"english": english})
    lists = [{"english": english, "german": german}] * children
    print(_REGISTERED)
    results += _registered(register, context, lists)
    print(_LAMBDAS)
    results += _registered(register_lambdas, context, lists)

    first, second = ([word for word in each if word == word[::-1]] for each in (ENGLISH, GERMAN))
    both = {"english": WordList(first), "german": WordList(second)}
    return checks.report(
        results == [both["english"]] * children + [both] * 2 * children,
        f"{len(results)} round trips through a child process returned the right words",
    )


def _by_hand(context: BaseContext, lists: list[WordList]) -> list[WordList]:
    with clusters.executor("processes", len(lists), context) as executor, _progress():
        found = find_by_hand(executor, lists)
    _print_result(found[-1])
    return found


def _registered(
    register: Callable[[], None], context: BaseContext, dicts: list[ByLanguage]
) -> list[ByLanguage]:
    """Send dicts to new processes while WordList has an adapter."""
    register()
    try:
        with clusters.executor("processes", len(dicts), context) as executor, _progress():
            found = find(executor, dicts)
        _print_result(*found[-1].values())
    finally:
        adapters.unregister(WordList)
    return found


@contextmanager
def _progress() -> Iterator[None]:
    with progress("waiting for children") as update:
        update("", 0)
        yield


def _print_error(expression: str, value: object) -> None:
    try:
        pickle.dumps(value)
    except TypeError as error:
        print(f"     >>> pickle.dumps({expression})\n     TypeError: {error}\n")


def _print_result(*found: WordList) -> None:
    words = ", ".join(word for each in found for word in each)
    print(f"   the child sent back: {words}\n")
