"""The one rule for credentials inside URLs: where they are, and how they are masked."""

import re
from urllib.parse import unquote

MASK = "***"

# A mask may hide the character that ended an authority, so that a contrived text reads anew: look again, boundedly.
_MAX_PASSES = 8

_TOKEN = re.compile(r"\S+")
_AUTHORITY = re.compile(r"(?::|(?<![^,;\"'`()<>=|{}\[\]]))//")
_AUTHORITY_END = re.compile(r"[/?#\\\"<>`]")
# Possessive throughout: nothing here may be tried twice.
_HOST_PORT = r"(?:\[[^\]]*+\]|[^:,\[\]]*+)(?::\d{0,5}+)?+[;.)'}\]]*+"
_HOSTS = re.compile(rf"{_HOST_PORT}(?:,{_HOST_PORT})*+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,31}\Z", re.IGNORECASE)
_LOGIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}(?:@[A-Za-z0-9.-]{1,64})?")
_TOKEN_PREFIX = re.compile(r"gh[a-z]_|github_pat_|glpat-|xox[a-z]-|[sr]k_|AKIA|ASIA|eyJ|npm_|pypi-")

# `user:` without a scheme, where a word begins.
_LOGIN = re.compile(r"(?<![^,;\"'`()<>=|{}\[\]])[^,;\"'`()<>=|{}\[\]/?#\\:@]++:")
_LIST_BREAK = re.compile(r"[,;\"'`()<>|{}/?#\\]")
_PORT = re.compile(r"\d{1,5}+(?=[,;\"'`()<>|{}/?#\\])")
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")
_HOST_START = re.compile(r"\w|\[|//")
_DIGEST = re.compile(r"(?:md5|sha\d+):[0-9a-f]", re.IGNORECASE)
_ADDRESS_LABEL = re.compile(
    r"(?<![\w-])(?:mailto|e-?mail|mail|contact|to|cc|bcc|from|reply-to|sips?|xmpp|acct|im|pkg|npm)\Z",
    re.IGNORECASE,
)
_ORACLE = re.compile(r"jdbc:oracle:[a-z0-9]{1,16}:", re.IGNORECASE)

_ENCODED_URL = re.compile(r"(%3A%2F%2F)((?:(?!%2F|%3F|%23|%40)[^\s/?#&@])*+)%40", re.IGNORECASE)

