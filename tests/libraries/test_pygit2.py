import os
import tempfile

import pytest
from files import made
from kit import check_examples, travelled

import adapters

pygit2 = pytest.importorskip("pygit2")


def signature():
    return pygit2.Signature("Ana", "a@example.org", 1700000000, 60)


def in_latin_1():
    return pygit2.Signature("José", "é@example.org", 5, -720, "latin-1")


def path():
    """The path of a repository with one commit."""
    return made("git", lambda path: fill(pygit2.init_repository(path)))


def fill(new):
    new.index.add(pygit2.IndexEntry("f", new.create_blob(b"hi\n"), pygit2.GIT_FILEMODE_BLOB))
    new.index.write()
    new.create_commit("HEAD", signature(), signature(), "m", new.index.write_tree(), [])
    new.remotes.create("origin", "https://example.org/a.git")
    new.config["user.name"] = "Ana"


def repository():
    return pygit2.Repository(path())


def bare():
    found = pygit2.Repository(os.path.join(path(), ".git"), 5)
    found.set_ident("Bo", "b@example.org")
    return found


def with_a_working_directory():
    found = repository()
    found.workdir = tempfile.gettempdir()
    return found


def index():
    return repository().index


def config():
    return repository().config


def remote():
    return repository().remotes["origin"]


def oid():
    return repository().head.target


def zero():
    return pygit2.Oid(raw=bytes(20))


def worktree():
    found, tree = repository(), path() + "-tree"
    if "w" not in found.list_worktrees():
        found.add_worktree("w", tree)
    return found.lookup_worktree("w")


def commit():
    found = repository()
    return found[found.head.target]


def tree():
    return commit().tree


def blob():
    found = repository()
    return found[commit().tree["f"].id]


def tag():
    found = repository()
    name = "refs/tags/v1"
    if name not in found.references:
        found.create_tag("v1", found.head.target, pygit2.GIT_OBJECT_COMMIT, signature(), "t")
    return found[found.lookup_reference(name).target]


def reference():
    return repository().lookup_reference("HEAD")


def branch():
    found = repository()
    return found.branches[found.head.shorthand]


TYPES = {
    "Repository": [repository, bare, with_a_working_directory],
    "Index": [index],
    "RepositoryConfig": [config],
    "Remote": [remote],
    "Worktree": [worktree],
    "Commit": [commit],
    "Tree": [tree],
    "Blob": [blob],
    "Tag": [tag],
    "Reference": [reference],
    "Branch": [branch],
    "Oid": [oid, zero],
    "Signature": [signature, in_latin_1],
}
# pygit2 does not free what it makes of each backend, and they are counted in each repository.
LEAKS = {"skip": {"nothing_leaks": "pygit2 leaks when backends are counted"}}
OPTIONS = dict.fromkeys(TYPES.keys() - {"Worktree", "Oid", "Signature"}, LEAKS)


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def test_parts_of_one_repository_arrive_in_one_repository():
    first = repository()
    everything = [first, first.index, first.config, first.remotes["origin"], first.branches]
    arrived, index, config, remote, branches = travelled(everything)
    assert index._repo is config._repo is remote._repo is arrived
    assert list(branches) == list(first.branches)
    assert arrived.head.target == first.head.target
    assert arrived[arrived.head.target].tree.id == first.index.write_tree()
    assert travelled(first.index["f"]) == first.index["f"]


@pytest.mark.parametrize("backwards", [False, True])
def test_objects_of_one_repository_arrive_in_one_repository(backwards):
    repository = pygit2.Repository(path())
    commit = repository[repository.head.target]
    everything = [repository, commit, commit.tree, repository.head, commit.tree]
    arrived = travelled(everything[::-1] if backwards else everything)
    arrived, commit, tree, head, again = arrived[::-1] if backwards else arrived
    assert type(arrived) is pygit2.Repository
    assert commit.tree.id == tree.id == again.id == repository.index.write_tree()
    assert head.target == commit.id
    assert commit.message == "m"
    assert tree["f"].data == b"hi\n"
    from adapters.libraries import pygit2 as ours

    owners = [ours._owner(ours._owner_of_object, each) for each in (commit, tree, again)]
    assert all(owner._pointer == arrived._pointer for owner in owners)


def test_settings_of_repositories_are_kept():
    arrived = travelled(bare())
    assert (arrived.is_bare, arrived.workdir) == (True, None)
    assert arrived.ident == ("Bo", "b@example.org")
    assert travelled(with_a_working_directory()).workdir == with_a_working_directory().workdir


def test_signatures_keep_their_encoding():
    arrived = travelled(in_latin_1())
    assert arrived == in_latin_1()
    assert arrived.raw_name == in_latin_1().raw_name
    assert arrived.raw_email == in_latin_1().raw_email


def without_a_path():
    return pygit2.Repository()


def with_another_backend():
    found = repository()
    objects = os.path.join(path(), ".git", "objects")
    found.odb.add_backend(pygit2.OdbBackendLoose(objects, -1, False), 5)
    return found


def changed_index():
    found = index()
    found.remove("f")
    return found


def index_of_no_repository():
    return pygit2.Index()


def snapshot():
    return repository().config_snapshot


def from_an_entry():
    return commit().tree["f"]


def without_a_name():
    return repository().remotes.create_anonymous("https://example.org/b.git")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (without_a_path, "no path"),
        (with_another_backend, "alternates"),
        (changed_index, "write it first"),
        (index_of_no_repository, "of no repository"),
        (snapshot, "snapshot"),
        (without_a_name, "no name"),
        (from_an_entry, "from an entry"),
    ],
)
def test_what_is_not_on_the_disk_is_refused(make, words):
    with pytest.raises(adapters.SerializeError, match=words):
        adapters.dumps(make())
