import pytest
from kit import check_examples

tokenizers = pytest.importorskip("tokenizers")

from tokenizers import decoders, models, normalizers, pre_tokenizers  # noqa: E402

import adapters  # noqa: E402
from adapters.libraries import tokenizers as _  # noqa: E402, F401


def tokenizer():
    vocabulary = {"a": 0, "b": 1, "ab": 2, "[UNK]": 3}
    made = tokenizers.Tokenizer(models.BPE(vocabulary, [("a", "b")], unk_token="[UNK]"))
    made.add_special_tokens(["<s>"])
    made.add_tokens([tokenizers.AddedToken("zz", lstrip=True)])
    made.normalizer = normalizers.Sequence([normalizers.Replace("x", "a"), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.decoder = decoders.Replace("a", "b")
    made.encode_special_tokens = True
    made.enable_padding(length=5)
    made.enable_truncation(3)
    return made


def plain_tokenizer():
    return tokenizers.Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))


def text_replaced():
    return normalizers.Replace("a", "b")


def pattern_replaced():
    return normalizers.Replace(tokenizers.Regex("a+"), "b")


def decoded():
    return decoders.Replace(tokenizers.Regex("a+"), "b")


def token():
    return tokenizers.Token(1, "a", (0, 1))


TYPES = {
    "Tokenizer": [tokenizer, plain_tokenizer],
    "normalizers.Replace": [text_replaced, pattern_replaced],
    "decoders.Replace": [decoded],
    "Token": [token],
}


@pytest.mark.parametrize("makers", TYPES.values(), ids=TYPES)
def test_kit(makers):
    check_examples(*makers)


def test_special_tokens_are_encoded_as_before():
    twin = adapters.loads(adapters.dumps(tokenizer()))
    assert twin.encode_special_tokens is True
    assert twin.encode("ab <s>").tokens == tokenizer().encode("ab <s>").tokens


def test_replace_decodes_as_before():
    assert adapters.loads(adapters.dumps(decoded())).decode(["aab"]) == "bb"


class Custom:
    def pre_tokenize(self, text):
        pass


def test_a_step_in_python_is_refused():
    made = tokenizer()
    made.pre_tokenizer = pre_tokenizers.PreTokenizer.custom(Custom())
    with pytest.raises(adapters.SerializeError, match="Custom PreTokenizer cannot be serialized"):
        adapters.dumps(made)