_PARAMETER = re.compile(
    r"(?<=[?&;#])(?P<name>[\w.%-]{1,64})=(?P<value>"
    r"(?:[^\s&\"<>,;]|,(?![a-z][a-z0-9+.-]{0,31}://)|;(?![\w.%-]{1,64}=))++)",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(
    r".*(?:password|passwd|passphrase|secret|apikey|accesstoken|authtoken|refreshtoken|sessiontoken"
    r"|securitytoken|privatetoken|signature|secretkey|accesskey|privatekey|accountkey|subscriptionkey)"
    r"|pass|pwd|pw|token|apitoken|idtoken|oauthtoken|bearertoken|usertoken|jobtoken|auth|authorization"
    r"|bearer|jwt|sig|sas|sastoken|credentials?|clientassertion|sessionid|jsessionid|phpsessid|authkey"
)
_GOOGLE_KEY = re.compile(r"AIza[\w-]{20,}")

_WHOLE_MASK = re.compile(r"(?:(?<![\w*])|(?<=%2F)|(?<=%2f))\*\*\*(?![\w*])")
_CREDENTIALS = ("Zq7k:Zq7k", "AIza" + 20 * "q")  # of a userinfo and most parameters; of a Google key


def mask_credentials(text: str) -> str:
    """Return ``text`` with every credential inside a URL replaced by ``***``, all else to the byte.

    A URL stands anywhere in free text, alone or in a list, of any scheme or of none (RFC 3986, section 3.2.1
    for userinfo). ``user:password@`` becomes ``***@``. A user without a password stays if it looks like a
    login name, but not under http, where it is a token. Values of query, fragment and matrix parameters with
    a well-known secret's name (``api_key``, ``token``, ``password``, ``sig``, ``X-Amz-Signature``) become
    ``***``. Where a text can be read in two ways the reading with a credential wins. Masking twice is masking
    once, and the cost is linear in the length of the text.
    """
    for _ in range(_MAX_PASSES):
        masked = _mask_once(text)
        if masked == text:
            break
        text = masked
    return text


def has_credentials(text: str) -> bool:
    """Say whether ``text`` holds a credential that ``mask_credentials`` would mask."""
    return _mask_once(text) != text


def holds_mask(text: str) -> bool:
    """Say whether a ``***`` in ``text`` stands where a credential stands in a URL; elsewhere it is plain text.

    Each mask is replaced by what any place for a credential would hide: one that is hidden again stood in one. Runs of
    more asterisks, and three in the middle of a word, are no masks.
    """
    whole = len(_WHOLE_MASK.findall(text))
    return any(
        mask_credentials(_WHOLE_MASK.sub(credential, text)).count(credential) < whole
        for credential in _CREDENTIALS
    )


def _mask_once(text: str) -> str:
    if "@" in text:
        text = _TOKEN.sub(lambda token: _mask_token(token.group()), text)
    if "%40" in text:
        text = _ENCODED_URL.sub(_mask_encoded, text)
    if "=" in text:
        text = _PARAMETER.sub(_mask_parameter, text)
    return text


def _mask_token(token: str) -> str:
    """Mask the userinfo in one run of text without white space."""
    last_at = token.rfind("@")
    if last_at < 0:
        return token
    parts = []
    position = 0
    while (authority := _AUTHORITY.search(token, position)) is not None:
        start = authority.end()
        parts.append(_mask_logins(token[position:start]))
        position = start
        at = _userinfo_end(token, start, last_at)
        if at is not None:
            scheme = _SCHEME.search(token, max(0, authority.start() - 32), authority.start())
            userinfo = token[start:at]
            is_secret = _is_secret(scheme.group() if scheme else "", userinfo)
            parts.append(MASK if is_secret else userinfo)
            position = at
    parts.append(_mask_logins(token[position:]))
    return "".join(parts)


def _userinfo_end(token: str, start: int, last_at: int) -> int | None:
    """Return the index of the ``@`` that ends the userinfo of the authority at ``start``, if it has one."""
    end = _AUTHORITY_END.search(token, start)
    stop = end.start() if end else len(token)
    at = token.rfind("@", start, stop)
    if at >= 0:
        return at
    if last_at < stop or _HOSTS.fullmatch(token, start, stop):
        return None
    # No host has such a port, so this is a password that holds the character at `stop`, unencoded.
    return last_at


def _is_secret(scheme: str, userinfo: str) -> bool:
    if ":" in userinfo or "%3a" in userinfo.lower():
        return True
    # In a list, the address behind it is an e-mail address.
    if not userinfo or "," in userinfo or ";" in userinfo:
        return False
    if scheme.lower().endswith(("http", "https")):
        return True
    return not _LOGIN_NAME.fullmatch(userinfo) or _TOKEN_PREFIX.match(userinfo) is not None


def _mask_logins(text: str) -> str:
    """Mask ``user:password@host`` where no scheme stands before it."""
    if "@" not in text or ":" not in text:
        return text
    parts = []
    done = position = 0
    while (at := text.find("@", position)) >= 0:
        begin = _login_start(text, position, at)
        position = at + 1
        if begin is None:
            continue
        while (later := text.find("@", position)) >= 0 and not _LIST_BREAK.search(text, position, later):
            position = later + 1  # the password holds an unencoded `@`
        if _HOST_START.match(text, position) and not _DIGEST.match(text, position):
            parts += [text[done:begin], MASK]
            done = position - 1
    parts.append(text[done:])
    return "".join(parts)


def _login_start(text: str, start: int, at: int) -> int | None:
    """Return where the ``user:password`` that ends at ``at`` begins, or None if there is none."""
    oracle = _ORACLE.search(text, start, at)
    if oracle:
        return oracle.end() if oracle.end() < at and text[oracle.end() : at] != MASK else None
    colon = text.rfind(":", start, at)
    if colon < 0 or _ADDRESS_LABEL.search(text, max(start, colon - 16), colon):
        return None
    for login in _LOGIN.finditer(text, start, at):
        password = login.end()
        if password == at or text[password] in "/\\\"'":  # a path, or a member of JSON
            continue
        if _PORT.match(text, password, at) or _CLOCK.fullmatch(text, login.start(), at):
            continue
        return login.start()
    return None


def _mask_encoded(match: re.Match[str]) -> str:
    userinfo = unquote(match[2])
    return f"{match[1]}{MASK}%40" if _is_secret("https", userinfo) else match[0]


def _mask_parameter(match: re.Match[str]) -> str:
    name = re.sub(r"[-_.]", "", unquote(match["name"])).lower()
    value = match["value"]
    if _SECRET_NAME.fullmatch(name) or (name == "key" and _GOOGLE_KEY.fullmatch(value)):
        return f"{match['name']}={MASK}"
    return match[0]
