# SPDX-License-Identifier: Apache-2.0
"""Images with one fault each: a function's name says which, its decorator the only rule that it
breaks. Lambda would refuse them, or start none of their programs, or see something else."""
import gzip
import tarfile

from image import DOCKER, OCI, PROGRAM, Image, elf, file, folder, hard_link, link, program, script

BAD = []  # (rule, make, arguments of the lint)


def bad(rule, *arguments):
    def register(make):
        BAD.append((rule, make, arguments))
        return make
    return register


def of(**attributes):
    image = Image()
    for name, value in attributes.items():
        setattr(image, name, value)
    return image


def with_program(*members):
    return Image().remove(PROGRAM).add(*members)


def with_run(**settings):
    image = Image()
    image.run.update(settings)
    return image


# The manifest.

@bad("SCHEMA")
def schema_1():
    return of(edit_manifest=lambda m: {"schemaVersion": 1, "name": "hello", "fsLayers": []})


@bad("SCHEMA")
def manifest_is_a_list():
    return of(edit_manifest=lambda m: [1])


@bad("MEDIATYPE")
def artifact_manifest():
    return of(edit_manifest=lambda m: {**m, "mediaType": "application/vnd.oci.artifact.manifest.v1+json"})


@bad("MEDIATYPE")
def artifact_as_config():
    def edit(manifest):
        manifest["config"]["mediaType"] = "application/vnd.cncf.helm.config.v1+json"
    return of(edit_manifest=edit)


def indexed(children_of, types=OCI):
    """An image whose index.json leads to an index of several."""
    image = Image(types)

    def edit(index):
        own = {**index["manifests"][0], "platform": {"os": "linux", "architecture": "amd64"}}
        inner = {"schemaVersion": 2, "mediaType": types["index"], "manifests": children_of(image, own)}
        return {"schemaVersion": 2, "manifests": [image.put_json(inner, types["index"])]}
    image.edit_index = edit
    return image


def for_arm(image, own):
    return {**own, "platform": {"os": "linux", "architecture": "arm64"}}


def attestation(image, own):
    statement = {"schemaVersion": 2, "mediaType": OCI["manifest"], "layers": [],
                 "config": image.put_json({}, OCI["config"])}
    return {**image.put_json(statement, OCI["manifest"]),
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}


@bad("INDEX")
def multi_arch_index():
    return indexed(lambda image, own: [for_arm(image, own), own])


@bad("INDEX")
def one_arch_index():
    return indexed(lambda image, own: [own])


@bad("INDEX")
def attestation_index():
    return indexed(lambda image, own: [own, attestation(image, own)])


@bad("INDEX")
def manifest_list_of_docker():
    return indexed(lambda image, own: [own, for_arm(image, own)], DOCKER)


@bad("INDEX")
def layout_of_two_platforms():
    def edit(index):
        own = {**index["manifests"][0], "platform": {"os": "linux", "architecture": "amd64"}}
        return {"schemaVersion": 2, "manifests": [own, for_arm(None, own)]}
    return of(edit_index=edit)


@bad("DIGEST")
def missing_layer():
    image = Image()

    def edit(manifest):
        del image.blobs[manifest["layers"][0]["digest"]]
    image.edit_manifest = edit
    return image


@bad("DIGEST")
def another_layer():
    image = Image()

    def edit(manifest):
        # The gzip header's operating system: neither the size nor what is unpacked is another.
        data = bytearray(image.blobs[manifest["layers"][0]["digest"]])
        data[9] ^= 1
        image.blobs[manifest["layers"][0]["digest"]] = bytes(data)
    image.edit_manifest = edit
    return image


@bad("DIGEST")
def wrong_size():
    def edit(manifest):
        manifest["layers"][0]["size"] += 1
    return of(edit_manifest=edit)


@bad("DIGEST")
def path_as_digest():
    def edit(manifest):
        manifest["config"]["digest"] = "../../../../etc/passwd"
    return of(edit_manifest=edit)


# The config.

@bad("CONFIG")
def config_is_no_json():
    return of(edit_config=lambda config: b"{")


@bad("CONFIG")
def config_nested_without_end():
    return of(edit_config=lambda config: b"[" * 100_000)


@bad("CONFIG")
def entry_point_is_a_text():
    # Its second finding would be that there is none, so the text is the command.
    return with_run(Cmd="hello")


@bad("CONFIG")
def variable_without_value():
    return with_run(Env=["PATH"])


@bad("OS")
def windows():
    return of(config={"architecture": "amd64", "os": "windows"})


@bad("ARCH")
def riscv():
    return of(config={"architecture": "riscv64", "os": "linux"})


