"""The SDK `wechatpayv3` as the other side: answers one JSON object a line, on standard output, for each that it reads.

Started by tests/it/wechat_pay/independent.rs, which says what is asked; scripts/wechatpay-sdk.sh installs the SDK.
"""

import json
import secrets
import sys
import time
from base64 import b64encode

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import load_certificate, load_private_key, rsa_sign, rsa_verify


class Peer:
    """One merchant of the sandbox."""

    def begin(self, base, folder, mchid, serial, appid, api_key, notify_url, public_key_id):
        def read(name):
            with open(f"{folder}/{name}", encoding="utf-8") as file:
                return file.read()

        self.api_key = api_key
        self.certificate = load_certificate(read("apiclient_cert.pem"))
        self.sdk = WeChatPay(
            WeChatPayType.MINIPROG, mchid, read("apiclient_key.pem"), serial, appid, api_key, notify_url,
            public_key=read("pub_key.pem"), public_key_id=public_key_id, timeout=(5, 10),
        )
        # The SDK has no parameter for the address.
        self.sdk._core._gate_way = base
        return True

    def request(self, method, target, authorization, body):
        """Whether the SDK takes a request's signature for the merchant's."""
        scheme, _, fields = authorization.partition(" ")
        assert scheme == "WECHATPAY2-SHA256-RSA2048", scheme
        field = {name: value.strip('"') for name, value in (part.split("=", 1) for part in fields.split(","))}
        assert field["mchid"] == self.sdk._mchid and field["serial_no"] == self.sdk._core._cert_serial_no, field
        # Both messages are lines: what precedes the nonce stands where the SDK expects the time.
        before = "\n".join([method, target, field["timestamp"]])
        return rsa_verify(before, field["nonce_str"], body, field["signature"], self.certificate.public_key())

    def cashier(self, app_id, cashier):
        """What the SDK signs for the same package."""
        return self.sdk.sign([app_id, cashier["timeStamp"], cashier["nonceStr"], cashier["package"]])

    def callback(self, headers, body):
        """A notification as the SDK verifies and decrypts it."""
        return self.sdk.callback(headers, body)

    def notify(self, platform_key, serial, event_type, resource):
        """A notification that is signed by the SDK and encrypted by the library that it uses."""
        nonce = secrets.token_hex(6)
        sealed = AESGCM(self.api_key.encode()).encrypt(nonce.encode(), json.dumps(resource).encode(), b"transaction")
        body = json.dumps({
            "id": secrets.token_hex(16),
            "create_time": "2026-11-26T00:00:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": "支付成功",
            "resource": {
                "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": b64encode(sealed).decode(),
                "associated_data": "transaction", "nonce": nonce,
            },
        }, ensure_ascii=False)
        timestamp, once = str(int(time.time())), secrets.token_hex(16)
        signature = rsa_sign(load_private_key(platform_key), f"{timestamp}\n{once}\n{body}\n")
        return {"timestamp": timestamp, "nonce": once, "signature": signature, "serial": serial, "body": body}

    def call(self, method, **arguments):
        """A call of the SDK to the sandbox: status and body. The SDK verifies the answer."""
        status, body = getattr(self.sdk, method)(**arguments)
        return {"status": status, "body": json.loads(body) if isinstance(body, str) and body else None}


def main():
    peer = Peer()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            said = {"ok": getattr(peer, asked.pop("ask"))(**asked)}
        except Exception as error:  # The test shows it.
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
