"""Where partitions are settled: in this process, in a pool of processes, or on Dask."""

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from settlement.errors import InputError

PLACES = ("here", "processes", "dask")


class Here(Executor):
    """Runs each call at once, in this process."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a call; its future is finished."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def executor_of(place: str, workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """Open what partitions are settled on.

    Args:
        place: one of `PLACES`.
        workers: processes of a pool or of a Dask cluster of this machine.
        scheduler: address of a running Dask scheduler, whose workers see the same folders.

    Raises:
        InputError: another place.
    """
    if place == "here":
        yield Here()
    elif place == "processes":
        # A forked child of a process with threads may hang; a spawned one starts clean.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            yield pool
    elif place == "dask":
        with _dask(workers, scheduler) as executor:
            yield executor
    else:
        raise InputError(f"{place!r:.40}", "where to settle", f"one of {', '.join(PLACES)}")


@contextmanager
def _dask(workers: int, scheduler: str | None) -> Iterator[Executor]:
    from dask.distributed import Client, LocalCluster

    if scheduler is not None:
        with Client(scheduler) as client:
            yield client.get_executor()
        return
    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        yield client.get_executor()
