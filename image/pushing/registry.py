# SPDX-License-Identifier: Apache-2.0
"""Asks and fills the registry, by skopeo. What it refuses becomes one line with a cure."""
import hashlib
import re
import subprocess

from lint_rules.fetched import COPY, NO_SPACE, reason_of, temporary_folder
from lint_rules.report import printable

from .refused import NOT_LIKE_THIS, NOT_THIS_IMAGE, NOT_THIS_REGISTRY, Refused

# A registry that takes longer to say what a tag is does not answer at all.
PATIENCE = "60s"


class Registry:
    def __init__(self, target, login, is_plain):
        self.target, self.login = target, login
        # A registry on this machine seldom speaks TLS; to another one a password goes only by TLS.
        self.is_plain = is_plain or target.is_on_this_machine

    def digest(self):
        """The digest that the tag has now, or None where there is no such tag."""
        ended = self.skopeo("--command-timeout", PATIENCE, "inspect", "--raw", *self.tls(""),
                            *self.login.options, f"docker://{self.target}")
        if ended.returncode == 0:
            return "sha256:" + hashlib.sha256(ended.stdout).hexdigest()
        reason = reason_of(ended.stderr)
        # Not every registry has the specification's words.
        if re.search("manifest unknown|artifact .* not found|StatusCode: 404", reason, re.I):
            return None
        # Most registries make a repository with its first image.
        if re.search("name unknown|repository .* not found", reason, re.I) and not self.target.region:
            return None
        raise self.refusal(reason)

    def push(self, reference):
        ended = self.skopeo(*COPY[1:], "--preserve-digests", *self.tls("dest-"),
                            *self.login.options, reference, f"docker://{self.target}")
        if ended.returncode != 0:
            raise self.refusal(reason_of(ended.stderr))

    def skopeo(self, *arguments):
        return subprocess.run(["skopeo", "--tmpdir", temporary_folder(), *arguments],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, pass_fds=self.login.files)

    def tls(self, side):
        return [f"--{side}tls-verify=false"] if self.is_plain else []

    def refusal(self, reason):
        target = self.target
        host, repository = target.registry, target.repository
        # Of the causes that skopeo strings together the first that is known here counts.
        for pattern, code, line in (
                (NO_SPACE.pattern, NOT_LIKE_THIS,
                 "the disk is full; make room in the folder of temporary files (TMPDIR)"),
                ("server gave HTTP response to HTTPS client", NOT_THIS_REGISTRY,
                 f"{host} speaks no TLS; name it as localhost:PORT on its own machine, "
                 "or allow it with --plain-http"),
                ("x509: ", NOT_THIS_REGISTRY,
                 f"the certificate of {host} is not trusted here; "
                 f"put its authority's into /etc/containers/certs.d/{host}/ca.crt"),
                ("authorization token has expired", NOT_THIS_REGISTRY,
                 f"the password for {host} has expired; get a new one, as ECR's lasts 12 hours"),
                ("getting (username and password|credentials)", NOT_THIS_REGISTRY,
                 f"the login for {host} cannot be read; see to the credential helper, "
                 "or give the password with --password-stdin"),
                (r"unauthorized|\b401\b|authentication required|no basic auth", NOT_THIS_REGISTRY,
                 self.login_line()),
                ("tag is immutable|ImageTagAlreadyExists|cannot be overwritten", NOT_THIS_IMAGE,
                 f"{target} exists and the repository lets no tag be moved; push to another tag"),
                ("name unknown|repository .*(does not exist|not found)", NOT_THIS_REGISTRY,
                 f"there is no repository {repository}; make it first: {self.creation()}"),
                (r"denied|forbidden|\b403\b", NOT_THIS_REGISTRY,
                 f"{host} does not let this user push to {target.name}; ask for the right to"),
                ("connection refused|no such host|network is unreachable|no route to host|timeout|"
                 "deadline exceeded|connection reset|EOF", NOT_THIS_REGISTRY,
                 f"{host} cannot be reached; is the name right, and the registry up?"),
                (r"blob upload (invalid|unknown)|HTTP status.* 5\d\d|status code.* 5\d\d|unknown error",
                 NOT_THIS_REGISTRY, f"{host} could not store the image; is its disk full?")):
            if re.search(pattern, reason, re.I):
                return Refused(code, f"{line} ({short(reason)})")
        return Refused(NOT_THIS_REGISTRY, f"skopeo could not push it: {short(reason)}")

    def login_line(self):
        host = self.target.registry
        if self.login.options:
            return f"{host} does not take this user and password; get them anew"
        region = self.target.region
        how = "with --aws, which asks aws ecr get-login-password" if region else \
            f"with --password-stdin, or once with skopeo login {host}"
        return f"{host} wants a login, and there is none, or not this one; log in {how}"

    def creation(self):
        name, region = self.target.name, self.target.region
        return f"aws ecr create-repository --repository-name {name}" + (
            f" --region {region}" if region else "")


def short(reason):
    """The end of what skopeo says: before it stands what it was doing, with long addresses."""
    plain = re.sub(r"\\[nt]|\s", " ", reason.strip('"').replace('\\"', '"'))
    plain = re.sub('^Error parsing image name "[^"]*": ', "", re.sub(" +", " ", plain).strip())
    parts = [part for part in plain.split(": ") if "?_state=" not in part]
    while len(parts) > 1 and len(": ".join(parts)) > 200:
        del parts[0]
    return printable(": ".join(parts)[-200:])
