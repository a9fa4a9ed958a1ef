"""Netplaces: the areas of a brain and where its neurons sit in them, validated.

In:  AREAS and PLACES of a blob whose envelope is right; the table of populations.
Out: nothing: a device does not name neurons, but it runs no blob that names them wrongly.
Never: allocates for places: there is one for each neuron.
"""

import struct

from refusal import FIELD, need

ROW = 32  # words of a population


def check(net, f, data, size, n_areas, section):
    """Checks AREAS, whose `size` bytes are in data, and PLACES, whose section is in the file."""
    rooms = _areas(data, size, n_areas)
    offset, size = section
    p = net.populations
    used = 0
    for row in range(0, ROW * net.n_populations, ROW):
        room = rooms[p[row + 31]]
        members = p[row + 1] - p[row]
        if not p[row + 2] & 64:
            need(members <= room, FIELD, 8)
            continue
        need(used + 2 <= size, FIELD, 8)
        f.seek(offset + used)
        runs = struct.unpack("<H", f.read(2))[0]
        used += 2 + 8 * runs
        need(used <= size, FIELD, 8)
        near, far = 0, 0  # what would have made the run before longer: the next place, if in here
        for _ in range(runs):
            start, n, step = struct.unpack("<IHH", f.read(8))
            need(n and step and start + (n - 1) * step < room, FIELD, 8)
            need(not near <= start < far and (n > 1 or step == 1), FIELD, 8)
            near = start + n * step
            far = near + (1 if n > 1 else 0xFFFF)
            need(runs > 1 or start or step > 1 or n < members, FIELD, 8)
            members -= n
        need(members == 0, FIELD, 8)
    need(used == size, FIELD, 8)


def _areas(data, size, count):
    """The number of places in each area."""
    rooms = []
    at = 0
    for _ in range(count):
        need(at + 44 <= size, FIELD, 7)
        group, length, per_voxel, x, y, z = struct.unpack_from("<BBHIII", data, at + 8)
        need(group < 5 and length < 64 and per_voxel and x and y and z, FIELD, 7)
        # the unit is a double: finite and above zero, told by its bits
        bits = data[at + 36 : at + 44]
        high = bits[7]
        exponent = (high & 127) << 4 | bits[6] >> 4
        need(high < 128 and exponent != 2047 and any(bits), FIELD, 7)
        rooms.append(x * y * z * per_voxel)
        end = at + 44 + length
        need(end + -end % 4 <= size and not any(data[end : end + -end % 4]), FIELD, 7)
        at = end + -end % 4
    need(at == size, FIELD, 7)
    return rooms
