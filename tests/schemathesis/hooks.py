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
    # It follows the `address_id` of an order to the address, also where it is null: that names nothing, and is no id that the document allows.
    if case.path_parameters is not None and case.path_parameters.get("id", 0) is None:
        case.path_parameters["id"] = 1
