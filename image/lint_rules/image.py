# SPDX-License-Identifier: Apache-2.0
"""All rules over one image, in the order in which one needs what another has read."""
import tarfile

from .entry_point import judge_entry_point
from .files import judge_files
from .layer import Allowance, TooLarge, content_of, judge_layer
from .manifest import chosen_manifest
from .report import Unreadable
from .settings import judged_settings
from .source import open_source
from .tree import Tree


def judge_image(image, architecture, max_bytes, report):
    # An archive holds little besides its layers.
    source, tag = open_source(image, 2 * max_bytes + (64 << 20))
    try:
        judge_source(source, tag, architecture, max_bytes, report)
    except (OSError, tarfile.TarError) as failure:
        raise Unreadable(f"cannot be read ({failure}); write it again") from None


def judge_source(source, tag, architecture, max_bytes, report):
    manifest = chosen_manifest(source, tag, report)
    if manifest is None:
        return
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        report.add("SCHEMA", "manifest", "has no list of layers")
        return
    settings = judged_settings(source, manifest.get("config"), len(layers), architecture, report)
    tree = judged_layers(source, layers, settings, max_bytes, report)
    if settings is None or tree is None:
        return
    entry_path = judge_entry_point(
        settings, tree, lambda content: content_of(source, layers, content), report)
    judge_files(settings, tree, entry_path, report)


def judged_layers(source, layers, settings, max_bytes, report):
    """The tree, or None if some layer cannot be unpacked, so that nothing can be said of the files."""
    tree, allowance, is_whole = Tree(), Allowance(max_bytes), True
    diff_ids = settings.diff_ids if settings else []
    for number, layer in enumerate(layers):
        diff_id = diff_ids[number] if diff_ids else None
        try:
            is_whole &= judge_layer(source, layer, number, diff_id, tree, allowance, report)
        except TooLarge:
            report.add("SIZE", f"layer {number + 1}",
                       f"with those before it has more than {max_bytes} bytes uncompressed")
            return None
    return tree if is_whole else None
