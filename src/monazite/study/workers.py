"""How is one question put many times? One after the other, or in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def each(
    ask: Callable[[Item], Found], items: Sequence[Item], workers: int = 1
) -> Iterator[tuple[int, Found]]:
    """(position, answer) of every item as it comes; with one worker in their order.

    `ask` and what it takes and gives must be picklable where there are several. Raises what `ask`
    raises; the others are then not begun.
    """
    if workers < 2 or len(items) < 2:
        for k, item in enumerate(items):
            yield k, ask(item)
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    # threads of the solver do not survive a fork
    with ProcessPoolExecutor(min(workers, len(items)), get_context("spawn")) as pool:
        futures = {pool.submit(ask, item): k for k, item in enumerate(items)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
