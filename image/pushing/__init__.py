# SPDX-License-Identifier: Apache-2.0
"""What image/push does, one step a file. skopeo carries the image: registries, their logins and
Docker's credential helpers are many, and it is the library for them that Debian keeps.

  target.py    REGISTRY/NAME:TAG taken apart
  login.py     the user and password for one push, which are never on a disk
  prepared.py  the image as it will be in the registry, to the byte
  registry.py  asks and fills the registry, and says in one line what it refused
"""
