"""Django signals for those who watch: metrics, logs, cleaning up.

The first group bears Resque's names and meaning; the second is django-resque's own.
A receiver cannot veto or reorder anything: that is what :class:`~django_resque.Plugin` is for.
"""

from django.dispatch import Signal

before_first_fork = Signal()
"""Sent in the worker once, before its first fork. Arguments: ``sender`` (the Worker)."""

before_fork = Signal()
"""Sent in the worker before the fork for a job. Arguments: ``reservation``.

While anybody listens, the fork waits for the job, so the child sees what the receiver did.
"""

after_fork = Signal()
"""Sent in the child, before the job is performed. Arguments: ``reservation``."""

before_pause = Signal()
"""Sent in the worker when it pauses. Arguments: ``sender`` (the Worker)."""

after_pause = Signal()
"""Sent in the worker when it resumes. Arguments: ``sender`` (the Worker)."""

queue_empty = Signal()
"""Sent in the worker when it becomes idle after work. Arguments: ``sender`` (the Worker)."""

shutdown = Signal()
"""Sent in the worker when it is told to stop. Arguments: ``sender`` (the Worker)."""

worker_exit = Signal()
"""Sent in the worker as the last thing before it leaves. Arguments: ``sender`` (the Worker)."""

job_enqueued = Signal()
"""Sent after jobs reached Redis. Arguments: ``queue``, ``payloads`` (a list of Payload)."""

job_finished = Signal()
"""Sent in the worker after an ending was written. Arguments: ``reservation``, ``outcome``."""

forking = Signal()
"""Sent just before any fork by a worker or supervisor: close what a child must not share."""

forked = Signal()
"""Sent in the child just after any such fork: renew what it inherited."""

performing = Signal()
"""Sent in the process that performs, before each job. Arguments: ``reservation``."""

performed = Signal()
"""Sent in the process that performs, after each job. Arguments: ``reservation``."""

performer_exit = Signal()
"""Sent in a child that performed, before it exits: say goodbye to servers."""
