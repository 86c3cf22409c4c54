# SPDX-License-Identifier: Apache-2.0
# A static program on Alpine, for a function that wants a shell or packages beside it.
#
#     docker build --provenance=false --sbom=false --build-context spry=SPRY \
#         -f alpine.Dockerfile -t my-function PROJECT
#
# SPRY is a folder with spry's sources, PROJECT the one of your function; PROGRAM is its CMake target.
# --platform linux/arm64 compiles for Graviton, by a compiler that runs on this machine.
ARG BUILD_BASE=docker.io/library/debian:13-slim
ARG BASE=docker.io/library/alpine:3.22

# What changes least comes first: the compiler,
FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS toolchain
RUN apt-get update && apt-get install -y --no-install-recommends binutils \
        binutils-aarch64-linux-gnu binutils-x86-64-linux-gnu ca-certificates cmake ninja-build \
        python3-pip && rm -rf /var/lib/apt/lists/*
COPY --from=spry third_party/zig.txt /opt/
RUN python3 -m pip install --no-cache-dir --target /opt/zig --only-binary :all: --require-hashes \
        --requirement /opt/zig.txt && ln -s /opt/zig/ziglang/zig /usr/local/bin/
ARG TARGETARCH
RUN case $TARGETARCH in arm64) echo aarch64 ;; *) echo x86_64 ;; esac >/opt/processor

# then spry (zig has more than 1024 files open when it compiles its C library),
FROM toolchain AS library
COPY --from=spry . /src/spry/
RUN ulimit -n $(ulimit -H -n) && \
    cmake -G Ninja -S /src/spry -B /tmp/spry -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
        -DCMAKE_TOOLCHAIN_FILE=/src/spry/cmake/zig-toolchain.cmake -DSPRY_ARCH=$(cat /opt/processor) && \
    cmake --build /tmp/spry --target spry_installed && \
    cmake --install /tmp/spry --prefix /opt/spry && rm -rf /tmp/spry

# and last the project. /image is what the image has more than its base.
FROM library AS build
ARG PROGRAM=function
COPY . /src/project/
RUN ulimit -n $(ulimit -H -n) && \
    cmake -G Ninja -S /src/project -B /tmp/build -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_PREFIX_PATH=/opt/spry -DSPRY_ARCH=$(cat /opt/processor) \
        -DCMAKE_TOOLCHAIN_FILE=/opt/spry/lib/cmake/spry/zig-toolchain.cmake && \
    cmake --build /tmp/build --target $PROGRAM && \
    install -D -m 0755 /tmp/build/$PROGRAM /image/var/runtime/bootstrap
RUN mkdir /image/var/task

FROM ${BASE}
COPY --from=build /image/ /
ENV GREETING=hello
WORKDIR /var/task
ENTRYPOINT ["/var/runtime/bootstrap"]
CMD ["greet"]
