"""What a payload says of others: what follows it in its chain, and whose group it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, get_args

from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

OnFailure = Literal["wait", "continue", "cancel"]
"""What becomes of a job that waits for one which does not succeed."""
POLICIES = get_args(OnFailure)

_THEN = "then"
_GROUP = "group"
_QUEUE = "queue"
_TAKES_RESULT = "pass_result"


@dataclass(frozen=True, slots=True)
class Link:
    """One job of a chain and the queue it goes to; its payload tells nothing of the others."""

    queue: str
    payload: Payload
    takes_result: bool = False
    """Whether what the one before returns is its first argument."""

    def document(self) -> dict[str, Any]:
        """Return the form in which the payload of the job before it carries it."""
        passing = {_TAKES_RESULT: True} if self.takes_result else {}
        payload = self.payload
        head = {"class": payload.name, "args": payload.args, _QUEUE: self.queue}
        return {**head, **passing, **payload.extras}


@dataclass(frozen=True, slots=True)
class Membership:
    """That a job, or the chain it stands in, is one of a group."""

    group: str
    """The id under which the group's callback waits."""
    member: str
    """Its own name in the group."""
    on_failure: OnFailure = "wait"

    def document(self) -> dict[str, Any]:
        """Return the form in which the payload of a member carries it."""
        policy = {} if self.on_failure == "wait" else {"on_failure": self.on_failure}
        return {"id": self.group, "member": self.member, **policy}


def related(
    payload: Payload, then: Iterable[Link] = (), membership: Membership | None = None
) -> Payload:
    """Return a payload that tells what follows it, and of which group it is."""
    extras = dict(payload.extras)
    if links := [link.document() for link in then]:
        extras[_THEN] = links
    if membership is not None:
        extras[_GROUP] = membership.document()
    return Payload(payload.name, payload.args, extras)


def may_be_related(raw: bytes) -> bool:
    """Tell cheaply whether a payload may say anything of others."""
    return b'"then"' in raw or b'"group"' in raw


def membership_of(payload: Payload) -> Membership | None:
    """Return the group that a payload tells of; None if it tells of none, or not readably."""
    told = payload.extras.get(_GROUP)
    if not isinstance(told, dict):
        return None
    group, member = told.get("id"), told.get("member")
    policy = told.get("on_failure", "wait")
    if not (_is_text(group) and _is_text(member)) or policy not in POLICIES:
        return None
    return Membership(group, member, policy)


def followers(payload: Payload) -> list[Link]:
    """Return what follows a payload, the next one first; none if that is not readable."""
    told = payload.extras.get(_THEN)
    if not isinstance(told, list):
        return []
    links = [_link(each) for each in told]
    readable = [link for link in links if link is not None]
    return readable if len(readable) == len(links) else []


def hands_on(payload: Payload) -> bool:
    """Tell whether what a job returns is an argument of the one that follows it."""
    return any(link.takes_result for link in followers(payload)[:1])


def next_link(payload: Payload, value: Any, at: datetime) -> Link | None:
    """Return what is to be enqueued when a job has returned ``value``; None if nothing follows.

    It carries what follows it in its turn, and waits in its queue since ``at``.
    """
    links = followers(payload)
    if not links:
        return None
    first, *rest = links
    args = [value, *first.payload.args] if first.takes_result else first.payload.args
    extras = first.payload.extras
    if "id" in extras:
        extras = {**extras, "queue_time": timestamps.epoch(at)}
    plain = Payload(first.payload.name, args, extras)
    return Link(first.queue, related(plain, rest, membership_of(payload)))


def _link(told: Any) -> Link | None:
    if not isinstance(told, dict):
        return None
    extras = dict(told)
    name, args = extras.pop("class", None), extras.pop("args", [])
    queue, takes_result = extras.pop(_QUEUE, None), extras.pop(_TAKES_RESULT, False) is True
    if not (_is_text(name) and isinstance(args, list) and isinstance(queue, str)):
        return None
    try:
        check_queue_name(queue)
    except ValueError:
        return None
    return Link(queue, Payload(name, args, extras), takes_result)


def _is_text(value: Any) -> TypeGuard[str]:
    try:
        return isinstance(value, str) and bool(value.strip()) and bool(value.encode())
    except UnicodeEncodeError:
        return False
