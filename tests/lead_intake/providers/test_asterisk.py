"""Asterisk and FreePBX: records of one call, in whatever form and order they come, make one submission."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, Unreadable

from tests.lead_intake.providers.telephony import call, done, read, sent, source, told

PBX = source("asterisk")
ROW = {
    "accountcode": "", "src": "79990000142", "dst": "74950000050", "dcontext": "from-trunk",
    "clid": '"Фёдор" <79990000142>', "channel": "PJSIP/trunk-0000001d", "dstchannel": "PJSIP/101-0000001e",
    "lastapp": "Dial", "lastdata": "PJSIP/101,20",
    "start": "2026-03-10 11:00:30", "answer": "2026-03-10 11:00:41", "end": "2026-03-10 11:02:16", "duration": "106",
    "billsec": "95", "disposition": "ANSWERED", "amaflags": "DOCUMENTATION", "uniqueid": "1773129630.31",
    "linkedid": "1773129630.31",
}  # fmt: skip
INSIDE = {"dcontext": "from-internal", "channel": "PJSIP/101-00000021", "dstchannel": "PJSIP/trunk-00000020"}
PLAIN = list(ROW)[:16]


def row(**changes: Any) -> dict[str, Any]:
    return {**ROW, **changes}


def event(**changes: Any) -> Found:
    [found] = read(PBX, sent(row(**changes)))
    return found


RANG = event(dstchannel="PJSIP/102-0000001f", dst="500", dcontext="ext-queues", lastapp="Queue", answer="",
             end="2026-03-10 11:00:40", duration="10", billsec="0", disposition="NO ANSWER", sequence=1)  # fmt: skip
TALKED = event(sequence=2)
PASSED_ON = event(start="2026-03-10 11:02:16", answer="2026-03-10 11:02:20", end="2026-03-10 11:03:00", duration="44",
                  billsec="40", dstchannel="PJSIP/103-00000020", sequence=3)  # fmt: skip


@given(st.permutations([RANG, TALKED, PASSED_ON, TALKED]))
def test_order_and_repetition_of_records_change_nothing(events: list[Found]) -> None:
    result = done(PBX, *events)
    assert told(result) == ("ready", None, ["+79990000142"], ("answered", 135, 11, None))
    assert (call(result).operator, call(result).line_number) == ("103", "+74950000050")
    assert result.inquiry.external_id == "1773129630.31"


def test_call_that_only_a_machine_took_is_missed() -> None:
    for app in ("Playback", "BackGround", "VoiceMail", "Queue"):
        found = event(lastapp=app, dstchannel="")
        assert call(found).result == "missed"
    assert call(event(lastapp="VoiceMail", dstchannel="", recordingfile="in-1.wav")).result == "voicemail"


def csv(*rows: dict[str, Any], columns: list[str]) -> str:
    return "\r\n".join(",".join(f'"{one.get(name, "")}"'.replace('""', "") for name in columns) for one in rows)


@pytest.mark.parametrize(
    ("more", "call_id"),
    [
        ([], "20260310T080030:79990000142:74950000050:PJSIP/trunk-0000001d"),
        (["uniqueid"], "1773129630.31"),
        (["userfield"], "20260310T080030:79990000142:74950000050:PJSIP/trunk-0000001d"),
        (["uniqueid", "userfield"], "1773129630.31"),
        (["peeraccount", "linkedid", "sequence"], "1773129630.30"),
        (["uniqueid", "peeraccount", "linkedid", "sequence"], "1773129630.30"),
        (["uniqueid", "userfield", "peeraccount", "linkedid", "sequence"], "1773129630.30"),
    ],
)
def test_file_without_a_heading_is_told_by_the_number_of_its_columns(more: list[str], call_id: str) -> None:
    one = row(clid="Anna <79990000142>", linkedid="1773129630.30", userfield="note", lastdata="x", sequence="1")
    [found] = read(PBX, sent(csv(one, columns=[*PLAIN, *more])))
    assert found.external_id == call_id
    assert told(done(PBX, found))[2:] == (["+79990000142"], ("answered", 95, 11, None))


def test_export_of_freepbx_names_its_columns() -> None:
    heading = (
        "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,uniqueid,did,"
        "cnum,cnam,recordingfile,linkedid"
    )
    line = (
        '"2026-03-10 11:00:30","""Фёдор Вымышлев"" <79990000142>",79990000142,101,ext-local,PJSIP/trunk-0000001d,'
        "PJSIP/101-0000001e,Dial,x,106,95,ANSWERED,1773129630.31,74950000050,79990000142,Фёдор Вымышлев,in-31.wav,"
        "1773129630.31"
    )
    for body in (f"{heading}\n{line}\n", f"\ufeff{heading}\r\n{line}".replace(",", ";")):
        [found] = read(PBX, sent(body))
        result = done(PBX, found)
        assert told(result)[2:] == (["+79990000142"], ("answered", 95, 11, None))
        assert (call(result).line_number, call(result).operator) == ("+74950000050", "101")
        assert result.inquiry.person.full_name == "Фёдор Вымышлев"
        assert result.inquiry.extra["recording_file"] == "in-31.wav"


