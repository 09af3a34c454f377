"""A real SMTP server for tests: prints its port, logs what it gets as decoded JSON lines.

Arguments: log file, certificate, key, mode (starttls, implicit or plain), mechanisms to leave out.
"""

import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import ssl
import sys

from aiosmtpd.smtp import MISSING, SMTP, AuthResult

log, certificate, key, mode, excluded = sys.argv[1:6]
USER, PASSWORD, SECRET = "alice", "pa ss", "shared"


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = [
            [part.get_content_type(), part["Content-Transfer-Encoding"], part.get_content()]
            for part in mail.walk()
            if not part.is_multipart()
        ]
        session.mails = getattr(session, "mails", 0) + 1
        record = {
            "number in session": session.mails,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "hello": session.host_name,
            "encrypted": session.ssl is not None or mode == "implicit",
            "authenticated": session.auth_data or "",
            "headers": {name: mail[name] for name in mail.keys() if name != "Content-Type"},
            "type": mail.get_content_type(),
            "parts": parts,
        }
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such user"
        if address.startswith("later"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def auth_CRAM__MD5(self, server, args):
        challenge = b"<17.42@test>"
        answer = await server.challenge_auth(challenge)
        if answer is MISSING:
            return AuthResult(success=False)
        user, tag = answer.decode().split(" ")
        expected = hmac.new(SECRET.encode(), challenge, hashlib.md5).hexdigest()
        good = user == USER and tag == expected
        return AuthResult(success=good, auth_data="CRAM-MD5")


def authenticator(server, session, envelope, mechanism, data):
    good = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False, auth_data=mechanism)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    starttls = mode == "starttls"

    def protocol():
        return SMTP(
            Handler(),
            hostname="mail.test",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_require_tls=starttls,
            authenticator=authenticator,
            auth_exclude_mechanism=excluded.split(","),
        )

    loop = asyncio.get_running_loop()
    implicit = context if mode == "implicit" else None
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
