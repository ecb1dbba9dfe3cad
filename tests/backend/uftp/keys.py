"""Fixed keys: the private one and the public one of each party, from seeds of one number."""

from base64 import b64encode

from nacl.bindings import crypto_sign_seed_keypair


def keypair(number: int) -> tuple[str, str]:
    """Return private and public key, base64."""
    public, private = crypto_sign_seed_keypair(bytes([number]) * 32)
    return b64encode(private).decode(), b64encode(public).decode()


DSO_KEY, DSO_PUBLIC = keypair(1)
AGGREGATOR_KEY, AGGREGATOR_PUBLIC = keypair(2)
STRANGER_KEY, STRANGER_PUBLIC = keypair(3)
