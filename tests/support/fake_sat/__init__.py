"""SAT on this machine: a real HTTP server that speaks its mass download and its status service.

    with serving(FakeSat(moment)) as sat:
        sat.trust(credentials)                 # the authorities whose e.firma count (or sat.enrol(cer): that one)
        sat.hold(xml); sat.list(listed)        # documents of any taxpayer; whoever asks sees what is issued to or by it
        MxSat(sat.settings).open(signer, now=sat.now)
        sat.passes(hours=1)                    # its clock moves only when told (sat.now, aware)

Signatures, digests, timestamps and sessions are verified for real. Behaviour: fields of `FakeSat` (limits, how long a
request takes, sizes of packages…), `sat.down`, and `sat.breaks(operation, how, times)`. What it was asked: `sat.calls`.
"""

from tests.support.fake_sat.holdings import Held, document
from tests.support.fake_sat.sat import Call, FakeSat, Request
from tests.support.fake_sat.server import serving

__all__ = ["Call", "FakeSat", "Held", "Request", "document", "serving"]
