"""Loaded by every Python that has this folder on its path: moves its clock by ALDIA_TEST_CLOCK seconds.

So `aldia demo`, `aldia web` and whatever they start live on the day that screenshots show, without knowing of it.
"""

import os

if seconds := float(os.environ.get("ALDIA_TEST_CLOCK") or 0):
    import time

    import time_machine

    time_machine.travel(time.time() + seconds, tick=True).start()
