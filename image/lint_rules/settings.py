# SPDX-License-Identifier: Apache-2.0
"""What the config may say. Gives its settings for the rules that look into the layers."""
from dataclasses import dataclass, field

from .blobs import parse_json, read_small

ARCHITECTURES = ("amd64", "arm64")
IGNORED = ("User", "ExposedPorts", "Volumes", "Healthcheck", "StopSignal", "OnBuild")
SNAPSTART = "com.amazonaws.lambda.feature.snapstart"
# Lambda sets these itself (contract 4.1). Not among them is what base images set, too: LANG, TZ,
# PATH, LD_LIBRARY_PATH, LAMBDA_TASK_ROOT, LAMBDA_RUNTIME_DIR.
RESERVED = frozenset("""
    AWS_LAMBDA_RUNTIME_API _HANDLER AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME
    AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_MAX_CONCURRENCY AWS_REGION AWS_DEFAULT_REGION
    AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_EXECUTION_ENV
    _X_AMZN_TRACE_ID AWS_XRAY_CONTEXT_MISSING AWS_XRAY_DAEMON_ADDRESS _AWS_XRAY_DAEMON_ADDRESS
    _AWS_XRAY_DAEMON_PORT AWS_LAMBDA_METADATA_API AWS_LAMBDA_METADATA_TOKEN AWS_LAMBDA_LOG_FORMAT
    AWS_LAMBDA_LOG_LEVEL _LAMBDA_TELEMETRY_LOG_FD _LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET
    AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN""".split())


@dataclass
class Settings:
    architecture: object = None  # None unless it is one of ARCHITECTURES
    entry_point: list = field(default_factory=list)
    command: list = field(default_factory=list)
    folder: str = "/"
    diff_ids: list = field(default_factory=list)


def judged_settings(source, descriptor, layers, wanted, report):
    """`wanted` is the function's architecture, or None. None if the config cannot be read."""
    name = source.name_of(descriptor) if isinstance(descriptor, dict) else None
    data = read_small(source.blobs, name) if name else None
    if data is None:
        report.add("DIGEST", "config", "is not there, or of no usual size")
        return None
    config = parse_json(data)
    if not isinstance(config, dict):
        report.add("CONFIG", "config", "is no JSON object")
        return None
    settings = Settings()
    judge_platform(config, wanted, settings, report)
    judge_root(config, layers, settings, report)
    run = config.get("config")
    run = {} if run is None else run
    if not isinstance(run, dict):
        report.add("CONFIG", "config", "its config is no JSON object")
        return None
    settings.entry_point = texts(run, "Entrypoint", report)
    settings.command = texts(run, "Cmd", report)
    judge_entry_point(settings, report)
    judge_folder(run, settings, report)
    judge_environment(texts(run, "Env", report), report)
    for name in IGNORED:
        if run.get(name):
            report.add("IGNORED", f"config: {name}", "has no effect on Lambda")
    labels = run.get("Labels")
    if isinstance(labels, dict) and labels.get(SNAPSTART, "Allow") != "Allow":
        report.add("SNAPSTART", f"config: Labels: {SNAPSTART}", f"is {labels[SNAPSTART]}")
    return settings


def judge_platform(config, wanted, settings, report):
    if config.get("os") != "linux":
        report.add("OS", "config: os", f"is {config.get('os')}")
    architecture = config.get("architecture")
    if architecture not in ARCHITECTURES:
        report.add("ARCH", "config: architecture", f"is {architecture}")
        return
    settings.architecture = architecture
    if wanted and architecture != wanted:
        report.add("ARCH", "config: architecture",
                   f"is {architecture}, and the function is to be for {wanted}")


def judge_root(config, layers, settings, report):
    root = config.get("rootfs")
    ids = root.get("diff_ids") if isinstance(root, dict) else None
    if not isinstance(ids, list) or len(ids) != layers:
        count = len(ids) if isinstance(ids, list) else "no"
        report.add("DIFFIDS", "config: rootfs", f"has {count} digests for {layers} layers")
    else:
        settings.diff_ids = ids
    history = config.get("history")
    history = history if isinstance(history, list) else []
    filled = sum(not (isinstance(e, dict) and e.get("empty_layer")) for e in history)
    if filled != layers:
        report.add("HISTORY", "config: history", f"has {filled} entries for {layers} layers")


def judge_entry_point(settings, report):
    entry_point = settings.entry_point
    if not entry_point or not entry_point[0]:
        cause = "is empty, and CMD alone is not enough" if settings.command else "is empty"
        report.add("ENTRYPOINT", "config: Entrypoint", cause)
        settings.entry_point = []
    elif len(entry_point) > 2 and entry_point[1] == "-c" and is_shell(entry_point[0]):
        report.add("EPSHELL", "config: Entrypoint", f"is in shell form: {entry_point[2]}")
    elif entry_point[0].rpartition("/")[2] == "lambda-entrypoint.sh":
        arguments = len(entry_point) - 1 + len(settings.command)
        if arguments != 1:
            report.add("HANDLER", "config: Cmd", f"it gets {arguments} arguments")


def is_shell(path):
    return path.rpartition("/")[2] in ("sh", "bash", "dash", "ash")


def judge_folder(run, settings, report):
    folder = run.get("WorkingDir") or "/"
    if not isinstance(folder, str):
        report.add("CONFIG", "config: WorkingDir", "is no text")
    elif not folder.startswith("/"):
        report.add("WORKDIR", "config: WorkingDir", f"is relative: {folder}")
    else:
        settings.folder = folder


def judge_environment(variables, report):
    for variable in variables:
        name, equals, _ = variable.partition("=")
        if not name or not equals:
            report.add("CONFIG", "config: Env", f"is not of the form NAME=VALUE: {name}")
        elif name in RESERVED:
            # The value may be a credential and is not shown.
            report.add("ENVRESERVED", f"config: Env: {name}", "is set by Lambda")


def texts(run, name, report):
    value = run.get(name)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return value
    report.add("CONFIG", f"config: {name}", "is no list of texts")
    return []
