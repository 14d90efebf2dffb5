"""Published notices and signatures of payment providers, read in place (skipped where they are not)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aldia.domain.ports.payments import BadSignature, PaymentState
from aldia.integrations import registry
from aldia.integrations.payments import stp_orders
from aldia.integrations.payments.mercado_pago import manifest, verify
from aldia.integrations.payments.reading import parsed

pytestmark = pytest.mark.corpus
STP = "mx/stp"


@pytest.fixture
def vectors(corpus: Path) -> Path:
    folder = corpus / "mx" / "webhook_vectors" / "vectors"
    if not folder.is_dir():
        pytest.skip("the published vectors are not here")
    return folder


def vector(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text())
    return found


def provider(name: str, settings: dict[str, str], secrets: dict[str, str]) -> Any:
    kind: Any = registry.payment_provider(name)
    return kind(settings, secrets)


def test_fintoc(vectors: Path) -> None:
    """Secret, body and header as Fintoc's own library tests them."""
    found = vector(vectors, "fintoc_webhook_vector.json")
    signed = datetime.fromtimestamp(found["timestamp"], UTC)
    adapter = provider("fintoc", {}, {"webhook_secret": found["secret"]})

    def read(header: str, body: str, age: int = 10) -> Any:
        came = (signed + timedelta(seconds=age)).isoformat()
        return adapter.read_notice(
            headers={"fintoc-signature": header, ":received": came}, query={}, body=body.encode()
        )

    assert read(found["header"], found["payload"]) == [], "true, and not about a transfer that came in"
    for header, body, age in (
        (found["header"], found["payload"] + " ", 10),
        (found["header"], json.dumps(json.loads(found["payload"])), 10),
        (found["header"], found["payload"], 301),
        (found["header"], found["payload"], -61),
        (found["header"][:-1] + "0", found["payload"], 10),
    ):
        with pytest.raises(BadSignature):
            read(header, body, age)


