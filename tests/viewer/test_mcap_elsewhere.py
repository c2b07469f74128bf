"""A flight log as it is opens in other programmes: Rerun's own loader, and decoders of MCAP with protobuf."""

from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from sim.record.pictures import compress_colors
from tests.sim.synthetic_flight import make_result, make_steps, write_log

STEPS = 8


@pytest.fixture
def log(tmp_path: Path) -> Path:
    steps = make_steps(STEPS)
    return write_log(tmp_path / "flight.mcap", steps, make_result(steps))


def test_any_reader_of_mcap_with_protobuf_decodes_every_message(log: Path) -> None:
    with log.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        seen: dict[str, list[object]] = {}
        for schema, channel, _, message in reader.iter_decoded_messages():
            assert schema is not None
            seen.setdefault(f"{channel.topic} {schema.name}", []).append(message)
    assert sum(map(len, seen.values())) == summary.statistics.message_count
    assert len(seen["/camera/rgb foxglove.CompressedImage"]) == STEPS
    assert len(seen["/pose foxglove.PoseInFrame"]) == STEPS + 1
    assert len(seen["/trident/decision trident.Decision"]) == STEPS


def test_rerun_opens_the_log_without_conversion(log: Path, tmp_path: Path) -> None:
    pytest.importorskip("rerun_bindings", reason="needs the extra viz")
    from rerun.chunk import McapReader

    chunks = list(McapReader(log, timeline_type="duration_ns").stream())
    assert {chunk.entity_path for chunk in chunks} >= {
        "/camera/rgb",
        "/camera/depth",
        "/pose",
        "/tf",
    }
    rgb = [chunk.to_record_batch() for chunk in chunks if chunk.entity_path == "/camera/rgb"]
    pictures = [
        row[0]
        for batch in rgb
        for name in batch.schema.names
        if name.endswith("EncodedImage:blob")
        for row in batch.column(name).to_pylist()
        if row
    ]
    steps = make_steps(STEPS)
    # Logs hold colours as JPEG: what Rerun is given is byte for byte what was written.
    logged = [compress_colors(step.observation["image"]) for step in steps]
    assert [np.array(picture, dtype=np.uint8).tobytes() for picture in pictures] == logged
