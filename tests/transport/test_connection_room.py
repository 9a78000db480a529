"""More connections than there may be, in all or of one address."""

import socket
from contextlib import contextmanager
from dataclasses import replace

import pytest

from gateway.http.addresses import Proxies
from gateway.limits import Limits, Mode
from gateway.transport.connection_room import Room
from tests.patience import ENOUGH
from tests.transport.test_connection_bounds import app, received
from tests.transport.test_http_connections import GOOD, LAST, OFFERS, serving

LIMITS = Limits()


def room_for(number, mode=Mode.ENFORCE):
    return serving(app, room=Room(replace(LIMITS.connections, number=number, mode=mode)), ws="auto")


def room_for_one(number, mode=Mode.ENFORCE, trusted=""):
    of_address = replace(LIMITS.address_connections, number=number, mode=mode)
    return serving(app, room=Room(LIMITS.connections, of_address, Proxies.of(trusted)), ws="auto")


def ask(connection, path=b"one"):
    connection.sendall(GOOD % path)
    if path != b"under-way":
        assert connection.recv(65536).endswith(b"/%b|" % path)


@contextmanager
def connections(address, count):
    opened = [socket.create_connection(address, timeout=ENOUGH) for _ in range(count)]
    yield opened
    for each in opened:
        each.close()


def test_idle_connections_give_way_the_longest_idle_first():
    with room_for(3) as address, connections(address, 3) as [first, second, third]:
        for each in (second, first, third):
            ask(each)
            assert received(each, 0.02) == b""  # the server's clock has moved on
        with connections(address, 1) as [new]:
            ask(new)
            assert second.recv(1) == b""
            for each in (first, third):
                ask(each)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nA: b"])
def test_connections_without_a_request_give_way_and_those_at_work_never(begun):
    with room_for(3) as address, connections(address, 3) as [waiting, *working]:
        for each in working:
            ask(each, b"under-way")
        waiting.sendall(begun)
        with connections(address, 1) as [new]:
            ask(new, b"under-way")
            assert waiting.recv(1) == b""
            for _ in range(2):
                with connections(address, 1) as [late]:
                    answer = late.recv(65536)
                    assert answer.startswith(b"HTTP/1.1 503 ")
                    assert b"\r\nretry-after: 1\r\n" in answer
                    assert answer.endswith(b"There are too many connections. Try again later.")
            working[0].close()
            answer = b"503"
            while b"503" in answer:  # until the server has seen that
                with connections(address, 1) as [again]:
                    again.sendall(LAST)
                    answer = again.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_websocket_takes_room_and_stays():
    with room_for(1) as address, connections(address, 1) as [asking]:
        asking.sendall(b"GET /under-way HTTP/1.1\r\n" + OFFERS["websocket"] + b"\r\n")
        assert asking.recv(65536).startswith(b"HTTP/1.1 101 ")
        with connections(address, 1) as [new]:
            assert new.recv(65536).startswith(b"HTTP/1.1 503 ")


def test_many_come_and_find_room():
    with room_for(10) as address, connections(address, 50) as opened:
        answered = 0
        for each in opened[-10:]:
            each.sendall(LAST)
            answered += each.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert answered == 10


def test_connections_that_are_observed_stay(caplog):
    with room_for(1, Mode.OBSERVE) as address, connections(address, 4) as opened:
        for each in opened:
            ask(each)
            ask(each)
    assert "there are 2 connections, 1 may be (observe)" in caplog.messages


def test_connections_of_one_address_give_way_to_each_other_and_those_at_work_never():
    with room_for_one(2) as address, connections(address, 2) as [idle, working]:
        ask(idle)
        ask(working, b"under-way")
        with connections(address, 1) as [new]:
            ask(new, b"under-way")
            assert idle.recv(1) == b""
            with connections(address, 1) as [late]:
                answer = late.recv(65536)
                assert answer.startswith(b"HTTP/1.1 429 ")
                assert b"\r\nretry-after: 1\r\n" in answer
                assert answer.endswith(b"There are too many connections of this address. Try again later.")
            working.close()
            answer = b"429"
            while b"429" in answer:  # until the server has seen that
                with connections(address, 1) as [again]:
                    again.sendall(LAST)
                    answer = again.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_websocket_is_one_of_its_addresss_until_it_ends():
    with room_for_one(1) as address:
        for _ in range(2):
            answer = b"429"
            while b"429" in answer:  # until the server has seen that the one before has ended
                with connections(address, 1) as [asking]:
                    asking.sendall(b"GET /under-way HTTP/1.1\r\n" + OFFERS["websocket"] + b"\r\n")
                    answer = asking.recv(65536)
                    if answer.startswith(b"HTTP/1.1 101 "):
                        with connections(address, 1) as [new]:
                            assert new.recv(65536).startswith(b"HTTP/1.1 429 ")
            assert answer.startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("given", [{"trusted": "127.0.0.0/8"}, {"mode": Mode.OFF}, {"mode": Mode.OBSERVE}])
def test_connections_of_a_trusted_proxy_and_those_that_are_observed_stay(given, caplog):
    with room_for_one(1, **given) as address, connections(address, 4) as opened:
        for each in opened:
            ask(each)
            ask(each)
    told = "there are 2 connections of 127.0.0.1, which GATEWAY_TRUSTED_PROXIES does not name, 1 may be (observe)"
    assert (told in caplog.messages) == ("observe" in given.values())
