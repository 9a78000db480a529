"""Webhooks of well-known chat services: whoever knows such a URL may write there, so its end is a secret.

Sources: the services' own documentation, as https://api.slack.com/messaging/webhooks and
https://discord.com/developers/docs/resources/webhook; the prefixes are those that GitHub's secret scanning looks for.
"""

import re

from gateway.masking.marks import MASK

# In JSON a slash may be escaped (RFC 8259, section 7), and in a parameter it is encoded.
_S = r"(?:\\{0,3}/|%(?:25){0,3}2F)"

_WEBHOOK = re.compile(
    "("
    rf"hooks\.slack(?:-gov)?\.com{_S}(?:services|workflows|triggers){_S}"
    rf"|discord(?:app)?\.com{_S}api{_S}(?:v\d{{1,2}}{_S})?webhooks{_S}"
    rf"|guilded\.gg{_S}webhooks{_S}"
    rf"|webhook\.office\.com{_S}webhookb2{_S}"
    rf"|outlook\.office(?:365)?\.com{_S}webhook{_S}"
    rf"|api\.telegram\.org{_S}(?:file{_S})?bot(?=\d{{3,}}(?::|%(?:25){{0,3}}3A))"
    rf"|(?:webexapis|api\.ciscospark)\.com{_S}v1{_S}webhooks{_S}incoming{_S}"
    rf"|(?:feishu\.cn|larksuite\.com){_S}open-apis{_S}bot{_S}(?:v2{_S})?hook{_S}"
    rf"|qyapi\.weixin\.qq\.com{_S}cgi-bin{_S}webhook{_S}send\?key="
    rf"|api\.flock\.com{_S}hooks{_S}sendMessage{_S}"
    rf"|hooks\.zapier\.com{_S}hooks{_S}(?:catch|standard){_S}"
    rf"|webhooks\.gitter\.im{_S}e{_S}"
    rf"|hooks?\.(?:[a-z0-9]{{1,8}}\.)?make\.com{_S}"
    rf"|maker\.ifttt\.com{_S}trigger{_S}[^\s/\\]{{1,64}}{_S}(?:json{_S})?with{_S}key{_S}"
    # Mattermost and Rocket.Chat have no host of their own.
    rf"|{_S}hooks{_S}(?=[a-z0-9]{{26}}(?![\w-])|[a-z0-9]{{17,24}}{_S}[a-z0-9]{{30,}})"
    r")(?:[^\s\"'<>?#&,;()\[\]{}|`\\%]|\\{1,3}/|%(?:25){0,3}(?!25|3F|23|26|22)[0-9A-F]{2})++",
    re.IGNORECASE,
)


def may_hold_webhooks(text: str) -> bool:
    """Whether a text is worth a search; where there is none of these words there is no such URL."""
    lower = text.lower()
    return "hook" in lower or "telegram" in lower or "ifttt" in lower


def mask_webhooks(text: str) -> str:
    return _WEBHOOK.sub(rf"\1{MASK}", text) if may_hold_webhooks(text) else text
