"""Connections stay open to few hosts, and only while those are asked often."""

from newswatch.feeds.kept_hosts import KeptHosts


def test_connections_stay_open_to_the_first_hosts_only_until_one_is_no_longer_asked():
    kept = KeptHosts(2, 60.0)
    assert kept.keeps("a", 0.0)
    assert kept.keeps("b", 10.0)
    assert not kept.keeps("c", 20.0)
    assert kept.keeps("a", 50.0)
    assert kept.keeps("c", 75.0)  # b was asked too long ago
    assert not kept.keeps("b", 76.0)
