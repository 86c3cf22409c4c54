#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The entry point of spry-base, as that of AWS's base images (contract section 6): one argument, the
# handler; in front of the bootstrap goes the emulator, unless there is a Runtime API already.
if [ $# -ne 1 ]; then
    echo "entrypoint requires the handler name to be the first argument, and has got $# arguments: write CMD [\"handler\"], or name one handler after the image" >&2
    exit 142
fi
export _HANDLER="$1"

# AWS's images have it in the first place, zips and their layers in the others.
for bootstrap in /var/runtime/bootstrap /var/task/bootstrap /opt/bootstrap; do
    [ ! -f "$bootstrap" ] || break
done
if [ ! -f "$bootstrap" ] || [ ! -x "$bootstrap" ]; then
    reason="there is none in /var/runtime, /var/task or /opt: copy your runtime to /var/runtime/bootstrap"
    [ ! -f "$bootstrap" ] || reason="$bootstrap cannot be executed: set its mode to 0755"
    echo "entrypoint requires a bootstrap, and $reason" >&2
    exit 1
fi

if [ -z "$AWS_LAMBDA_RUNTIME_API" ]; then
    exec /usr/local/bin/spry-emulator "$bootstrap"
fi
exec "$bootstrap"
