"""Measures `doctool render` on a large log, beside `cat` and beside a plain formatter.

Usage: python3 benches/render.py PATH_OF_DOCTOOL LOG [MEGABYTES]

The log is repeated to so many megabytes (1000 unless told) in a temporary folder. The formatter below
is written from the description of the log format, the way one would write it first; it gets a
part of the log, because it takes its time. Prints speeds, ratios and peak memory.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

HEADING = re.compile(r"### \((.*?)\) (REQ >>>|RESP <<<) \((.*?)\) : (.*) (\S+) (\S+)$|"
                     r"### \((.*?)\) (REQ >>>) \((.*?)\) : (\S+) (\S+)$")
SECRET_HEADER = re.compile(r"(?i)^(authorization|cookie|set-cookie|x-auth-token|x-subject-token"
                           r"|x-service-token|x-auth-key|x-storage-token): .*$")
SECRET_FIELD = re.compile(r'(?i)("(?:[a-z0-9_-]*_)?(?:password|passwd|secret|token|api_?key'
                          r'|private_?key|signature|credential|adminpass)"\s*:\s*)"(?:[^"\\]|\\.)*"')
TOKEN = re.compile(r"gAAAAA[\w-]{60,}=*")


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


def redacted(text):
    text = SECRET_FIELD.sub(r'\1"[redacted:secret]"', text)
    return TOKEN.sub("[redacted:token]", text)


def formatted(path, out):
    with open(path, encoding="utf-8") as log, open(out, "w", encoding="utf-8") as file:
        for step, (heading, *lines) in enumerate(entries(log), 1):
            match = HEADING.match(heading)
            sender, direction, receiver, what, url = (
                (match[1], match[2], match[3], f"{match[4]} {match[5]}", match[6])
                if match[1] is not None else (match[7], match[8], match[9], match[10], match[11]))
            end = lines.index("")
            headers = [SECRET_HEADER.sub(r"\1: [redacted:secret]", line) for line in lines[:end]]
            body = "\n".join(lines[end + 1:]).strip("\n")
            try:
                body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
            except ValueError:
                pass
            label = f"{what.rsplit(' ', 1)[0] if direction != 'REQ >>>' else what} {urlsplit(url).path}"
            arrow = "-->" if direction == "REQ >>>" else "<--"
            file.write(f"\n### ({step}) {label}\n`{sender}` {arrow} `{receiver}`\n\n")
            for name, language, text in (("Header", "http", "\n".join(headers)),
                                         ("Body", "json", redacted(body))):
                text = "\n".join("    " + line if line else "" for line in text.split("\n"))
                file.write(f'=== "{name}"\n    ``` {language} title="{label}" linenums="1"\n'
                           f"{text}\n    ```\n\n")


def seconds(call):
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


def peak_megabytes(arguments):
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, arguments
    return usage.ru_maxrss / 1024


def main():
    doctool, log = sys.argv[1:3]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    unit = open(log, "rb").read()
    with tempfile.TemporaryDirectory() as folder:
        large, part = os.path.join(folder, "large.md"), os.path.join(folder, "part.md")
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

        def render(form, file=large):
            subprocess.run([doctool, "render", file, "--to", form], check=True,
                           stdout=subprocess.DEVNULL)

        cat()
        cat_speed = size / min(seconds(cat) for _ in range(3))
        print(f"cat | wc -l          {cat_speed:7.0f} MB/s")
        python_speed = part_size / seconds(lambda: formatted(part, os.path.join(folder, "out")))
        print(f"plain formatter      {python_speed:7.1f} MB/s  (body, {part_size:.0f} MB)")
        for form in ("diagram", "body", "log", "har"):
            speed = size / min(seconds(lambda: render(form)) for _ in range(2))
            print(f"render --to {form:8} {speed:7.0f} MB/s  {speed / cat_speed:.2f} of cat, "
                  f"{speed / python_speed:.0f} times the formatter")
        small, big = (peak_megabytes([doctool, "render", file, "--to", "body"])
                      for file in (part, large))
        print(f"peak memory          {small:7.1f} MB for {part_size:.0f} MB of log, "
              f"{big:.1f} MB for {size:.0f} MB")


main()
