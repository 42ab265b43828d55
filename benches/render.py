"""Measures `doctool render` on a large log, beside `cat` and beside a plain formatter.

Usage: python3 benches/render.py PATH_OF_DOCTOOL LOG [MEGABYTES]

The log is repeated to so many megabytes (1000 unless told) in a temporary folder. The formatter below
is written from the description of the log format, the way one would write it first; it gets a
part of the log, because it takes its time. It is measured with the rules for secrets, as what it makes
is then what `render --to body` makes, byte for byte, and without any. Prints speeds, ratios, the time of
processors and peak memory.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote, unquote_plus, urlsplit

HEADING = re.compile(r"### \((.*?)\) (REQ >>>|RESP <<<) \((.*?)\) : (.*) (\S+) (\S+)$|"
                     r"### \((.*?)\) (REQ >>>) \((.*?)\) : (\S+) (\S+)$")
HEADERS = ("authorization|cookie|proxy-authorization|set-cookie|x-account-meta-temp-url-key|x-api-key"
           "|x-auth-key|x-auth-token|x-container-meta-temp-url-key|x-image-meta-location"
           "|x-service-token|x-storage-token|x-subject-token")
FIELDS = ("(?:[a-z0-9_-]*_)?(?:password|passwd|passphrase|secret|token|api_?key|private_?key"
          "|secret_?key|temp_url_(?:key|sig)|signature|credential)|admin_?pass|original_?password")
KINDS = (("pass", "password"), ("token", "token"), ("authorization", "credentials"),
         ("cookie", "cookie"), ("key", "key"), ("signature", "signature"))
NAMED = f"(?P<name>{FIELDS}|{HEADERS})"
RULES = [re.compile(rule, re.IGNORECASE | re.MULTILINE) for rule in (
    # Fields of JSON, of what Python prints, and of JSON in a JSON string.
    rf'(?P<before>"{NAMED}"\s*:\s*[bu]?")(?P<value>(?:[^"\\]|\\.)*)',
    rf"(?P<before>'{NAMED}'\s*:\s*[bu]?')(?P<value>(?:[^'\\]|\\.)*)",
    rf'(?P<before>\\"{NAMED}\\"\s*:\s*[bu]?\\")(?P<value>(?:[^"\\]|\\[^"])*)',
    r'(?P<before>"(?P<name>token)"\s*:\s*\{\s*"id"\s*:\s*")(?P<value>(?:[^"\\]|\\.)*)',
    # Forms, header lines, lines of a table, YAML.
    rf"""(?P<before>(?:^|[?&;\s])(?P<name>{FIELDS})=["']?)(?P<value>[^&\s"'<>]*)""",
    rf"^(?P<before>[-+<>| \t]*(?P<name>{HEADERS}):[ \t]*)(?P<value>\S.*?)(?=[ \t\r]*$)",
    rf"(?P<before>[\"'](?P<name>{HEADERS}):[ \t]*)(?P<value>[^\"'\r\n]*)(?=[\"'])",
    rf"^(?P<before>[-+ \t]*\|[ \t]*(?P<name>{FIELDS})[ \t]*\|[ \t]*)(?P<value>[^|\r\n]*?)(?=[ \t]*\|)",
    rf"""^(?P<before>[-+ \t]*(?P<name>{FIELDS}):[ \t]+["']?)(?P<value>[^\s"'{{\[|>&*!#][^\s"']*)""",
)]
SHAPES = ((re.compile(r"gAAAAA[B-Za-z0-9_-][\w-]{19,}={0,2}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
                      re.ASCII), "[redacted:token]"),
          (re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----.*?-----END (?:[A-Z]+ )*PRIVATE KEY-----",
                      re.DOTALL), "[redacted:private-key]"))
SECRET_HEADER = re.compile(HEADERS, re.IGNORECASE)


def kind_of(name):
    return next((kind for part, kind in KINDS if part in name.lower()), "secret")


class Secrets:
    """Takes secrets out: by their places, by their shapes, and from then on by value."""

    def __init__(self):
        self.known = {}

    def learn(self, kind, value):
        if len(value) < 6 or value.startswith("gAAAAA") or "[redacted:" in value:
            return
        for text in (value, quote(value, safe=""), value.encode().hex(), json.dumps(value)[1:-1],
                     base64.b64encode(value.encode()).decode()):
            self.known.setdefault(text, f"[redacted:{kind}]")

    def replaced(self, match):
        kind, value = kind_of(match["name"]), match["value"]
        if not value or value.lower() in ("null", "none", "true", "false"):
            return match[0]
        self.learn(kind, unquote_plus(value) if match["before"].endswith("=") else value)
        return f"{match['before']}[redacted:{kind}]"

    def text(self, text):
        for rule in RULES:
            text = rule.sub(self.replaced, text)
        for shape, mark in SHAPES:
            text = shape.sub(mark, text)
        for value, mark in self.known.items():
            text = text.replace(value, mark)
        return text

    def header(self, line):
        name, _, value = line.partition(": ")
        if not SECRET_HEADER.fullmatch(name) or not value:
            return f"{name}: {self.text(value)}"
        kind, scheme = kind_of(name), ""
        if kind == "credentials" and " " in value:
            scheme, _, value = value.partition(" ")
            scheme += " "
        self.learn(kind, value)
        return f"{name}: {scheme}[redacted:{kind}]"


