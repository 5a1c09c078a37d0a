"""Keys that come twice with different values: found at any depth, however they are written."""

import json
import random

import msgspec
import pytest

from producers.duplicate_keys import find_repeated_key


def found_in(text: str) -> str | None:
    """The path of the repeated key."""
    repeated = find_repeated_key(text.encode(), msgspec.json.decode(text))
    return repeated.path if repeated else None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"id":1,"id":2}', "id"),
        ('{"id":1,"id":1,"id":2}', "id"),
        ('{"id":1,"id":"1"}', "id"),
        ('{"id":1,"id":1.0}', "id"),
        ('{"id":1,"id":true}', "id"),
        ('{"id":0,"id":false}', "id"),
        ('{"id":null,"id":[]}', "id"),
        ('{"id":[1,2],"id":[2,1]}', "id"),
        ('{"a":{"b":1},"a":{"b":1,"c":2}}', "a"),
        ('{"a":{"b":1,"b":2},"a":{"b":2}}', "b"),
        ('{"id":"a","id":"b"}', "id"),
        ('{"a":{"b":[1,{"c":2,"c":3}]}}', "a.b[1].c"),
        ('[{"a":1},{"a":1,"b":{},"a":2}]', "[1].a"),
        ('{"id":1,"\\u0069d":2}', "id"),
        ('{"a\\u0022":1,"a\\"":2}', 'a"'),
        ('{"":1,"":2}', ""),
        ('{"\\ud83d\\ude00":1,"😀":2}', "😀"),
        # A parser that drops a value drops quotation marks; these texts put others in their place.
        ('{"id":1,"id":2,"note":"\\u0022\\u0022"}', "id"),
        ('{"id":1,"id":2,"note":"\\\\u0022\\u0022"}', "id"),
        ('{"id":"\\"","id":2}', "id"),
        # The second value drops the object with the repeated key; both are wrong.
        ('{"a":{"b":1,"b":2},"a":3}', "a"),
        ('{"a":1e99,"a":123456789012345678901234567890}', "a"),
    ],
)
def test_a_repeated_key_has_a_path(text: str, path: str) -> None:
    """The key by its meaning, whether escaped or not."""
    assert found_in(text) == path


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '"a"',
        "7",
        '{"a":{"a":{"a":[{"a":1},{"a":1}]}}}',
        '{"id":1,"ID":2,"Id":3,"i d":4}',
        '{"a":"\\u0022","b":"\\"","c":"\\\\","d":"\\/","e":"\\u005c"}',
        '{"a":"a\\":1,\\"a","b":": \\"a\\":"}',
        ' { "a" : 1 , "b" : [ ] } ',
        '{"n":123456789012345678901234567890,"f":1e300,"g":-0.0}',
        '{"k\\u00e9":1,"ke\\u0301":2}',
        '{"id":1,"id":1}',
        '{"id":"a","\\u0069d":"\\u0061","note":"\\u0022"}',
        '{"a":{"b":1,"c":[1.50,null]},"a":{"c":[1.50,null],"b":1}}',
        '{"a":{"b":1,"b":1},"a":{"b":1}}',
    ],
)
def test_other_texts_are_right(text: str) -> None:
    """Same keys in different objects, keys that only look the same, marks inside texts."""
    assert found_in(text) is None


def test_the_quick_look_agrees_with_a_slow_parser() -> None:
    """On ten thousand random texts of few keys and hostile characters."""
    rng = random.Random(20_261_130)
    atoms = ['"a"', '"b"', '"\\u0061"', '"\\u0022"', '"\\""', '"\\\\u0022"', "1", "[]", "null"]

    def text(depth: int) -> str:
        if depth == 0 or rng.random() < 0.3:
            return rng.choice(atoms)
        if rng.random() < 0.3:
            return "[" + ",".join(text(depth - 1) for _ in range(rng.randrange(3))) + "]"
        keys = [rng.choice(atoms[:6]) for _ in range(rng.randrange(4))]
        return "{" + ",".join(f"{key}:{text(depth - 1)}" for key in keys) + "}"

    hits = 0
    for _ in range(10_000):
        sample = text(4)
        repeated: list[str] = []

        def note(pairs: list[tuple[str, object]], into: list[str] = repeated) -> dict[str, object]:
            into.extend(
                name
                for name, value in pairs
                for other, its in pairs
                if name == other and value != its
            )
            return dict(pairs)

        json.loads(sample, object_pairs_hook=note)
        assert (found_in(sample) is not None) == bool(repeated), sample
        hits += bool(repeated)
    assert 1_000 < hits < 9_000


def test_the_error_names_both_values() -> None:
    """Cut, because a value may be a whole document."""
    text = '{"id":[1.0],"id":"' + "x" * 100 + '"}'
    repeated = find_repeated_key(text.encode(), msgspec.json.decode(text))
    assert repeated is not None
    assert repeated.values == ("[1.0]", '"' + "x" * 58 + "…")
    assert str(repeated).endswith(f"at id, with the values [1.0] and {repeated.values[1]}")
