# SPDX-License-Identifier: Apache-2.0
# What both packers need; read by them after they have set `who`, their name in messages, and
# `output`. They write into $part, which is beside the output, so that a rename ends the work, and
# which is gone however they end.
LC_ALL=C
export LC_ALL
umask 022
# What gzip and tar would take from the user's environment.
unset GZIP TAR_OPTIONS POSIXLY_CORRECT
case $output in
    /*) ;;
    *) output=$PWD/$output ;; # for those who change the folder
esac
part=$output.part

fail() {
    echo "$who: $1" >&2
    exit 1
}

need() {
    for tool; do
        command -v "$tool" >/dev/null || fail "$tool is needed and not installed (Debian: apt-get install tar gzip grep sed coreutils findutils)"
    done
}

# One line for whatever a command has to say when it cannot write.
run() {
    reason=$("$@" 2>&1 </dev/null) ||
        fail "cannot write $output: $(printf %s "${reason:-$1 was ended by a limit}" | tr '\n' ' '); is there space, and may you write there?"
}

write() { # write FILE TEXT
    { printf %s "$2" >"$1"; } 2>/dev/null ||
        fail "cannot write $output: ${1##*/} did not fit; is there space, and may you write there?"
}

# A number of the ELF file: its offset, its bytes. Both processors are little-endian.
elf_number() {
    od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' \n'
}

# check_executable FILE PROCESSOR: static, and for that processor.
check_executable() {
    [ -f "$1" ] || fail "there is no file $1; build it first"
    [ "$(od -An -v -t x1 -N 6 "$1" | tr -d ' \n')" = 7f454c460201 ] ||
        fail "$1 is no executable for 64-bit Linux; give the target of an add_executable"
    case $(elf_number "$1" 18 2) in
        62) built=x86_64 ;;
        183) built=aarch64 ;;
        *) built="another processor" ;;
    esac
    [ "$built" = "$2" ] ||
        fail "$1 is for $built, but the build is for $2; Lambda has x86_64 and aarch64, one an image: build with the toolchain of the one you want"
    [ "$(stat -L -c %s "$1")" -ge 64 ] || fail "$1 is cut off; build it again"
    headers=$(elf_number "$1" 32 8) size=$(elf_number "$1" 54 2) count=$(elf_number "$1" 56 2)
    [ "$(stat -L -c %s "$1")" -ge $((headers + count * size)) ] || fail "$1 is cut off; build it again"
    while [ "$count" -gt 0 ]; do
        count=$((count - 1))
        [ "$(elf_number "$1" $((headers + count * size)) 4)" != 3 ] ||
            fail "$1 is dynamic and would find no loader there; link it with -static, or build with spry's zig-toolchain.cmake"
    done
}

need rm mkdir mv tr
# Made here, it would stay behind where the work fails.
[ -d "${output%/*}/" ] || fail "there is no folder ${output%/*} for $output; make it first"
trap 'rm -rf "$part"' EXIT
trap 'exit 1' HUP INT TERM
