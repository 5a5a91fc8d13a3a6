"""Hooks of `scripts/schemathesis.sh`."""

import uuid

import schemathesis

KEY = "Idempotency-Key"


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Gives each well-formed request a key of its own: a key that was used with another body is refused, as it should be, although the
    document allows the request by itself."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    if is_positive and case.headers is not None and KEY in case.headers:
        case.headers[KEY] = str(uuid.uuid4())
