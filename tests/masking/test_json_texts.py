"""Credentials in JSON text: text in, text out."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.masking import json_holds_mask, mask_credentials, mask_json
from tests.lengths import cases
from tests.masking.harmless import HARMLESS

MASKED = {
    '{"url":"ftp://u:p@h","n":1.10}': '{"url":"ftp://***@h","n":1.10}',
    '["ftp://u:p@h", {"a": ["//u:p@h"]}]': '["ftp://***@h", {"a": ["//***@h"]}]',
    '"ftp://u:p@h"': '"ftp://***@h"',
    r'{"a":"ftp:\/\/u:p@h\nb"}': '{"a":"ftp://***@h\\nb"}',
    r'{"a":"ftp://u:p\u0040h \ud800"}': r'{"a":"ftp://***@h \ud800"}',
    '{"ftp://u:p@h":1}': '{"ftp://***@h":1}',
    '{"ftp://u:p@h" : {"ftp://v:q@h" :[]}}': '{"ftp://***@h" : {"ftp://***@h" :[]}}',
    '{"password":"x","passwords":"y"}': '{"password":"***","passwords":"y"}',
    '{"Api-Key" : 1234, "a": 1}': '{"Api-Key" : "***", "a": 1}',
    '{"api key":-1.5e+3}': '{"api key":"***"}',
    '{"token":["a",1,true,{"b":"c","pin":"Zq7k9XtB2mQ4"}]}': '{"token":["***","***",true,{"b":"c","pin":"***"}]}',
    '{"secret":{"type":"string","value":"x"},"secret_key":"y"}': (
        '{"secret":{"type":"string","value":"x"},"secret_key":"***"}'
    ),
    r'{"p\u0061ssword":"x"}': r'{"p\u0061ssword":"***"}',
    r'{"config":"{\"password\":\"x\"}"}': r'{"config":"{\"password\":\"***\"}"}',
    '{"schemas":{"password":"text"},"token":"x"}': '{"schemas":{"password":"text"},"token":"***"}',
    '{"scopes":[{"token":"read"},"ftp://u:p@h"]}': '{"scopes":[{"token":"read"},"ftp://***@h"]}',
    '{"hook":"https://hooks.slack.com/services/T/B/x"}': '{"hook":"https://hooks.slack.com/services/***"}',
}

KEPT = [
    "{}",
    "null",
    "",
    '{"password":null,"token":true,"secret":[],"key":"name"}',
    '{"password":""}',
    '{"a":"it\'s","b":"50 %","c":"x=y"}',
    '{"a":"bob@x.com","b":"http://h:80"}',
    r'{"a":"\/\u00e9\ud800","b":1e400}',
    '{"pin":4711,"code":"DE"}',
    '{"schemas":{"properties":{"password":{"default":"x"},"token":"y"}}}',
]


@pytest.mark.parametrize(("text", "masked"), MASKED.items())
def test_credentials_are_masked_and_all_else_stays(text, masked):
    assert mask_json(text) == masked
    assert mask_json(masked) == masked
    assert json_holds_mask(masked)
    assert not json_holds_mask(text)
    json.loads(masked)


@pytest.mark.parametrize("text", KEPT)
def test_json_without_credentials_stays(text):
    assert mask_json(text) == text


def test_harmless_texts_stay_in_json_too():
    text = json.dumps([*HARMLESS, {each: each for each in HARMLESS}])
    assert mask_json(text) == text


def test_of_specifications_nothing_is_masked_by_name():
    assert mask_json('{"token":{"password":"x"}}', "schemas") == '{"token":{"password":"x"}}'
    assert mask_json('["ftp://u:p@h"]', "scopes") == '["ftp://***@h"]'
    assert mask_json('"x"', "password") == '"***"'


@settings(derandomize=True, deadline=None, max_examples=cases(100))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("ab@:/=\\\"'% \n\ud800é", max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_of_any_value_the_texts_alone_change(value):
    def masked(each):
        if isinstance(each, str):
            return mask_credentials(each)
        if isinstance(each, list):
            return [masked(item) for item in each]
        return {name: masked(item) for name, item in each.items()} if isinstance(each, dict) else each

    assert json.loads(mask_json(json.dumps(value))) == masked(value)
