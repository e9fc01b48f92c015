"""In a new Python, use a suggestion that was pasted into a module.

`python journey.py MODULE CLASS` sends each example of the class to a spawned process, and back; it
prints, as JSON, what could be read there, and what of that which came back.
"""

import importlib
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from examples import EXAMPLES, read


def look(name, obj):
    """Run where the object arrives: the module of the adapter was not imported there before."""
    return read(name, obj), obj


def send(name):
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        sent = [pool.submit(look, name, make()) for make in EXAMPLES[name]]
        came = [each.result(30) for each in sent]
    return [(there, read(name, back)) for there, back in came]


if __name__ == "__main__":
    _, module, name = sys.argv
    importlib.import_module(module)
    print(json.dumps(send(name)))
