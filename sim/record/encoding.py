"""Pictures to a film that plays everywhere: H.264, yuv420p in BT.709, its index at the front; in segments that any process may encode."""

import io
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from jaxtyping import UInt8

_BT709 = 1
"""Of ITU-T H.273, for primaries and transfer alike."""
_OPTIONS = {
    "preset": "veryfast",
    "crf": "21",
    "profile": "high",
    "bf": "0",  # Segments are joined by shifting times, which reordered frames would complicate.
    "threads": "1",  # Then a film's bytes do not depend on the machine; segments are what runs in parallel.
}


def encode_segment(images: Iterable[UInt8[np.ndarray, "h w 3"]], rate: int) -> bytes:
    """BGR pictures as a small film of their own, which begins with a key frame."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        stream: VideoStream | None = None
        for index, image in enumerate(images):
            if stream is None:
                stream = container.add_stream("libx264", rate=rate, options=_OPTIONS)
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, rate)
                context = stream.codec_context
                context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
                context.color_primaries = context.color_trc = _BT709
            picture = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709
            )
            picture.pts = index
            container.mux(stream.encode(picture))
        if stream is None:
            raise ValueError("no pictures to encode")
        container.mux(stream.encode())
    return memory.getvalue()


def join_segments(segments: Iterable[bytes], path: str | Path, rate: int) -> None:
    """One film of segments in order, none encoded again; players may start before they have it all."""
    step = Fraction(1, rate)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        target: VideoStream | None = None
        shown = 0
        for segment in segments:
            with av.open(io.BytesIO(segment), "r") as part:
                source = part.streams.video[0]
                target = target or film.add_stream_from_template(source)
                count = 0
                for packet in part.demux(source):
                    if packet.dts is None:  # The mark of the end.
                        continue
                    packet.time_base = step
                    packet.pts = packet.dts = shown + count
                    packet.duration = 1
                    packet.stream = target
                    film.mux(packet)
                    count += 1
                shown += count
