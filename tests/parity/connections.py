"""Pipes, sockets, queues, locks and proxies: what multiprocessing sends in ways of its own."""

import copyreg
import ctypes
import multiprocessing
import os
import socket
import threading
from multiprocessing import shared_memory
from multiprocessing.reduction import DupFd, ForkingPickler

import harness
from harness import LOKY, THREADS, context, in_turn, make, outcome_of, program

GIVEN = ()


class Tensor:
    """Its library has registered it with multiprocessing alone."""

    def __init__(self, size):
        self.size, self.lock = size, threading.Lock()


class Handle:
    """It has one reducer for every pickler, and another one for multiprocessing."""

    def __init__(self, way):
        self.way = way


ForkingPickler.register(Tensor, lambda tensor: (Tensor, (tensor.size,)))
ForkingPickler.register(Handle, lambda _: (Handle, ("multiprocessing",)))
copyreg.pickle(Handle, lambda _: (Handle, ("copyreg",)))


def keep(*given):
    global GIVEN
    GIVEN = given


def send(connection, obj):
    connection.send(obj)
    return type(connection).__name__


def receive(connection):
    return connection.recv()


def send_all(connections):
    for number, connection in enumerate(connections.values()):
        connection.send(number)


def opened():
    here, there = multiprocessing.Pipe()
    there.send("from the worker")
    return here


def send_text(sock):
    sock.sendall(b"hello")
    return sock.family.name


def read_descriptor(descriptor):
    number = descriptor if isinstance(descriptor, int) else descriptor.detach()
    return os.read(number, 5)


def put(number):
    queue, lock = GIVEN
    with lock:
        queue.put(number)
    return number


def add(number):
    total, array, event, barrier = GIVEN
    with total.get_lock():
        total.value += number
    array[0] = number
    event.set()
    return event.is_set(), barrier.parties


def size_of(obj):
    return obj.size


def way_of(obj):
    return obj.way


def write_shared(memory):
    memory.buf[0] = 9
    memory.close()
    return memory.size >= 10


def use_proxies(table, items, lock, space):
    with lock:
        table["count"] += 1
        items.append(os.getpid() == space.pid)
        space.seen = True
    return dict(table)


def start(pool):
    """Start a worker before what is sent is made, so that it inherits nothing."""
    pool.submit(int).result()


@program
def a_connection():
    with make(1) as pool:
        start(pool)
        here, there = multiprocessing.Pipe()
        print(outcome_of(pool, send, there, "hello"), here.poll(5) and here.recv())
        print(outcome_of(pool, send, there, "again"), here.poll(5) and here.recv())


@program
def both_ends_of_a_pipe():
    with make(1) as pool:
        start(pool)
        reader, writer = multiprocessing.Pipe(duplex=False)
        print(outcome_of(pool, send, writer, [1, 2]), outcome_of(pool, receive, reader))


@program
def connections_in_containers():
    with make(1) as pool:
        start(pool)
        pipes = [multiprocessing.Pipe() for _ in range(3)]
        print(outcome_of(pool, send_all, {here.fileno(): there for here, there in pipes}))
        print([here.poll(5) and here.recv() for here, _ in pipes])


@program
def connections_in_a_map():
    with make(1) as pool:
        start(pool)
        pipes = [multiprocessing.Pipe() for _ in range(3)]
        ends = [there for _, there in pipes]
        print(harness.outcome(list, pool.map(send, ends, "abc", chunksize=2)))
        print([here.poll(5) and here.recv() for here, _ in pipes])


@program
def a_connection_as_result():
    with make(1) as pool:
        print(harness.outcome(lambda: pool.submit(opened).result(harness.LIMIT).recv()))


@program
def a_socket():
    with make(1) as pool:
        start(pool)
        here, there = socket.socketpair()
        with here, there:
            here.settimeout(5)
            print(outcome_of(pool, send_text, there), harness.outcome(here.recv, 5))


@program
def a_descriptor():
    with make(1) as pool:
        start(pool)
        reader, writer = os.pipe()
        os.write(writer, b"hello")
        print(outcome_of(pool, read_descriptor, reader if THREADS else outcome_dup(reader)))


def outcome_dup(number):
    try:
        return DupFd(number)
    except Exception:
        return number


@program
def what_was_registered_with_forkingpickler():
    with make(1) as pool:
        print(outcome_of(pool, size_of, Tensor(3)), list(pool.map(way_of, [Handle("none")])))
        print(harness.outcome(lambda: pool.submit(Tensor, 4).result().size))
        print(way_of(pool.submit(Handle, "none").result()))


@program
def reducers_of_loky():
    if not LOKY:
        print("only loky has them")
        return
    with make(1, job_reducers={Tensor: go}, result_reducers={Tensor: come}) as pool:
        print(outcome_of(pool, size_of, Tensor(3)))
        print(harness.outcome(lambda: pool.submit(Tensor, 4).result().size))


def go(tensor):
    return Tensor, (tensor.size + 10,)


def come(tensor):
    return Tensor, (tensor.size + 100,)


@program
def a_queue_and_a_lock_for_the_initializer():
    queue, lock = context().Queue(), context().Lock()
    with make(2, initializer=keep, initargs=(queue, lock)) as pool:
        print(list(pool.map(put, range(4))), sorted(queue.get(timeout=5) for _ in range(4)))


@program
def shared_values_for_the_initializer():
    total, array = context().Value("i", 1), context().Array(ctypes.c_double, [0.0, 1.0])
    event, barrier = context().Event(), context().Barrier(3)
    with make(1, initializer=keep, initargs=(total, array, event, barrier)) as pool:
        print(in_turn(pool, add, [2, 3]), total.value, array[:], event.is_set())


@program
def a_queue_and_a_lock_as_arguments():
    queue, lock = context().Queue(), context().Lock()
    with make(1) as pool:
        print(outcome_of(pool, type, queue).partition(":")[0], outcome_of(pool, type, lock)[:12])
        print(outcome_of(pool, threading.Lock)[:17])


@program
def proxies_of_a_manager():
    with context().Manager() as manager, make(1) as pool:
        table, items, space = manager.dict(count=0), manager.list(), manager.Namespace()
        space.pid = os.getpid()
        print(outcome_of(pool, use_proxies, table, items, manager.Lock(), space))
        print(outcome_of(pool, use_proxies, table, items, manager.Lock(), space))
        print(dict(table), list(items) == [THREADS] * 2, space.seen)
        queue = manager.Queue()
        print(in_turn(pool, queue.put, [1, 2]), queue.get(), outcome_of(pool, queue.get))


@program
def shared_memory_by_its_name():
    memory = shared_memory.SharedMemory(create=True, size=10)
    with make(1) as pool:
        print(outcome_of(pool, write_shared, memory))
    if THREADS:  # where the task has closed this very object
        memory = shared_memory.SharedMemory(memory.name)
    print(memory.buf[0])
    memory.close()
    memory.unlink()


if __name__ == "__main__":
    harness.main()
