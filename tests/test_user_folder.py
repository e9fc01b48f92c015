"""The folder of a user: no other user can open it, make it first, or keep the user out of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from storing import files_in, folder_in, fork, in_a_fork, posix_users, root

from adapters import _user_folder


def found(directory: Path) -> Path:
    return Path(_user_folder.folder_in(str(directory)))


def of_this_user(directory: Path) -> list[Path]:
    directories = _user_folder.folders_of(str(directory), sorted(os.listdir(directory)))
    return [Path(folder) for folder in directories]


@pytest.fixture(params=[0, 0o777], ids=["no umask", "umask 777"])
def umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """It is set when the test's directory is there."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory where all users may write."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o1777)
        yield Path(directory)


def as_another_user() -> None:
    """In a forked child of root, be a user to whom modes apply."""
    if os.geteuid() == 0:
        os.setegid(12345)
        os.seteuid(12345)


class TestTheFolder:
    def test_has_the_name_of_the_user_and_is_found_again(self, tmp_path: Path) -> None:
        assert found(tmp_path) == found(tmp_path) == folder_in(tmp_path)
        assert of_this_user(tmp_path) == [folder_in(tmp_path)]
        assert files_in(tmp_path) == [folder_in(tmp_path).name]

    @posix_users
    @pytest.mark.usefixtures("umask")
    def test_has_its_mode_whatever_the_umask(self, tmp_path: Path) -> None:
        assert found(tmp_path).stat().st_mode & 0o777 == 0o700

    @posix_users
    @fork
    @pytest.mark.usefixtures("umask")
    def test_serves_a_user_who_is_not_root_whatever_the_umask(self, public: Path) -> None:
        def make() -> list[str]:
            as_another_user()
            folder = found(public)
            (folder / "file").mkdir()
            return files_in(public)

        name = f"adapters-{os.geteuid() or 12345}"
        assert in_a_fork(make) == [name, f"{name}/file"]

    @posix_users
    @fork
    @pytest.mark.parametrize("mode", [0, 0o200, 0o400, 0o500])
    def test_that_shuts_its_user_out_is_mended(self, public: Path, mode: int) -> None:
        def make() -> tuple[bool, int]:
            as_another_user()
            usual = folder_in(public)
            usual.mkdir()
            usual.chmod(mode)
            return found(public) == usual, usual.stat().st_mode & 0o777

        assert in_a_fork(make) == (True, 0o700)

    @posix_users
    def test_is_mended_where_there_is_no_descriptor_without_permission(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def chmod(path: str, mode: int, *, follow_symlinks: bool) -> None:
            assert not follow_symlinks
            real(path, mode)

        real = os.chmod
        folder_in(tmp_path).mkdir(0)
        monkeypatch.delattr(os, "O_PATH", raising=False)
        monkeypatch.setattr(os, "chmod", chmod)
        assert found(tmp_path).stat().st_mode & 0o777 == 0o700

    @posix_users
    def test_that_cannot_be_mended_is_passed_over(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError

        folder_in(tmp_path).mkdir()
        folder_in(tmp_path).chmod(0)
        monkeypatch.setattr(os, "chmod", refuse)
        assert found(tmp_path) != folder_in(tmp_path)

    def test_is_that_of_all_users_where_the_system_has_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(os, "geteuid", raising=False)
        assert found(tmp_path) == tmp_path / "adapters-user"

    def test_in_a_directory_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            found(tmp_path / "nowhere")


@posix_users
class TestAHostileFolder:
    def passed_over(self, directory: Path) -> bool:
        """Whether another folder is used, which is this user's alone, and found again."""
        before = folder_in(directory).lstat()
        folder = found(directory)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder == found(directory)
        assert folder.parent == directory
        assert of_this_user(directory) == [folder]
        after = folder_in(directory).lstat()
        assert (before.st_mode, before.st_uid) == (after.st_mode, after.st_uid)
        return folder.name.startswith(f"{folder_in(directory).name}-")

    @pytest.mark.usefixtures("umask")
    @pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o1777, 0o077])
    def test_that_others_may_open(self, tmp_path: Path, mode: int) -> None:
        folder_in(tmp_path).mkdir()
        folder_in(tmp_path).chmod(mode)
        assert self.passed_over(tmp_path)

    @root
    @pytest.mark.usefixtures("umask")
    def test_of_another_user(self, tmp_path: Path) -> None:
        folder_in(tmp_path).mkdir(0o700)
        os.chown(folder_in(tmp_path), 12345, 12345)
        assert self.passed_over(tmp_path)

    def test_that_is_a_symlink(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(0o700)
        folder_in(tmp_path).symlink_to(elsewhere, target_is_directory=True)
        assert self.passed_over(tmp_path)
        assert files_in(elsewhere) == []

    def test_that_is_a_symlink_to_nothing(self, tmp_path: Path) -> None:
        folder_in(tmp_path).symlink_to(tmp_path / "nowhere", target_is_directory=True)
        assert self.passed_over(tmp_path)
        assert not (tmp_path / "nowhere").exists()

    @pytest.mark.parametrize("mode", [0, 0o600, 0o700])
    def test_that_is_a_file(self, tmp_path: Path, mode: int) -> None:
        folder_in(tmp_path).touch(mode)
        assert self.passed_over(tmp_path)

    def test_does_not_hide_what_is_this_users(self, tmp_path: Path) -> None:
        """It was not there when the other one was made, or is not there any longer."""
        folder_in(tmp_path).touch()
        other = found(tmp_path)
        folder_in(tmp_path).unlink()
        assert found(tmp_path) == folder_in(tmp_path)
        assert of_this_user(tmp_path) == [folder_in(tmp_path), other]

    @pytest.mark.parametrize("suffix", ["x", "-", "-1", "-0123456789abcdeg", "-0123456789abcdef-"])
    def test_has_a_name_that_is_not_taken_for_it(self, tmp_path: Path, suffix: str) -> None:
        folder_in(tmp_path).touch()
        (tmp_path / f"{folder_in(tmp_path).name}{suffix}").mkdir(0o700)
        assert self.passed_over(tmp_path)

    def test_in_a_directory_that_cannot_be_listed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "listdir", refuse)
        folder_in(tmp_path).touch()
        assert found(tmp_path) != found(tmp_path)
        assert _user_folder.names_in(str(tmp_path)) == [folder_in(tmp_path).name]

    def test_in_the_place_of_one_that_is_mended_stays_as_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody puts a link to another folder of the user there, after the first look."""
        if not hasattr(os, "O_PATH"):
            pytest.skip("no O_PATH here")
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(0)
        folder_in(tmp_path).mkdir(0)
        lstat = os.lstat

        def replace_after(path: str) -> os.stat_result:
            looked = lstat(path)
            monkeypatch.undo()
            folder_in(tmp_path).rmdir()
            folder_in(tmp_path).symlink_to(elsewhere, target_is_directory=True)
            return looked

        monkeypatch.setattr(os, "lstat", replace_after)
        assert found(tmp_path) != folder_in(tmp_path)
        assert elsewhere.stat().st_mode & 0o777 == 0
