#!/usr/bin/env python3
"""What `doctool list --format json` costs beside ripgrep and beside the real pymdownx, on the same site in the same run.

    list.py SITE [--doctool PATH] [--python PATH] [--pages N] [--runs N]

SITE holds mkdocs.yml and a folder of pages.  doctool and `rg -n -- '--8<--'` are measured by hyperfine, warm, as
processes; each takes turns with the other, so that what else the machine does falls on both.  pymdownx renders N of the
pages, spread over the site, in one process that has everything loaded; PATH is a Python with pymdown-extensions and
mkdocs.  Without it that part is left out.  Prints ratios, and doctool's peak memory beside what it printed and the largest
page with its includes.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

RENDER = """
import os, sys, time, logging
logging.disable(logging.CRITICAL)
import markdown
from mkdocs.config import load_config
from mkdocs.utils import meta
# The theme makes nothing of the Markdown, and need not be there.
config = load_config('mkdocs.yml', theme='mkdocs', plugins=[])
made = lambda: markdown.Markdown(extensions=config['markdown_extensions'], extension_configs=config['mdx_configs'] or {})
total = 0
for path in sys.stdin.read().split('\\n'):
    text, _ = meta.get_data(open(path, encoding='utf-8-sig', errors='strict').read())
    reader = made()
    start = time.perf_counter()
    reader.convert(text)
    total += time.perf_counter() - start
print(total)
"""


def seconds(commands, site, runs):
    """The times of each command, in turns."""
    times = [[] for _ in commands]
    for _ in range(runs):
        with tempfile.NamedTemporaryFile() as out:
            subprocess.run(['hyperfine', '-N', '--warmup', '1', '--runs', '3', '--export-json', out.name, *commands],
                           cwd=site, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for one, result in zip(times, json.load(open(out.name))['results']):
                one.extend(result['times'])
    return times


def peak(command, site):
    """Peak memory of a command in bytes, and how much it printed."""
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, cwd=site, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        return usage.ru_maxrss * 1024, out.tell()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('site', type=pathlib.Path)
    parser.add_argument('--doctool', default=pathlib.Path(__file__).parent.parent / 'target/release/doctool')
    parser.add_argument('--python')
    parser.add_argument('--pages', type=int, default=40)
    parser.add_argument('--runs', type=int, default=5)
    arguments = parser.parse_args()
    doctool = str(pathlib.Path(arguments.doctool).resolve())
    site = arguments.site

    # First, because a child begins with the peak of the process that starts it.
    memory, printed = peak([doctool, 'list', '--format', 'json'], site)
    listing = json.loads(subprocess.run([doctool, 'list', '--format', 'json'], cwd=site, check=True,
                                        capture_output=True).stdout)
    sizes = {}
    for page in listing['pages']:
        includes = [include['resolved'] for include in page['includes'] if include['status'] == 'ok']
        sizes[page['path']] = sum((site / path).stat().st_size for path in [page['path'], *includes])
    largest = max(sizes.values())
    print(f"{len(sizes)} pages, the largest {largest / 1000:.0f} kB with its includes")

    ours, grep = seconds([f'{doctool} list --format json', "rg -n -- --8<--"], site, arguments.runs)
    ratios = [one / other for one, other in zip(ours, grep)]
    print(f'doctool {min(ours) * 1000:.0f} ms at best, {statistics.median(ours) * 1000:.0f} ms in the middle')
    print(f'rg      {min(grep) * 1000:.0f} ms at best, {statistics.median(grep) * 1000:.0f} ms in the middle')
    print(f'doctool takes {min(ours) / min(grep):.1f} times what rg takes at best, {statistics.median(ratios):.1f} times'
          ' in the middle')

    print(f'peak memory {memory / 1e6:.1f} MB; printed {printed / 1e6:.1f} MB; three of the largest page and that:'
          f' {(3 * largest + printed) / 1e6:.1f} MB')

    if arguments.python:
        paths = sorted(sizes)
        chosen = paths[::max(1, len(paths) // arguments.pages)][:arguments.pages]
        run = subprocess.run([arguments.python, '-c', RENDER], cwd=site, input='\n'.join(chosen), text=True,
                             check=True, capture_output=True)
        theirs = float(run.stdout) / len(chosen)
        each = statistics.median(ours) / len(sizes)
        print(f'pymdownx takes {theirs * 1000:.1f} ms a page, doctool {each * 1000:.3f} ms: {theirs / each:.0f} times'
              ' less')


if __name__ == '__main__':
    main()