@bad("ARCH")
def architecture_is_missing():
    return of(config={"os": "linux"})


@bad("ARCH", "--arch", "arm64")
def wrong_config_arch():
    return Image()


@bad("HISTORY")
def no_history():
    def edit(config):
        del config["history"]
    return of(edit_config=edit)


@bad("HISTORY")
def history_of_empty_layers():
    def edit(config):
        config["history"][0]["empty_layer"] = True
    return of(edit_config=edit)


@bad("IGNORED")
def user_set():
    return with_run(User="nobody")


@bad("IGNORED")
def port_exposed():
    return with_run(ExposedPorts={"8080/tcp": {}})


@bad("IGNORED")
def volume():
    return with_run(Volumes={"/data": {}})


@bad("IGNORED")
def healthcheck():
    return with_run(Healthcheck={"Test": ["CMD", "/check"]})


@bad("IGNORED")
def stop_signal():
    return with_run(StopSignal="SIGINT")


@bad("WORKDIR")
def relative_workdir():
    return with_run(WorkingDir="task")


@bad("WORKDIR")
def missing_workdir():
    return with_run(WorkingDir="/var/task")


@bad("WORKDIR")
def workdir_is_a_file():
    return with_run(WorkingDir=PROGRAM)


@bad("ENVRESERVED")
def env_credentials():
    return with_run(Env=["AWS_SECRET_ACCESS_KEY=shown-nowhere"])


@bad("ENVRESERVED")
def env_handler():
    return with_run(Env=["_HANDLER=hello"])


@bad("SNAPSTART")
def snapstart_label():
    return with_run(Labels={"com.amazonaws.lambda.feature.snapstart": "true"})


# The layers.

def layer_type(kind):
    def edit(manifest):
        manifest["layers"][0]["mediaType"] = kind
    return of(edit_manifest=edit)


@bad("LAYERTYPE")
def zstd_layer_type():
    return layer_type("application/vnd.oci.image.layer.v1.tar+zstd")


@bad("LAYERTYPE")
def foreign_layer():
    return layer_type("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")


@bad("LAYERTYPE")
def encrypted_layer():
    return layer_type("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")


@bad("LAYERTYPE")
def zstd_under_a_gzip_type():
    return of(edit_blob=lambda data: b"\x28\xb5\x2f\xfd" + data)


@bad("UNCOMPRESSED")
def uncompressed_layer():
    types = {**OCI, "layer": "application/vnd.oci.image.layer.v1.tar"}
    image = Image(types)
    image.edit_blob = gzip.decompress
    return image


@bad("TAR")
def tar_no_trailer():
    # umoci insert wrote such layers.
    return of(edit_tar=lambda data: data.rstrip(b"\0") + bytes(-len(data.rstrip(b"\0")) % 512))


@bad("TAR")
def tar_cut_off():
    return of(edit_tar=lambda data: data[:1600])


@bad("TAR")
def tar_header_damaged():
    return of(edit_tar=lambda data: data[:512] + b"DAMAGE" + data[518:])


@bad("TAR")
def gzip_cut_off():
    return of(edit_blob=lambda data: data[:-20])


@bad("TAR")
def gzip_damaged():
    return of(edit_blob=lambda data: data[:40] + bytes(20) + data[60:])


@bad("TAR")
def leads_out_of_the_image():
    return Image().add(file("../etc/passwd"))


@bad("TAR")
def hard_link_to_nothing():
    return Image().add(hard_link("other", "var/nothing"))


