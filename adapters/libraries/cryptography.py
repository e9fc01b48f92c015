"""cryptography: keys, parameters and numbers, certificates and what is signed beside them.

Payloads of private keys, and of private numbers, hold the PRIVATE KEY, unencrypted.

| type | what travels | what does not |
|---|---|---|
| `RSAPrivateKey`, `DSAPrivateKey`, `ECPrivateKey`, `DHPrivateKey` | the PRIVATE KEY, as PKCS 8 | |
| `Ed25519PrivateKey`, `Ed448PrivateKey`, `X25519PrivateKey`, `X448PrivateKey` | the PRIVATE KEY, as PKCS 8 | |
| `MLKEM768PrivateKey`, `MLKEM1024PrivateKey`, `MLDSA44PrivateKey`, `MLDSA65PrivateKey`, `MLDSA87PrivateKey` | the PRIVATE KEY (its seed), as PKCS 8 | |
| `RSAPublicKey`, `DSAPublicKey`, `ECPublicKey`, `DHPublicKey`, `Ed25519PublicKey`, `Ed448PublicKey`, `X25519PublicKey`, `X448PublicKey`, `MLKEM768PublicKey`, `MLKEM1024PublicKey`, `MLDSA44PublicKey`, `MLDSA65PublicKey`, `MLDSA87PublicKey` | the public key | |
| `DHParameters`, `DSAParameters` | their numbers | |
| `RSAPrivateNumbers`, `DSAPrivateNumbers`, `DHPrivateNumbers`, `EllipticCurvePrivateNumbers` | the numbers, which are the PRIVATE KEY | |
| `RSAPublicNumbers`, `DSAPublicNumbers`, `DHPublicNumbers`, `EllipticCurvePublicNumbers`, `DSAParameterNumbers`, `DHParameterNumbers` | the numbers | |
| `Certificate`, `CertificateSigningRequest`, `CertificateRevocationList`, `OCSPRequest`, `OCSPResponse` | all of it, as DER: signatures stay valid | |
| `RevokedCertificate` | serial number, date, extensions | the list that it is from |
| `PKCS12Certificate` | certificate and friendly name | |
| `ObjectIdentifier` | the dotted string; with it names and extensions pickle, too | |
| `KEM`, `KDF`, `AEAD`, `Criticality` | the choice | |
| `PrintableString`, `IA5String`, `UTCTime`, `GeneralizedTime`, `BitString`, `SetOf`, `Null` | the value | |

Left out: `AESGCM`, `AESCCM`, `AESSIV`, `AESOCB3`, `AESGCMSIV`, `ChaCha20Poly1305`, `HMAC`, `CMAC`,
`Poly1305`, `Hash` and the contexts of ciphers: neither their keys nor how far they are can be read.
`HKDF`, `PBKDF2HMAC`, `Scrypt` and other derivations, `Suite`, `Store`, `PolicyBuilder` and
verifiers: their settings cannot be read. `OCSPSingleResponse`, `Sct`: parts without a way to the
whole, so send that.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.bindings import _rust
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509 import ocsp

from adapters import register
from adapters.libraries._states import parts

if TYPE_CHECKING:
    from collections.abc import Callable

_DER = serialization.Encoding.DER
# Of modules of _rust.openssl: what constructors take, in their order. In the public module of dh
# a warning would say that it is deprecated.
_FIELDS = {
    "rsa.RSAPublicNumbers": ("e", "n"),
    "rsa.RSAPrivateNumbers": ("p", "q", "d", "dmp1", "dmq1", "iqmp", "public_numbers"),
    "ec.EllipticCurvePublicNumbers": ("x", "y", "curve"),
    "ec.EllipticCurvePrivateNumbers": ("private_value", "public_numbers"),
    "dh.DHParameterNumbers": ("p", "g", "q"),
    "dh.DHPublicNumbers": ("y", "parameter_numbers"),
    "dh.DHPrivateNumbers": ("x", "public_numbers"),
    "dsa.DSAParameterNumbers": ("p", "q", "g"),
    "dsa.DSAPublicNumbers": ("y", "parameter_numbers"),
    "dsa.DSAPrivateNumbers": ("x", "public_numbers"),
}
_KEYS = (
    *("rsa.RSA", "dsa.DSA", "ec.EC", "dh.DH"),
    *("ed25519.Ed25519", "ed448.Ed448", "x25519.X25519", "x448.X448"),
    *("mlkem.MLKEM768", "mlkem.MLKEM1024", "mldsa.MLDSA44", "mldsa.MLDSA65", "mldsa.MLDSA87"),
)
_VALUES = {  # of _rust.declarative_asn1: what gives the value, and its type
    "PrintableString": ("as_str", str),
    "IA5String": ("as_str", str),
    "UTCTime": ("as_datetime", datetime.datetime),
    "GeneralizedTime": ("as_datetime", datetime.datetime),
    "SetOf": ("as_list", tuple),
}


def _found(path: str) -> Any:
    """A class of _rust.openssl, None if this version does not have it."""
    module, _, name = path.partition(".")
    return getattr(getattr(_rust.openssl, module, None), name, None)


def _private_bytes(key: Any) -> bytes:
    secret = serialization.NoEncryption()
    found: bytes = key.private_bytes(_DER, serialization.PrivateFormat.PKCS8, secret)
    return found


def _public_bytes(key: Any) -> bytes:
    found: bytes = key.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found


def _loaded(kind: Any, load: Callable[..., Any], *args: Any) -> Callable[[Any], Any]:
    """A factory that loads bytes of one type."""

    def make(state: Any) -> Any:
        loaded = load(bytes(*parts((state,), (bytes, memoryview))), *args)
        if type(loaded) is not kind:
            raise ValueError(f"the state is that of a {type(loaded).__name__}")
        return loaded

    return make


def _with_fields(kind: Any, names: tuple[str, ...]) -> None:
    def serialize(numbers: Any) -> Any:
        return tuple(getattr(numbers, name) for name in names)

    def make(state: Any) -> Any:
        return kind(*parts(state, *[object] * len(names)))

    register(kind, serialize, make)


def _parameters(kind: Any, numbers: Any) -> None:
    register(
        kind,
        lambda parameters: (parameters.parameter_numbers(),),
        lambda state: parts(state, numbers)[0].parameters(),
    )


def _choice(kind: Any) -> None:
    def name_of(choice: Any) -> str:
        return next(name for name in dir(kind) if getattr(kind, name) == choice)

    def make(state: Any) -> Any:
        (name,) = parts((state,), str)
        choice = getattr(kind, name, None)
        if type(choice) is not kind:
            raise ValueError(f"{kind.__name__} has no {state!r}")
        return choice

    register(kind, name_of, make)


def _value(kind: Any, getter: str, of: type) -> None:
    def serialize(value: Any) -> Any:
        found = getattr(value, getter)()
        return tuple(found) if of is tuple else found

    def make(state: Any) -> Any:
        (value,) = parts((state,), of)
        return kind(list(value) if of is tuple else value)

    register(kind, serialize, make)


def _serialize_revoked(revoked: Any) -> Any:
    date = getattr(revoked, "revocation_date_utc", None) or revoked.revocation_date
    return revoked.serial_number, date, list(revoked.extensions)


def _make_revoked(state: Any) -> Any:
    number, date, extensions = parts(state, int, datetime.datetime, list)
    builder = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(date)
    for each in parts(extensions, *[x509.Extension] * len(extensions)):
        builder = builder.add_extension(each.value, each.critical)
    revoked = x509.CertificateRevocationListBuilder().add_revoked_certificate(builder.build())
    name = x509.Name([])
    # Only a list has such entries; it is signed by a key of no use, and dropped.
    listed = revoked.issuer_name(name).last_update(date).next_update(date)
    return listed.sign(ed25519.Ed25519PrivateKey.generate(), None)[0]


def _make_bits(state: Any) -> Any:
    return _rust.declarative_asn1.BitString(*parts(state, bytes, int))


def _make_null(state: Any) -> Any:
    parts((state,), type(None))
    return _rust.declarative_asn1.Null()


def _make_bag(state: Any) -> Any:
    return _rust.pkcs12.PKCS12Certificate(*parts(state, x509.Certificate, (bytes, type(None))))


for _name in _KEYS:
    if _class := _found(f"{_name}PrivateKey"):
        _load: Any = serialization.load_der_private_key
        register(_class, _private_bytes, _loaded(_class, _load, None))
    if _class := _found(f"{_name}PublicKey"):
        register(_class, _public_bytes, _loaded(_class, serialization.load_der_public_key))
for _name, _fields in _FIELDS.items():
    if _class := _found(_name):
        _with_fields(_class, _fields)
for _name in ("dh.DH", "dsa.DSA"):
    if _class := _found(f"{_name}Parameters"):
        _parameters(_class, _found(f"{_name}ParameterNumbers"))
for _class, _load in (
    (_rust.x509.Certificate, x509.load_der_x509_certificate),
    (_rust.x509.CertificateSigningRequest, x509.load_der_x509_csr),
    (_rust.x509.CertificateRevocationList, x509.load_der_x509_crl),
    (_rust.ocsp.OCSPRequest, ocsp.load_der_ocsp_request),
    (_rust.ocsp.OCSPResponse, ocsp.load_der_ocsp_response),
):
    register(_class, lambda signed: signed.public_bytes(_DER), _loaded(_class, _load))
register(_rust.x509.RevokedCertificate, _serialize_revoked, _make_revoked)
register(
    _rust.ObjectIdentifier,
    lambda identifier: identifier.dotted_string,
    lambda state: _rust.ObjectIdentifier(*parts((state,), str)),
)
if _class := getattr(getattr(_rust, "pkcs12", None), "PKCS12Certificate", None):
    register(_class, lambda bag: (bag.certificate, bag.friendly_name), _make_bag)
for _name in ("KEM", "KDF", "AEAD"):
    if _class := _found(f"hpke.{_name}"):
        _choice(_class)
if _class := getattr(_rust.x509, "Criticality", None):
    _choice(_class)
_strings: Any = getattr(_rust, "declarative_asn1", None)
for _name, (_getter, _type) in _VALUES.items():
    if _class := getattr(_strings, _name, None):
        _value(_class, _getter, _type)
if _class := getattr(_strings, "BitString", None):
    register(_class, lambda bits: (bits.as_bytes(), bits.padding_bits()), _make_bits)
if _class := getattr(_strings, "Null", None):
    register(_class, lambda null: None, _make_null)
