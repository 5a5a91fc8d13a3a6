"""Hooks of `scripts/schemathesis.sh`."""

import re
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
    if is_positive:
        keep_rules_across_fields(case)


PHONE = re.compile(r"(\+?86)?1[3-9][0-9]{9}")


def keep_rules_across_fields(case):
    """Rules that a schema of single fields does not tell: a list is asked by page or by cursor, words have a letter or a digit, a log-in and a
    binding are by WeChat's code or by phone, and a phone is a mobile number of mainland China. docs/RULES.md has them."""
    query, body = case.query, case.body
    if isinstance(query, dict):
        if "page" in query and "cursor" in query:
            del query["cursor"]
        if "q" in query and not (isinstance(query["q"], str) and query["q"].isalnum()):
            query["q"] = "手机"
    if isinstance(body, dict) and case.path.endswith(("/auth/login", "/auth/sms-code", "/user/phone")):
        if body.get("code") is not None:
            body.pop("phone", None)
            body.pop("sms_code", None)
        elif not PHONE.fullmatch(str(body.get("phone"))):
            body["phone"] = "13800138000"
