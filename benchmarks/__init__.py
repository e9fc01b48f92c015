"""What the library costs, as ratios to its peers: `python -m benchmarks`.

Absolute times belong to one machine; a ratio of two things that took turns on it travels better.
A topic is a module here with a function `rows()`; `__main__` lists the topics.
"""