class NoSecrets:
    """Leaves everything as it is."""

    def text(self, text):
        return text

    def header(self, line):
        return line


def entries(lines):
    entry, blank = None, 2
    for line in lines:
        line = line.rstrip("\n")
        if blank >= 2 and line.startswith("### (") and HEADING.match(line):
            if entry:
                yield entry
            entry = [line]
        elif entry:
            entry.append(line)
        blank = blank + 1 if line == "" else 0
    if entry:
        yield entry


def formatted(path, out, secrets):
    with open(path, encoding="utf-8") as log, open(out, "w", encoding="utf-8") as file:
        for step, (heading, *lines) in enumerate(entries(log), 1):
            match = HEADING.match(heading)
            sender, direction, receiver, what, url = (
                (match[1], match[2], match[3], f"{match[4]} {match[5]}", match[6])
                if match[1] is not None else (match[7], match[8], match[9], match[10], match[11]))
            end = lines.index("")
            headers = [secrets.header(line) for line in lines[:end]]
            body = "\n".join(lines[end + 1:]).strip("\n")
            try:
                body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
            except ValueError:
                pass
            path = urlsplit(secrets.text(url)).path
            label = f"{what.rsplit(' ', 1)[0] if direction != 'REQ >>>' else what} {path}"
            arrow = "-->" if direction == "REQ >>>" else "<--"
            file.write(f"\n### ({step}) {label}\n`{sender}` {arrow} `{receiver}`\n\n")
            for name, language, text in (("Header", "http", "\n".join(headers)),
                                         ("Body", "json", secrets.text(body))):
                text = "\n".join("    " + line if line else "" for line in text.split("\n"))
                file.write(f'=== "{name}"\n    ``` {language} title="{label}" linenums="1"\n'
                           f"{text}\n    ```\n\n")


def seconds(call):
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


# The system counts the memory of whoever starts a process as the process' own, so somebody small does.
STARTER = """
import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
took = time.monotonic() - begin
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


def used(arguments):
    """Seconds, seconds of all processors, and megabytes at the peak."""
    said = subprocess.run([sys.executable, "-c", STARTER, *arguments], check=True, capture_output=True)
    return tuple(float(word) for word in said.stdout.split())


def is_same(doctool, part, out):
    """Whether the formatter makes what doctool makes, of the whole part."""
    drawn = subprocess.run([doctool, "render", part, "--to", "body"], check=True, capture_output=True)
    with open(out, "rb") as file:
        return file.read() == drawn.stdout


def main():
    doctool, log = sys.argv[1:3]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    unit = open(log, "rb").read()
    with tempfile.TemporaryDirectory() as folder:
        large, part, out = (os.path.join(folder, name) for name in ("large.md", "part.md", "out"))
        with open(large, "wb") as file:
            for _ in range(wanted * 1_000_000 // len(unit)):
                file.write(unit)
        size = os.path.getsize(large) / 1e6
        with open(part, "wb") as file:
            file.write(unit * max(1, 10_000_000 // len(unit)))
        part_size = os.path.getsize(part) / 1e6

        def cat():
            subprocess.run(["sh", "-c", 'cat "$0" | wc -l', large], check=True,
                           stdout=subprocess.DEVNULL)

        cat()
        cat_speed = size / min(seconds(cat) for _ in range(3))
        print(f"cat | wc -l          {cat_speed:7.0f} MB/s")
        plain = part_size / min(seconds(lambda: formatted(part, out, NoSecrets())) for _ in range(2))
        print(f"plain formatter      {plain:7.1f} MB/s  (body, {part_size:.0f} MB, secrets left in)")
        python = part_size / min(seconds(lambda: formatted(part, out, Secrets())) for _ in range(2))
        print(f"with rules           {python:7.1f} MB/s  (the same without secrets)")
        assert is_same(doctool, part, out), "the formatter makes something else"
        for form in ("diagram", "body", "log", "har"):
            runs = [used([doctool, "render", large, "--to", form]) for _ in range(3)]
            took, busy, memory = min(runs)
            speed = size / took
            small = used([doctool, "render", part, "--to", form])[2]
            print(f"render --to {form:8} {speed:7.0f} MB/s  {speed / cat_speed:.2f} of cat, "
                  f"{speed / plain:.0f} times the formatter, {speed / python:.0f} times with rules; "
                  f"{busy:.2f} s of {busy / took:.1f} processors; "
                  f"{small:.0f} MB for {part_size:.0f} MB of log, {memory:.0f} MB for {size:.0f} MB")


main()
