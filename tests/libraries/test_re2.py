import pytest
from kit import check_examples

import adapters

re2 = pytest.importorskip("re2")
if not hasattr(re2, "Filter"):
    pytest.skip("another package of this name", allow_module_level=True)


def options():
    return re2.Options()


def other_options():
    found = re2.Options()
    found.max_mem = 1 << 22
    found.encoding = re2.Options.Encoding.LATIN1
    found.longest_match = found.dot_nl = True
    found.case_sensitive = found.log_errors = False
    return found


def compiled():
    found = re2.Filter()
    found.Add("fo+")
    found.Add(b"BA[rz]", other_options())
    found.Compile()
    return found


def not_compiled():
    found = re2.Filter()
    found.Add("ä|b")
    return found


def empty():
    return re2.Filter()


TYPES = {"Options": [options, other_options], "Filter": [compiled, not_compiled, empty]}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_filters_match_the_same():
    arrived = adapters.loads(adapters.dumps(compiled()))
    for text in (b"xfoo", b"bar", b"xbaz\xfffo", b"ba"):
        assert arrived.Match(text) == compiled().Match(text)
    assert arrived.re(1).options.longest_match
    with pytest.raises(re2.error):
        adapters.loads(adapters.dumps(not_compiled())).Match("b")
