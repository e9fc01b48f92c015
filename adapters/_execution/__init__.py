"""`adapters.Executor`: tasks on any executor of concurrent.futures.

| module | what it holds |
|---|---|
| `executor` | `Executor`: submit, map, and the futures that it gives |
| `messages` | what travels: calls and answers |
| `restarting` | an executor that is made anew when a worker's death has broken it |
| `watchdog` | breaks a process pool that would hang after the death of a worker |
| `chained_future` | a future that takes its result and its state from another one |
"""
