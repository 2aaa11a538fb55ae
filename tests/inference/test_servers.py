import pytest

from semeval_humor.inference.servers import FAILURES_TO_GIVE_UP, LONGEST_PAUSE_S, Server, ServerPool


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make(clock: Clock, *places: int) -> tuple[ServerPool, list[Server]]:
    servers = [Server(f"s{number}", count) for number, count in enumerate(places)]
    return ServerPool(servers, pause_s=5, clock=clock), servers


def test_the_server_with_most_free_places_gets_the_next_request(clock: Clock) -> None:
    pool, (a, b) = make(clock, 1, 3)
    # free: 1,3 → b; 1,2 → b; 1,1 → a (fewer in flight); 0,1 → b; 0,0 → none
    assert [pool.take() for _ in range(5)] == [b, b, a, b, None]
    pool.answered(a)
    assert pool.take() is a


def test_a_server_to_avoid_is_taken_only_as_the_last(clock: Clock) -> None:
    pool, (a, b) = make(clock, 5, 1)
    assert pool.take(avoid=a) is b
    assert pool.take(avoid=a) is a


def test_requests_that_fail_together_are_one_failure(clock: Clock) -> None:
    pool, (a,) = make(clock, 3)
    for _ in range(3):
        pool.take()
    for _ in range(3):
        pool.failed(a, "dead")
    assert (a.failures, a.busy, a.resumes) == (1, 0, 105.0)
    assert pool.take() is None


def test_rests_double_up_to_a_bound(clock: Clock) -> None:
    pool, (a,) = make(clock, 1)
    pool.take()
    pool.failed(a, "dead")
    rests = []
    while not pool.gone:
        rests.append(pool.rest_s())
        clock.now += rests[-1] or 0
        assert pool.due() == [a]
        assert (pool.due(), pool.rest_s()) == ([], None)  # it is being probed
        pool.probed(a, "still dead")
    assert rests == [5, 10, 20, *[LONGEST_PAUSE_S] * 6]
    assert a.failures == FAILURES_TO_GIVE_UP


def test_a_server_is_not_probed_before_its_rest_is_over(clock: Clock) -> None:
    pool, (a,) = make(clock, 1)
    pool.take()
    pool.failed(a, "dead")
    clock.now += 4.9
    assert pool.due() == []
    assert pool.rest_s() == pytest.approx(0.1)


def test_a_server_that_is_back_gets_one_request_until_it_answers(clock: Clock) -> None:
    pool, (a,) = make(clock, 3)
    pool.take()
    pool.failed(a, "dead")
    clock.now += 5
    pool.due()
    pool.probed(a, None)
    assert [pool.take(), pool.take()] == [a, None]
    pool.answered(a)
    assert [pool.take(), pool.take(), pool.take(), pool.take()] == [a, a, a, None]


def test_a_server_that_fails_on_trial_rests_longer(clock: Clock) -> None:
    pool, (a,) = make(clock, 3)
    pool.take()
    pool.failed(a, "dead")
    clock.now += 5
    pool.due()
    pool.probed(a, None)
    pool.take()
    pool.failed(a, "dead again")
    assert (pool.rest_s(), a.reason) == (10, "dead again")


def test_an_old_answer_brings_a_server_back_at_once(clock: Clock) -> None:
    pool, (a,) = make(clock, 2)
    pool.take()
    pool.take()
    pool.failed(a, "one request was too much")
    clock.now += 5
    pool.due()
    pool.answered(a)
    assert pool.take() is a
    pool.probed(a, "late and wrong")
    assert a.resumes is None


def test_all_must_be_gone(clock: Clock) -> None:
    pool, (a, b) = make(clock, 1, 1)
    a.failures, a.resumes = FAILURES_TO_GIVE_UP, 900.0
    seen = [pool.gone]
    b.failures, b.resumes = FAILURES_TO_GIVE_UP - 1, 900.0
    seen.append(pool.gone)
    b.failures += 1
    seen.append(pool.gone)
    assert seen == [False, False, True]


def test_hanging_up_says_nothing_about_a_server(clock: Clock) -> None:
    pool, (a,) = make(clock, 1)
    pool.take()
    pool.cancelled(a)
    assert (a.busy, a.failures) == (0, 0)
