"""Keys go where other Kafka clients send them."""

from aiokafka.partitioner import murmur2 as aiokafkas_murmur2
from hypothesis import example, given
from hypothesis import strategies as st

from groupage.contracts.partitioning import murmur2


@given(st.binary(max_size=40))
@example(b"069000004000010004")
@example(b"CN-260302-4-00001")
def test_the_hash_is_aiokafkas(data: bytes) -> None:
    """Of every length, also when the first words are remembered."""
    assert murmur2(data) == murmur2(data) == aiokafkas_murmur2(data) & 0xFFFFFFFF


def test_the_hash_is_that_of_the_java_client() -> None:
    """The values of Apache Kafka's own test, `UtilsTest.testMurmur2`."""
    values = {
        b"21": -973932308,
        b"foobar": -790332482,
        b"a-little-bit-long-string": -985981536,
        b"a-little-bit-longer-string": -1486304829,
        b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
        b"abc": 479470107,
    }
    assert {data: murmur2(data) for data in values} == {
        data: value & 0xFFFFFFFF for data, value in values.items()
    }
