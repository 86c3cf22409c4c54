# SPDX-License-Identifier: Apache-2.0
# A program of Ubuntu's g++, linked to its glibc: for a function that uses libraries from packages.
#
#     docker build --provenance=false --sbom=false --build-context spry=SPRY \
#         -f ubuntu.Dockerfile -t my-function PROJECT
#
# SPRY is a folder with spry's sources, PROJECT the one of your function; PROGRAM is its CMake target.
ARG BASE=docker.io/library/ubuntu:24.04

# What changes least comes first: the compiler, the distribution's own, so that the final image has
# the libraries that the program is linked to,
FROM ${BASE} AS toolchain
RUN apt-get update && apt-get install -y --no-install-recommends binutils ca-certificates cmake g++ \
        ninja-build && rm -rf /var/lib/apt/lists/*

# then spry,
FROM toolchain AS library
COPY --from=spry . /src/spry/
RUN cmake -G Ninja -S /src/spry -B /tmp/spry -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF && \
    cmake --build /tmp/spry --target spry_installed && \
    cmake --install /tmp/spry --prefix /opt/spry && rm -rf /tmp/spry

# and last the project.
FROM library AS build
ARG PROGRAM=function
COPY . /src/project/
RUN cmake -G Ninja -S /src/project -B /tmp/build -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_PREFIX_PATH=/opt/spry && \
    cmake --build /tmp/build --target $PROGRAM && \
    install -D -m 0755 /tmp/build/$PROGRAM /image/var/runtime/bootstrap
RUN mkdir /image/var/task

# The base has libstdc++, since apt is linked to it.
FROM ${BASE}
COPY --from=build /image/ /
ENV GREETING=hello
WORKDIR /var/task
ENTRYPOINT ["/var/runtime/bootstrap"]
CMD ["greet"]
