import base64
import datetime

import pytest

pytest.importorskip("cryptography")
from cryptography import x509
from cryptography.hazmat.bindings import _rust
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import (
    dsa,
    ec,
    ed448,
    ed25519,
    rsa,
    x448,
    x25519,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from kit import check_examples, travelled

import adapters
from adapters.libraries import cryptography as _  # noqa: F401

pytestmark = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
dh = _rust.openssl.dh  # in the public module a warning says that it is deprecated
DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
YEAR = datetime.datetime(2034, 1, 1, tzinfo=datetime.timezone.utc)
SECRET = bytes(range(32))
DSA = (
    "fab1b001e90ed57399da46c3da45c70661affbf7b42c014de52a3e462e27f0e0277ec19c3a90ed98a098d0d85c90ff2c"
    "18111b0f3e684401580c8a93110e3f66cf7271b67689aeaef2103a0def75ecf550555a76a5aa19e953182f48c99b9a56"
    "d089fc8f70644e91369b6245adc4c6dff16862ed68f15fec2ef1e31881a044eb",
    "873b1ee76a03c8f0fa10e86aaeca730458ad5c23",
    "6e059c9adbda54ac03057fda46d0f64485af096c245ef8cf242888b66980e7d7c6ec7f91e1bfb81f116e19e10a73a265"
    "e92090e0e00d662bfd40542a38b5af079487ecac6c3e0b193c39b3d8f0efb873759e7c0f3df26a2e2ff5bed5da42056d"
    "96a128e7091bfcfd9ccdb32c6dc4c588dae810eec58b9dd8c8403320a50c2d87",
)
# The first group of RFC 2409.
DH = (
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff"
)


def rsa_numbers():
    p, q, e = 2**607 - 1, 2**521 - 1, 65537  # primes of Mersenne
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)


def rsa_key():
    return rsa_numbers().private_key()


def rsa_public_numbers():
    return rsa_numbers().public_numbers


def dsa_parameter_numbers():
    return dsa.DSAParameterNumbers(*(int(each, 16) for each in DSA))


def dsa_public_numbers():
    numbers = dsa_parameter_numbers()
    return dsa.DSAPublicNumbers(pow(numbers.g, 12345, numbers.p), numbers)


def dsa_numbers():
    return dsa.DSAPrivateNumbers(12345, dsa_public_numbers())


def dsa_key():
    return dsa_numbers().private_key()


def dsa_parameters():
    return dsa_parameter_numbers().parameters()


def dh_parameter_numbers():
    return dh.DHParameterNumbers(int(DH, 16), 2)


def dh_parameter_numbers_with_q():
    p = int(DH, 16)
    return dh.DHParameterNumbers(p, 2, (p - 1) // 2)


def dh_public_numbers():
    numbers = dh_parameter_numbers()
    return dh.DHPublicNumbers(pow(2, 12345, numbers.p), numbers)


def dh_numbers():
    return dh.DHPrivateNumbers(12345, dh_public_numbers())


def dh_key():
    return dh_numbers().private_key()


def dh_key_with_q():
    numbers = dh_parameter_numbers_with_q()
    public = dh.DHPublicNumbers(pow(2, 12345, numbers.p), numbers)
    return dh.DHPrivateNumbers(12345, public).private_key()


def dh_parameters():
    return dh_parameter_numbers().parameters()


def dh_parameters_with_q():
    return dh_parameter_numbers_with_q().parameters()


def ec_key():
    return ec.derive_private_key(12345, ec.SECP256R1())


def other_ec_key():
    return ec.derive_private_key(2**200 + 3, ec.BrainpoolP384R1())


def ec_numbers():
    return ec_key().private_numbers()


def ec_public_numbers():
    return other_ec_key().public_key().public_numbers()


def ed25519_key():
    return ed25519.Ed25519PrivateKey.from_private_bytes(SECRET)


def ed448_key():
    return ed448.Ed448PrivateKey.from_private_bytes(bytes(range(57)))


def x25519_key():
    return x25519.X25519PrivateKey.from_private_bytes(SECRET)


def x448_key():
    return x448.X448PrivateKey.from_private_bytes(bytes(range(56)))


class Public:
    """A maker of the public key of what another one makes."""

    def __init__(self, make):
        self.make = make

    def __call__(self):
        return self.make().public_key()


class Seeded:
    """A maker of a key of a module, from a seed."""

    def __init__(self, module, name, size):
        self.args = module, name, size

    def __call__(self):
        module, name, size = self.args
        module = pytest.importorskip(f"cryptography.hazmat.primitives.asymmetric.{module}")
        return getattr(module, name).from_seed_bytes(bytes(range(size)))


def name():
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example")])


def certificate():
    builder = x509.CertificateBuilder(name(), name(), ec_key().public_key(), 77, DAY, YEAR)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("b")]), True)
    return builder.sign(ed25519_key(), None)


