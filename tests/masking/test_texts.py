"""Credentials in texts: text in, text out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.masking import has_credentials, holds_mask, mask_credentials, may_hold
from tests.lengths import cases
from tests.masking.harmless import HARMLESS

MASKED = {
    "ftp://foo:bar@baz.blerg": "ftp://***@baz.blerg",
    "ftp://:bar@baz.blerg": "ftp://***@baz.blerg",
    "ftp://foo:@baz.blerg": "ftp://***@baz.blerg",
    "HTTPS://U:P@HOST/x": "HTTPS://***@HOST/x",
    "sftp://u%40corp:p%3Aq@h:22/in": "sftp://***@h:22/in",
    "ftp://u:p@ss@h/x": "ftp://***@h/x",
    "ftp://u:p/a#s?s@h/x": "ftp://***@h/x",
    "s3://AKIAEXAMPLE:se/cr+et@bucket/key": "s3://***@bucket/key",
    "ftps://u:p@[2001:db8::1]:990/x": "ftps://***@[2001:db8::1]:990/x",
    "//u:p@h/x": "//***@h/x",
    "mongodb://u:p@h1:27017,h2:27017/db": "mongodb://***@h1:27017,h2:27017/db",
    "jdbc:postgresql://u:p@h/d?password=x": "jdbc:postgresql://***@h/d?password=***",
    "jdbc:sqlserver://h:1433;user=sa;password=x;encrypt=true": (
        "jdbc:sqlserver://h:1433;user=sa;password=***;encrypt=true"
    ),
    "jdbc:oracle:thin:scott/tiger@//h:1521/s": "jdbc:oracle:thin:***@//h:1521/s",
    "user:pass@host/path": "***@host/path",
    "user:p@ss@host": "***@host",
    "sftp:user:pass@host": "***@host",
    "u:p@h1,v:q@h2": "***@h1,***@h2",
    "ftp.example.com:21/in,u:p@h2": "ftp.example.com:21/in,***@h2",
    "see ftp://a:b@h1,sftp://c:d@h2/x\nhttps://e:f@h3 end": "see ftp://***@h1,sftp://***@h2/x\nhttps://***@h3 end",
    "ftp://a:b@h1;ftp://c:d@h2": "ftp://***@h1;ftp://***@h2",
    '{"url":"ftp://u:p@h","mail":"bob@x.com"}': '{"url":"ftp://***@h","mail":"bob@x.com"}',
    "<ftp://u:p@h>": "<ftp://***@h>",
    "https://0a1b2c@errors.example.com/1": "https://***@errors.example.com/1",
    "https://user%3Apass@h/": "https://***@h/",
    "ssh://ghp_abcdef@h/x": "ssh://***@h/x",
    "https://x?u=ftp%3A%2F%2Fu%3Ap%40h": "https://x?u=ftp%3A%2F%2F***%40h",
    "https://h/x?api_key=abc&b=1&token=zz": "https://h/x?api_key=***&b=1&token=***",
    "https://h/x?apiKey=abc&sig=a%2Bb&se=2024": "https://h/x?apiKey=***&sig=***&se=2024",
    "https://h/k?X-Amz-Credential=AK&X-Amz-Signature=abc": "https://h/k?X-Amz-Credential=AK&X-Amz-Signature=***",
    "https://h/p?token=a,https://h2/q": "https://h/p?token=***,https://h2/q",
    "https://h/#access_token=abc&state=1": "https://h/#access_token=***&state=1",
    "https://h/a?x=1&amp;password=x": "https://h/a?x=1&amp;password=***",
    "host/path?password=x": "host/path?password=***",
    "https://h?key=AIzaSyA1234567890123456789012345": "https://h?key=***",
    # slashes
    r"ftp:\/\/u:p@h\/in": r"ftp:\/\/***@h\/in",
    r'{"url":"https:\/\/u:p@h\/x?token=ab\/c\u0026a=1"}': r'{"url":"https:\/\/***@h\/x?token=***\u0026a=1"}',
    r"ftp:\\/\\/u:p@h": r"ftp:\\/\\/***@h",
    r"ftp:\\u:p@h\in": r"ftp:\\***@h\in",
    "ftp:/u:p@h/in": "ftp:/***@h/in",
    "see https:/u:p@h": "see https:/***@h",
    "ftp:///u:p@h": "ftp:///***@h",
    # spaces and line breaks
    "ftp://u:my pass@h/in": "ftp://***@h/in",
    "ftp://u:my long pass w@rd@h": "ftp://***@h",
    "ftp://John Doe:secret@h": "ftp://***@h",
    "ftp://john.doe:my pass@h, ask bob@x.com": "ftp://***@h, ask bob@x.com",
    "ftp://u:pa\nss@h": "ftp://***@h",
    "ftp://u:pa\r\n  ss@h": "ftp://***@h",
    "ftp://u:\npass@h": "ftp://***@h",
    "ftp://u\nser:pass@h": "ftp://***@h",
    "ftp://u:p@\nh": "ftp://***@\nh",
    # percent-encoding
    "ftp://u%20x:p%20w@h": "ftp://***@h",
    "ftp://u:p%40h/in": "ftp://***%40h/in",
    "x?u=ftp%253A%252F%252Fu%253Ap%2540h": "x?u=ftp%253A%252F%252F***%2540h",
    "https://h/?u=https%3A%2F%2Fg%2Fp%3Ftoken%3Dabc%26b%3D1": "https://h/?u=https%3A%2F%2Fg%2Fp%3Ftoken%3D***%26b%3D1",
    "https://h/?u=https%253A%252F%252Fg%253Fb%253D1%2526sig%253Dx%252By": (
        "https://h/?u=https%253A%252F%252Fg%253Fb%253D1%2526sig%253D***"
    ),
    # names
    "https://h/?user[password]=x&user[name]=y": "https://h/?user[password]=***&user[name]=y",
    "https://h/?user%5Bpass%5D=x": "https://h/?user%5Bpass%5D=***",
    "https://h/?passcode=1&hmac=2&signature=3": "https://h/?passcode=***&hmac=***&signature=***",
    "https://h/?app_key=1&license_key=2&db-pass=3&dbPass=4": (
        "https://h/?app_key=***&license_key=***&db-pass=***&dbPass=***"
    ),
    "https://h/?code=4%2F0AX4XfWh2zK9pQ&state=x": "https://h/?code=***&state=x",
    "https://h/?sid=AC5ef8732a3c49700934481addd5ce1659": "https://h/?sid=***",
    "https://h/?ticket=ST-1856339-aA5Yuvrxzpv8Tau1cYQ7": "https://h/?ticket=***",
    'token="abc def" and more': 'token="***" and more',
    "use password = 'x\"y' there": "use password = '***' there",
    r"say \"api_key=\"abc\"\"": r"say \"api_key=\"***\"\"",
    'secret="never closed': 'secret="*** closed',
    '{"password":"x","user":"y"}': '{"password":"***","user":"y"}',
    "{'api_key': 'x'}": "{'api_key': '***'}",
    '{"passcode" : 1234, "a": 1}': '{"passcode" : "***", "a": 1}',
    r'{"a":"{\"clientSecret\":\"x\\\"y\",\"b\":1}"}': r'{"a":"{\"clientSecret\":\"***\",\"b\":1}"}',
    '{"password":"a\\"b"}': '{"password":"***"}',
    '{"otp":"Zq7k9XtB2mQ4"}': '{"otp":"***"}',
    # webhooks
    "https://hooks.slack.com/services/T0/B0/abc": "https://hooks.slack.com/services/***",
    r"https:\/\/hooks.slack.com\/services\/T0\/B0\/abc": r"https:\/\/hooks.slack.com\/services\/***",
    "post to discord.com/api/v10/webhooks/1/abc-d, please": "post to discord.com/api/v10/webhooks/***, please",
    "https://x.webhook.office.com/webhookb2/a@b/IncomingWebhook/c": "https://x.webhook.office.com/webhookb2/***",
    "https://api.telegram.org/bot123456:ABC-d/sendMessage": "https://api.telegram.org/bot***",
    "https://chat.googleapis.com/v1/spaces/A/messages?key=AIzaSyA1234567890123456789012345&token=x": (
        "https://chat.googleapis.com/v1/spaces/A/messages?key=***&token=***"
    ),
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1-2": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***",
    "https://chat.example/hooks/zq7k9xtb2mq4w8n5v3c6j1p0d2": "https://chat.example/hooks/***",
    "x?u=https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0%2FB0%2Fabc": (
        "x?u=https%3A%2F%2Fhooks.slack.com%2Fservices%2F***"
    ),
}

KEPT = [
    "",
    "g@g.gg",
    "write to g@g.gg, or h@h.hh.",
    "mailto:g@g.gg",
    "Email:g@g.gg",
    "postgresql://user@host/db",
    "ssh://git@h:22/x",
    "git@github.com:owner/repo.git",
    "http://localhost:8080/users/@me",
    "http://[::1]:8080/@x",
    "https://social.example/@bob",
    "http://h1,bob@x.com",
    "https://h/a:b@c",
    "host:/inbox/a@b.csv",
    "C:\\feeds\\x@y.csv",
    "registry/image:tag@sha256:abcdef",
    "jdbc:oracle:thin:@//h:1521/s",
    "12:30@home",
    '{"url":"http://h:80/x","mail":"bob@x.com"}',
    "https://h/x?page=2&key=name&tokens=3&token=",
    "password=x outside any URL",
    "ftp://***@baz.blerg",
    "30 6,12 * * *",
    "\x00 \ud800 é 日本",
]

FRAGMENTS = st.sampled_from(
    [
        *"ab1:@/,;?&=# []\"'{}()<>\\.%|\n",
        *["//", "://", "ftp://", "http", "token=", "password=", "%40", "%3A%2F%2F", "%2F", "***", "22"],
        *[
            "jdbc:oracle:thin:",
            "mailto:",
            "u:p@h",
            "h:22/",
            "ftp:/",
            "\\/\\/",
            "a b",
            '"password":',
            '\\"',
            "'",
        ],
        *["user[password]=", "%3Ftoken%3D", "%253D", "hooks.slack.com/services/", "code=", "Zq7k9XtB2mQ4"],
    ]
)
SAFE = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-_.!~$*+", min_size=1, max_size=12)


@pytest.mark.parametrize(("text", "expected"), MASKED.items())
def test_credentials_are_masked(text, expected):
    assert mask_credentials(text) == expected
    assert has_credentials(text)
    assert not has_credentials(expected)


@pytest.mark.parametrize("text", KEPT)
def test_a_text_without_credentials_stays(text):
    assert mask_credentials(text) == text
    assert not has_credentials(text)


def test_two_hundred_harmless_texts_stay_as_they_are():
    assert len(HARMLESS) >= 200
    assert [each for each in HARMLESS if mask_credentials(each) != each] == []
    assert [
        each
        for each in HARMLESS
        if holds_mask(each) != each.startswith(("ftp://***", "https://x.example/?p***"))
    ] == []


@settings(derandomize=True, deadline=None, max_examples=cases(300))
@given(st.lists(FRAGMENTS, max_size=16).map("".join))
def test_a_text_that_holds_nothing_by_the_cheap_look_holds_nothing(text):
    assert may_hold(text) or mask_credentials(text) == text


@pytest.mark.parametrize(("text", "masked"), MASKED.items())
def test_a_mask_in_the_place_of_a_credential_is_found(text, masked):
    assert holds_mask(masked)
    assert holds_mask(f"*** see {masked}")
    assert not holds_mask(text)
    assert not holds_mask(f"*** see {text} *** or ***.")


@pytest.mark.parametrize("text", [each for each in KEPT if "***" not in each])
def test_asterisks_elsewhere_are_text(text):
    assert not holds_mask(text)
    assert not holds_mask(f"***, {text} *** (***)")


@pytest.mark.parametrize(
    "text", ["", "***", "a***@", "ftp://u:p***w@h", "ftp://****@h", "https://h/x?page=***", "https://h/***"]
)
def test_what_is_no_mask(text):
    assert not holds_mask(text)


@settings(derandomize=True, deadline=None, max_examples=cases(300))
@given(st.lists(FRAGMENTS, max_size=16).map("".join))
def test_masking_twice_is_masking_once(text):
    once = mask_credentials(text)
    assert mask_credentials(once) == once


@settings(derandomize=True, deadline=None, max_examples=cases(100))
@given(st.text())
def test_any_text_is_accepted(text):
    if "@" not in text and "=" not in text and "%40" not in text:
        assert mask_credentials(text) == text


@settings(derandomize=True, deadline=None, max_examples=cases(100))
@given(
    st.sampled_from(["ftp", "sftp", "ftps", "s3", "https", "postgres", "jdbc:mysql", "x+y"]),
    SAFE,
    st.text("abcXYZ019:@%$!*+-_.~,;=", max_size=16),
    st.sampled_from(["h.example", "10.0.0.1:21", "[::1]", "[fe80::1]:22"]),
    st.sampled_from(["", " ", "\n", ", "]),
)
def test_no_password_of_a_url_survives(scheme, user, password, host, end):
    secret = f"{user}:{password}s3cr3t"
    assert mask_credentials(f"at {scheme}://{secret}@{host}/in{end}") == f"at {scheme}://***@{host}/in{end}"


@settings(derandomize=True, deadline=None, max_examples=cases(100))
@given(st.lists(st.tuples(SAFE, SAFE), min_size=1, max_size=5), st.sampled_from([",", ";", "\n", " ", ", "]))
def test_every_url_of_a_list_is_masked(logins, separator):
    text = separator.join(f"ftp://{user}:{password}@host/in" for user, password in logins)
    assert mask_credentials(text) == separator.join("ftp://***@host/in" for _ in logins)
