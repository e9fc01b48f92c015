"""`adapters.Executor`: tasks with native objects on any executor of concurrent.futures.

A task on a ProcessPoolExecutor; each column is what one thread or process runs:

    caller's thread                   executor manager thread           worker process

    Executor: pack the call
       | call item
    RestartingExecutor: keep it
       | call item as a work item
    pool.submit --------------------> call queue ---------------------> run_call or run_chunk:
                                                                        unpack, call, pack
    future.result(): unpack <-------- done callbacks: chain the <------ result queue
                      result item     futures of RestartingExecutor      result item
                                      and Executor

    adapters-watchdog thread: if a worker died and the manager did not notice, ends the result queue
    adapters-restart thread: makes a new pool, submits lost work items, shuts the broken pool down
    adapters-shutdown thread: shuts the pool of a RestartingExecutor down after its last work item

RestartingExecutor takes part where `Executor` was given a function that makes the pool. Call items
and result items are messages of bytes and buffers, which `messages` alone packs and unpacks.

| module | what it holds |
|---|---|
| `executor` | `Executor`: submit, map, and the futures that it gives |
| `messages` | call items and result items: how they are packed, run and unpacked |
| `restarting` | `RestartingExecutor`: replaces a pool that a worker's death has broken |
| `watchdog` | breaks a process pool that would hang after the death of a worker |
| `chained_future` | `ChainedFuture`: takes result, cancellation and running state from another |
"""
