import pytest
from kit import check_examples

import adapters

yara = pytest.importorskip("yara")


def rules():
    return yara.compile(source='rule a { strings: $x = "abc" condition: $x }')


def of_namespaces():
    return yara.compile(
        sources={
            "one": 'rule a : t { meta: k = "v" strings: $x = /ab+c/ nocase condition: $x }',
            "two": "private rule b { condition: size > 1 } rule c { condition: b and name }",
        },
        externals={"size": 5, "name": "n"},
    )


TYPES = {"Rules": [rules, of_namespaces]}
OPTIONS = {"Rules": {"ignore": ["warnings"]}}  # rules that are loaded have no such attribute


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS.get(name, {}))


def test_rules_match_the_same():
    first, arrived = of_namespaces(), adapters.loads(adapters.dumps(of_namespaces()))
    assert [rule.identifier for rule in arrived] == [rule.identifier for rule in first]
    for data in (b"xABBC", b"ac"):
        for externals in ({}, {"size": 0}):
            found, expected = (
                [
                    (match.namespace, match.rule, match.tags, match.meta, str(match.strings))
                    for match in each.match(data=data, externals=externals)
                ]
                for each in (arrived, first)
            )
            assert found == expected
