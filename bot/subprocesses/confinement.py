"""Limits what a child process can do to what its work needs, so that a bug in a decoder gives access to nothing else.

Decoders and models read bytes from strangers. Resource limits (memory, files, processor time) apply on every Unix.
Landlock (files, TCP) and seccomp (sockets, other processes) apply where the Linux kernel has them; `missing` names the
ones that it does not have, for `doctor`.
"""

import contextlib
import ctypes
import errno
import resource
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import bot

if TYPE_CHECKING:
    from pyseccomp import SyscallFilter

_PR_SET_DUMPABLE = 4  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS = 38
_OPEN_FILES = 256
# Landlock's rights that a file can have (linux/landlock.h: write, read, truncate, ioctl); others need a directory.
_OF_A_FILE = 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
_DRIVERS = (Path("/proc/driver"), Path("/sys"))  # what a graphics card's library looks at

# Decoding and inference never need these: the network (io_uring could open sockets around the filter), other processes,
# and system calls that sandboxes were escaped through before.
_REFUSED_CALLS = """
    socket socketpair connect bind listen accept accept4 io_uring_setup io_uring_enter io_uring_register
    ptrace process_vm_readv process_vm_writev pidfd_getfd execve execveat
    unshare setns mount umount2 move_mount open_tree fsopen pivot_root chroot
    bpf perf_event_open userfaultfd keyctl add_key request_key kexec_load init_module finit_module
""".split()  # noqa: SIM905 - thirty names read better as words


def protect_this_process() -> None:
    """Keep what this process holds (tokens, recordings) out of core files and away from other processes of its user.

    Without PR_SET_DUMPABLE its children could read its environment and memory below /proc.
    """
    _no_core()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def confine(
    readable: Iterable[Path] = (), writable: Iterable[Path] = (), memory: int | None = None, devices: bool = False
) -> None:
    """Give up for good what this child does not need. Call it before it reads untrusted bytes.

    It can still read Python, its libraries and `readable`, read and write below `writable` (without any, it cannot
    write files at all), map `memory` bytes more than now, and with `devices` use graphics cards. Whatever the kernel
    lacks is skipped. Landlock applies to this thread and those it starts; seccomp to all threads.
    """
    writable = list(writable)
    _no_core()
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if not writable:
        _limit(resource.RLIMIT_FSIZE, 0)
    if sys.platform != "linux":
        return
    if memory is not None:
        _limit(resource.RLIMIT_AS, _mapped() + memory)
    ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    refuse = _call_filter()  # looks for its library with the help of other programs: so before files are refused
    _restrict_files([*readable, *_runtime()], writable, devices)
    if refuse is not None:
        refuse.load()


def limit_work(seconds: float, output: int | None = None) -> None:
    """End this process after this many more seconds of processor time; files longer than `output` bytes fail.

    Raises nothing; a limit that is already lower stays.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime + seconds) + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (end, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    if output is not None:
        _limit(resource.RLIMIT_FSIZE, output)


def missing() -> list[str]:
    """What of a child's confinement this machine cannot give, in words for the operator."""
    if sys.platform != "linux":
        return ["limits of files and network (they need Linux)"]
    found: list[str] = []
    try:
        import landlockpy

        if not landlockpy.supported():
            found.append("Landlock (Linux 5.13 or later, switched on)")
    except ImportError:
        found.append("Landlock (the package landlockpy)")
    if _call_filter() is None:
        found.append("seccomp (the system's libseccomp)")
    return found


def _no_core() -> None:
    _limit(resource.RLIMIT_CORE, 0)


def _limit(kind: int, value: int) -> None:
    """Lower a limit for good; one that is lower already stays."""
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _mapped() -> int:
    """Bytes of address space in use (proc(5), statm: the first field, in pages)."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _runtime() -> list[Path]:
    """Where Python, its libraries and this program lie, without the working directory and its secrets."""
    program = Path(bot.__file__).resolve().parent
    private = {program.parent, Path.cwd(), Path("/")}
    places = [program, *map(Path, (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())), *map(Path, sys.path)]
    system = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom")
    kernel = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system", "/sys/fs/cgroup")
    own = [place for place in places if place.is_absolute() and place.resolve() not in private]
    return [*own, *map(Path, (*system, *kernel))]


def _restrict_files(readable: Iterable[Path], writable: Iterable[Path], devices: bool) -> None:
    try:
        import landlockpy as landlock
    except ImportError:
        return
    if not landlock.supported():
        return
    access = landlock.AccessFS
    reading = access.READ_FILE | access.READ_DIR
    writing = reading | access.WRITE_FILE | access.TRUNCATE | access.MAKE_REG | access.REMOVE_FILE
    writing |= access.MAKE_DIR | access.REMOVE_DIR
    rights = [(path, reading) for path in readable] + [(path, writing) for path in writable]
    if devices:
        rights += [(path, reading) for path in _DRIVERS]
        cards = [*Path("/dev").glob("nvidia*"), Path("/dev/dri"), Path("/dev/kfd")]
        rights += [(path, reading | access.WRITE_FILE | access.IOCTL_DEV) for path in cards]
    with landlock.Ruleset(scoped=landlock.Scope.SIGNAL | landlock.Scope.ABSTRACT_UNIX_SOCKET) as rules:
        for path, allowed in rights:
            with contextlib.suppress(OSError):  # not on this system
                rules.allow_path(path, allowed if path.is_dir() else allowed & _OF_A_FILE)
        rules.restrict(landlock.RestrictFlag.TSYNC)


def _call_filter() -> "SyscallFilter | None":
    """A filter that refuses some calls and lets all others be; None where the system lacks it."""
    try:
        import pyseccomp as seccomp

        calls = seccomp.SyscallFilter(seccomp.ALLOW)
        calls.set_attr(seccomp.Attr.CTL_TSYNC, 1)  # for the threads that there are, too
    except (ImportError, RuntimeError, OSError):  # the package, the system's library, the kernel
        return None
    for name in _REFUSED_CALLS:
        with contextlib.suppress(OSError, ValueError):  # unknown to this library or processor
            calls.add_rule(seccomp.ERRNO(errno.EACCES), name)
    return calls
