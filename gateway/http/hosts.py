"""Names and addresses of hosts."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a name or an address, in brackets or not, leads back to the same machine (RFC 6761, RFC 4291)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_of(field: bytes) -> str:
    """The host that a field `Host` names, without its port (RFC 9110, section 7.2)."""
    text = field.decode("latin-1").strip(" \t")
    end = text.find("]") + 1 if text.startswith("[") else text.find(":")
    return text[:end] if end > 0 else text
