"""Caches: bounded in entries and in bytes, the least recently used forgotten first."""

import random

from gateway.caches import Cache, SharedCache


def test_what_was_used_longest_ago_is_forgotten_first():
    cache = Cache[str, int](entries=2, size=100)
    cache.put("a", 1, 10)
    cache.put("b", 2, 10)
    assert cache.get("a") == 1
    cache.put("c", 3, 10)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    assert (len(cache), cache.size) == (2, 20)


def test_bytes_are_a_bound_beside_entries():
    cache = Cache[str, int](entries=100, size=100)
    cache.put("a", 1, 60)
    cache.put("b", 2, 40)
    assert cache.get("a") == 1
    cache.put("c", 3, 41)
    assert [cache.get(key) for key in "abc"] == [None, None, 3]
    cache.put("d", 4, 101)
    assert [cache.get(key) for key in "cd"] == [3, None]
    assert (len(cache), cache.size) == (1, 41)


def test_a_value_takes_the_place_of_the_former_one():
    cache = Cache[str, int](entries=3, size=100)
    cache.put("a", 1, 60)
    cache.put("a", 2, 90)
    assert (cache.get("a"), len(cache), cache.size) == (2, 1, 90)
    cache.put("a", 3, 101)
    assert (cache.get("a"), len(cache), cache.size) == (None, 0, 0)
    cache.put("b", 4, 100)
    cache.pop("b")
    cache.pop("b")
    assert (cache.get("b"), len(cache), cache.size) == (None, 0, 0)


def test_no_order_of_calls_breaks_the_bounds():
    chance = random.Random(5)
    cache = Cache[int, int](entries=8, size=1_000)
    sizes: dict[int, int] = {}
    for _ in range(5_000):
        key = chance.randrange(20)
        match chance.randrange(3):
            case 0:
                sizes[key] = chance.randrange(1, 400)
                cache.put(key, sizes[key], sizes[key])
            case 1:
                cache.pop(key)
            case 2:
                assert cache.get(key) in (None, sizes.get(key))
        kept = [size for key, size in sizes.items() if cache.get(key) is not None]
        assert len(kept) == len(cache) <= 8
        assert sum(kept) == cache.size <= 1_000


def test_owners_push_out_nothing_of_each_other():
    cache = SharedCache(entries=10, size=1_000, largest=200)
    cache.put("small", "ours", 1, 100)
    cache.put("large", "their first", 2, 100)
    for n in range(50):
        cache.put("large", f"their {n}", n, 150)
        assert cache.get("their first") == 2  # it is used all the time
    assert cache.get("ours") == 1
    assert cache.get("their 0") is None
    assert cache.size <= 1_000
    cache.put("large", "too large", 3, 201)
    assert cache.get("too large") is None
    for n in range(50):
        cache.put("many", f"small {n}", n, 1)
    assert len(cache) <= 10
