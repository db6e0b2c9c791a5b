"""A mail server that keeps what it is given: server.py PORT FOLDER [USER PASSWORD].

Recipients whose name begins with "never" are refused for good, those with "later" for now, those with "norelay" as of
a server that is not ours; mails to "spam" are refused once they are there, and the sender "unwanted" always.
"""
import os
import signal
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

port, folder, *login = sys.argv[1:]


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("unwanted"):
            return "530 5.7.0 sign in first"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("never"):
            return "550 5.1.1 nobody of that name"
        if address.startswith("later"):
            return "451 4.3.0 come back later"
        if address.startswith("norelay"):
            return "554 5.7.1 no relaying"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 not such words"
        name = os.path.join(folder, f"{len(os.listdir(folder))}.eml")
        with open(name + ".part", "wb") as file:
            file.write(f"X-From: {envelope.mail_from}\r\nX-To: {','.join(envelope.rcpt_tos)}\r\n".encode())
            file.write(envelope.original_content)
        os.rename(name + ".part", name)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(handled=False, success=[data.login.decode(), data.password.decode()] == login)


options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False} if login else {}
controller = Controller(Handler(), hostname="127.0.0.1", port=int(port), **options)
controller.start()
signal.sigwait({signal.SIGTERM, signal.SIGINT})
controller.stop()
