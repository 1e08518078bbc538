"""Signatures, addresses and pauses of webhooks."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from crm_core.webhooks.rules import DELAYS_S, TRIED_FOR, matches, pause_after
from leadkit.outgoing import is_public, new_secret, signature, signed_headers, url_refusal
from standardwebhooks import Webhook, WebhookVerificationError


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


def test_the_standards_library_verifies_what_we_sign_with_either_secret_and_no_other() -> None:
    new, former = new_secret(), new_secret()
    headers = signed_headers([new, former], "id-1", int(datetime.now(UTC).timestamp()), b'{"a":1}')
    for secret in (new, former):
        assert Webhook(secret).verify(b'{"a":1}', headers) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(b'{"a":1}', headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(b'{"a":2}', headers)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_no_webhook_goes_to_an_address_of_an_inner_network(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2a00:1450:4010:c05::64", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://a:b@example.com/",
        "ftp://example.com/", "https://", "https://example.com/a b", "https://пример.рф/", "https://example.com:99999/",
        "https://db.internal/", "https://[::ffff:10.0.0.1]/", "not an address",
    ],
)  # fmt: skip
def test_addresses_that_nothing_may_be_sent_to_are_refused_when_they_are_given(url: str) -> None:
    assert url_refusal(url, private_allowed=False)


def test_a_setting_allows_private_addresses_and_plain_http() -> None:
    assert url_refusal("https://hooks.example.com/leadflow?x=1", private_allowed=False) is None
    assert url_refusal("http://127.0.0.1:8080/", private_allowed=True) is None


def test_pauses_grow_and_reach_over_three_days_within_sixteen_attempts() -> None:
    jitter = random.Random(1)
    pauses = [pause_after(failures, jitter=jitter) for failures in range(1, 16)]
    assert all(
        0.8 * DELAYS_S[min(at, len(DELAYS_S) - 1)] <= one.total_seconds() <= 1.2 * DELAYS_S[min(at, len(DELAYS_S) - 1)]
        for at, one in enumerate(pauses)
    )
    assert sum(pauses, timedelta()) > TRIED_FOR
    assert pause_after(1, jitter=jitter, retry_after_s=100) == timedelta(seconds=100)
    assert pause_after(1, jitter=jitter, retry_after_s=1e9) == timedelta(hours=1)


def test_an_event_matches_when_every_field_named_has_one_of_the_values() -> None:
    data = {"channel": "form", "owner_id": None, "status": "new"}
    assert matches({}, data)
    assert matches({"channel": ["form", "call"], "owner_id": [None]}, data)
    assert not matches({"channel": ["form"], "status": ["won"]}, data)
    assert matches({"missing": [None]}, data)
