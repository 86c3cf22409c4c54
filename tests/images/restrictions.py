# SPDX-License-Identifier: Apache-2.0
"""Whether a container's process is as restricted as AS_LAMBDA asks for, in whichever engine."""
import json

from engines import GID, MEMORY, UID

EPERM, ENOSYS = 1, 38


def expect_restricted(process):
    expect(process, "users", process.status["Uid"].split(), [str(UID)] * 4)
    expect(process, "groups", process.status["Gid"].split(), [str(GID)] * 4)
    for name in "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
        expect(process, name, int(process.status[name], 16), 0)
    expect(process, "no new privileges", process.status["NoNewPrivs"], "1")
    expect(process, "filter of calls", process.status["Seccomp"], "2")
    expect(process, "descriptors", process.limit("Max open files"), ("1024", "1024"))
    expect(process, "processes", process.limit("Max processes"), ("1024", "1024"))
    expect(process, "memory", process.memory(), MEMORY)
    expect(process, "ro in the options of /", "ro" in process.mount("/")[1], True)
    system, options = process.mount("/tmp")
    expect(process, "/tmp", (system, "rw" in options), ("tmpfs", True))


def expect(process, what, actual, wanted):
    assert actual == wanted, f"{process.status['Name']}: {what}: {actual}, not {wanted}"


def ring_refused(folder, error):
    """Options for a container in which io_uring ends with `error`, as on Lambda it may."""
    calls = ["io_uring_setup", "io_uring_enter", "io_uring_register"]
    profile = folder / f"refuse_{error}.json"
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": calls, "action": "SCMP_ACT_ERRNO", "errnoRet": error}]}))
    return ["--security-opt", f"seccomp={profile}"]


def filters(folder):
    """Options for each filter of calls: the engine's own, and those that refuse io_uring."""
    return [], ring_refused(folder, EPERM), ring_refused(folder, ENOSYS)
