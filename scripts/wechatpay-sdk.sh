#!/usr/bin/env bash
# Holds client and sandbox of WeChat Pay against an independent SDK, `wechatpayv3` of PyPI: each side signs, verifies and decrypts what the other
# one says. Needs the Rust toolchain and Python 3.10 or later. The SDK is installed into a virtual environment below target/.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/servers.sh

readonly VERSION=2.0.4

has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }
# The package brings modules, not a command: whether it is there now is asked again.
has_venv || need python3-venv python3-venv 2>/dev/null || has_venv || {
  echo "Python 3 with the module venv is missing: on Debian apt-get install python3-venv" >&2
  exit 1
}
environment=$(realpath -m "${CARGO_TARGET_DIR:-target}")/wechatpayv3-$VERSION
if ! "$environment/bin/python" -c 'import wechatpayv3' 2>/dev/null; then
  rm -rf "$environment"
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check "wechatpayv3==$VERSION"
fi

# A proxy of the machine is not asked for what goes to 127.0.0.1.
export WECHATPAY_SDK_PYTHON=$environment/bin/python NO_PROXY=127.0.0.1
exec cargo test --locked --workspace --test it -- --ignored --exact \
  wechat_pay::independent::the_sdk_takes_our_requests_and_our_cashier \
  wechat_pay::independent::the_sdk_takes_the_sandboxs_notifications_and_we_take_its \
  wechat_pay::independent::the_sdk_pays_at_the_sandbox
