"""pygit2: repositories by their path, what names its repository, ids and signatures.

| type | what travels | what does not |
|---|---|---|
| `Repository` | path, working directory, whether it is bare, the name and email of its log | backends that were set or added: refused; alternates that were added in memory are lost |
| `Index` | its repository | changes that are not written, or an index of no repository: refused |
| `RepositoryConfig` | its repository | snapshots, and with files that were added: refused |
| `Remote` | its repository, and its name | without a name, or changed in memory: refused |
| `Worktree` | path and name | pruned: refused |
| `Commit`, `Tree`, `Blob`, `Tag` | their repository, and the id | from an entry of a tree, whose name and filemode they know: refused |
| `Reference`, `Branch` | their repository, and the name | where it points elsewhere on the disk: refused |
| `Oid` | all of it | |
| `Signature` | name, email, time, offset, encoding | |

What comes from one repository in one message arrives in one repository. `Branches`, `References`,
`RemoteCollection` and `IndexEntry` objects then pickle by themselves.

Left out: `Walker`, `Note`: they do not tell their repository, so send that, and the ids. `Diff`, `Patch`, `DiffDelta`, `DiffHunk`,
`DiffLine`, `DiffStats`, `Blame`: their options cannot be read back, so send text, or the ids.
`Mailmap`: its entries cannot be read back. `Odb`, `Refdb`, `TreeBuilder`, `PackBuilder`: what they
are made of cannot be read back.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any
from weakref import WeakValueDictionary

import pygit2
import pygit2.config
from pygit2 import _libgit2
from pygit2.index import Index
from pygit2.remotes import Remote

from adapters import register
from adapters.libraries._states import parts

_NONE = type(None)
_HERE, _BARE = 1, 4  # flags of git_repository_open_ext: this path and no parent of it, no worktree
_INT64 = 1 << 63
_MINUTES = 1 << 31
_RepositoryConfig = getattr(pygit2.config, "RepositoryConfig", None)  # of later versions


# {address of an open repository: it, or a view of it that lives as long as the message}
_OPEN: WeakValueDictionary[int, Any] = WeakValueDictionary()


def _address(obj: Any) -> int:
    return int.from_bytes(obj._pointer, sys.byteorder)


def _function(name: str) -> Any:
    """A function of libgit2 that gives the repository of something; None where it is not found."""
    found = getattr(ctypes.CDLL(_libgit2.__file__), name, None)
    if found is not None:
        found.restype, found.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    return found


_owner_of_object = _function("git_object_owner")
_owner_of_reference = _function("git_reference_owner")


def _owner(function: Any, obj: Any) -> Any:
    """The repository of an object, which pygit2 itself does not tell; the same for all of one."""
    address = function(_address(obj))
    if (known := _OPEN.get(address)) is None:
        pointer = _libgit2.ffi.cast("git_repository *", address)
        known = _OPEN[address] = pygit2.Repository._from_c(pointer, False)
    return known


def _serialize_repository(repository: Any) -> Any:
    known = _OPEN.setdefault(_address(repository), repository)
    return (known,) if known is not repository else _repository_state(repository)


def _repository_state(repository: Any) -> Any:
    path, workdir = repository.path, repository.workdir
    if not path:
        raise ValueError("the repository has no path, as its backends were set by hand")
    state = (path, workdir, repository.is_bare, repository.ident)
    if _backends(repository) != _backends(_make_repository(state)):
        raise ValueError(
            "the repository has backends of objects that were added in memory: write the path of"
            " the other objects into its file objects/info/alternates"
        )
    return state


def _backends(repository: Any) -> int:
    return len(list(repository.odb.backends))


def _make_repository(state: Any) -> Any:
    if type(state) is tuple and len(state) == 1:
        return parts(state, pygit2.Repository)[0]
    path, workdir, bare, identity = parts(state, str, (str, _NONE), bool, tuple)
    name, email = parts(identity, (str, _NONE), (str, _NONE))
    if not os.path.isdir(path):
        raise ValueError(f"{path!r} is no folder of a repository that exists here")
    repository = pygit2.Repository(path, _HERE | (_BARE if bare else 0))
    if workdir is not None and repository.workdir != workdir:
        repository.workdir = workdir
    if name or email:
        repository.set_ident(name, email)
    found = (repository.path, repository.workdir, repository.is_bare)
    if found != (path, workdir, bare):
        raise ValueError(f"the repository at {path!r} is now {found}, not {state}")
    return repository


def _rows(entries: Any) -> Any:
    names = ("id", "mode", "path", "level", "name", "raw_value")
    return [tuple(getattr(entry, name, None) for name in names) for entry in entries]


def _conflicts(index: Any) -> Any:
    return [_rows(conflict) for conflict in index.conflicts or ()]


def _serialize_index(index: Any) -> Any:
    if index._repo is None:
        raise ValueError("an index of no repository does not tell its path: send the path")
    disk = _make_repository(_repository_state(index._repo)).index
    if _rows(index) != _rows(disk) or _conflicts(index) != _conflicts(disk):
        raise ValueError("the index differs from that on the disk: write it first, or read it")
    return index._repo


def _make_index(state: Any) -> Any:
    (repository,) = parts((state,), pygit2.Repository)
    index = repository.index
    index.read()
    return index


def _serialize_config(config: Any) -> Any:
    if config.is_snapshot:
        raise ValueError("a snapshot is taken anew where it arrives: send the repository")
    disk = _make_repository(_repository_state(config._repo)).config
    if _rows(config) != _rows(disk):
        raise ValueError("the configuration has files that were added: send the repository")
    return config._repo


def _make_config(state: Any) -> Any:
    (repository,) = parts((state,), pygit2.Repository)
    return repository.config


_REMOTE = ("name", "url", "push_url", "fetch_refspecs", "push_refspecs")


def _serialize_remote(remote: Any) -> Any:
    if not remote.name:
        raise ValueError("the remote has no name: send its url")
    state = remote._repo, remote.name
    if any(getattr(remote, each) != getattr(_make_remote(state), each) for each in _REMOTE):
        raise ValueError(f"the remote {remote.name!r} differs from that in the configuration")
    return state


def _make_remote(state: Any) -> Any:
    repository, name = parts(state, pygit2.Repository, str)
    return repository.remotes[name]


def _make_worktree(state: Any) -> Any:
    path, name = parts(state, str, str)
    if not os.path.isdir(path):
        raise ValueError(f"{path!r} is no folder of a worktree that exists here")
    return pygit2.Repository(path, _HERE).lookup_worktree(name)


def _serialize_object(found: Any) -> Any:
    if found.filemode is not None:
        raise ValueError(
            "the object is from an entry of a tree that it does not tell: send the tree, and the"
            " name, or repository[object.id]"
        )
    return _owner(_owner_of_object, found), found.id.raw


def _register_object(kind: Any) -> None:
    def make(state: Any) -> Any:
        repository, raw = parts(state, pygit2.Repository, bytes)
        found = repository[_make_oid(raw)]
        if type(found) is not kind:
            raise ValueError(f"{found.id} is a {type(found).__name__}, not a {kind.__name__}")
        return found

    register(kind, _serialize_object, make)


def _serialize_reference(reference: Any) -> Any:
    repository, name = _owner(_owner_of_reference, reference), reference.name
    if repository.lookup_reference(name).target != reference.target:
        raise ValueError(f"the reference {name!r} has moved: look it up again")
    return repository, name


def _make_reference(state: Any) -> Any:
    repository, name = parts(state, pygit2.Repository, str)
    return repository.lookup_reference(name)


def _make_branch(state: Any) -> Any:
    repository, name = parts(state, pygit2.Repository, str)
    for prefix, kind in (("refs/heads/", 1), ("refs/remotes/", 2)):
        if name.startswith(prefix):
            branch = repository.lookup_branch(name[len(prefix) :], kind)
            if branch is not None:
                return branch
    raise ValueError(f"the repository has no branch {name!r}")


def _make_oid(state: Any) -> Any:
    (raw,) = parts((state,), bytes)
    oid = pygit2.Oid(raw=raw)
    if oid.raw != raw:
        raise ValueError(f"an id has {len(oid.raw)} bytes, but {len(raw)}")
    return oid


def _make_signature(state: Any) -> Any:
    name, email, time, offset, encoding = parts(state, bytes, str, int, int, str)
    if not -_INT64 <= time < _INT64 or not -_MINUTES <= offset < _MINUTES:
        raise ValueError(f"the time {time} or its offset {offset} is out of range")
    return pygit2.Signature(name, email, time, offset, encoding)


register(pygit2.Repository, _serialize_repository, _make_repository)
register(Index, _serialize_index, _make_index)
if _RepositoryConfig is not None:
    register(_RepositoryConfig, _serialize_config, _make_config)
register(Remote, _serialize_remote, _make_remote)
register(pygit2.Worktree, lambda tree: (tree.path, tree.name), _make_worktree)
if _owner_of_object is not None:
    for _kind in (pygit2.Commit, pygit2.Tree, pygit2.Blob, pygit2.Tag):
        _register_object(_kind)
if _owner_of_reference is not None:
    register(pygit2.Reference, _serialize_reference, _make_reference)
    register(pygit2.Branch, _serialize_reference, _make_branch)
register(pygit2.Oid, lambda oid: bytes(oid.raw), _make_oid)
register(
    pygit2.Signature,
    lambda signature: (
        signature.raw_name,
        signature.raw_email.decode(),  # pygit2 writes it in UTF-8, whatever the encoding is
        signature.time,
        signature.offset,
        signature._encoding or "utf-8",
    ),
    _make_signature,
)
