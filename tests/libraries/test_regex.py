import pytest
from kit import check_examples

import adapters

regex = pytest.importorskip("regex")


def match():
    return regex.match(r"(?P<a>\w)+(?P<b>x)?", "abc d")


def searched():
    return regex.compile(rb"(\d+)", regex.V1).search(b"a 12 b", 1, 5)


def third():
    return list(regex.finditer(r"(?<=(\w))\d", "a1b2c3"))[2]


def overlapped():
    return list(regex.finditer(r"\w\w", "abcd", overlapped=True))[1]


def whole():
    return regex.fullmatch(r"a+?b*", "aabb")


def partial():
    return regex.fullmatch(r"\d{4}", "12", partial=True)


def fuzzy():
    return regex.search(r"(?b)(?:foobar){e<=2}", "xfobaar")


TYPES = {"Match": [match, searched, third, overlapped, whole, partial, fuzzy]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


@pytest.mark.parametrize("make", TYPES["Match"])
def test_matches_say_the_same(make):
    first, arrived = make(), adapters.loads(adapters.dumps(make()))
    assert (arrived.re.pattern, arrived.re.flags) == (first.re.pattern, first.re.flags)
    assert arrived.capturesdict() == first.capturesdict()
    assert arrived.allspans() == first.allspans()
    assert arrived.span() == first.span()
    for name in ("string", "pos", "endpos", "partial", "fuzzy_counts", "fuzzy_changes"):
        assert getattr(arrived, name) == getattr(first, name)


def detached():
    found = match()
    found.detach_string()
    return found


def of_a_replacement():
    found = []
    regex.sub(r"\d", lambda each: found.append(each) or "", "1a2b", count=1, pos=1)
    return found[0]


def test_a_match_without_its_text_is_refused():
    with pytest.raises(adapters.SerializeError, match="detached"):
        adapters.dumps(detached())
    assert adapters.loads(adapters.dumps(of_a_replacement())).span() == (2, 3)
