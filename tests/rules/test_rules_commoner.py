"""Terms that mostly find another, far commoner form."""

from newswatch.rules.commoner import LEAST, FormCounts


def counts(**times):
    counted = FormCounts("en")
    for word, number in times.items():
        counted.add(" ".join([word] * number), "en")
    return counted


def test_word_with_a_far_commoner_form_is_named_with_both_counts():
    (found,) = counts(fine=LEAST * 2, fining=1).commoner(["fining"])
    assert (found.word, found.own, found.form, found.times) == ("fining", 1, "fine", LEAST * 2)
    assert 'write "fining" in quotes' in str(found)


def test_regular_form_of_the_word_is_wanted():
    assert counts(sanctions=LEAST * 2, sanction=1).commoner(["sanction"]) == []


def test_rare_forms_and_words_that_are_common_themselves_are_left_alone():
    assert counts(fine=LEAST - 1).commoner(["fining"]) == []
    assert counts(fine=LEAST * 2, fining=LEAST).commoner(["fining"]) == []


def test_words_of_phrases_and_exact_words_are_left_alone():
    assert counts(fine=LEAST * 2).commoner(['"fining"', "fining banks", "$fining"]) == []


def test_texts_of_other_languages_do_not_count():
    counted = FormCounts("en")
    counted.add("fine " * LEAST, "it")
    assert counted.commoner(["fining"]) == []
