"""`adapters.Executor`: tasks with native objects on any executor of concurrent.futures.

A task on a ProcessPoolExecutor; each column is what one thread or process runs:

    caller's thread                   executor manager thread           worker process

    TaskFuture, SentChunk: pack
       | call item
    RestartingExecutor: keep it
       | call item as a work item
    pool.submit --------------------> call queue ---------------------> run_call or run_chunk:
                                                                        unpack, call, pack
    future.result()                   done callbacks: open plain data,
                          <---------- give the rest to an opener <----- result queue
                                                                        result item

    adapters-opener threads: open what is more than plain data; submit again what a worker lacked
    adapters-watchdog thread: if a worker died and the manager did not notice, ends the result queue
    adapters-restart thread: makes a new pool, shuts the broken pool down
    adapters-backlog thread: submits lost work items, and those that wait behind them
    adapters-shutdown thread: shuts a pool down after its last task

Large parts of items do not go through the queues: they lie in shared memory (`_segments`). The part
is copied there when the queue pickles the item, and taken where the item is unpickled.

A worker that lacks a definition of the main script, or a registration, says so in place of a
result, and the task is submitted again, with what was lacking. An executor of threads gets its
tasks as they are. RestartingExecutor takes part where `Executor` was given a function that makes
the pool.

| module | what it holds |
|---|---|
| `executor` | `Executor`: submit, map, shutdown |
| `engine` | what an inner executor does with a task |
| `dispatcher` | what the futures of one executor share |
| `work` | what a task is: a call, or a chunk of calls |
| `mapping` | the chunks of a map, and the results of their calls |
| `task_future` | `TaskFuture`: what happens to a task until it is done |
| `openers` | threads that open results |
| `messages` | call items and result items: how they are run and opened |
| `traced` | what a worker records of a task, for an `adapters.trace()` of the caller |
| `packing` | how the objects in them are pickled |
| `parts` | the pickle and the large parts of a message, and how these travel |
| `remote_traceback` | the cause of an error that was raised in a worker |
| `registrations` | how workers get the registrations of the caller |
| `task` | `adapters.task` and `adapters.answer`, for other transports |
| `connection` | `adapters.send` and `adapters.receive`, for a pipe of one's own |
| `restarting` | `RestartingExecutor`: replaces a pool that a worker's death has broken |
| `backlog` | the work items that wait for a pool, and the thread that submits them |
| `work_item` | `WorkItem`: a task that more than one pool may run, and its future |
| `failed_executor` | what stands in for a pool that could not be made |
| `watchdog` | breaks a process pool that would hang after the death of a worker |
| `chained_future` | `ChainedFuture`: takes result, cancellation and running state from another |
"""
