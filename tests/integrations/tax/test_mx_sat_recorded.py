"""Against what was recorded of SAT: its answers read, and envelopes that other programs had accepted verified by the
same code that verifies ours. Samples: phpcfdi/sat-ws-descarga-masiva and satcfdi, both MIT."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from aldia.domain.fiscal.keypairs import read_pair
from aldia.domain.ports.tax import Asked, AuthorityFailure, Query, Side, Stage, Wanted
from aldia.integrations.tax.mx_sat import answers, envelopes, wire
from aldia.integrations.tax.mx_sat.package import PackageReader
from tests.support.fake_sat.checks import DS, Certificates, Refused, check_request, check_session
from tests.support.fake_sat.holdings import COLUMNS

pytestmark = pytest.mark.corpus
NOW = datetime(2019, 8, 1, 3, 40, tzinfo=UTC)
DESCARGA = "sat_ws/sat-ws-descarga-masiva/tests/_files"


@pytest.fixture
def samples(corpus: Path) -> Path:
    return corpus / "mx" / DESCARGA


def parsed(path: Path) -> etree._Element:
    return wire.parsed(path.read_bytes())


def tight(path: Path) -> etree._Element:
    """As it was sent: the samples were indented for reading."""
    return etree.fromstring(path.read_bytes(), etree.XMLParser(remove_blank_text=True))


def test_a_session(samples: Path) -> None:
    token = answers.token(parsed(samples / "authenticate/response-with-token.xml"), NOW)
    assert token.value.startswith("eyJhbGciOi")
    assert token.value not in repr(token)
    assert token.expires_at == NOW + timedelta(minutes=5)


def test_a_fault(samples: Path) -> None:
    fault = parsed(samples / "authenticate/response-with-error.xml").find("{*}Body/{*}Fault")
    code, text = (" ".join(fault.findtext(name).split()) for name in ("faultcode", "faultstring"))
    with pytest.raises(AuthorityFailure) as raised:
        wire.refuse(code, text, with_token=False)
    assert raised.value.code == "InvalidSecurity"


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("issued", "SolicitaDescargaEmitidos"),
        ("received", "SolicitaDescargaRecibidos"),
        ("item", "SolicitaDescargaFolio"),
    ],
)
def test_accepted_requests(samples: Path, name: str, operation: str) -> None:
    found = answers.asked(parsed(samples / f"query/response-{name}.xml"), operation)
    assert found == Asked("5000", "Solicitud Aceptada", "d49af78d-1c80-4221-a48d-345ace91626b")


def test_progress(samples: Path) -> None:
    none = answers.progress(parsed(samples / "verify/response-0-packages.xml"))
    assert (none.stage, none.stage_code, none.found, none.packages) == (Stage.REJECTED, "5004", 0, ())
    two = answers.progress(parsed(samples / "verify/response-2-packages.xml"))
    name = "4e80345d-917f-40bb-a98f-4a73939343c5"
    assert (two.stage, two.found, two.packages) == (Stage.FINISHED, 12345, (f"{name}_01", f"{name}_02"))


def test_a_package(samples: Path) -> None:
    reader = PackageReader()
    reader.feed((samples / "download/response-with-package.xml").read_bytes())
    found = reader.finish(200)
    assert (found.code, found.data[:2] if found.data else b"") == ("5000", b"PK")
    reader = PackageReader()
    reader.feed((samples / "download/response-with-package-template.xml").read_bytes())
    assert reader.finish(200).file is None


@pytest.mark.parametrize("name", ["query/request-issued", "query/request-received", "query/request-item",
                                  "verify/request", "download/request"])  # fmt: skip
def test_our_verification_accepts_what_sat_accepted(samples: Path, name: str) -> None:
    """So the fake does not only agree with ourselves."""
    certificates = Certificates()
    certificates.enrol((samples / "fake-fiel/EKU9003173C9.cer").read_bytes())
    at = datetime(2024, 1, 1, tzinfo=UTC)
    asked = tight(samples / f"{name}.xml").find("{*}Body")[0]
    assert check_request(asked, certificates, at)["RfcSolicitante"] == "EKU9003173C9"
    tampered = tight(samples / f"{name}.xml").find("{*}Body")[0]
    tampered[0].set("RfcSolicitante", "AAA010101AAA")
    with pytest.raises(Refused):
        check_request(tampered, certificates, at)


def test_our_envelopes_have_the_recorded_shape(samples: Path) -> None:
    fiel = samples / "fake-fiel"
    password = (fiel / "EKU9003173C9-password.txt").read_text().strip()
    signer = read_pair((fiel / "EKU9003173C9.cer").read_bytes(), (fiel / "EKU9003173C9.key").read_bytes(), password)
    period = (datetime(2019, 1, 1), datetime(2019, 1, 1, 0, 4))
    ours = {
        "query/request-issued": envelopes.request(signer, Query(Side.ISSUED, Wanted.METADATA, *period))[1],
        "query/request-item": envelopes.request(
            signer, Query(Side.ISSUED, Wanted.XML, uuid="96623061-61fe-49de-b298-c7156476aa8b")
        )[1],
        "verify/request": envelopes.progress(signer, "3f30a4e1-af73-4085-8991-e4d97eef16bd"),
        "download/request": envelopes.download(signer, "4e80345d-917f-40bb-a98f-4a73939343c5_01"),
    }
    for name, envelope in ours.items():
        mine, theirs = (
            each.find("{*}Body")[0] for each in (etree.fromstring(envelope), tight(samples / f"{name}.xml"))
        )
        assert dict(mine[0].attrib) == dict(theirs[0].attrib)
        for part in ("SignedInfo/{0}Reference/{0}DigestValue", "SignatureValue"):  # RSA PKCS#1 v1.5 has no randomness
            path = f"{{0}}Signature/{{0}}{part}".format(DS)
            assert "".join(mine[0].findtext(path).split()) == "".join(theirs[0].findtext(path).split()), name
    session = etree.fromstring(envelopes.session(signer, datetime(2024, 1, 1, tzinfo=UTC)))
    certificates = Certificates()
    certificates.enrol(signer.certificate)
    assert check_session(session, certificates, datetime(2024, 1, 1, tzinfo=UTC))
    tags = [[each.tag for each in tree.iter()] for tree in (session, tight(samples / "authenticate/request.xml"))]
    assert tags[0] == tags[1]


def test_satcfdi_s_way_of_signing_is_verified_too(corpus: Path) -> None:
    """Inclusive C14N with the enveloped transform: SAT takes both."""
    path = corpus / "mx/sat_ws/satcfdi/tests/test_pac_sat/test_sat_service_solicitud.xml"
    asked = etree.parse(str(path)).getroot().find("{*}Body")[0]
    certificates = Certificates()
    der = asked[0].findtext(f"{DS}Signature/{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    certificates.enrol(base64.b64decode(der))
    with pytest.raises(Refused) as raised:  # the sample asks in the name of "RfcSolicitante"
        check_request(asked, certificates, datetime(2022, 1, 1, tzinfo=UTC))
    assert raised.value.code == "303"


def test_metadata_of_the_samples_is_that_of_the_fake(samples: Path) -> None:
    assert (samples / "zip/metadata.txt").read_text().splitlines()[0].strip() == COLUMNS
    assert len(json.loads((samples / "zip/metadata.json").read_text())) >= 2
