# SPDX-License-Identifier: Apache-2.0
"""The login for one push. A password given here is only in memory: skopeo reads it from a file
without a name, so that no list of processes shows it, and nothing is left even by a kill."""
import base64
import json
import os
import shutil
import subprocess
import sys

from lint_rules.fetched import reason_of
from lint_rules.report import printable

from .refused import NOT_LIKE_THIS, NOT_THIS_REGISTRY, Refused


class Login:
    """`options` are skopeo's; `files` are the descriptors that it needs for them."""

    def __init__(self, options=(), files=()):
        self.options, self.files = list(options), list(files)


def login_of(given, target):
    if given.password_stdin:
        return of_password(target.registry, given.user, typed_password())
    if given.aws:
        return of_password(target.registry, "AWS", password_of_aws(target))
    if given.authfile:
        if not os.path.isfile(given.authfile):
            raise Refused(NOT_LIKE_THIS, f"there is no file {given.authfile}; "
                                         "skopeo login --authfile writes one")
        return Login(["--authfile", given.authfile])
    return Login()  # skopeo looks where podman, docker and their credential helpers keep theirs


def typed_password():
    if sys.stdin is None or sys.stdin.isatty():
        raise Refused(NOT_LIKE_THIS, "--password-stdin reads the password from a pipe; "
                                     "as aws ecr get-login-password | push --password-stdin ...")
    password = sys.stdin.buffer.read(1 << 16).rstrip(b"\r\n")
    if not password:
        raise Refused(NOT_LIKE_THIS, "there is no password on standard input; "
                                     "did the command before the pipe fail?")
    return password


def password_of_aws(target):
    if not shutil.which("aws"):
        raise Refused(NOT_LIKE_THIS, "the command aws is not installed; install awscli, "
                                     "or give the password with --password-stdin")
    region = ["--region", target.region] if target.region else []
    ended = subprocess.run(["aws", "ecr", "get-login-password", *region], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ended.returncode != 0 or not ended.stdout.strip():
        raise Refused(NOT_THIS_REGISTRY,
                      f"aws ecr get-login-password failed ({printable(reason_of(ended.stderr))}); "
                      "see to aws's own settings (aws configure)")
    return ended.stdout.strip()


def of_password(registry, user, password):
    entry = {"auth": base64.b64encode(user.encode() + b":" + password).decode()}
    file = os.memfd_create("login")
    with open(file, "wb", closefd=False) as out:
        out.write(json.dumps({"auths": {registry: entry}}).encode())
    return Login(["--authfile", f"/proc/self/fd/{file}"], [file])
