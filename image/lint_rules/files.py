# SPDX-License-Identifier: Apache-2.0
"""What the contract says of the other files."""
from .tree import DEVICE, FILE, FOLDER, LINK

# What distributions keep for root, and no function reads.
OF_ROOT = ("/boot", "/etc/.pwd.lock", "/etc/group-", "/etc/gshadow", "/etc/gshadow-", "/etc/passwd-",
           "/etc/security/opasswd", "/etc/shadow", "/etc/shadow-", "/etc/ssl/private", "/etc/subgid-",
           "/etc/subuid-", "/etc/sudoers", "/lost+found", "/root", "/run", "/var/cache", "/var/lib",
           "/var/log", "/var/spool")


def judge_files(settings, tree, entry_path, report):
    """`entry_path` has been judged."""
    judge_folder(settings, tree, report)
    judge_tmp(tree, report)
    walk = tree.walk()
    leave_out = None
    while True:
        try:
            path, node = walk.send(leave_out)
        except StopIteration:
            return
        leave_out = judge_node(path, node, entry_path, report)


def judge_node(path, node, entry_path, report):
    """Whether what is in the folder is not to be judged."""
    if node.kind == DEVICE:
        report.add("DEVICE", path, "is a device file")
    elif node.kind == FILE and node.mode & 0o6000:
        report.add("SUID", path, f"has mode {node.mode:04o}")
    elif path.startswith("/tmp/") and node.kind != FOLDER:
        report.add("TMPFILE", path, "will not be seen")
    elif node.kind == FILE and path.rpartition("/")[0] == "/opt/extensions" and not node.mode & 0o001:
        report.add("EXTENSION", path, f"has mode {node.mode:04o}")
    elif path == "/tmp" or node.kind == LINK or is_of_root(path):
        pass
    elif path == entry_path and not node.mode & 0o001:
        pass
    elif node.kind == FOLDER and not node.mode & 0o001:
        report.add("PERM", path, f"is a folder of mode {node.mode:04o}")
        return True  # said once
    elif node.kind == FILE and not node.mode & 0o004:
        report.add("PERM", path, f"has mode {node.mode:04o}")
    return False


def is_of_root(path):
    return path in OF_ROOT or path.startswith(tuple(name + "/" for name in OF_ROOT))


def judge_folder(settings, tree, report):
    found = tree.find(settings.folder)
    if found.node is None or found.node.kind != FOLDER:
        report.add("WORKDIR", settings.folder, "is no folder of the image")


def judge_tmp(tree, report):
    tmp = tree.find("/tmp").node
    if tmp is None or tmp.kind != FOLDER:
        report.add("NOTMP", "/tmp", "is no folder of the image")
    elif tmp.mode & 0o1777 != 0o1777:
        report.add("TMPMODE", "/tmp", f"has mode {tmp.mode:04o}")
