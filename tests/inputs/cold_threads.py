"""Loads cards from many threads of one cold process; run by test_threads.py."""

from __future__ import annotations

import sys
import threading


def main(number: int) -> int:
    import nudipole as nd
    from nudipole import units
    from nudipole.catalogue import registry

    keys = ("lz-nees", "miniboone", "conus-plus", "ship-mesons", "icecube", "lep", "charm-ii", "lsnd")
    start, failures = threading.Barrier(number), []

    def load(index: int) -> None:
        start.wait()
        try:
            units.particle_mass("pi+")
            registry.get(keys[index % len(keys)])
            nd.limit("conus-plus", "e", 1e-3)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a failure
            failures.append(repr(error))

    threads = [threading.Thread(target=load, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(*failures, sep="\n", end="")
    return len(failures)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