def other_certificate():
    builder = x509.CertificateBuilder(name(), name(), ed25519_key().public_key(), 78, DAY, YEAR)
    return builder.sign(rsa_key(), hashes.SHA512())


def request():
    builder = x509.CertificateSigningRequestBuilder(name())
    builder = builder.add_extension(x509.BasicConstraints(True, 3), True)
    return builder.add_attribute(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), b"x").sign(
        ed25519_key(), None
    )


def revocations():
    builder = x509.CertificateRevocationListBuilder(name(), DAY, YEAR)
    one = x509.RevokedCertificateBuilder(5, DAY)
    two = x509.RevokedCertificateBuilder(6, YEAR)
    two = two.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), False)
    for each in (one, two):
        builder = builder.add_revoked_certificate(each.build())
    return builder.sign(ed25519_key(), None)


def revoked():
    return revocations()[0]


def revoked_with_reason():
    return revocations()[1]


def ocsp_request():
    builder = ocsp.OCSPRequestBuilder()
    builder = builder.add_certificate(certificate(), other_certificate(), hashes.SHA1())
    return builder.add_extension(x509.OCSPNonce(b"nonce"), False).build()


# Each new one would hold the time at which it was made.
_OCSP_RESPONSE = (
    "MIIBFQoBAKCCAQ4wggEKBgkrBgEFBQcwAQEEgfwwgfkwgayiFgQU/YGm22TW+vf3AsB5cagsJcHcPJAYDzIw"
    "MjYxMTI5MDQ0MzI0WjCBgDB+MFYwDQYJYIZIAWUDBAIBBQAEIP5tbloaiDSWRsGYYNjTzudPsKJH7XzImk3e"
    "ipvpcSpoBCBWR1qnVGNHTAKF312/K8q3PaZRNYg56bd0gbLqsQdwjAIBTYAAGA8yMDI0MDEwMTAwMDAwMFqg"
    "ERgPMjAzNDAxMDEwMDAwMDBaMAUGAytlcANBADNJEjz29bNllKghs8Hxl4b6PfhCZ2TBpsXxQhaogVy3b8NL"
    "jGD2EFkZ35+i9nutW7ejhVchmwuosAMEc6AgTAo="
)


def ocsp_response():
    return ocsp.load_der_ocsp_response(base64.b64decode(_OCSP_RESPONSE))


def ocsp_failure():
    return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)


def bag():
    return pkcs12.PKCS12Certificate(certificate(), b"friend")


def plain_bag():
    return pkcs12.PKCS12Certificate(other_certificate(), None)


def identifier():
    return x509.NameOID.COMMON_NAME


class Made:
    """A maker of an object of a class of the bindings, which not every version has."""

    def __init__(self, path, *args, member=None):
        self.path, self.args, self.member = path, args, member

    def __call__(self):
        found = _rust
        for part in self.path.split("."):
            found = getattr(found, part, None)
        if found is None:
            pytest.skip(f"this version has no {self.path}")
        return getattr(found, self.member) if self.member else found(*self.args)


