import pytest
from files import made
from kit import check_examples

fasttext = pytest.importorskip("fasttext")

import adapters  # noqa: E402
from adapters.libraries import fasttext as _  # noqa: E402, F401


def text(path):
    with open(path, "w") as file:
        file.write("__label__x a b c d\n__label__y e f g h\n" * 50)


def model():
    path = made("fasttext.txt", text)
    return fasttext.train_unsupervised(
        path, minCount=1, dim=2, epoch=1, thread=1, bucket=5, verbose=0, lr=0.125
    )


def supervised():
    path = made("fasttext.txt", text)
    return fasttext.train_supervised(path, dim=2, epoch=1, thread=1, bucket=5, verbose=0)


def native():
    return model().f


def native_supervised():
    return supervised().f


TYPES = {"_FastText": [model, supervised], "fasttext": [native, native_supervised]}
OPTIONS = {
    # Arguments of the training that fasttext does not save.
    "_FastText": {"ignore": ["f"]},
    "fasttext": {"ignore": ["getArgs"]},
}


@pytest.mark.parametrize("name", TYPES)
def test_kit(name):
    check_examples(*TYPES[name], **OPTIONS[name])


def test_the_twin_says_the_same():
    original = supervised()
    twin = adapters.loads(adapters.dumps(original))
    assert twin.words == original.words
    assert twin.f.predict("a b", 2, 0.0, "strict") == original.f.predict("a b", 2, 0.0, "strict")
    assert twin.get_word_vector("a").tolist() == original.get_word_vector("a").tolist()
    assert adapters.loads(adapters.dumps(model())).lr == 0.125


def test_a_model_that_was_not_trained_is_refused():
    with pytest.raises(adapters.SerializeError):
        adapters.dumps(fasttext.FastText._FastText())