def test_record_of_the_manager_interface_says_the_same() -> None:
    event = {
        "Event": "Cdr", "Source": "79990000142", "Destination": "74950000050", "DestinationContext": "from-trunk",
        "CallerID": '"Anna" <79990000142>', "Channel": "PJSIP/trunk-0000001d",
        "DestinationChannel": "PJSIP/101-0000001e", "LastApplication": "Dial",
        "StartTime": "2026-03-10 11:00:30", "AnswerTime": "2026-03-10 11:00:41",
        "EndTime": "2026-03-10 11:02:16", "Duration": "106", "BillableSeconds": "95", "Disposition": "ANSWERED",
        "UniqueID": "1773129630.31",
    }  # fmt: skip
    for body in (event, {"cdr": [event]}):
        [found] = read(PBX, sent(body))
        assert told(done(PBX, found))[2:] == (["+79990000142"], ("answered", 95, 11, None))


def test_zone_is_proved_by_the_id() -> None:
    assert TALKED.draft.occurred_at == datetime(2026, 3, 10, 8, 0, 30, tzinfo=UTC)
    gmt = event(start="2026-03-10 08:00:30", answer="2026-03-10 08:00:41", end="2026-03-10 08:02:16")
    assert gmt.draft.occurred_at == TALKED.draft.occurred_at
    assert gmt.draft.warnings
    later = event(uniqueid="1773129600.30")
    assert (later.draft.occurred_at, later.draft.warnings) == (TALKED.draft.occurred_at, [])


@pytest.mark.parametrize(
    ("changes", "reason", "phones"),
    [
        ({**INSIDE, "src": "101", "dst": "102"}, "internal_call", []),
        ({**INSIDE, "src": "101", "dst": "*97"}, "internal_call", []),
        ({**INSIDE, "src": "101", "dst": "89990000143"}, "outbound_call", ["+79990000143"]),
        ({**INSIDE, "src": "74950000050", "dst": "89990000143"}, "outbound_call", ["+79990000143"]),
        ({"src": "anonymous", "clid": '"Anonymous" <anonymous>'}, "hidden_number", []),
    ],
)  # fmt: skip
def test_what_is_no_inquiry_is_ignored_with_the_reason(changes: dict[str, Any], reason: str, phones: list[str]) -> None:
    result = done(PBX, event(**changes))
    assert (result.status, result.reason, result.inquiry.phones) == ("ignored", reason, phones)


@pytest.mark.parametrize(
    "body", ["a,b,c\n1,2,3", "rubbish", '{"a": 1}', "[]", '"x', "a" * 200_000, "calldate,src,dst\nnever,1,2"]
)
def test_rubbish_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        read(PBX, sent(body))


def test_secret_is_asked_where_there_is_one() -> None:
    guarded, provider = source("asterisk", secret="long-secret-of-the-pbx"), provider_named("asterisk")
    assert provider.verify(sent(row(), **{"x-api-key": "long-secret-of-the-pbx"}), guarded)
    assert not provider.verify(sent(row()), guarded)