PRIVATE = {
    "RSA": [rsa_key],
    "DSA": [dsa_key],
    "EC": [ec_key, other_ec_key],
    "DH": [dh_key, dh_key_with_q],
    "Ed25519": [ed25519_key],
    "Ed448": [ed448_key],
    "X25519": [x25519_key],
    "X448": [x448_key],
    "MLKEM768": [Seeded("mlkem", "MLKEM768PrivateKey", 64)],
    "MLKEM1024": [Seeded("mlkem", "MLKEM1024PrivateKey", 64)],
    "MLDSA44": [Seeded("mldsa", "MLDSA44PrivateKey", 32)],
    "MLDSA65": [Seeded("mldsa", "MLDSA65PrivateKey", 32)],
    "MLDSA87": [Seeded("mldsa", "MLDSA87PrivateKey", 32)],
}
TYPES = {
    **{f"{name}PrivateKey": makers for name, makers in PRIVATE.items()},
    **{f"{name}PublicKey": [Public(make) for make in makers] for name, makers in PRIVATE.items()},
    "DHParameters": [dh_parameters, dh_parameters_with_q],
    "DSAParameters": [dsa_parameters],
    "RSAPrivateNumbers": [rsa_numbers],
    "DSAPrivateNumbers": [dsa_numbers],
    "DHPrivateNumbers": [dh_numbers],
    "EllipticCurvePrivateNumbers": [ec_numbers],
    "RSAPublicNumbers": [rsa_public_numbers],
    "DSAPublicNumbers": [dsa_public_numbers],
    "DHPublicNumbers": [dh_public_numbers],
    "EllipticCurvePublicNumbers": [ec_public_numbers],
    "DSAParameterNumbers": [dsa_parameter_numbers],
    "DHParameterNumbers": [dh_parameter_numbers, dh_parameter_numbers_with_q],
    "Certificate": [certificate, other_certificate],
    "CertificateSigningRequest": [request],
    "CertificateRevocationList": [revocations],
    "OCSPRequest": [ocsp_request],
    "OCSPResponse": [ocsp_response, ocsp_failure],
    "RevokedCertificate": [revoked, revoked_with_reason],
    "PKCS12Certificate": [bag, plain_bag],
    "ObjectIdentifier": [identifier],
    "KEM": [Made("openssl.hpke.KEM", member="X25519")],
    "KDF": [Made("openssl.hpke.KDF", member="HKDF_SHA512")],
    "AEAD": [Made("openssl.hpke.AEAD", member="AES_256_GCM")],
    "Criticality": [Made("x509.Criticality", member="AGNOSTIC")],
    "PrintableString": [Made("declarative_asn1.PrintableString", "a")],
    "IA5String": [Made("declarative_asn1.IA5String", "a@b")],
    "UTCTime": [Made("declarative_asn1.UTCTime", DAY)],
    "GeneralizedTime": [Made("declarative_asn1.GeneralizedTime", YEAR)],
    "BitString": [Made("declarative_asn1.BitString", b"\xf0", 4)],
    "SetOf": [Made("declarative_asn1.SetOf", [1, 2])],
    "Null": [Made("declarative_asn1.Null")],
}
# As the members of an enum.
ONE = "each choice is one object of the library"
CHOICE = {"skip": {"factory_makes_a_fresh_object": ONE, "deepcopy_makes_a_second_object": ONE}}
OPTIONS = dict.fromkeys(("KEM", "KDF", "AEAD", "Criticality"), CHOICE)


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def test_signatures_stay_valid():
    arrived = travelled([ed25519_key(), ed25519_key().public_key(), certificate()])
    arrived[1].verify(arrived[0].sign(b"data"), b"data")
    arrived[1].verify(arrived[2].signature, arrived[2].tbs_certificate_bytes)
    assert travelled(revocations()).is_signature_valid(ed25519_key().public_key())
    assert travelled(request()).is_signature_valid


def test_names_and_extensions_travel_by_identifiers():
    assert travelled(name()) == name()
    extensions = certificate().extensions
    assert list(travelled(extensions)) == list(extensions)


def test_a_key_of_another_kind_is_refused():
    spec = adapters.to_spec(ed25519_key())
    state = adapters.to_spec(x25519_key()).state
    with pytest.raises(adapters.RebuildError, match="X25519PrivateKey"):
        adapters.rebuild(spec.name, spec.version, spec.provider, state)


def test_write_only_keys_are_refused():
    with pytest.raises(adapters.SerializeError, match="AESGCM"):
        adapters.dumps(AESGCM(SECRET))
