import pytest
from airflow.sdk.exceptions import AirflowFailException

from newswatch.errors import ConfigError, FetchFailed, LeaseLost, Problem, RedisUnavailable, SlackRefused
from newswatch_airflow import versions
from newswatch_airflow.retries import RETRIES, RETRY_DELAY, recovery

RETRY_POLICY = recovery(RETRY_DELAY).get("retry_policy")

with_policies = pytest.mark.skipif(
    not versions.HAS_RETRY_POLICIES, reason="Airflow 3.2 has no retry policies: versions.permanent_errors"
)
if versions.HAS_RETRY_POLICIES:
    from airflow.sdk import ExceptionRetryPolicy, RetryAction


@with_policies
@pytest.mark.parametrize(
    "error", [RedisUnavailable("away"), LeaseLost("taken over"), FetchFailed("timeout", kind="timeout")]
)
def test_retry_policy_on_a_passing_fault_tries_again_within_five_seconds(error):
    decision = RETRY_POLICY.evaluate(error, try_number=1, max_tries=RETRIES)
    assert decision.action is RetryAction.RETRY
    assert decision.retry_delay.total_seconds() <= 5


@with_policies
@pytest.mark.parametrize(
    "error",
    [
        ConfigError([Problem("feeds.yaml", 3, 5, "unknown key")]),
        SlackRefused("no token", code="invalid_auth"),
    ],
)
def test_retry_policy_on_a_lasting_fault_fails_at_once(error):
    assert RETRY_POLICY.evaluate(error, try_number=1, max_tries=RETRIES).action is RetryAction.FAIL


@with_policies
def test_retry_policy_on_a_foreign_error_leaves_the_tasks_own_retries():
    decision = RETRY_POLICY.evaluate(ValueError("what"), try_number=1, max_tries=RETRIES)
    assert decision.action is RetryAction.DEFAULT
    assert RETRIES >= 2
    assert RETRY_DELAY.total_seconds() <= 5


@with_policies
def test_retry_policy_survives_the_way_to_the_scheduler_and_back():
    again = ExceptionRetryPolicy.deserialize(RETRY_POLICY.serialize())
    assert again.evaluate(RedisUnavailable("away"), 1, RETRIES).action is RetryAction.RETRY
    assert again.evaluate(SlackRefused("no", code="x"), 1, RETRIES).action is RetryAction.FAIL


def test_without_retry_policies_a_lasting_fault_still_fails_at_once(monkeypatch):
    monkeypatch.setattr(versions, "HAS_RETRY_POLICIES", False)
    assert versions.retry_policy(RETRY_DELAY) == {}
    with (
        pytest.raises(AirflowFailException, match=r"feeds.yaml:3:5: .*unknown key"),
        versions.permanent_errors(),
    ):
        raise ConfigError([Problem("feeds.yaml", 3, 5, "unknown key")])
    with pytest.raises(RedisUnavailable), versions.permanent_errors():
        raise RedisUnavailable("away")


@with_policies
def test_with_retry_policies_errors_stay_as_they_are():
    with pytest.raises(SlackRefused), versions.permanent_errors():
        raise SlackRefused("no token", code="invalid_auth")
