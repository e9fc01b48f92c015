"""Names that no sender has made: nothing of them is opened but a segment of this user."""

from __future__ import annotations

import gc
import os
import secrets
from pathlib import Path

import pytest
import segments_room
from segments_room import (
    SIZE,
    descriptors,
    hand,
    lost,
    needs_segments,
    part_of,
)

from adapters._segments import header, mapping
from adapters._segments.sender import Sender

directory = segments_room.directory
room = segments_room.room
sender = segments_room.sender
pytestmark = needs_segments


def forge(path: Path | str, content: bytes = b"") -> Path:
    """A file that looks like a segment."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content or header.packed(5, header.HANDED).ljust(header.DATA + SIZE, b"x"))
    path.chmod(0o600)
    return path


def a_name(directory: str) -> str:
    """The path of a segment that does not exist."""
    folder = os.path.join(directory, "adapters-0", "0badcafe.0badcafe.0123456789ab.segments")
    return os.path.join(folder, f"1.2.{secrets.token_hex(6)}")


class TestAForgedName:
    @pytest.mark.parametrize("path", ["", "/etc/passwd", "/dev/zero", "../1.2.0123456789ab"])
    def test_is_no_segment(self, path: str) -> None:
        assert "no name of a segment" in lost((path, 5, SIZE))

    def test_with_a_nul_is_no_segment(self, directory: str) -> None:
        assert "cannot be used" in lost((a_name(f"{directory}/\0"), 5, SIZE))

    def test_of_another_folder_is_no_segment(self, directory: str) -> None:
        path = forge(Path(directory, "other", "1.2.0123456789ab"))
        assert "no name of a segment" in lost((str(path), 5, SIZE))

    def test_of_a_symlink_is_refused(self, sender: Sender, directory: str) -> None:
        path = forge(a_name(directory))
        link = a_name(directory)
        os.symlink(path, link)
        assert "cannot be used" in lost((link, 5, SIZE))

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs")
    def test_of_a_fifo_is_refused(self, directory: str) -> None:
        path = forge(a_name(directory))
        path.unlink()
        os.mkfifo(path, 0o600)
        assert "no file" in lost((str(path), 5, SIZE))

    def test_of_a_folder_is_refused(self, directory: str) -> None:
        path = a_name(directory)
        os.makedirs(path)
        assert "cannot be used" in lost((path, 5, SIZE))

    def test_of_a_file_that_others_may_open_is_refused(self, directory: str) -> None:
        path = forge(a_name(directory))
        path.chmod(0o644)
        assert "another user's" in lost((str(path), 5, SIZE))

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away"
    )
    def test_of_another_users_file_is_refused(self, directory: str) -> None:
        path = forge(a_name(directory))
        os.chown(path, 12345, 12345)
        assert "another user's" in lost((str(path), 5, SIZE))

    def test_leaves_no_descriptor(self, directory: str) -> None:
        path = forge(a_name(directory))
        path.chmod(0o644)
        before = descriptors()
        for _ in range(5):
            lost((str(path), 5, SIZE))
        path.chmod(0o600)
        path.write_bytes(b"")
        for _ in range(5):
            lost((str(path), 5, SIZE))
        assert descriptors() == before

    def test_closes_its_file_once(self, sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
        """The second time it would be a file that another thread has just opened."""
        closed: list[int] = []
        close = os.close
        handed = hand(sender, part_of(1))
        monkeypatch.setattr(mapping, "mapped", lambda *_: memoryview(b"x" * 10))
        monkeypatch.setattr(os, "close", lambda file: (closed.append(file), close(file)))
        for _ in range(3):
            lost(handed.name)
            gc.collect()
        monkeypatch.undo()
        assert len(closed) <= 3