@bad("DIFFIDS")
def wrong_diff_id():
    def edit(config):
        config["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    return of(edit_config=edit)


@bad("DIFFIDS")
def no_diff_ids():
    def edit(config):
        del config["rootfs"]
    return of(edit_config=edit)


@bad("SIZE", "--max-bytes", "500000")
def too_big():
    return Image().add(file("large", bytes(500_000)))


@bad("SIZE", "--max-bytes", "500000")
def too_big_together():
    image = Image()
    image.layers += [[file(f"large-{n}", bytes(200_000))] for n in range(3)]
    return image


# The entry point.

@bad("ENTRYPOINT")
def no_entrypoint():
    return of(run={"WorkingDir": "/"})


@bad("ENTRYPOINT")
def cmd_only():
    return of(run={"WorkingDir": "/", "Cmd": [PROGRAM]})


@bad("EPABS")
def relative_entrypoint():
    return with_run(Entrypoint=["bootstrap"], WorkingDir="/var/runtime")


@bad("EPLINK")
def symlink_entrypoint():
    return with_program(program("app"), link(PROGRAM, "/app"))


@bad("EPLINK")
def dangling_entrypoint():
    return with_program(link(PROGRAM, "/nowhere"))


@bad("EPLINKDIR")
def symlink_dir():
    image = Image().add(link("bin", "var/runtime"))
    image.run["Entrypoint"] = ["/bin/bootstrap"]
    return image


@bad("EPMISSING")
def missing_entrypoint():
    return Image().remove(PROGRAM)


@bad("EPMISSING")
def whiteout_entrypoint():
    image = Image()
    image.layers.append([file("var/runtime/.wh.bootstrap")])
    return image


@bad("EPMISSING")
def entrypoint_in_an_opaque_folder():
    image = Image()
    image.layers.append([folder("var/runtime"), file("var/runtime/.wh..wh..opq")])
    return image


@bad("EPFILE")
def directory_entrypoint():
    return with_program(folder(PROGRAM))


@bad("EPFILE")
def pipe_entrypoint():
    return with_program(file(PROGRAM, mode=0o755, type=tarfile.FIFOTYPE))


@bad("EPSHELL")
def shell_form():
    image = Image().add(program("bin/sh"))
    image.run["Entrypoint"] = ["/bin/sh", "-c", PROGRAM]
    return image


@bad("EPMODE")
def mode_0700():
    return with_program(program(mode=0o700))


@bad("EPMODE")
def mode_0644():
    return with_program(program(mode=0o644))


@bad("EPELF")
def not_elf():
    return with_program(file(PROGRAM, b"echo hello\n", 0o755))


@bad("EPELF")
def empty_file():
    return with_program(file(PROGRAM, b"", 0o755))


@bad("EPELF")
def elf_cut_off():
    return with_program(file(PROGRAM, elf()[:80], 0o755))


@bad("EPELF")
def object_file():
    return with_program(program(kind=1))


@bad("EPARCH")
def wrong_elf_arch():
    return with_program(program(architecture="arm64"))


@bad("EPARCH")
def amd64_program_in_an_arm64_image():
    return of(config={"architecture": "arm64", "os": "linux"})


@bad("EPARCH")
def interpreter_of_another_architecture():
    return with_program(script(PROGRAM, "/bin/sh"), program("bin/sh", architecture="arm64"))


@bad("EPDYN")
def dynamic_no_loader():
    return with_program(program(loader="/lib64/ld-linux-x86-64.so.2"))


@bad("EPDYN")
def script_no_interpreter():
    return with_program(script(PROGRAM, "/bin/sh"))


def of_aws(*members, command=("hello",)):
    image = Image().remove(PROGRAM).add(program("lambda-entrypoint.sh"), *members)
    image.run = {"Entrypoint": ["/lambda-entrypoint.sh"], "Cmd": list(command)}
    return image


@bad("BOOTSTRAP")
def base_without_bootstrap():
    return of_aws()


@bad("BOOTSTRAP")
def bootstrap_not_executable():
    return of_aws(program(mode=0o644))


@bad("BOOTSTRAP")
def bootstrap_where_aws_does_not_look():
    """Its script names one place; that of spry-base would take this one."""
    image = of_aws(program("var/task/bootstrap"), program("bin/sh"))
    return image.remove("/lambda-entrypoint.sh").add(file(
        "lambda-entrypoint.sh", b"#!/bin/sh\nexec /var/runtime/bootstrap\n", 0o755))


@bad("HANDLER")
def base_without_command():
    return of_aws(program(), command=())


@bad("EXTENSION")
def extension_not_executable():
    return Image().add(program("opt/extensions/telemetry", mode=0o644))


# The other files.

@bad("PERM")
def dir_0750():
    return Image().add(folder("var/task", 0o750))


@bad("PERM")
def config_0600():
    return Image().add(file("var/task/settings.json", b"{}", 0o600))


@bad("PERM")
def folder_of_the_entry_point():
    return Image().remove("var/runtime").add(folder("var/runtime", 0o700))


@bad("NOTMP")
def no_tmp():
    return Image().remove("tmp")


@bad("TMPMODE")
def tmp_0755():
    return Image().remove("tmp").add(folder("tmp", 0o755))


@bad("TMPFILE")
def file_in_tmp():
    return Image().add(file("tmp/model.bin"))


@bad("SUID")
def setuid():
    return Image().add(program("bin/su", mode=0o4755))


@bad("SUID")
def setgid():
    return Image().add(program("bin/wall", mode=0o2755))


@bad("DEVICE")
def device():
    return Image().add(file("dev/null", mode=0o666, type=tarfile.CHRTYPE))


assert len({make.__name__ for _, make, _ in BAD}) == len(BAD)
