"""Layout: the order in which blocks lie in memory, so that the likely path jumps least.

In:  a Function.
Out: its blocks, each once, the entry first.
Never: changes a block.

After Pettis and Hansen: each block is a chain at first. The ways from block to block are taken, the
likeliest first, and where one leads from the end of a chain to the beginning of another, both
become one chain: that way will need no jump. How likely a way is, is a guess from the weights of
its ends. The chains are then put one behind the other in the order of the source.
"""

from .code import Block, Function


def ordered(function: Function) -> list[Block]:
    """The blocks in the order in which they are to lie."""
    blocks = function.blocks
    place = {block.number: k for k, block in enumerate(blocks)}
    chain: dict[int, list[Block]] = {block.number: [block] for block in blocks}
    ways = []
    for block in blocks:
        following = block.follows()
        for k, to in enumerate(following):
            likely = min(block.weight / len(following), to.weight)
            ways.append((-likely, place[block.number], k, block, to))
    for _, _, _, block, to in sorted(ways, key=lambda way: way[:3]):
        first, second = chain[block.number], chain[to.number]
        if first is second or first[-1] is not block or second[0] is not to or to is blocks[0]:
            continue
        first += second
        for member in second:
            chain[member.number] = first
    seen: set[int] = set()
    order: list[Block] = []
    for block in blocks:
        if id(chain[block.number]) not in seen:
            seen.add(id(chain[block.number]))
            order += chain[block.number]
    return order