def test_conekta(vectors: Path) -> None:
    """Conekta's published key opens its published signature; of the body only the hash is known."""
    found = vector(vectors, "conekta_webhook_vector.json")
    adapter = provider("conekta", {"webhook_key": found["public_key"]}, {})
    (key,) = adapter._webhook_keys()
    signature, digest = base64.b64decode(found["digest_header"]), found["sha256_of_payload_recovered_from_signature"]
    key.verify(signature, bytes.fromhex(digest), padding.PKCS1v15(), Prehashed(SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signature, bytes.fromhex(digest[::-1]), padding.PKCS1v15(), Prehashed(SHA256()))
    with pytest.raises(BadSignature):
        adapter.read_notice(headers={"digest": found["digest_header"]}, query={}, body=b"{}")


def test_mercado_pago(vectors: Path) -> None:
    """The published inputs (their hash is not published: the manifest is what is compared)."""
    given = vector(vectors, "mercadopago_webhook_example.json")["inputs"]
    text = manifest(given["data_id_lower"], given["request_id"], given["ts"])
    assert text == f"id:{given['data_id_lower']};request-id:{given['request_id']};ts:{given['ts']};"
    digest = hmac.new(given["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    came = datetime.fromtimestamp(int(given["ts"]) // 1000 + 5, UTC).isoformat()
    headers = {":received": came, "x-request-id": given["request_id"], "x-signature": f"ts={given['ts']},v1={digest}"}
    for subject in (given["data_id_raw"], given["data_id_lower"]):
        assert verify(headers, {"data.id": subject}, given["secret"]) == (subject, given["ts"])
    with pytest.raises(BadSignature):
        verify(headers, {"data.id": "ORD"}, given["secret"])


def test_a_notice_of_stp(vectors: Path) -> None:
    notice = parsed((vectors / "stp_send_abono_example.json").read_bytes())
    seen = stp_orders.seen_of_notice(stp_orders.folded(notice))
    assert (seen.received, seen.provider_id) == (500, "20200127:846:500:12345")
    assert (seen.paid_into, seen.reference, seen.concept) == ("646180518701130320", "1234567", "PRUEBA1")
    assert seen.payer.tax_id == ""


def recorded(corpus: Path, pattern: str) -> list[tuple[str, str, str]]:
    """Address, question and answer of the recordings whose address fits."""
    folder = corpus / STP
    if not folder.is_dir():
        pytest.skip("the recordings of STP are not here")
    found = []
    for file in sorted(folder.rglob("*.yaml")):
        text = file.read_text()
        for part in re.split(r"^- request:", text, flags=re.MULTILINE)[1:]:
            question = re.search(r"body: '(.*?)'\n    headers", part, re.DOTALL)
            address = re.search(r"uri: (\S+)", part)
            answer = re.search(r"string: '(.*?)'\n    headers", part, re.DOTALL)
            if question and address and answer and re.search(pattern, address[1]):
                found.append(tuple(" ".join(each.split()) for each in (address[1], question[1], answer[1])))
    return found


def demo_key(corpus: Path) -> rsa.RSAPrivateKey:
    """The published key of the demonstration environment."""
    for file in sorted((corpus / STP).rglob("pk.pem")):
        key = load_pem_private_key(file.read_bytes(), b"12345678")
        assert isinstance(key, rsa.RSAPrivateKey)
        return key
    pytest.skip("the key of the demonstration is not here")


def test_questions_to_stp_are_signed_as_recorded(corpus: Path) -> None:
    """RSA PKCS#1 v1.5 has one signature for each text: ours are the very ones that STP took."""
    tried = 0
    orders = recorded(corpus, r"consultaOrden$")
    key = demo_key(corpus)
    for _address, question, _answer in orders:
        asked = json.loads(question)
        on = asked.get("fechaOperacion", "")
        original = f"||{asked['empresa']}|{asked['claveRastreo']}|{asked['tipoOrden']}|{on}||"
        tried += stp_orders.sign(key, original) == asked["firma"]
    assert tried == len(orders) > 5
    lists = [json.loads(question) for _a, question, _b in recorded(corpus, r"consOrdenesFech$")]
    for asked in lists:
        original = f"|||{asked['empresa']}|{asked.get('fechaOperacion', '')}|||" + "|" * 30
        assert stp_orders.sign(key, original) == asked["firma"]
    assert lists


def test_answers_of_stp_as_recorded(corpus: Path) -> None:
    """Every order in the recordings is read to the centavo."""
    states: set[PaymentState] = set()
    for _address, question, answer in recorded(corpus, r"consultaOrden$"):
        found = parsed(answer.encode())
        if found["estado"] != 0 or json.loads(question)["tipoOrden"] != "R":
            continue
        seen = stp_orders.seen_of_order(found["respuesta"])
        assert seen.received == round(found["respuesta"]["monto"] * 100)
        states.add(seen.state)
    assert {PaymentState.SUCCEEDED, PaymentState.REFUNDED} <= states
    for _address, question, answer in recorded(corpus, r"consOrdenesFech$"):
        if json.loads(question)["estado"] == "R":
            for order in filter(None, parsed(answer.encode())["resultado"].get("lst") or []):
                assert stp_orders.is_return(order), "all that was recorded are returns"


def test_lists_of_deposits_of_stp(corpus: Path) -> None:
    files = sorted((corpus / STP).rglob("deposits_*.json"))
    if not files:
        pytest.skip("the lists of STP are not here")
    for file in files:
        orders = [each for each in parsed(file.read_bytes())["resultado"]["lst"] if not stp_orders.is_return(each)]
        seen = [stp_orders.seen_of_order(each) for each in orders]
        assert [each.received for each in seen] == [int(each["monto"] * 100) for each in orders]
        assert len({each.provider_id for each in seen}) == len(seen) > 0
