"""The records of an MCAP file, one by one: what damage or malice in it can ask for is bounded, and everything is checked."""

import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, DataEnd, Footer, McapRecord, Metadata
from mcap.stream_reader import breakup_chunk
from mcap.writer import MCAP0_MAGIC

_RECORD_LIMIT = 16 << 20
"""Bytes a record may have, and a chunk unpack to; ours hold a second of flight, well below 1 MiB."""
_TOTAL_LIMIT = 2 << 30
"""Bytes all chunks together may unpack to: an hour and a half of flight."""
_MESSAGE_COST = 512
"""Bytes that a message takes in memory beside its content."""
_HEADER = struct.Struct("<BQ")
_READ: dict[int, Callable[[ReadDataStream], McapRecord]] = {
    Opcode.CHANNEL: Channel.read,
    Opcode.CHUNK: Chunk.read,
    Opcode.DATA_END: DataEnd.read,
    Opcode.FOOTER: Footer.read,
    Opcode.METADATA: Metadata.read,
}
"""What is looked into; of other records it is enough that they are there."""


class Foreign(ValueError):
    """The file does not start like an MCAP file."""


class Records:
    """Iterates over a file's records, chunks unpacked; whatever is wrong is an error, raised while `offset` tells where."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """`file` stands at its first byte and has `size` bytes."""
        self.offset = 0
        """Byte at which the record lies that was read last."""
        self._file, self._size = file, size
        self._crc = 0
        self._unpacked = 0
        self._data_ended = False

    def __iter__(self) -> Iterator[McapRecord]:
        """Every record up to the footer that is looked into."""
        if self._file.read(len(MCAP0_MAGIC)) != MCAP0_MAGIC:
            raise Foreign("it does not start like an MCAP file" if self._size else "it is empty")
        self._crc = zlib.crc32(MCAP0_MAGIC)
        while True:
            self.offset, before = self._file.tell(), self._crc
            header = self._take(_HEADER.size)
            opcode, length = _HEADER.unpack(header)
            if opcode not in iter(Opcode):
                raise ValueError(f"{opcode} is no kind of record")
            if length > min(_RECORD_LIMIT, self._size):
                raise ValueError(f"a record announces {length} bytes")
            content = self._take(length)
            if opcode not in _READ:
                continue
            record = _READ[opcode](ReadDataStream(BytesIO(content)))
            if isinstance(record, Chunk):
                yield from self._unpack(record)
                continue
            if isinstance(record, DataEnd):
                self._end_data(record, before)
            if isinstance(record, Footer):
                self._end(record, zlib.crc32(header + content[:16], before))
                yield record
                return
            yield record

    def _take(self, length: int) -> bytes:
        content = self._file.read(length)
        if len(content) < length:
            raise ValueError("the file ends there")
        self._crc = zlib.crc32(content, self._crc)
        return content

    def _unpack(self, chunk: Chunk) -> list[McapRecord]:
        """The records of a chunk that passes its checksum."""
        if chunk.compression != "zstd":
            raise ValueError(
                f"a chunk is compressed as {chunk.compression[:20]!r}; flight logs use zstd"
            )
        size = zstandard.get_frame_parameters(chunk.data).content_size
        if size > _RECORD_LIMIT:
            raise ValueError(f"a chunk would unpack to {size} bytes")
        records = breakup_chunk(chunk, validate_crc=True)
        self._unpacked += size + _MESSAGE_COST * len(records)
        if self._unpacked > _TOTAL_LIMIT:
            raise ValueError(f"its chunks unpack to more than {_TOTAL_LIMIT} bytes")
        return records

    def _end_data(self, end: DataEnd, crc: int) -> None:
        # 0 is "not computed": logs of schema 1 have only the chunks' own checksums.
        if end.data_section_crc not in (0, crc):
            raise ValueError("the data before it fail their checksum")
        self._data_ended, self._crc = True, 0

    def _end(self, footer: Footer, crc: int) -> None:
        if not self._data_ended:
            raise ValueError("a footer follows without the end of the data")
        if footer.summary_crc not in (0, crc):
            raise ValueError("the index fails its checksum")
        if self._file.read(len(MCAP0_MAGIC) + 1) != MCAP0_MAGIC:
            raise ValueError("the last bytes are damaged")
