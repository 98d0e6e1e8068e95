"""Machine code kept on disk, so that a later process need not make it again.

A file is named by the hash of what the code was made of: the text of the module, which holds no address, the
versions of this library and of LLVM, and the processor. It holds a checksum and is put in its place whole, so
that neither a process that is killed while it writes nor two that write at once leave anything half done; what
cannot be read, or is not what it should be, is as good as absent. Nothing here is ever an error.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

_MAGIC = b"chainrule code 1\n"
_LARGEST = 256 * 2**20  # bytes of all files; past that, what has not been used for longest goes
_STALE = 600  # seconds, after which nobody is still writing a file


def usual():
    """The directory of this user for such files."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "chainrule"


class Cache:
    """Files in a directory, by key.

    Args:
        directory: made where it is missing. One that others may write to is not used: its code would be theirs.
        largest: bytes of all files.
    """

    def __init__(self, directory, largest=_LARGEST):
        self.directory, self.largest = Path(directory), largest

    def get(self, key):
        """The bytes under a key; None where there are none, or not the right ones."""
        path = self._path(key)
        try:
            if not self._own():
                return None
            found = path.read_bytes()
            start = len(_MAGIC) + 32
            data = found[start:]
            if found[: len(_MAGIC)] != _MAGIC or found[len(_MAGIC) : start] != hashlib.sha256(data).digest():
                return None
        except OSError:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return data

    def put(self, key, data):
        """Keep bytes under a key, if that can be."""
        with contextlib.suppress(OSError):
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._own():
                return
            handle, name = tempfile.mkstemp(dir=self.directory, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_MAGIC + hashlib.sha256(data).digest() + data)
                os.replace(name, self._path(key))
            except BaseException:
                os.unlink(name)
                raise
            self._bound()

    def _path(self, key):
        return self.directory / f"{key}.code"

    def _own(self):
        """Whether nobody else may write there."""
        if not hasattr(os, "getuid"):
            return True
        state = self.directory.stat()
        return state.st_uid == os.getuid() and not state.st_mode & 0o022

    def _bound(self):
        """Remove what was used longest ago, and what a process that was killed has left."""
        files, now = [], time.time()
        for entry in os.scandir(self.directory):
            with contextlib.suppress(OSError):  # another process has removed it
                state = entry.stat()
                if entry.name.endswith(".part") and state.st_mtime < now - _STALE:
                    os.unlink(entry.path)
                elif entry.name.endswith((".code", ".part")):
                    files.append((state.st_mtime, state.st_size, entry.path))
        total = sum(size for _, size, _ in files)
        if total <= self.largest:
            return
        for _, size, path in sorted(files):
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size
            if total <= 0.75 * self.largest:
                return


def key_of(*parts):
    """The key of code that was made of these texts."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
