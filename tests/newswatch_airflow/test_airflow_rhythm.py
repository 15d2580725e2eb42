from newswatch_airflow.rhythm import BacklogRhythm, EditRhythm


def test_backlog_fires_only_after_the_waiting_time():
    rhythm = BacklogRhythm(waited_s=5)
    assert not rhythm.fires(0.0, now_s=100)
    assert not rhythm.fires(5.0, now_s=105)
    assert rhythm.fires(5.1, now_s=106)


def test_backlog_that_stays_fires_ever_more_seldom_up_to_a_minute():
    rhythm = BacklogRhythm(waited_s=5, again_s=15, at_most_s=60)
    fired = [now for now in range(400) if rhythm.fires(6.0 + now, now_s=now)]
    assert fired == [0, 15, 45, 105, 165, 225, 285, 345]


def test_backlog_that_was_cleared_starts_over():
    rhythm = BacklogRhythm(waited_s=5)
    assert rhythm.fires(6, now_s=0)
    assert not rhythm.fires(0, now_s=1)
    assert rhythm.fires(6, now_s=8)


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
