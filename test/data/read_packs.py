"""Prints what pyarrow reads of each pack in a folder, a line of JSON for each: cells by column, numbers by their bits, texts as UTF-8."""
import json
import struct
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def cells(column):
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if array.type == pa.float64():
        data = array.buffers()[1].to_pybytes()
        bits = struct.unpack_from(f'<{len(array)}Q', data, array.offset * 8)
        return [f'{each:016x}' if valid.as_py() else None for each, valid in zip(bits, array.is_valid())]
    return [each.hex() if isinstance(each, bytes) else each.encode().hex() if isinstance(each, str) else each
            for each in array.to_pylist()]


for path in sorted(Path(sys.argv[1]).glob('*.parquet')):
    table = pq.read_table(path)
    print(json.dumps({'name': path.name, 'columns': {name: cells(table.column(name)) for name in table.column_names}}))
