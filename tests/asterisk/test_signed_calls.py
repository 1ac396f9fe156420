"""Calls that are really signed (STIR/SHAKEN): Asterisk checks them, README's lines hand that on, and rules decide."""

import base64
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lab import fetch
from lab.pbx import SHIPPED, Extra, Pbx
from lab.service import Service
from lab.sipp import CallResult, Phone, place_call
from tests.asterisk.shops import shop_with

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="session")]

CALLER, CALLED = "13800138000", "7107"
POLICY = '[[rule]]\nname = "forged"\nwhen = { attestation = "failed" }\naction = "reject"\nsignal = 607\n'
TN_AUTH_LIST = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.26")
"""RFC 8226: whose numbers a certificate speaks for."""
SERVICE_PROVIDER: Final = b"\x30\x08\xa0\x06\x16\x041234"
"""The list as DER, with a service provider's code."""
CHECKING = """
[verification]
ca_file = {folder}/ca.pem
cert_cache_dir = {folder}/cache
; A carrier's certificate is fetched by https, and from elsewhere.
relax_x5u_port_scheme_restrictions = yes
x5u_deny = 0.0.0.0/0.0.0.0
x5u_permit = 127.0.0.0/8

[incoming]
type = profile
endpoint_behavior = verify
"""


@dataclass(frozen=True)
class Signer:
    """Who signs calls, with a certificate that lies where it says."""

    key: ec.EllipticCurvePrivateKey
    url: str

    def headers(self, level: str, *, caller: str = CALLER, at: float | None = None) -> tuple[str, ...]:
        """Header lines that vouch for a caller (RFC 8224 and 8588)."""
        at = time.time() if at is None else at
        head = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": self.url}
        claims = {
            "attest": level,
            "dest": {"tn": [CALLED]},
            "iat": int(at),
            "orig": {"tn": caller},
            "origid": "4437c7eb-8f7a-4f0e-a863-f53a0e60251a",
        }
        said = f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps(claims).encode())}"
        numbers = decode_dss_signature(self.key.sign(said.encode(), ec.ECDSA(SHA256())))
        signature = _encoded(b"".join(number.to_bytes(32, "big") for number in numbers))
        return (
            f"Identity: {said}.{signature};info=<{self.url}>;alg=ES256;ppt=shaken",
            f"Date: {formatdate(at, usegmt=True)}",
        )


@dataclass(frozen=True)
class Authority:
    """Who hands out certificates, and a server that has them."""

    folder: Path
    address: str
    key: ec.EllipticCurvePrivateKey

    def signer(self, name: str, *, days: int = 30, by: ec.EllipticCurvePrivateKey | None = None) -> Signer:
        """One with a certificate of that name, over for some days where `days` are less than none."""
        key = ec.generate_private_key(ec.SECP256R1())
        (self.folder / f"{name}.pem").write_bytes(_certificate(key, by or self.key, name, days=days))
        return Signer(key, f"{self.address}/{name}.pem")


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """One with a server on loopback, until the end of the block."""
    (folder / "cache").mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.pem").write_bytes(_certificate(key, key, "authority", days=30))

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Authority(folder, f"http://127.0.0.1:{server.server_port}", key)
        server.shutdown()


def _certificate(key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, name: str, *, days: int) -> bytes:
    subject, issuer = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (f"SHAKEN {name}", "SHAKEN authority")
    )
    now, is_own = datetime.now(UTC), name == "authority"
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_own, path_length=None), critical=True)
    )
    if not is_own:
        made = made.add_extension(x509.UnrecognizedExtension(TN_AUTH_LIST, SERVICE_PROVIDER), critical=False)
    return made.sign(by, SHA256()).public_bytes(Encoding.PEM)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def lines_of_readme() -> str:
    """The lines for the dialplan by which Asterisk's own check reaches the filter."""
    text = (SHIPPED / "README.md").read_text("utf-8")
    found = re.search(r"\*\*Asterisk checks\*\*.*?```\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1].replace("_X.", CALLED)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def carriers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Authority]:
    with authority(tmp_path_factory.mktemp("certificates")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def checking(tmp_path_factory: pytest.TempPathFactory, carriers: Authority) -> AsyncIterator[Pbx]:
    """An Asterisk that checks signatures."""
    extra = Extra(
        extensions=f"[from-trunk]\n{lines_of_readme()} same => n,Goto(shop,ring,1)\n",
        pjsip="[trunk](+type=endpoint)\nstir_shaken_profile = incoming\n",
    )
    async with Pbx(fetch.asterisk("22"), tmp_path_factory.mktemp("pbx-checks"), extra=extra) as running:
        (running.etc / "stir_shaken.conf").write_text(CHECKING.format(folder=carriers.folder))
        for module in ("res_stir_shaken.so", "res_pjsip_stir_shaken.so"):
            assert "Loaded" in await running.cli(f"module load {module}")
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def service(checking: Pbx, tmp_path: Path) -> AsyncIterator[Service]:
    """A shop that rejects calls with a wrong signature."""
    async with shop_with(POLICY, checking, tmp_path) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def shop_phone(checking: Pbx, sipp_command: tuple[str, ...]) -> AsyncIterator[Phone]:
    async with Phone(checking, sipp_command) as running:
        yield running


async def test_what_asterisk_finds_of_a_signature_decides(
    service: Service, checking: Pbx, shop_phone: Phone, carriers: Authority, sipp_command: tuple[str, ...]
) -> None:
    carrier = carriers.signer("carrier")
    stranger = carriers.signer("stranger", by=ec.generate_private_key(ec.SECP256R1()))
    unreachable = Signer(carrier.key, f"{carriers.address}/nothing.pem")
    forged = Signer(ec.generate_private_key(ec.SECP256R1()), carrier.url)
    calls = (
        (carrier.headers("A"), "A"),
        (carrier.headers("B"), "B"),
        (carrier.headers("C"), "C"),
        ((), ""),
        (forged.headers("A"), "failed"),
        (carrier.headers("A", caller="13900139000"), "failed"),
        (carriers.signer("over", days=-1).headers("A"), "failed"),
        (stranger.headers("A"), "failed"),
        # Trouble of ours, or of the way: nobody is turned away for it.
        (unreachable.headers("A"), ""),
        (carrier.headers("A", at=time.time() - 3600), ""),
        (("Identity: nonsense;info=<http://127.0.0.1/x>;alg=ES256;ppt=shaken",), ""),
    )
    ended: list[CallResult] = [
        await place_call(checking, sipp_command, caller=CALLER, to=CALLED, headers=headers) for headers, _ in calls
    ]
    rows = await service.rows_when(len(calls))
    assert [row["attestation"] for row in reversed(rows)] == [expected for _, expected in calls]
    assert [one.answered for one in ended] == [expected != "failed" for _, expected in calls]
    assert {one.final_code for one in ended} == {200, 607}
    assert len(shop_phone.calls()) == sum(expected != "failed" for _, expected in calls)
