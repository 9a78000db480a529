"""Names that secrets go by, and what a secret looks like where its name alone says little."""

import re
from enum import Enum, auto
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

MAX_NAME = 64  # characters of a name that is looked at


class Secrecy(Enum):
    """What a name says of its value."""

    NONE = auto()
    IF_RANDOM = auto()
    """Such names have harmless values, too: ``code=DE``. A value that looks random is a secret."""
    SECRET = auto()


_SECRET = re.compile(
    r".*(?:password|passwd|passphrase|passcode|passwort|pwd|secret|signature|hmac|apikey|appkey"
    r"|(?:access|auth|refresh|session|security|private|api|app|client|service|bot|bearer|deploy|csrf|xsrf|sas"
    r"|webhook|signing|registration|reset|personalaccess|oauth|login|sso|id)token"
    r"|(?:secret|access|private|account|subscription|license|licence|signing|encryption|decryption|master|storage"
    r"|shared|consumer|service|session|integration|functions|host|ssh|webhook)key)"
    r"|pass|pw|psw|token|usertoken|jobtoken|installtoken|auth|authorization|bearer|jwt|sig|sas|credentials?"
    r"|clientassertion|sessionid|jsessionid|phpsessid|authkey|passkey|privkey|connectionstring|dsnsecret"
)
_LAST_WORD = frozenset(("pass", "pwd", "pw", "psw", "pass1", "pass2", "secret", "hmac", "jwt"))
_WEAK = re.compile(
    r"(?:auth(?:entication|orization)?|access|security|verification|login)?code|pin|otp|totp|sid|ticket"
)

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_. ]+")
_PARTS = re.compile(r"[^\[\]]+")
_RUN = re.compile(r"[^\W_]+")


@lru_cache(maxsize=4096)
def secrecy(name: str) -> Secrecy:
    """What a member, a parameter or an attribute of this name holds, in whatever case and spelling.

    Of ``user[password]`` each part is looked at, and of ``db_pass`` and ``dbPass`` the last word.
    """
    if len(name) > MAX_NAME:
        return Secrecy.NONE
    parts = _PARTS.findall(unquote(name))
    words = [[word.lower() for word in _BOUNDARY.split(part) if word] for part in parts]
    joined = {"".join(each) for each in words} | {"".join(word for each in words for word in each)}
    if any(_SECRET.fullmatch(each) for each in joined):
        return Secrecy.SECRET
    if any(each[-1] in _LAST_WORD for each in words if each):
        return Secrecy.SECRET
    return Secrecy.IF_RANDOM if any(_WEAK.fullmatch(each) for each in joined) else Secrecy.NONE


def is_secret(name: str, value: str) -> bool:
    """Whether the value of such a name has to be masked; an empty one hides nothing."""
    known = secrecy(name)
    if known is Secrecy.NONE or not value:
        return False
    return known is Secrecy.SECRET or looks_random(value)


def looks_random(value: str) -> bool:
    """Whether a text looks drawn rather than written: letters and digits, or cases, that change again and again.

    ``summer-sale-2024``, ``ISO-8859-1`` and ``4711`` do not.
    """
    return any(len(run) >= 8 and _changes(run) >= max(3, len(run) // 8) for run in _RUN.findall(value[:512]))


def _changes(run: str) -> int:
    kinds = [0 if each.isdigit() else 1 if each.islower() else 2 for each in run]
    return sum(one != next_ for one, next_ in pairwise(kinds))
