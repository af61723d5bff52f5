"""What the hash chain of a run says, as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.runs.chain import Chain, ChainState
from lyncops.views.blocks import Block, Heading, Text, Tone

TONES: Final = {
    ChainState.INTACT: Tone.GOOD,
    ChainState.INTACT_FROM_A_LATER_ENTRY: Tone.CAREFUL,
    ChainState.NOT_CHAINED: Tone.CAREFUL,
    ChainState.BROKEN: Tone.BAD,
}
_MOST: Final = 12


def chain_blocks(chain: Chain) -> Iterator[Block]:
    """The verdict, each finding, and the hash that is worth keeping."""
    yield Heading(f"Journal of run {chain.run_id}")
    yield Text(str(chain), TONES[chain.state])
    yield from (Text(f"- {flaw}", Tone.BAD) for flaw in chain.flaws[:_MOST])
    if len(chain.flaws) > _MOST:
        yield Text(f"... {len(chain.flaws)} in all; --json lists them.")
    if chain.tip:
        yield Text("Hash of the last entry, worth keeping outside of the journal:")
        yield Text(chain.tip, indent=4, verbatim=True)
