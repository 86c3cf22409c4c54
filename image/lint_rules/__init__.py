# SPDX-License-Identifier: Apache-2.0
"""The rules of image/lint: would Lambda accept this image, and run it?

Python and its standard library only: an image is JSON, tar, gzip and SHA-256, which all are in it,
and python3 is on every machine that builds spry. A compiled lint would have to be built before an
image could be judged, and a shell would need jq and root to unpack layers.

    source      opens IMAGE, whichever of its forms that is: manifest, config, layers
    manifest    what the manifest may be
    settings    what the config may say
    layer       reads a layer once, as a stream, into
    tree        the files as all layers together leave them
    entry_point what is executed
    files       everything else in the tree
    rules       the table: each rule's weight, its place in the contract and its cure
    report      the findings and how they are printed
"""
