"""Writes every message that a service gets and gives into `hook.log`, in the format of the requestshook middleware.

Imported when Python starts: it puts a WSGI filter before what waitress serves, and tells other services who asks.
"""

import io
import json
import os
import sys
import uuid

ID = "X-Requestshook-Request-Id"
FROM = "X-Requestshook-Request-From"


def content(body):
    if not body:
        return "none"
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return repr(body[:32]) + "..."
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def write(heading, headers, body):
    lines = "".join(f"{name}: {value}\n" for name, value in headers)
    entry = f"\n### {heading}\n{lines}\n{content(body)}\n\n"
    log = os.open("hook.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(log, entry.encode())
    finally:
        os.close(log)


def received(environ):
    for key, value in environ.items():
        name = key[5:] if key.startswith("HTTP_") else key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else ""
        if name and value:
            yield name.replace("_", "-").title(), value


def filtered(application, name):
    def serve(environ, start_response):
        headers = dict(received(environ))
        request_id = headers.setdefault(ID, uuid.uuid4().hex)
        agent = headers.get("User-Agent", "unknown").split("/")[0].split(" ")[0]
        caller = headers.setdefault(FROM, agent)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        query = environ.get("QUERY_STRING", "")
        url = f"http://{environ['HTTP_HOST']}{path}" + (f"?{query}" if query else "")
        what = f"{environ['REQUEST_METHOD']} {url}"
        write(f"({caller}) REQ >>> ({name}) : {what}", headers.items(), body)
        answer = []

        def start(status, answer_headers, *rest):
            answer[:] = [status, answer_headers]
            return start_response(status, answer_headers, *rest)

        parts = application(environ, start)
        body = b"".join(parts)
        getattr(parts, "close", lambda: None)()
        status, answer_headers = answer
        marks = [(ID, request_id), (FROM, caller)]
        write(f"({caller}) RESP <<< ({name}) : {status} {what}", answer_headers + marks, body)
        return [body]

    return serve


def install():
    import requests
    import waitress

    serve, send = waitress.serve, requests.Session.send

    def hooked_serve(application, **options):
        return serve(filtered(application, sys.argv[0]), **options)

    def hooked_send(session, request, **options):
        request.headers.setdefault(ID, uuid.uuid4().hex)
        request.headers.setdefault(FROM, sys.argv[0])
        return send(session, request, **options)

    waitress.serve, requests.Session.send = hooked_serve, hooked_send


# Other programs of the same environment prepare the cloud, and are no services.
if any(word.endswith("serve.py") for word in getattr(sys, "orig_argv", [])):
    install()
