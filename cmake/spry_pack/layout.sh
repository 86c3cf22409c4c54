# SPDX-License-Identifier: Apache-2.0
# An OCI layout in $part/layout; read after common.sh by what writes images. An image is made by
# begin_image, add_layer for each layer and put_image; index.json is of index_of. The same input gives
# the same bytes.
need tar gzip sha256sum od stat date find sort grep cat cp chmod
tar --version 2>/dev/null | grep -q 'GNU tar' || fail "tar is not GNU tar, which is needed for an archive that is the same everywhere (Debian: apt-get install tar)"

epoch=${SOURCE_DATE_EPOCH:-0}
case $epoch in
    *[!0-9]*) fail "SOURCE_DATE_EPOCH is $epoch; set it to seconds since 1970, or unset it" ;;
esac
created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
case $created in
    [0-9][0-9][0-9][0-9]-*) ;;
    *) fail "SOURCE_DATE_EPOCH is $epoch, which is no date before the year 10000; set it to seconds since 1970, or unset it" ;;
esac

# architecture_of PROCESSOR: as images call it.
architecture_of() {
    case $1 in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        *) fail "the build is for $1; Lambda has x86_64 and aarch64" ;;
    esac
}

# begin_layout oci|docker: in an empty $part.
begin_layout() {
    blobs=$part/layout/blobs/sha256
    run mkdir -p "$blobs"
    if [ "$1" = docker ]; then
        manifest_type=application/vnd.docker.distribution.manifest.v2+json
        config_type=application/vnd.docker.container.image.v1+json
        layer_type=application/vnd.docker.image.rootfs.diff.tar.gzip
    else
        manifest_type=application/vnd.oci.image.manifest.v1+json
        config_type=application/vnd.oci.image.config.v1+json
        layer_type=application/vnd.oci.image.layer.v1.tar+gzip
    fi
    index_type=application/vnd.oci.image.index.v1+json
    write "$part/layout/oci-layout" '{"imageLayoutVersion":"1.0.0"}'
}

begin_image() {
    layers='' diff_ids='' history='' layer_files='' comma=''
}

# archive FILE FOLDER: the owner, order and date of this machine stay out.
archive() {
    run sh -c 'cd "$3" && find . -mindepth 1 -printf "%P\\0" >"$1.names" &&
        sort -z -o "$1.names" "$1.names" && tar --create --file "$1" \
        --format=gnu --owner=0 --group=0 --numeric-owner --mtime="@$2" --no-recursion --null \
        --files-from="$1.names"' sh "$1" "$epoch" "$2"
}

digest_of() {
    sum=$(sha256sum <"$1") || fail "cannot read $1 again; is the disk sound?"
    printf %s "${sum%% *}"
}

# add_layer TAR MAKER: takes the archive away; MAKER is what the image's history names.
add_layer() {
    diff_id=$(digest_of "$1") || exit
    run gzip -n -9 "$1"
    layer=$(digest_of "$1.gz") || exit
    layers=$layers$comma"{\"mediaType\":\"$layer_type\",\"digest\":\"sha256:$layer\",\"size\":$(stat -c %s "$1.gz")}"
    diff_ids=$diff_ids$comma"\"sha256:$diff_id\""
    history=$history$comma"{\"created\":\"$created\",\"created_by\":\"$2\"}"
    layer_files=$layer_files$comma"\"blobs/sha256/$layer\""
    comma=,
    run mv "$1.gz" "$blobs/$layer"
}

# put TEXT: a blob; sets digest and size.
put() {
    write "$part/blob" "$1"
    digest=$(digest_of "$part/blob") || exit
    size=$(stat -c %s "$part/blob")
    run mv "$part/blob" "$blobs/$digest"
}

# put_image ARCHITECTURE SETTINGS: the config, whose digest is then $config, and the manifest of all
# layers, whose digest and size are then $digest and $size.
put_image() {
    put "{\"created\":\"$created\",\"architecture\":\"$1\",\"os\":\"linux\",\"config\":$2,\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[$diff_ids]},\"history\":[$history]}"
    config=$digest
    put "{\"schemaVersion\":2,\"mediaType\":\"$manifest_type\",\"config\":{\"mediaType\":\"$config_type\",\"digest\":\"sha256:$config\",\"size\":$size},\"layers\":[$layers]}"
}

# descriptor TYPE MEMBERS: of what was put last. MEMBERS are more of the JSON object, or nothing.
descriptor() {
    printf %s "{\"mediaType\":\"$1\",\"digest\":\"sha256:$digest\",\"size\":$size${2:+,$2}}"
}

# index_of DESCRIPTORS
index_of() {
    printf %s "{\"schemaVersion\":2,\"mediaType\":\"$index_type\",\"manifests\":[$1]}"
}

set_layout_modes() {
    run find "$part/layout" -type d -exec chmod 0755 {} +
    run find "$part/layout" -type f -exec chmod 0644 {} +
}
