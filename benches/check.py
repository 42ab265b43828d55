#!/usr/bin/env python3
"""What `doctool check --offline` costs beside ripgrep and beside `doctool list`, on the same sites in the same run.

    check.py SITE [SITE...] [--doctool PATH] [--runs N]

Each SITE holds mkdocs.yml and a folder of pages.  `doctool check --offline`, `doctool list --format json` and
`rg -n -- '--8<--'` are measured by hyperfine, warm, as processes; each takes turns with the others, so that what else the
machine does falls on all.  Prints ratios, peak memory and how much was printed, and with several sites how the time grows
with the bytes of the pages.  Says too whether the report is the same on one processor as on all.
"""
import argparse
import hashlib
import os
import pathlib
import statistics
import subprocess
import tempfile

from list import peak, seconds


def report(command, site):
    """A digest of what a command prints."""
    said = subprocess.run(command, cwd=site, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return hashlib.sha256(said.stdout).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('sites', type=pathlib.Path, nargs='+')
    parser.add_argument('--doctool', default=pathlib.Path(__file__).parent.parent / 'target/release/doctool')
    parser.add_argument('--runs', type=int, default=3)
    arguments = parser.parse_args()
    doctool = str(pathlib.Path(arguments.doctool).resolve())
    check = [doctool, 'check', '--offline']
    measured = []
    for site in arguments.sites:
        size = sum(path.stat().st_size for path in site.rglob('*.md'))
        # First, because a child begins with the peak of the process that starts it.
        memory, printed = peak(check, site)
        one = report(['taskset', '-c', str(min(os.sched_getaffinity(0))), *check], site)
        is_same = one == report(check, site)
        with tempfile.TemporaryDirectory() as folder:
            # A check that finds something ends with 1, which is no failure here.
            script = pathlib.Path(folder) / 'check'
            script.write_text(f'#!/bin/sh\n{" ".join(check)}\ntest $? -le 1\n')
            script.chmod(0o755)
            commands = [str(script), f'{doctool} list --format json', 'rg -n -- --8<--']
            ours, listing, grep = seconds(commands, site, arguments.runs)
        print(f'{site.name}: {size / 1e6:.0f} MB of pages; peak memory {memory / 1e6:.0f} MB, printed {printed / 1e6:.1f} MB;'
              f' the report of one processor is {"the same" if is_same else "ANOTHER ONE"}')
        for name, times in [('check --offline', ours), ('list', listing), ('rg', grep)]:
            ratio = statistics.median(one / other for one, other in zip(times, grep))
            print(f'  {name:15} {min(times) * 1000:6.0f} ms at best, {statistics.median(times) * 1000:6.0f} ms in the middle:'
                  f' {min(times) / min(grep):5.1f} times what rg takes at best, {ratio:5.1f} times in the middle')
        measured.append((size, min(ours)))
    for (small, quick), (large, slow) in zip(measured, measured[1:]):
        print(f'{large / small:.1f} times the bytes take {slow / quick:.1f} times the time')


if __name__ == '__main__':
    main()
