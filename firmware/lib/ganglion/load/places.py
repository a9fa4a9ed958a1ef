"""Places: the inputs of a brain, its areas and where its neurons sit in them, validated.

In:  INPUTS, AREAS and PLACES of a blob whose envelope is right; populations and zones.
Out: in a Net: the inputs. Of the rest nothing: a device does not name neurons, but it runs no blob
     that names them wrongly.
Never: allocates for places: there is one for each neuron.
"""

import struct
from array import array

from micropython import const

from .refusal import need

_P_STOP = const(1)
_P_FLAGS = const(2)
_P_INPUT_MAX = const(22)
_P_AREA = const(31)
_Z_STOP = const(2)
_I_STOP = const(1)
_I_AMOUNT = const(2)
_I_ZONE = const(3)
_P_WORDS = const(32)
_Z_WORDS = const(8)
_I_WORDS = const(4)
_CODE_FIELD = const(21)


def inputs(net, data, size):
    """Checks the `size` bytes of INPUTS that are in data, and keeps them as the kernel has them."""
    need(size % 8 == 0, _CODE_FIELD, 6)
    net.n_inputs = size // 8
    net.inputs = array("i", bytes(16 * max(net.n_inputs, 1)))
    p = net.populations
    stop = zone = row = 0
    for i in range(net.n_inputs):
        first, count, amount = struct.unpack_from("<HHi", data, 8 * i)
        need(first >= stop and count and amount > 0 and first + count <= net.n, _CODE_FIELD, 6)
        stop = first + count
        while p[row + _P_STOP] <= first:
            row += _P_WORDS
        of = row  # no neuron that it reaches may get more than its J
        while amount <= p[of + _P_INPUT_MAX] and p[of + _P_STOP] < stop:
            of += _P_WORDS
        need(amount <= p[of + _P_INPUT_MAX], _CODE_FIELD, 6)
        while net.zones[zone + _Z_STOP] <= first:
            zone += _Z_WORDS
        net.inputs[_I_WORDS * i] = first
        net.inputs[_I_WORDS * i + _I_STOP] = stop
        net.inputs[_I_WORDS * i + _I_AMOUNT] = amount
        net.inputs[_I_WORDS * i + _I_ZONE] = 4 * zone


def check(net, f, data, size, n_areas, section):
    """Checks AREAS, whose `size` bytes are in data, and PLACES, whose section is in the file."""
    rooms = _areas(data, size, n_areas)
    offset, size = section
    p = net.populations
    used = 0
    for row in range(0, _P_WORDS * net.n_populations, _P_WORDS):
        room = rooms[p[row + _P_AREA]]
        members = p[row + _P_STOP] - p[row]
        if not p[row + _P_FLAGS] & 64:
            need(members <= room, _CODE_FIELD, 8)
            continue
        need(used + 2 <= size, _CODE_FIELD, 8)
        f.seek(offset + used)
        runs = struct.unpack("<H", f.read(2))[0]
        used += 2 + 8 * runs
        need(used <= size, _CODE_FIELD, 8)
        near, far = 0, 0  # what would have made the run before longer: the next place, if in here
        for _ in range(runs):
            start, n, step = struct.unpack("<IHH", f.read(8))
            need(n and step and start + (n - 1) * step < room, _CODE_FIELD, 8)
            need(not near <= start < far and (n > 1 or step == 1), _CODE_FIELD, 8)
            near = start + n * step
            far = near + (1 if n > 1 else 0xFFFF)
            need(runs > 1 or start or step > 1 or n < members, _CODE_FIELD, 8)
            members -= n
        need(members == 0, _CODE_FIELD, 8)
    need(used == size, _CODE_FIELD, 8)


def _areas(data, size, count):
    """The number of places in each area."""
    rooms = []
    at = 0
    for _ in range(count):
        need(at + 44 <= size, _CODE_FIELD, 7)
        group, length, per_voxel, x, y, z = struct.unpack_from("<BBHIII", data, at + 8)
        need(group < 5 and length < 64 and per_voxel and x and y and z, _CODE_FIELD, 7)
        # the unit is a double: finite and above zero, told by its bits
        bits = data[at + 36 : at + 44]
        high = bits[7]
        exponent = (high & 127) << 4 | bits[6] >> 4
        need(high < 128 and exponent != 2047 and any(bits), _CODE_FIELD, 7)
        rooms.append(x * y * z * per_voxel)
        need(rooms[-1] <= 1 << 32, _CODE_FIELD, 7)
        end = at + 44 + length
        need(end + -end % 4 <= size and not any(data[end : end + -end % 4]), _CODE_FIELD, 7)
        at = end + -end % 4
    need(at == size, _CODE_FIELD, 7)
    return rooms
