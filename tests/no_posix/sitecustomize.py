"""Take away what only POSIX systems have: `PYTHONPATH=tests/no_posix python -m pytest`.

Python imports this before anything else, in each child process, too. What is left is close to what
Windows offers, so a test that fails here has found a name without its portable way.
"""

import multiprocessing
import multiprocessing.context
import os
import signal
import sys

# Not getuid and the wait family: pytest and multiprocessing themselves ask the platform for those.
_OS = (
    "fork forkpty register_at_fork sysconf sysconf_names confstr getpgid setpgid setsid killpg nice"
    " sched_getaffinity sched_setaffinity memfd_create eventfd mkfifo posix_spawn posix_fallocate"
    " sendfile getloadavg pread pwrite ctermid"
)
_SIGNAL = (
    "SIGKILL SIGALRM SIGCHLD SIGCLD SIGHUP SIGPIPE SIGQUIT SIGSTOP SIGCONT SIGTSTP SIGUSR1 SIGUSR2"
    " alarm setitimer getitimer pause sigwait"
)
_MODULES = ("fcntl", "grp", "pty", "resource", "termios", "tty")

for _module, _names in ((os, _OS), (signal, _SIGNAL)):
    for _name in _names.split():
        if hasattr(_module, _name):
            delattr(_module, _name)

# loky warns of a Linux without sched_getaffinity.
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "2")

for _name in _MODULES:
    sys.modules[_name] = None  # importing it is an ImportError

_contexts = multiprocessing.context._concrete_contexts
for _name in ("fork", "forkserver"):
    _contexts.pop(_name, None)
multiprocessing.context._default_context._default_context = _contexts["spawn"]
multiprocessing.get_all_start_methods = lambda: ["spawn"]
