"""Users and passwords in URLs (RFC 3986, section 3.2.1), of any scheme or of none, wherever they stand in a text.

People write URLs by hand: with one slash or escaped ones, with spaces, line breaks and unencoded marks in a password.
"""

import re
from urllib.parse import unquote

from gateway.masking.marks import MASK

_TOKEN = re.compile(r"\S+")
# Slashes may be escaped, as in JSON, or be the other ones.
_AUTHORITY = re.compile(r"(?P<colon>:[\\/]++)|(?<![^,;\"'`()<>=|{}\[\]])(?://|\\/\\/)")
_SINGLE_SLASH_SCHEME = re.compile(
    r"ftpe?s?|sftp|scp|ssh|https?|wss?|smb|cifs|nfs|s3|gs|sql|postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?"
    r"|mqtts?|ldaps?|imaps?|smtps?|kafka|nats|git|svn|rsync|webdav|davs?"
)
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

_P = r"%(?:25){0,3}"  # a per cent sign, encoded up to three times more
_ENCODED_URL = re.compile(
    rf"(?P<begin>{_P}3A(?:{_P}2F){{2}})(?P<userinfo>(?:(?!{_P}(?:2F|3F|23|40))[^\s/?#&@])*+)(?P<at>{_P}40)",
    re.IGNORECASE,
)
# The `@` alone is encoded.
_ENCODED_AT = re.compile(r":[\\/]{2,}+(?P<authority>[^\s/\\?#&@\"'<>]++)")
_AT = re.compile(rf"{_P}40", re.IGNORECASE)

# Words of a user and a password with white space between them; a slash ends both.
_SPACED = re.compile(
    r"(?P<slashes>:[\\/]{2,}+)(?P<user>[^\s@:/\\?#\"<>]{1,64}+(?:\s{1,2}[^\s@:/\\?#\"<>]{1,64}+){0,2}+)"
    r":(?P<password>(?!\d{1,5}(?![^\s,;.)]))(?:\s{1,2}(?=\S+@))?[^\s@/\\\"<>]{1,128}+(?:\s{1,4}[^\s@/\\\"<>]{1,128}+){0,5}+)"
    r"\n?(?=@[\w\[])"
)
_SPACE = re.compile(r"\s")
_PASSWORD_REST = re.compile(r"(?:@[^\s@/\\\"<>,;]++)*+(?=@[\w\[])")


def mask_userinfo(text: str) -> str:
    """Mask every user with a password, and every user that is a token, in a text with an ``@``."""
    if _SPACE.search(text):
        text = _mask_spaced(text)
    return _TOKEN.sub(lambda token: _mask_token(token.group()), text)


def mask_encoded_userinfo(text: str) -> str:
    """Mask the same where the URL, or its ``@``, is percent-encoded."""
    text = _ENCODED_URL.sub(_mask_encoded, text)
    return _ENCODED_AT.sub(_mask_before_encoded_at, text) if _AT.search(text) else text


def _mask_spaced(text: str) -> str:
    parts: list[str] = []
    done = 0
    for match in _SPACED.finditer(text):
        user, password = match["user"], match["password"]
        is_spaced = _SPACE.search(user) is not None
        if match.start() < done or not (is_spaced or _SPACE.search(password)):
            continue  # without white space it is looked at below, where more is known
        if is_spaced and ("." in user.split()[0] or _ADDRESS_LABEL.search(user)):
            continue  # a host, and words behind its URL
        if password[0].isspace() and ("." in user or "\n" not in password or len(password.split()) > 1):
            continue  # the colon of a sentence
        if user[-1].isdigit() and password[0].isdigit():
            continue  # a time of day
        end = _PASSWORD_REST.match(text, match.end())
        parts += [text[done : match.end("slashes")], MASK]
        done = end.end() if end else match.end()
    parts.append(text[done:])
    return "".join(parts)


def _mask_token(token: str) -> str:
    """Mask the userinfo in one run of text without white space."""
    last_at = token.rfind("@")
    if last_at < 0:
        return token
    parts = []
    position = look = 0
    while (authority := _AUTHORITY.search(token, look)) is not None:
        start = look = authority.end()
        scheme = _scheme_before(token, authority.start())
        if not _begins_authority(authority, scheme):
            continue
        parts.append(_mask_logins(token[position:start]))
        position = start
        at = _userinfo_end(token, start, last_at)
        if at is not None:
            userinfo = token[start:at]
            parts.append(MASK if _is_secret(scheme, userinfo) else userinfo)
            position = look = at
    parts.append(_mask_logins(token[position:]))
    return "".join(parts)


def _scheme_before(token: str, colon: int) -> str:
    found = _SCHEME.search(token, max(0, colon - 32), colon)
    return found.group().lower() if found else ""


def _begins_authority(match: re.Match[str], scheme: str) -> bool:
    """Whether these slashes do: one alone, or the other ones, only behind a scheme that everybody knows."""
    slashes = match["colon"]
    return slashes is None or slashes.count("/") > 1 or _SINGLE_SLASH_SCHEME.fullmatch(scheme) is not None


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
    if scheme.endswith(("http", "https")):
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
    userinfo = match["userinfo"]
    for _ in range(3):
        userinfo = unquote(userinfo)
    return f"{match['begin']}{MASK}{match['at']}" if _is_secret("https", userinfo) else match[0]


def _mask_before_encoded_at(match: re.Match[str]) -> str:
    authority = match["authority"]
    userinfo = (
        authority[: max(found.start() for found in _AT.finditer(authority))] if _AT.search(authority) else ""
    )
    if ":" not in userinfo and "%3a" not in userinfo.lower():
        return match[0]
    return match[0].replace(userinfo, MASK, 1)
