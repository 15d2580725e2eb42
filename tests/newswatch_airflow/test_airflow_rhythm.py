from newswatch_airflow.rhythm import EditRhythm


def test_edit_first_look_only_takes_note():
    rhythm = EditRhythm()
    assert not rhythm.fires(("a",), now_s=0)
    assert not rhythm.fires(("a",), now_s=2)


def test_edit_fires_once_settled_and_once_more_later():
    rhythm = EditRhythm(again_s=10)
    looks = [("a",), ("b",), ("c",), ("c",), *[("c",)] * 20]
    fired = [now for now, seen in enumerate(looks) if rhythm.fires(seen, now_s=now)]
    assert fired == [3, 13]


def test_edit_taken_back_before_it_settled_fires_nothing():
    rhythm = EditRhythm()
    looks = [("a",), ("a",), ("b",), ("a",), *[("a",)] * 20]
    assert not [now for now, seen in enumerate(looks) if rhythm.fires(seen, now_s=now)]


def test_edit_of_a_folder_that_was_empty_at_first_fires():
    rhythm = EditRhythm()
    assert not rhythm.fires((), now_s=0)
    assert not rhythm.fires(("a",), now_s=1)
    assert rhythm.fires(("a",), now_s=2)
