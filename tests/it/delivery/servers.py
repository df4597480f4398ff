"""Servers on loopback for the tests: `servers.py https|starttls|smtps CERT KEY`. Prints the port, then a line for all that comes in."""
import asyncio, http.server, ssl, sys

kind, cert, key = sys.argv[1:4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)


def say(text):
    print(text, flush=True)


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        say("post " + self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        say("refused")


def https():
    server = Quiet(("127.0.0.1", 0), Webhook)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    say(server.server_address[1])
    server.serve_forever()


async def smtp():
    from aiosmtpd.smtp import SMTP, AuthResult

    class Taking:
        async def handle_DATA(self, server, session, envelope):
            say("mail from " + envelope.mail_from + " to " + ",".join(envelope.rcpt_tos))
            return "250 taken"

    def authenticate(server, session, envelope, mechanism, data):
        is_right = (data.login, data.password) == (b"station", b"correct horse")
        say("login " + data.login.decode() + (" right" if is_right else " wrong"))
        # A server that says more than it should.
        answer = None if is_right else "535 5.7.8 the password " + data.password.decode() + " is wrong"
        return AuthResult(success=is_right, handled=is_right, message=answer)

    def session():
        starttls = context if kind == "starttls" else None
        return SMTP(Taking(), tls_context=starttls, require_starttls=starttls is not None, auth_required=True,
                    auth_require_tls=starttls is not None, authenticator=authenticate, hostname="localhost")

    implicit = context if kind == "smtps" else None
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=implicit)
    say(server.sockets[0].getsockname()[1])
    await server.serve_forever()


https() if kind == "https" else asyncio.run(smtp())
